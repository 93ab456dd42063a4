"""The proxies that the environment names: backends that ask other servers go through them."""

from __future__ import annotations

import os
from typing import Final
from urllib.request import getproxies

import httpx2

from app.generation.configuration_faults import ConfigurationError

_SCHEMES: Final = ("http", "https", "all")
"""Of the requests that a proxy is for."""


def check_proxies() -> None:
    """Raises:
    ConfigurationError: there is one that cannot be spoken to; names the variable, and not its value, which may hold
        a password.
    """
    proxies = getproxies()
    if "*" in (host.strip() for host in proxies.get("no", "").split(",")):
        return
    for scheme in _SCHEMES:
        if url := proxies.get(scheme):
            _check(scheme, url if "://" in url else f"http://{url}")


def _check(scheme: str, url: str) -> None:
    try:
        proxy = httpx2.Proxy(url)
    except (ValueError, httpx2.InvalidURL):
        raise _fault(scheme, "must be the URL of a proxy, with http:// or https://") from None
    if proxy.url.scheme not in ("http", "https"):
        raise _fault(scheme, "SOCKS proxies are not supported, only http:// and https:// ones")


def _fault(scheme: str, problem: str) -> ConfigurationError:
    name = f"{scheme}_proxy"  # in lower case it wins over the same in capitals
    return ConfigurationError(f"{name if os.environ.get(name) else name.upper()}: {problem}")
