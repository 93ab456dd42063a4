"""The socket that the server listens on, taken before anything is started."""

from __future__ import annotations

import ipaddress
import socket


class ListenError(Exception):
    """The address is not to be had; says why in one line."""


def bind(host: str, port: int) -> socket.socket:
    """Raises:
    ListenError: there is no such address, it is in use, or it is not this machine's.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        raise _no_address(host, error) from error
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        # Two servers that both bind with SO_REUSEADDR find out only here.
        bound.listen(2048)
    except OSError as error:
        bound.close()
        raise ListenError(
            f"cannot listen on {host}:{port}: {error.strerror} (PARLEY_PORT names another port)"
        ) from error
    bound.setblocking(False)
    return bound


def is_loopback(host: str) -> bool:
    """Whether only this machine can connect to it.

    Raises:
        ListenError: there is no such address.
    """
    try:
        addresses = {entry[4][0] for entry in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError) as error:
        raise _no_address(host, error) from error
    return all(ipaddress.ip_address(address).is_loopback for address in addresses)


def url(host: str, bound: socket.socket) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{bound.getsockname()[1]}"


def _no_address(host: str, error: OSError | UnicodeError) -> ListenError:
    """A UnicodeError is what a name that DNS cannot hold gives."""
    because = error.strerror if isinstance(error, OSError) else "is not a host name"
    return ListenError(f"PARLEY_HOST={host}: {because}")
