from __future__ import annotations

import socket
from collections import Counter
from contextlib import ExitStack, suppress

import pytest

from app import listening
from app.listening import ListenError, bind, is_loopback, listen_at, reserve, url


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


@pytest.fixture(params=[True, False], ids=["spreads", "does not spread"])
def spreads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """What a system does with the sockets of one address."""
    if request.param and not listening.SPREADS:
        pytest.skip("this system does not")
    monkeypatch.setattr(listening, "SPREADS", request.param)
    return bool(request.param)


@pytest.mark.usefixtures("spreads")
def test_a_reserved_address_is_nobody_elses_before_during_and_after_servers_listen_there() -> None:
    with reserve("127.0.0.1", 0) as reserved:
        port = reserved.getsockname()[1]

        def assert_refused() -> None:
            for take in (bind, reserve):
                with pytest.raises(ListenError, match=rf"^cannot listen on 127\.0\.0\.1:{port}: .*in use"):
                    take("127.0.0.1", port)

        assert_refused()
        with listen_at(reserved), listen_at(reserved):
            assert_refused()
        assert_refused()
    bind("127.0.0.1", port).close()


@pytest.mark.usefixtures("spreads")
def test_an_address_in_use_cannot_be_reserved() -> None:
    with bind("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ListenError, match=rf"^cannot listen on 127\.0\.0\.1:{port}: .*\(PARLEY_PORT names another"):
            reserve("127.0.0.1", port)


@pytest.mark.usefixtures("spreads")
def test_an_address_can_be_reserved_again_at_once() -> None:
    with reserve("127.0.0.1", 0) as first, listen_at(first) as own:
        port = first.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port), timeout=5)
        own.setblocking(True)
        accepted, _ = own.accept()
        accepted.close()  # the server's side closes first, so its address stays in TIME_WAIT
    client.close()
    with reserve("127.0.0.1", port) as again, listen_at(again):
        socket.create_connection(("127.0.0.1", port), timeout=5).close()


def test_connections_are_spread_evenly_over_those_who_listen(spreads: bool) -> None:
    connections, listeners = 300, 3
    with ExitStack() as stack:
        reserved = stack.enter_context(reserve("127.0.0.1", 0))
        listening = [stack.enter_context(listen_at(reserved)) for _ in range(listeners)]
        for _ in range(connections):
            stack.enter_context(socket.create_connection(reserved.getsockname(), timeout=5))
        taken: Counter[int] = Counter()
        for number, own in enumerate(listening):
            assert not own.getblocking()
            with suppress(BlockingIOError):
                while True:
                    stack.enter_context(own.accept()[0])
                    taken[number] += 1
    assert taken.total() == connections
    if spreads:
        # Of 300 by a hash, 100 each; less than 50 come once in 10^9 times.
        assert min(taken[number] for number in range(listeners)) >= 50


def test_who_stops_listening_leaves_new_connections_to_the_others() -> None:
    with reserve("127.0.0.1", 0) as reserved, listen_at(reserved) as stays:
        listen_at(reserved).close()
        stays.settimeout(5)
        for _ in range(20):
            with socket.create_connection(reserved.getsockname(), timeout=5):
                stays.accept()[0].close()
