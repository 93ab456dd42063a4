"""Which parts of messages a document asks for: all that any of its operations selects of any message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    visit,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter

from app.chat.message_parts import MessageParts

_KEY: Final = "reads"
_MESSAGE: Final = "Message"
_META: Final = "__"
"""How the names of fields begin that are no type's own."""


def reads(parts: MessageParts) -> Mapping[str, MessageParts]:
    """For `metadata` of a field of messages: what its resolver needs of one. Without it that is the whole message."""
    return {_KEY: parts}


def selected_parts(schema: GraphQLSchema, document: DocumentNode) -> MessageParts:
    """Of a document that is valid. Whether conditions leave something out is not looked at."""
    message = schema.type_map.get(_MESSAGE)
    if not isinstance(message, GraphQLObjectType):
        return MessageParts.WHOLE
    types = TypeInfo(schema)
    collecting = _Collecting(types, message)
    visit(document, TypeInfoVisitor(types, collecting))
    return collecting.parts


class _Collecting(Visitor):
    def __init__(self, types: TypeInfo, message: GraphQLObjectType) -> None:
        super().__init__()
        self.parts = MessageParts.NONE
        self._types = types
        self._message = message

    def enter_field(self, node: FieldNode, *_: object) -> None:
        name = node.name.value
        if self._types.get_parent_type() in (self._message, *self._message.interfaces) and not name.startswith(_META):
            self.parts |= _read_by(self._message.fields[name])


def _read_by(field: GraphQLField) -> MessageParts:
    definition = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    found = definition.metadata.get(_KEY) if definition else None
    return found if isinstance(found, MessageParts) else MessageParts.WHOLE
