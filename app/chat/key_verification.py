"""Whether a key opens anything, asked of the database seldom: once per key and ten seconds."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from app.chat.errors import Unauthenticated
from app.chat.keys import Key, Keys, digest, is_secret

HOLDS_SECONDS: Final = 10.0
"""How long an answer is relied on, so also how long a revoked key may go on working."""

MAX_REMEMBERED_KEYS: Final = 10_000
"""Unknown ones count too: who tries many has them looked up one by one, but fills no memory."""


@dataclass(frozen=True, slots=True)
class Verified:
    """Args:
    until: by the verifier's clock; then it is to be verified again.
    """

    key: Key
    until: float


@dataclass(frozen=True, slots=True)
class _Answer:
    key: Key | None
    until: float


class KeyVerifier:
    """Args:
    clock: monotonic, in seconds; None is the running loop's.
    """

    def __init__(self, keys: Keys, *, holds_seconds: float = HOLDS_SECONDS, clock: Callable[[], float] | None = None):
        self._keys = keys
        self._holds_seconds = holds_seconds
        self._clock = clock or (lambda: asyncio.get_running_loop().time())
        self._answers: OrderedDict[bytes, _Answer] = OrderedDict()
        self._asking: dict[bytes, asyncio.Task[_Answer]] = {}

    async def verify(self, secret: str) -> Verified:
        """Raises:
        Unauthenticated: it is no key, or a revoked one.
        StorageUnavailable: the key is not known any more, and the database cannot be asked.
        """
        hashed = digest(secret)
        answer = self._answers.get(hashed)
        if answer is None or answer.until <= self._clock():
            if not is_secret(secret):  # which takes ten times as long as to find what is known
                raise Unauthenticated
            answer = await self._ask_once(hashed)
        if answer.key is None:
            raise Unauthenticated
        return Verified(answer.key, answer.until)

    async def _ask_once(self, hashed: bytes) -> _Answer:
        """Whoever comes while it is being asked waits for the same answer, and takes it from nobody by going."""
        asking = self._asking.get(hashed)
        if asking is None:
            asking = self._asking[hashed] = asyncio.create_task(self._ask(hashed))
            asking.add_done_callback(lambda done: self._asked(hashed, done))
        return await asyncio.shield(asking)

    async def _ask(self, hashed: bytes) -> _Answer:
        until = self._clock() + self._holds_seconds  # from before the look-up: what is revoked meanwhile is noticed
        return _Answer(await self._keys.find(hashed), until)

    def _asked(self, hashed: bytes, done: asyncio.Task[_Answer]) -> None:
        del self._asking[hashed]
        if done.cancelled() or done.exception():
            return
        self._answers[hashed] = done.result()
        self._answers.move_to_end(hashed)
        while len(self._answers) > MAX_REMEMBERED_KEYS:
            self._answers.popitem(last=False)
