"""A backend's list of models, remembered: fetched rarely, once for all who ask, and waited for only the first time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from app.chat.completion import Backend
from app.chat.errors import BackendFailed

logger = logging.getLogger("parley.generation")

FRESH_SECONDS: Final = 60.0
"""How long a list is served without asking again; past it, it is still served while the next one is fetched."""

RETRY_SECONDS: Final = 15.0
"""How long a backend that failed is left alone, its models hidden."""

DEADLINE_SECONDS: Final = 3.0


class ModelList:
    """Attributes:
    asked: whether it was ever fetched, with or without success.
    last_names: those of the last list that could be fetched.
    """

    def __init__(self, backend: Backend, *, clock: Callable[[], float]) -> None:
        self._backend = backend
        self._clock = clock
        self._names: tuple[str, ...] | None = None
        self._asked_at = float("-inf")
        self._fetching: asyncio.Task[None] | None = None
        self.asked = False
        self.last_names: tuple[str, ...] = ()

    def now(self) -> tuple[str, ...] | None:
        """The models; none where the backend has no list, None while it fails. Past its time, fetches the next list."""
        good_for_seconds = RETRY_SECONDS if self._names is None else FRESH_SECONDS
        if self._age_seconds > good_for_seconds:
            self._fetch()
        return self._names

    async def names(self) -> tuple[str, ...] | None:
        """As `now`, but waits for the very first list."""
        if not self.asked:
            await asyncio.shield(self._fetch())
        return self.now()

    async def names_newer_than(self, seconds: float) -> tuple[str, ...] | None:
        """As `now`, but waits for a new list if there is one and it is older than that."""
        if self._names and self._age_seconds > seconds:
            await asyncio.shield(self._fetch())
        return self._names

    async def close(self) -> None:
        if self._fetching:
            self._fetching.cancel()
            await asyncio.wait([self._fetching])

    @property
    def _age_seconds(self) -> float:
        return self._clock() - self._asked_at

    def _fetch(self) -> asyncio.Task[None]:
        if self._fetching is None:
            self._fetching = asyncio.create_task(self._ask(), name=f"models of {self._backend.name}")
        return self._fetching

    async def _ask(self) -> None:
        names: tuple[str, ...] | None = None
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                names = await self._backend.models()
        except (BackendFailed, TimeoutError) as error:
            logger.warning("models cannot be listed", extra={"backend": self._backend.name, "why": repr(error)})
        except Exception:
            logger.exception("models cannot be listed", extra={"backend": self._backend.name})
        finally:
            self._fetching = None
        self._names, self.asked, self._asked_at = names, True, self._clock()
        if names is not None:
            self.last_names = names
