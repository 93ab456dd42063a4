"""TypeID text (the vectors of its specification, version 0.3) and UUIDv7 (RFC 9562)."""

from __future__ import annotations

import itertools
import time
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.chat import identifiers
from app.chat.errors import BadInput

VALID = [
    ("prefix_00000000000000000000000000", "00000000-0000-0000-0000-000000000000"),
    ("prefix_00000000000000000000000001", "00000000-0000-0000-0000-000000000001"),
    ("prefix_0000000000000000000000000a", "00000000-0000-0000-0000-00000000000a"),
    ("prefix_0000000000000000000000000g", "00000000-0000-0000-0000-000000000010"),
    ("prefix_00000000000000000000000010", "00000000-0000-0000-0000-000000000020"),
    ("prefix_7zzzzzzzzzzzzzzzzzzzzzzzzz", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
    ("prefix_0123456789abcdefghjkmnpqrs", "0110c853-1d09-52d8-d73e-1194e95b5f19"),
    ("prefix_01h455vb4pex5vsknk084sn02q", "01890a5d-ac96-774b-bcce-b302099a8057"),
    ("pre_fix_00000000000000000000000000", "00000000-0000-0000-0000-000000000000"),
]

INVALID = {
    "prefix of capitals": "PREFIX_00000000000000000000000000",
    "another prefix": "msg_00000000000000000000000000",
    "no prefix": "00000000000000000000000000",
    "empty prefix": "_00000000000000000000000000",
    "longer prefix": "a_prefix_00000000000000000000000000",
    "no suffix": "prefix_",
    "suffix too short": "prefix_1234567890123456789012345",
    "suffix too long": "prefix_123456789012345678901234567",
    "spaces": "prefix_1234567890123456789012345 ",
    "capitals": "prefix_0123456789ABCDEFGHJKMNPQRS",
    "hyphens": "prefix_123456789-123456789-123456",
    "letters that Crockford leaves out": "prefix_ooooooiiiiiiuuuuuuulllllll",
    "letters that Crockford takes for others": "prefix_i23456789ol23456789oi23456",
    "hyphens that Crockford ignores": "prefix_123456789-0123456789-0123456",
    "more than 128 bits": "prefix_8zzzzzzzzzzzzzzzzzzzzzzzzz",
    "digits of another script": "prefix_0000000000000000000000000٣",
    "a UUID": "01890a5d-ac96-774b-bcce-b302099a8057",
    "nothing": "",
}


@pytest.mark.parametrize(("text", "uuid"), VALID)
def test_a_typeid_reads_and_writes_as_the_specification_has_it(text: str, uuid: str) -> None:
    prefix = text.rpartition("_")[0]
    assert identifiers.from_text(prefix, text) == UUID(uuid)
    assert identifiers.to_text(prefix, UUID(uuid)) == text


@pytest.mark.parametrize("text", INVALID.values(), ids=INVALID)
def test_what_is_no_typeid_is_refused_by_the_name_of_its_field(text: str) -> None:
    with pytest.raises(BadInput, match="not an id of the form prefix_") as refused:
        identifiers.from_text("prefix", text, field="parent_id")
    assert refused.value.field == "parent_id"


def test_an_id_of_another_kind_is_refused() -> None:
    conversation = identifiers.to_text(identifiers.CONVERSATION, identifiers.new_conversation_id())
    with pytest.raises(BadInput):
        identifiers.message_id(conversation)
    with pytest.raises(BadInput):
        identifiers.conversation_id(conversation.replace("conv", "msg"))


def test_of_a_long_wrong_id_only_its_beginning_is_said_back() -> None:
    with pytest.raises(BadInput) as refused:
        identifiers.message_id("x" * 1_000_000)
    assert len(str(refused.value)) < 120


@given(st.uuids())
def test_every_uuid_comes_back_from_its_text(uuid: UUID) -> None:
    assert identifiers.message_id(identifiers.to_text(identifiers.MESSAGE, uuid)) == uuid
    assert identifiers.conversation_id(identifiers.to_text(identifiers.CONVERSATION, uuid)) == uuid


@given(st.uuids(), st.uuids())
def test_texts_sort_as_their_uuids_do(one: UUID, other: UUID) -> None:
    assert (one < other) == (identifiers.to_text("msg", one) < identifiers.to_text("msg", other))


@given(st.text(max_size=40))
def test_no_text_is_taken_but_for_the_one_that_its_uuid_is_written_as(text: str) -> None:
    try:
        uuid = identifiers.message_id(text)
    except BadInput:
        return
    assert identifiers.to_text("msg", uuid) == text


def test_a_hundred_thousand_ids_made_in_a_row_are_uuid7_and_strictly_ascend() -> None:
    before_ms = time.time_ns() // 1_000_000
    made = [identifiers.new_uuid() for _ in range(100_000)]
    after_ms = time.time_ns() // 1_000_000
    assert all(each.version == 7 and each.variant == RFC_4122 for each in made)
    assert all(one < next_ for one, next_ in itertools.pairwise(made))
    assert before_ms <= made[0].int >> 80 <= made[-1].int >> 80 <= after_ms


def test_ids_ascend_also_when_the_clock_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    ahead = identifiers.new_uuid()
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000_000_000_000_000)
    made = [ahead, *(identifiers.new_uuid() for _ in range(1_000))]
    assert made == sorted(set(made))
    assert all(each.version == 7 and each.variant == RFC_4122 for each in made)


def test_ids_of_different_milliseconds_share_no_random_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    randoms = set()
    now = time.time_ns()
    for millisecond in range(1, 101):
        monkeypatch.setattr(time, "time_ns", lambda ahead=millisecond: now + ahead * 1_000_000_000)
        randoms.add(identifiers.new_uuid().int & (1 << 62) - 1)
    assert len(randoms) == 100
