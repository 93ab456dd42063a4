from __future__ import annotations

import os

import pytest

from app.generation.configuration_faults import ConfigurationError
from app.generation.deadlines import DEFAULT_DEADLINES
from app.generation.environment_proxies import check_proxies
from app.generation.upstream_client import UpstreamClient


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("name", "url", "problem"),
    [
        ("ALL_PROXY", "socks5://me:secret@127.0.0.1:1080", "SOCKS proxies are not supported"),
        ("https_proxy", "socks5h://me:secret@127.0.0.1:1080", "SOCKS proxies are not supported"),
        ("HTTP_PROXY", "ftp://me:secret@127.0.0.1", "must be the URL of a proxy"),
        ("HTTPS_PROXY", "http://me:secret@127.0.0.1:port", "must be the URL of a proxy"),
    ],
)
def test_a_proxy_that_cannot_be_spoken_to_is_told_by_its_variable_and_not_by_its_password(
    monkeypatch: pytest.MonkeyPatch, name: str, url: str, problem: str
) -> None:
    monkeypatch.setenv(name, url)
    with pytest.raises(ConfigurationError, match=f"^{name}: {problem}") as raised:
        check_proxies()
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"ALL_PROXY": "http://127.0.0.1:3128", "https_proxy": "https://me:secret@127.0.0.1:3128"},
        {"HTTP_PROXY": "127.0.0.1:3128"},
        {"ALL_PROXY": ""},
        {"ALL_PROXY": "socks5://127.0.0.1:1080", "NO_PROXY": "localhost, *"},
        {"RSYNC_PROXY": "socks5://127.0.0.1:1080"},
    ],
)
async def test_whatever_backends_can_use_is_accepted(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    check_proxies()
    await UpstreamClient(DEFAULT_DEADLINES).aclose()
