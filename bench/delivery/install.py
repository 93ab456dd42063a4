"""`python -m bench.delivery.install`: brings graphql-yoga and graphql-ws, as locked here, to .bench/yoga."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from bench.npm_packages import install

YOGA_FOLDER: Final = Path(".bench/yoga")


if __name__ == "__main__":
    install(Path(__file__).parent, YOGA_FOLDER)
