"""Which pages may open a WebSocket: a browser lets any page try, with the user's credentials (RFC 6455, 10.2)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


def may_open(headers: Mapping[str, str], allowed: Collection[str]) -> bool:
    """Whether the handshake comes from this server's own pages, from an allowed origin, or from no page at all.

    Args:
        headers: of the handshake, found by lower-case name.
        allowed: origins such as `https://chat.example.com`.
    """
    origin = headers.get("origin")
    if origin is None:
        return True
    if origin in allowed:
        return True
    scheme = origin.partition("://")[0].lower()
    page = _address(scheme, origin.partition("://")[2])
    return page is not None and page == _address(scheme, headers.get("host", ""))


def _address(scheme: str, authority: str) -> tuple[str, int | None] | None:
    """Host and port; None for what is no authority, such as the origin `null` of a sandboxed page."""
    try:
        parts = urlsplit(f"//{authority}")
        return (parts.hostname, parts.port or _DEFAULT_PORTS.get(scheme)) if parts.hostname else None
    except ValueError:
        return None
