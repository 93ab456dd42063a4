"""Questions about the schema itself, which a server may refuse: GraphQL specification, 4 (introspection)."""

from __future__ import annotations

from typing import Final

from graphql import ASTValidationRule, FieldNode, GraphQLError

from app.api.graphql.errors import INTROSPECTION_DISABLED

META_FIELDS: Final = frozenset({"__schema", "__type"})
"""`__typename` is no such question: it tells of the answer, not of the schema."""


class NoIntrospectionRule(ASTValidationRule):
    """Refuses what graphql-core's NoSchemaIntrospectionCustomRule does, once for each question and not for each field
    below it.
    """

    def enter_field(self, node: FieldNode, *_: object) -> None:
        if node.name.value in META_FIELDS:
            message = f"Introspection is disabled on this server, and with it {node.name.value}."
            self.report_error(GraphQLError(message, node, extensions={"code": INTROSPECTION_DISABLED}))
