"""Whether a document is one that this schema serves: what is not, is neither kept nor listed."""

from __future__ import annotations

from graphql import GraphQLError

from app.api.graphql.documents import check_document
from app.api.graphql.schema import schema


def fault_of(document: str) -> str | None:
    """What is wrong with it first, in one line; None where it parses, validates and is no more complex than may be."""
    try:
        errors = check_document(schema._schema, document).errors
    except GraphQLError as error:
        errors = (error,)
    return " ".join(errors[0].message.split()) if errors else None
