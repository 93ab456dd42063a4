"""Three short rounds of what `make chaos` does at length."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

import pytest

from tests.chaos.deployment import deployed
from tests.chaos.faults import FAULTS
from tests.chaos.round import Round, Size

SHORT: Final = Size(
    streams=10,
    subscribers=40,
    stops=1,
    queued=1,
    edited=1,
    regenerated=1,
    deltas=(60, 90),
    posting_seconds=0.3,
    strike_seconds=(0.3, 0.8),
)
SEED: Final = 20_261_121


@pytest.mark.timeout(300)  # three servers' starts and three rounds, each of which has a deadline of its own
async def test_whatever_dies_every_subscriber_sees_the_stored_text_once_in_order_and_to_its_end() -> None:
    faults = [fault for fault in FAULTS if fault.name in ("kill-server", "kill-postgres", "cut-log")]
    # Not pytest's folder: PostgreSQL, which does not run as root, has to get into it.
    with tempfile.TemporaryDirectory(prefix="parley-chaos-") as folder:
        async with deployed(Path(folder)) as deployment:
            for seed, fault in enumerate(faults, SEED):
                result = await Round(deployment, fault, seed, SHORT).play()
                assert result.flawless, result
                assert result.verdict.delivered > 0
