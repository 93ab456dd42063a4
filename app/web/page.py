"""A page: one HTML file of the build, and what the browser is told to allow it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from app.web.build import STATIC, NotBuiltError

STRICT: Final = (
    "default-src 'none'",
    "script-src 'self'",
    # Covers ws: and wss: of the same host too: in Chrome and Firefox since 2018, in Safari since 16 (2022).
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
)
"""The directives of a Content-Security-Policy that every page has; nothing comes from another origin."""


def page_headers(*policy: str) -> Mapping[str, str]:
    """Args:
    policy: the directives that this page has besides `STRICT`.
    """
    return MappingProxyType(
        {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Security-Policy": "; ".join((*STRICT, *policy)),
            # The page names its assets by hash: a kept one would ask an upgraded server for files that it lacks.
            "Cache-Control": "no-cache",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }
    )


@cache
def html(name: str) -> bytes:
    """Of a page, read once.

    Raises:
        NotBuiltError: `web/` has not been built.
    """
    try:
        return (STATIC / f"{name}.html").read_bytes()
    except FileNotFoundError:
        raise NotBuiltError from None
