"""Which parts of messages a document asks for: all that anything in it reads of any message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from graphql import DocumentNode, FieldNode, GraphQLField, GraphQLSchema, TypeInfo, TypeInfoVisitor, Visitor, visit
from strawberry.schema.schema_converter import GraphQLCoreConverter

from app.chat.message_parts import MessageParts

_KEY: Final = "reads"
_MADE_OF_MESSAGES: Final = frozenset({"Message", "MessageEdge", "Node", "PageInfo"})
"""The types whose fields look into messages. Those that only hand them on are not among them."""
_META: Final = "__"
"""How the names of fields begin that are no type's own."""


def _reads(parts: MessageParts) -> Mapping[str, MessageParts]:
    return {_KEY: parts}


# For `metadata` of a field of those types: what its resolver needs of a message. Without it that is the whole message.
NOTHING: Final = _reads(MessageParts.NONE)
PLACE: Final = _reads(MessageParts.PLACE)
TEXT: Final = _reads(MessageParts.TEXT)
OUTCOME: Final = _reads(MessageParts.OUTCOME)
METADATA: Final = _reads(MessageParts.METADATA)


def selected_parts(schema: GraphQLSchema, document: DocumentNode) -> MessageParts:
    """Of a document that is valid, with all its operations. Whether conditions leave something out is not looked at."""
    types = TypeInfo(schema)
    collecting = _Collecting(types)
    visit(document, TypeInfoVisitor(types, collecting))
    return collecting.parts


class _Collecting(Visitor):
    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self.parts = MessageParts.NONE
        self._types = types

    def enter_field(self, node: FieldNode, *_: object) -> None:
        type, field = self._types.get_parent_type(), self._types.get_field_def()
        if type and field and type.name in _MADE_OF_MESSAGES and not node.name.value.startswith(_META):
            self.parts |= _read_by(field)


def _read_by(field: GraphQLField) -> MessageParts:
    definition = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    found = definition.metadata.get(_KEY) if definition else None
    return found if isinstance(found, MessageParts) else MessageParts.WHOLE
