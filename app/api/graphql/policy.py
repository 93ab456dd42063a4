"""What operations the GraphQL edge takes, whichever way they come."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.api.graphql.persisted_documents.documents import PersistedDocuments


@dataclass(frozen=True, slots=True)
class Policy:
    documents: PersistedDocuments = field(default_factory=PersistedDocuments)
    introspection: bool = True
    """Whether clients may ask for the schema."""
