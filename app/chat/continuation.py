"""What of a history that comes again is stored already: OpenAI's API has its clients send all of it each time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.chat.completion import PromptMessage
from app.chat.identifiers import MessageId
from app.chat.records import Message, Role


@dataclass(frozen=True, slots=True)
class Continuation:
    """Args:
    messages: those that are still to be stored; never empty.
    parent_id: the stored message that they follow; None where no history was sent again.
    root: they follow nothing, but are a branch of their own from the conversation's root on.
    """

    messages: tuple[PromptMessage, ...]
    parent_id: MessageId | None = None
    root: bool = False


class Comparison:
    """Finds the messages that a branch does not say yet; always at least the last one.

    Role and text are compared, from the root on. Messages without text say nothing and are passed over, on both sides.

    - All of the branch comes again: the rest follows its tip.
    - Its beginning comes again: the rest follows the last message that did, beside what the branch says there. So the
      model reads what the client has sent, and nothing twice.
    - Nothing does: all messages are new, and a branch of their own from the root on, which the next call then finds
      there. So a history is never repeated below itself.
    - There is no history, only a new message: it follows whatever is last. System messages alone are no history but a
      setting that comes with each message; where they are in force already, as the conversation's system prompt or as
      the beginning of the branch, they are not repeated.

    Args:
        may_root: False where the caller has named the message to follow: what is new then follows that one.
    """

    def __init__(self, messages: Sequence[PromptMessage], system_prompt: str | None, *, may_root: bool = True) -> None:
        self._messages = tuple(messages)
        self._last = len(self._messages) - 1
        prompted = self._last > 0 and system_prompt is not None and _is_prompt(messages[0], system_prompt)
        self._start = self._index = self._known = int(prompted)
        self._may_root = may_root
        self._end: MessageId | None = None
        self._matched: Message | None = None
        self._conversing = False
        self._apart = False

    @property
    def empty(self) -> bool:
        """Whether the branch had no message at all so far."""
        return self._end is None and not self._apart

    def read(self, page: Sequence[Message]) -> bool:
        """Takes the next messages of the branch, from its root on; whether the ones after them matter."""
        for message in page:
            if message.text.content and not self._compare(message):
                self._apart = True
                return False
            self._end = message.id
        return True

    def rest(self) -> Continuation:
        """What is still to be stored, as of the pages read."""
        rest = self._messages[self._known :]
        if not any(each.content and each.role is not Role.SYSTEM for each in self._messages[:-1]):
            return Continuation(rest)
        if self._end and not self._apart:
            return Continuation(rest, self._end)
        if self._matched and self._conversing:
            return Continuation(rest, self._matched.id)
        if self._may_root:
            return Continuation(self._messages[self._start :], root=True)
        return Continuation(rest)

    def _compare(self, message: Message) -> bool:
        """Whether that is what comes next in the messages before the last one."""
        if self._start and self._matched is None and _same(message, self._messages[0]):
            self._start = self._index = self._known = 0  # the branch says it as well
        while self._index < self._last and not self._messages[self._index].content:
            self._index += 1
        if self._index == self._last or not _same(message, self._messages[self._index]):
            return False
        self._index += 1
        self._known, self._matched = self._index, message
        self._conversing |= message.role is not Role.SYSTEM
        return True


def _is_prompt(message: PromptMessage, system_prompt: str) -> bool:
    return message == PromptMessage(Role.SYSTEM, system_prompt)


def _same(stored: Message, sent: PromptMessage) -> bool:
    return (stored.role, stored.text.content) == (sent.role, sent.content)
