"""Where the built pages lie, and what is said when they do not."""

from __future__ import annotations

from pathlib import Path

STATIC = Path(__file__).parent / "static"


class NotBuiltError(RuntimeError):
    """The pages were never built in this clone, or their files are gone."""

    def __init__(self) -> None:
        super().__init__("the web pages are not built: run `make run`, which builds them")
