"""The file that lists documents, as the tools write it that gather them from a client's source.

Either an object of documents by their ids, as graphql-codegen's `persisted-documents.json` and relay-compiler's
`persistConfig` have it, or Apollo's manifest
(https://www.apollographql.com/docs/graphos/platform/security/persisted-queries).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from app.api.graphql.json_codec import NotJson, decode
from app.api.graphql.persisted_documents.identifier import SHA256_PREFIX, hash_of
from app.api.graphql.persisted_documents.validity import fault_of

APOLLO_FORMAT: Final = "apollo-persisted-query-manifest"
APOLLO_VERSION: Final = 1


class ManifestError(ValueError):
    """The manifest is not usable; says which document is not, and why, in one line."""


def read_manifest(text: str) -> dict[str, str]:
    """The documents by their ids, each of which is served as it is.

    Raises:
        ManifestError: as it says.
    """
    try:
        manifest = decode(text)
    except NotJson as error:
        raise ManifestError(f"is not JSON: {error}") from None
    if not isinstance(manifest, dict):
        raise ManifestError("must be a JSON object")
    documents: dict[str, str] = {}
    for id, document in _operations_of_apollo(manifest) if "format" in manifest else manifest.items():
        if problem := _problem(id, document, documents):
            raise ManifestError(f"document {json.dumps(id)}: {problem}")
        documents[id] = document
    return documents


def _operations_of_apollo(manifest: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    if (manifest["format"], manifest.get("version")) != (APOLLO_FORMAT, APOLLO_VERSION):
        raise ManifestError(f'its format must be "{APOLLO_FORMAT}", version {APOLLO_VERSION}')
    operations = manifest.get("operations")
    if not isinstance(operations, list) or not all(isinstance(each, dict) for each in operations):
        raise ManifestError("its operations must be a list of objects")
    return ((each.get("id"), each.get("body")) for each in operations)


def _problem(id: Any, document: Any, before: Iterable[str]) -> str | None:
    if not isinstance(id, str) or not id:
        return "its id must be a string that is not empty"
    if id in before:
        return "another one has the same id"
    if not isinstance(document, str):
        return "it must be a string"
    if id.startswith(SHA256_PREFIX) and id != SHA256_PREFIX + hash_of(document):
        return "its id is not the SHA-256 of its text"
    return fault_of(document)
