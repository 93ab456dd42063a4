"""Who calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import HTTPConnection


@dataclass(frozen=True, slots=True)
class Identity:
    """Args:
    owner: whose conversations the caller reads and writes, and nobody else's.
    """

    owner: str


LOCAL = Identity("local")

Identify = Callable[[HTTPConnection], Identity]
"""Tells who opened a connection."""


def local_identity(_connection: HTTPConnection) -> Identity:
    """On a loopback bind everything belongs to the one local user."""
    return LOCAL
