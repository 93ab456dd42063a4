"""The whole service where keys are wanted, on a database of its own."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import asyncpg
import pytest

from tests.api.guarded import Guarded
from tests.conftest import with_database
from tests.serving import serving
from tests.stored_keys import stored_keys

UNBOUNDED = 1_000_000


@pytest.fixture(scope="session")
async def guarded(postgres: str, template: str) -> AsyncGenerator[Guarded]:
    connection = await asyncpg.connect(postgres)
    await connection.execute(f'CREATE DATABASE guarded TEMPLATE "{template}"')
    await connection.close()
    url = with_database(postgres, "guarded")
    async with (
        stored_keys(url) as keys,
        serving(
            url,
            auth="keys",
            demo_words_per_second=10_000.0,
            key_requests_per_second=float(UNBOUNDED),
            key_burst=UNBOUNDED,
        ) as served,
    ):
        yield Guarded(served, keys, url)
