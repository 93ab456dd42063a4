"""Who calls."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from starlette.requests import HTTPConnection

from app.api.presented_key import presented_key
from app.api.rate_limits import Allowance, Allowances
from app.chat.errors import StorageUnavailable, Unauthenticated
from app.chat.key_verification import KeyVerifier

KEY_WANTED: Final = "an API key is required: send it as `Authorization: Bearer …` or `x-api-key: …`"
AWAY_RETRY_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Identity:
    """Args:
    owner: whose conversations the caller reads and writes, and nobody else's.
    until: by the running loop's clock; then the caller is to be identified again. None: it is known for good.
    allowance: what the caller may ask; None where everything.
    """

    owner: str
    until: float | None = None
    allowance: Allowance | None = None

    def take_request(self) -> None:
        """To be called for each HTTP request and each operation on a WebSocket.

        Raises:
            RateLimited: the caller has asked too much lately.
        """
        if self.allowance:
            self.allowance.take_request()


LOCAL = Identity("local")


class Identify(Protocol):
    """Tells who opened a connection."""

    def __call__(self, connection: HTTPConnection, payload: Mapping[str, Any] | None = None, /) -> Awaitable[Identity]:
        """Args:
            payload: of `connection_init`, on a WebSocket.

        Raises:
            Unauthenticated: by the key that was sent, or for want of one, it is nobody.
            StorageUnavailable: it cannot be found out now.
            RateLimited: where requests are counted too.
        """
        ...


async def local_identity(_connection: HTTPConnection, _payload: Mapping[str, Any] | None = None, /) -> Identity:
    """Everything belongs to the one local user. Keys are not looked at: programs that were written for another service
    send made-up ones, and here need none.
    """
    return LOCAL


def identity_by_key(verifier: KeyVerifier, allowances: Allowances) -> Identify:
    """Whoever calls is whom its key belongs to."""

    async def identify(connection: HTTPConnection, payload: Mapping[str, Any] | None = None, /) -> Identity:
        secret = presented_key(connection.headers, payload)
        if secret is None:
            raise Unauthenticated(KEY_WANTED)
        verified = await verifier.verify(secret)
        return Identity(verified.key.owner, verified.until, allowances.of(verified.key.id))

    return identify


def counting_requests(identify: Identify) -> Identify:
    """The same, for protocols where each request is identified: each is counted, too."""

    async def identify_and_count(connection: HTTPConnection, payload: Mapping[str, Any] | None = None, /) -> Identity:
        identity = await identify(connection, payload)
        identity.take_request()
        return identity

    return identify_and_count


async def revocation(
    identify: Identify, connection: HTTPConnection, identity: Identity, payload: Mapping[str, Any] | None = None
) -> None:
    """Returns when the caller of an open connection is nobody any more; never, where it is known for good.

    While the database is away nobody is sent away: what is open goes on, as replies do.
    """
    again = identity.until
    loop = asyncio.get_running_loop()
    while again is not None:
        await asyncio.sleep(max(0.0, again - loop.time()))
        try:
            again = (await identify(connection, payload)).until
        except Unauthenticated:
            return
        except StorageUnavailable:
            again = loop.time() + AWAY_RETRY_SECONDS
    await asyncio.Event().wait()
