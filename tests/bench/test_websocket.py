"""The load client's WebSocket, against the `websockets` library's."""

from __future__ import annotations

import pytest
from websockets.frames import Frame as TheirFrame
from websockets.frames import Opcode
from websockets.protocol import Side
from websockets.server import ServerProtocol

from bench.delivery.websocket import HANDSHAKE, PING, PONG, TEXT, Frame, client_frame, extent, frames

SIZES = [0, 1, 125, 126, 127, 65_535, 65_536, 70_000]


def server_frame(payload: bytes, opcode: Opcode = Opcode.TEXT) -> bytes:
    return TheirFrame(opcode, payload).serialize(mask=False)


def server() -> ServerProtocol:
    """As it is once the handshake has been read."""
    protocol = ServerProtocol(subprotocols=["graphql-transport-ws"])  # type: ignore[list-item]
    protocol.receive_data(HANDSHAKE)
    [request] = protocol.events_received()
    protocol.send_response(protocol.accept(request))  # type: ignore[arg-type]
    assert protocol.side is Side.SERVER
    return protocol


@pytest.mark.parametrize("size", [size for size in SIZES if size < 65_536])
def test_a_server_reads_what_was_said(size: int) -> None:
    protocol = server()
    protocol.receive_data(client_frame(b"x" * size) + client_frame(b"here", PONG))
    text, pong = protocol.events_received()
    assert (text.opcode, text.data) == (Opcode.TEXT, b"x" * size)  # type: ignore[union-attr]
    assert (pong.opcode, pong.data) == (Opcode.PONG, b"here")  # type: ignore[union-attr]


@pytest.mark.parametrize("size", SIZES)
def test_a_frame_is_found_whole_wherever_the_stream_was_cut(size: int) -> None:
    payload = b"x" * size
    whole = server_frame(payload)
    for cut in [each for each in (1, 2, 3, 5, 9, len(whole) - 1) if each < len(whole)]:
        assert extent(whole[:cut]) == (0, 0, True)
    assert extent(whole) == (len(whole), 1, True)
    assert frames(whole) == [Frame(TEXT, payload)]


def test_of_several_frames_the_whole_ones_are_counted() -> None:
    data = b"".join(server_frame(b"x" * size) for size in (0, 3, 200)) + server_frame(b"cut off")[:4]
    size, number, text_only = extent(data)
    assert (number, text_only, data[size:]) == (3, True, server_frame(b"cut off")[:4])
    assert [len(frame.payload) for frame in frames(data[:size])] == [0, 3, 200]


def test_a_ping_does_not_go_unnoticed() -> None:
    data = server_frame(b"text") + server_frame(b"here?", Opcode.PING) + server_frame(b"text")
    assert extent(data) == (len(data), 3, False)
    assert frames(data)[1] == Frame(PING, b"here?")
