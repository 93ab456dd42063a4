"""How a request names its document."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final

from graphql import GraphQLError

from app.api.graphql.request import RequestParameters
from app.chat.errors import Code

SHA256_PREFIX: Final = "sha256:"
APOLLO_VERSION: Final = 1


def document_identifier(sent: RequestParameters) -> str | None:
    """The id, a SHA-256 without its prefix; None where the document is not named. `documentId` comes first.

    Raises:
        GraphQLError: `persistedQuery` is not as version 1 of Apollo's protocol has it; with its code.
    """
    if sent.document_id:
        return sent.document_id.removeprefix(SHA256_PREFIX)  # a text has one name, whatever form it is in
    automatic: Any = (sent.extensions or {}).get("persistedQuery")
    if automatic is None:
        return None
    version = automatic.get("version") if isinstance(automatic, dict) else None
    if type(version) is not int or version != APOLLO_VERSION:  # true equals 1
        raise bad_name(f"Unsupported persisted query version: `persistedQuery.version` must be {APOLLO_VERSION}")
    hash = automatic.get("sha256Hash")
    if not isinstance(hash, str) or not hash:
        raise bad_name("`persistedQuery.sha256Hash` must be a string that is not empty")
    return hash


def hash_of(document: str) -> str:
    """Lower-case hexadecimal, of the text in UTF-8."""
    return sha256(document.encode("utf-8", "surrogatepass")).hexdigest()


def bad_name(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": Code.BAD_USER_INPUT.value})
