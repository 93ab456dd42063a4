"""What holds for every page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app.web import page
from app.web.build import NotBuiltError
from app.web.chat import chat_routes
from app.web.playground import playground_response
from app.web.swagger import swagger_routes


@pytest.mark.parametrize("show", [chat_routes, playground_response, swagger_routes])
def test_an_unbuilt_page_says_what_to_run(
    show: Callable[[], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "STATIC", tmp_path)
    page.html.cache_clear()
    with pytest.raises(NotBuiltError, match=r"run `make run`"):
        show()
