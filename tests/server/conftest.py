from __future__ import annotations

import pytest

from tests.server.serving import LOOPS


@pytest.fixture(params=LOOPS)
def loop_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)
