from __future__ import annotations

from datetime import UTC, datetime

from app.chat.completion import PromptMessage
from app.chat.identifiers import new_conversation_id, new_message_id
from app.chat.prompt import build_prompt, said
from app.chat.records import Message, Role, Text
from app.chat.status import MessageStatus


def message(role: Role, content: str, status: MessageStatus = MessageStatus.COMPLETE, reasoning: str = "") -> Message:
    text = Text(1, content, reasoning or None)
    return Message(new_message_id(), new_conversation_id(), role, status, datetime.now(UTC), text=text)


def test_the_system_prompt_comes_first_then_the_branch_from_its_root_on() -> None:
    branch = [message(Role.USER, "Hello"), message(Role.ASSISTANT, "Hi!"), message(Role.USER, "Bye")]
    assert build_prompt("Be brief.", said(branch)) == (
        PromptMessage(Role.SYSTEM, "Be brief."),
        PromptMessage(Role.USER, "Hello"),
        PromptMessage(Role.ASSISTANT, "Hi!"),
        PromptMessage(Role.USER, "Bye"),
    )


def test_without_a_system_prompt_there_is_none() -> None:
    for nothing in (None, ""):
        assert build_prompt(nothing, said([message(Role.USER, "Hello")])) == (PromptMessage(Role.USER, "Hello"),)
    assert build_prompt(None, said([])) == ()


def test_every_role_keeps_its_own() -> None:
    prompt = build_prompt(None, said([message(role, role.value) for role in Role]))
    assert prompt == tuple(PromptMessage(role, role.value) for role in Role)


def test_a_reply_that_was_cut_short_counts_with_the_text_it_got_to() -> None:
    cut_short = (MessageStatus.STOPPED, MessageStatus.FAILED, MessageStatus.INTERRUPTED)
    prompt = build_prompt(None, said([message(Role.ASSISTANT, "Once upon", status) for status in cut_short]))
    assert prompt == (PromptMessage(Role.ASSISTANT, "Once upon"),) * 3


def test_a_reply_without_any_text_is_left_out() -> None:
    empty = message(Role.ASSISTANT, "", MessageStatus.FAILED)
    assert build_prompt(None, said([message(Role.USER, "a"), empty, message(Role.USER, "b")])) == (
        PromptMessage(Role.USER, "a"),
        PromptMessage(Role.USER, "b"),
    )


def test_reasoning_is_not_said_again() -> None:
    thought = message(Role.ASSISTANT, "42", reasoning="let me see")
    assert build_prompt(None, said([thought])) == (PromptMessage(Role.ASSISTANT, "42"),)
    assert build_prompt(None, said([message(Role.ASSISTANT, "", reasoning="only that")])) == ()
