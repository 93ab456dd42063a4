from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.web.stand_in import create_stand_in


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """Talks to the stand-in server in this process."""
    transport = httpx.ASGITransport(app=create_stand_in())
    async with httpx.AsyncClient(transport=transport, base_url="http://parley.test") as client:
        yield client
