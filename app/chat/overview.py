"""A page of conversations together with what is shown of each, as one read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.chat.identifiers import ConversationId
from app.chat.paging import BranchQuery, Depth, Page, Window
from app.chat.records import Conversation, Message


@dataclass(frozen=True, slots=True)
class Shown:
    """What is read beside the conversations themselves.

    Args:
        branches: these pages of the selected branch of each.
        active: whether the first reply in flight on each is.
        total: whether it is counted how many conversations there are on all pages.
    """

    branches: tuple[Window[Depth], ...] = ()
    active: bool = False
    total: bool = False


@dataclass(frozen=True, slots=True)
class Overview:
    """Args:
    branches: of every conversation that has a tip, for every window that is shown; but where texts are too long for
        one answer, some are not there, which says nothing of them.
    active: of each conversation with any, the first reply in flight.
    """

    conversations: Page[Conversation]
    branches: Mapping[BranchQuery, Page[Message]] = field(default_factory=dict)
    active: Mapping[ConversationId, Message] = field(default_factory=dict)
