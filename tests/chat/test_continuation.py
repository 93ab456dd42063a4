"""What of a history that comes again is stored already."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from app.chat.completion import PromptMessage
from app.chat.continuation import Comparison, Continuation
from app.chat.identifiers import new_conversation_id, new_message_id
from app.chat.prompt import build_prompt
from app.chat.prompt import said as said_by
from app.chat.records import Message, Role, Text
from app.chat.status import MessageStatus

CONVERSATION = new_conversation_id()
ROLES = {"s": Role.SYSTEM, "u": Role.USER, "a": Role.ASSISTANT, "d": Role.DATA, "t": Role.TOOL}


def sent(*texts: str) -> list[PromptMessage]:
    """Messages whose role is the first letter of their text; `a:` has no text."""
    return [PromptMessage(ROLES[text[0]], "" if text.endswith(":") else text) for text in texts]


def stored(*texts: str) -> list[Message]:
    return [
        Message(
            new_message_id(),
            CONVERSATION,
            each.role,
            MessageStatus.COMPLETE,
            datetime.now(UTC),
            depth,
            text=Text(0, each.content),
        )
        for depth, each in enumerate(sent(*texts))
    ]


def unsaid(
    branch: Sequence[Message],
    messages: Sequence[PromptMessage],
    system_prompt: str | None,
    *,
    page: int = 100,
    may_root: bool = True,
) -> Continuation:
    """What the comparison with the branch finds, which is read in pages of that size for as long as it matters."""
    comparison = Comparison(messages, system_prompt, may_root=may_root)
    for start in range(0, len(branch), page):
        if not comparison.read(branch[start : start + page]):
            break
    return comparison.rest()


ROOT = "root"


def rest(
    branch: Sequence[Message], *texts: str, system_prompt: str | None = None, may_root: bool = True
) -> tuple[list[str], int | str | None]:
    """The texts that are new, and the depth of the message that they follow, or that they begin at the root."""
    found = unsaid(branch, sent(*texts), system_prompt, may_root=may_root)
    depths = {each.id: each.depth for each in branch}
    below = depths[found.parent_id] if found.parent_id else None
    return [each.content for each in found.messages], ROOT if found.root else below


def test_the_whole_branch_again_leaves_the_new_message_after_its_tip() -> None:
    assert rest(stored("u1", "a1"), "u1", "a1", "u2") == (["u2"], 1)
    assert rest(stored("s", "u1", "a1"), "s", "u1", "a1", "u2") == (["u2"], 2)


def test_several_new_messages_are_all_kept_in_order() -> None:
    assert rest(stored("u1", "a1"), "u1", "a1", "d", "t", "u2") == (["d", "t", "u2"], 1)


def test_the_beginning_again_leads_to_a_branch_where_it_ends() -> None:
    branch = stored("u1", "a1", "u2", "a2")
    assert rest(branch, "u1", "a1", "u2") == (["u2"], 1)
    assert rest(branch, "u1", "a1", "u2 edited") == (["u2 edited"], 1)
    assert rest(branch, "u1", "a1 edited", "u2") == (["a1 edited", "u2"], 0)


def test_a_message_without_a_history_follows_whatever_is_last() -> None:
    branch = stored("u1", "a1")
    assert rest(branch, "u2") == (["u2"], None)
    assert rest(branch, "u1") == (["u1"], None)
    assert rest(branch, "s", "u2") == (["s", "u2"], None)
    assert rest(branch, "s", "s2", "u2") == (["s", "s2", "u2"], None)
    assert rest(branch, "a:", "u2") == (["", "u2"], None)


def test_a_history_of_which_nothing_comes_again_is_a_branch_from_the_root() -> None:
    branch = stored("u1", "a1")
    assert rest(branch, "u0", "u1", "a1", "u2") == (["u0", "u1", "a1", "u2"], ROOT)
    assert rest(branch, "a1", "u2") == (["a1", "u2"], ROOT)
    assert rest(branch, "s", "u1", "a1", "u2") == (["s", "u1", "a1", "u2"], ROOT)
    assert rest([], "u1", "a1", "u2") == (["u1", "a1", "u2"], ROOT)


def test_system_messages_that_come_again_alone_do_not_keep_a_history_on_the_branch() -> None:
    assert rest(stored("s", "u1", "a1"), "s", "u0", "a0", "u2") == (["s", "u0", "a0", "u2"], ROOT)
    assert rest(stored("s"), "s", "u1", "a1", "u2") == (["u1", "a1", "u2"], 0)


def test_a_history_of_which_nothing_comes_again_follows_the_message_that_was_named() -> None:
    assert rest(stored("u1", "a1"), "u0", "u2", may_root=False) == (["u0", "u2"], None)
    assert rest(stored("u1", "a1"), "u1", "u2", may_root=False) == (["u2"], 0)


def test_the_same_text_in_another_role_is_another_message() -> None:
    branch = stored("u1", "a1")
    assert unsaid(branch, [PromptMessage(Role.DATA, "u1"), *sent("a1", "u2")], None).root


def test_the_last_message_is_always_new() -> None:
    assert rest(stored("u1"), "u1") == (["u1"], None)
    assert rest(stored("u1", "a1", "u1"), "u1", "a1", "u1") == (["u1"], 1)
    assert rest([], "s", system_prompt="s") == (["s"], None)


def test_a_system_message_that_is_the_conversations_prompt_is_not_repeated() -> None:
    branch = stored("u1", "a1")
    assert rest(branch, "s", "u1", "a1", "u2", system_prompt="s") == (["u2"], 1)
    assert rest(branch, "s", "u2", system_prompt="s") == (["u2"], None)
    assert rest([], "s", "u1", system_prompt="s") == (["u1"], None)
    assert rest(branch, "s other", "u1", "a1", "u2", system_prompt="s") == (["s other", "u1", "a1", "u2"], ROOT)
    assert rest(branch, "s", "u0", "a0", "u2", system_prompt="s") == (["u0", "a0", "u2"], ROOT)
    assert rest(stored("s", "u1", "a1"), "s", "u1", "a1", "u2", system_prompt="s") == (["u2"], 2)


def test_a_system_message_alone_is_no_history_but_a_setting_that_comes_with_each_message() -> None:
    assert rest(stored("s", "u1", "a1"), "s", "u2") == (["u2"], None)


def test_messages_without_text_are_passed_over_on_both_sides() -> None:
    assert rest(stored("u1", "a:"), "u1", "u2") == (["u2"], 1)
    assert rest(stored("u1", "a:", "u2", "a2"), "u1", "u2", "a2", "u3") == (["u3"], 3)
    assert rest(stored("u1", "a:", "t1", "a1"), "u1", "a:", "t1", "a1", "u2") == (["u2"], 3)
    assert rest(stored("u1", "a1"), "u1", "a1", "a:", "t1") == (["", "t1"], 1)


texts = st.lists(st.sampled_from(["u1", "a1", "u2", "a2", "a:", "s"]), max_size=6)


@given(texts, texts.filter(bool), st.sampled_from([None, "s"]), st.sampled_from([1, 2, 100]))
def test_where_a_history_came_the_model_reads_just_what_was_sent(
    said: list[str], again: list[str], system_prompt: str | None, page: int
) -> None:
    branch, messages = stored(*said), sent(*again)
    found = unsaid(branch, messages, system_prompt, page=page)
    assert found == unsaid(branch, messages, system_prompt)
    assert found.messages
    assert tuple(messages)[-len(found.messages) :] == found.messages
    assert found.root <= (found.parent_id is None)
    if all(each.role is Role.SYSTEM or not each.content for each in messages[:-1]):
        return
    assert found.root or found.parent_id
    depths = {each.id: each.depth for each in branch}
    above = branch[: depths[found.parent_id] + 1 if found.parent_id else 0]
    reads = build_prompt(system_prompt, said_by(above)) + tuple(each for each in found.messages if each.content)
    asked = tuple(each for each in messages if each.content)
    assert reads in (asked, (PromptMessage(Role.SYSTEM, "s"), *asked))


@given(texts, st.sampled_from(["u3", "d"]))
def test_who_sends_the_whole_branch_and_one_message_adds_that_one(said: list[str], new: str) -> None:
    branch = stored(*said)
    found = unsaid(branch, sent(*said, new), None)
    assert found.messages[-1:] == tuple(sent(new))
    assert all(not each.content for each in found.messages[:-1])
    if any(each.role is not Role.SYSTEM and each.text.content for each in branch):
        assert found.parent_id == branch[-1].id
