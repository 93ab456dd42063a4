from __future__ import annotations

import pytest
from websockets.frames import Frame, Opcode

from app.server.text_frame import text_frame


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 1_000_000])
def test_a_message_of_any_size_is_framed_as_websockets_does_it(size: int) -> None:
    payload = b"x" * size
    assert text_frame(payload) == Frame(Opcode.TEXT, payload).serialize(mask=False)
