"""The socket that the server listens on, or several servers do, taken before anything is started."""

from __future__ import annotations

import ipaddress
import socket
import sys
from typing import Final

SPREADS: Final = sys.platform == "linux"
"""Whether the system spreads connections over the sockets of one address; others give them all to one of these."""

_BACKLOG: Final = 2048


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
        bound.listen(_BACKLOG)
    except OSError as error:
        bound.close()
        raise ListenError(
            f"cannot listen on {host}:{port}: {error.strerror} (PARLEY_PORT names another port)"
        ) from error
    bound.setblocking(False)
    return bound


def reserve(host: str, port: int) -> socket.socket:
    """Takes the address for several servers of this user, each of which is to `listen_at` it.

    For as long as it is open nobody else has the address. Nobody can connect before a server listens.

    Raises:
        ListenError: as of `bind`.
    """
    if SPREADS and port == 0:  # a port that the system has chosen would be given back below
        with bind(host, 0) as any_port:
            port = any_port.getsockname()[1]
    reserved = bind(host, port)
    if SPREADS:
        # In this order there is no moment at which anybody else could listen, or reserve it, too. With SO_REUSEPORT
        # only those who ask for that can be there besides, which `bind` does not.
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
        reserved.shutdown(socket.SHUT_RDWR)  # no longer listens, and is still bound
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    return reserved


def listen_at(reserved: socket.socket) -> socket.socket:
    """A listening socket of this process's own, to which its share of the connections come.

    One socket for all would not spread them: every process waits for it, Linux wakes the one first that began to wait
    last, and on a quiet machine that one gets 290 of 300 connections. By a hash of the addresses it is 146 and 154.
    And what a process dies with goes to the others at once.

    Raises:
        ListenError
    """
    if not SPREADS:
        return reserved.dup()
    own = socket.socket(reserved.family, reserved.type, reserved.proto)
    try:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        own.bind(reserved.getsockname())
        own.listen(_BACKLOG)
    except OSError as error:
        own.close()
        host, port, *_ = reserved.getsockname()
        raise ListenError(f"cannot listen on {host}:{port}: {error.strerror}") from error
    own.setblocking(False)
    return own


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
