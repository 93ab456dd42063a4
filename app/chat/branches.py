"""Which branch of a conversation's tree is the selected one."""

from __future__ import annotations

from app.chat.errors import NotFound
from app.chat.identifiers import MessageId
from app.chat.ports import Records
from app.chat.records import Conversation


class Branches:
    def __init__(self, records: Records) -> None:
        self._records = records

    async def select(self, owner: str, id: MessageId) -> Conversation:
        """Makes the branch through this message the selected one, and gives the conversation as it then is.

        Below the message the branch follows, at each level, the child that was made last; so what is selected depends
        on the tree alone, and not on what was selected before. Also while a reply is in flight, which goes on. To look
        at another branch is no activity: `updated_at` stays.

        Raises:
            NotFound: there is no such message, or it is another's.
            StorageUnavailable.
        """
        if selected := await self._records.select_branch(owner, id):
            return selected
        raise NotFound("message")
