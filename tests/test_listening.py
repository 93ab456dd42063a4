from __future__ import annotations

import socket

import pytest

from app.listening import ListenError, bind, is_loopback, url


def test_a_bound_socket_takes_connections_at_its_url() -> None:
    with bind("127.0.0.1", 0) as bound:
        assert bound.getsockname()[1] > 0
        assert url("127.0.0.1", bound) == f"http://127.0.0.1:{bound.getsockname()[1]}"
        assert not bound.getblocking()
        socket.create_connection(bound.getsockname(), timeout=5).close()


def test_an_ipv6_address_is_written_in_brackets() -> None:
    with bind("127.0.0.1", 0) as bound:  # not every machine has IPv6
        assert url("::1", bound) == f"http://[::1]:{bound.getsockname()[1]}"


def test_a_port_in_use_is_refused_in_one_line_that_says_what_to_do() -> None:
    with bind("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ListenError, match=rf"^cannot listen on 127\.0\.0\.1:{port}: .*\(PARLEY_PORT names another"):
            bind("127.0.0.1", port)


def test_a_port_that_was_in_use_a_moment_ago_can_be_had_at_once() -> None:
    with bind("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port), timeout=5)
        accepted, _ = first.accept()
        accepted.close()  # the server's side closes first, so its address stays in TIME_WAIT
    client.close()
    bind("127.0.0.1", port).close()


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b", "x" * 64 + ".example"])
def test_a_host_that_is_none_is_named(host: str) -> None:
    with pytest.raises(ListenError, match=r"^PARLEY_HOST=[^\n]+: [^\n]+$"):
        bind(host, 0)
    with pytest.raises(ListenError, match=r"^PARLEY_HOST=[^\n]+: [^\n]+$"):
        is_loopback(host)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(ListenError, match=r"^cannot listen on 192\.0\.2\.1:"):
        bind("192.0.2.1", 0)  # TEST-NET-1 (RFC 5737)


@pytest.mark.parametrize(
    ("host", "only_this_machine"),
    [
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.0.2.1", False),
        ("2001:db8::1", False),
    ],
)
def test_who_can_connect_is_known_by_the_address(host: str, only_this_machine: bool) -> None:
    assert is_loopback(host) is only_this_machine
