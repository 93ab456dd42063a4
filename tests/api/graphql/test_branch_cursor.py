from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.graphql.branch_cursor import branch_cursor, branch_depth
from app.chat.errors import BadInput
from app.chat.identifiers import ConversationId, new_conversation_id

OURS = new_conversation_id()


@given(st.uuids(), st.integers(0, 2**40 - 1))
def test_a_cursor_leads_back_to_where_it_points(id: object, depth: int) -> None:
    conversation = ConversationId(id)  # type: ignore[arg-type] # hypothesis types what it makes as object
    assert branch_depth(branch_cursor(conversation, depth), field="after", conversation=conversation) == depth


@pytest.mark.parametrize("field", ["after", "before"])
def test_the_cursor_of_another_conversation_is_refused_by_name(field: str) -> None:
    with pytest.raises(BadInput, match=rf"^{field}: is not a cursor of this conversation's messages"):
        branch_depth(branch_cursor(new_conversation_id(), 3), field=field, conversation=OURS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        branch_cursor(OURS, 0)[:-1],
        branch_cursor(OURS, 0) + "A",
        branch_cursor(OURS, 0)[:-1] + "\n",
        branch_cursor(OURS, 0)[:-1] + "é",
        base64.urlsafe_b64encode(bytes(21)).decode(),
        "msg_01m7z5nq00evvt1qx1q1j3cf9q",
    ],
)
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        branch_depth(text, field="after", conversation=OURS)
