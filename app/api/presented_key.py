"""Where a caller's key may stand.

In HTTP headers, and in those of a WebSocket's handshake: `Authorization`, with the scheme Bearer or with none, and
`x-api-key`. In the payload of `connection_init`, for browsers, which cannot set headers there: the same two names,
`apiKey`, and an object `headers` with any of these; in upper or lower case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from app.chat.keys import is_secret

AUTHORIZATION: Final = "authorization"
HEADERS: Final = ("authorization", "x-api-key")
PAYLOAD_NAMES: Final = (*HEADERS, "apikey")

OWS: Final = " \t"
"""What may stand around a field's value: RFC 9110, 5.6.3. A key with anything else around it is another key."""


def presented_key(headers: Mapping[str, str], payload: Mapping[str, Any] | None = None) -> str | None:
    """The first that looks like a key of ours: clients send those of other services beside it. None where nothing was
    sent, and whatever was sent first where nothing looks like a key.

    Args:
        headers: found by lower-case name.
        payload: of `connection_init`, which comes before the headers.
    """
    found = [*_in_payload(payload or {}), *_among(headers, HEADERS)]
    if len(found) > 1:
        return next(filter(is_secret, found), found[0])
    return found[0] if found else None


def key_alone(payload: Mapping[str, Any]) -> dict[str, str]:
    """Of a payload what has to be kept for as long as its connection is open; the rest may be megabytes."""
    key = presented_key({}, payload)
    return {"apiKey": key} if key and is_secret(key) else {}


def _in_payload(payload: Mapping[str, Any]) -> Iterator[str]:
    named = {name.lower(): value for name, value in payload.items()}
    yield from _among(named, PAYLOAD_NAMES)
    if isinstance(inner := named.get("headers"), Mapping):
        yield from _among({name.lower(): value for name, value in inner.items()}, PAYLOAD_NAMES)


def _among(named: Mapping[str, Any], names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        value = named.get(name)
        if isinstance(value, str) and (key := _without_scheme(value) if name == AUTHORIZATION else value.strip(OWS)):
            yield key


def _without_scheme(value: str) -> str:
    """RFC 9110, 11.4: schemes know no case."""
    scheme, _, credentials = value.strip(OWS).partition(" ")
    return credentials.strip(OWS) if scheme.lower() == "bearer" else value.strip(OWS)
