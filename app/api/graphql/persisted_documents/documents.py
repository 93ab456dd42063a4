"""From what a client sends to what is run: the one place where a document is looked up, registered or refused."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from graphql import GraphQLError

from app.api.graphql.documents import check_length
from app.api.graphql.errors import PERSISTED_QUERY_NOT_FOUND, PERSISTED_QUERY_NOT_IN_LIST
from app.api.graphql.operation import Failed
from app.api.graphql.persisted_documents.identifier import bad_name, document_identifier, hash_of
from app.api.graphql.persisted_documents.registered import RegisteredDocuments
from app.api.graphql.persisted_documents.validity import fault_of
from app.api.graphql.request import GraphQLRequest, RequestParameters

NOT_OF_DOCUMENT_ID: Final = "`documentId` is neither the SHA-256 of `query` nor the id under which it is listed"
NOT_OF_SHA: Final = "provided sha does not match query"
NONE_LISTED: Final[Mapping[str, str]] = MappingProxyType({})


class PersistedDocuments:
    """Args:
    listed: documents by their ids; the SHA-256 of its text names each as well.
    only: whether nothing else is served, and nothing is registered.
    """

    def __init__(self, listed: Mapping[str, str] = NONE_LISTED, *, only: bool = False) -> None:
        self._texts = frozenset(listed.values())
        self._listed = {hash_of(text): text for text in self._texts}
        self._listed |= listed
        self._registered = RegisteredDocuments()
        self._only = only

    def request(self, sent: RequestParameters) -> GraphQLRequest:
        """What is sent, with the text of its document.

        Raises:
            Failed: the document is not known, not among those that are served, or not the one that is named.
        """
        try:
            document = self._document(sent)
        except GraphQLError as refused:
            raise Failed([refused]) from None
        return GraphQLRequest(document, sent.variables, sent.operation_name)

    def _document(self, sent: RequestParameters) -> str:
        id = document_identifier(sent)
        if sent.query is None:
            return self._find(id or "")
        check_length(sent.query)
        if self._only and sent.query not in self._texts:
            raise _not_in_list()
        if id is not None and self._listed.get(id) != sent.query:
            if hash_of(sent.query) != id:
                raise bad_name(NOT_OF_DOCUMENT_ID if sent.document_id else NOT_OF_SHA)
            self._register(id, sent.query)
        return sent.query

    def _find(self, id: str) -> str:
        found = self._listed.get(id) or self._registered.get(id)
        if found is not None:
            return found
        # Apollo's clients take the one error for a request to send the whole, which would be in vain after the other.
        raise _not_in_list() if self._only else _not_found()

    def _register(self, id: str, query: str) -> None:
        """Only what could be run is kept: to fill the room, one has to write proper documents at least."""
        if fault_of(query) is None:
            self._registered.add(id, query)


def _not_found() -> GraphQLError:
    """By its message Apollo's clients know it, and by its code others do."""
    return GraphQLError("PersistedQueryNotFound", extensions={"code": PERSISTED_QUERY_NOT_FOUND})


def _not_in_list() -> GraphQLError:
    return GraphQLError(
        "Only documents that this server lists are served", extensions={"code": PERSISTED_QUERY_NOT_IN_LIST}
    )
