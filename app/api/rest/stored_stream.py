"""A stored completion as server-sent events: from the log, from wherever the caller left off, then live.

Each event's `id` is the seq of every reply as of that event, in the order of the replies. A seq is that of a whole
delta, so the stream after it continues the text exactly where that event ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from operator import itemgetter
from typing import Final

from starlette.responses import Response

from app.api.rest.completion_format import ChunkEncoder
from app.api.rest.completion_id import completion_id
from app.api.rest.event_stream import EventStream
from app.api.rest.openai_errors import OpenAIError, RequestRefused, openai_error
from app.api.rest.reply_error import NOT_AGAIN, ReplyEndedBadly, reply_error
from app.api.rest.stored_format import finish_reason, place_headers, stored_head, total_usage
from app.api.rest.stream_spelling import StreamSpelling
from app.api.rest.watched_replies import Ended, ReplyEvent, WatchedEvent, WatchedReplies
from app.chat.completion import Finish, Piece
from app.chat.errors import ChatError
from app.chat.events import Snapshot
from app.chat.records import Completion, FinishReason, Message

KEEP_ALIVE: Final = b": keep-alive\n"
"""A line of the next event, whenever that comes. Once it has read an id, the official SDK takes every empty line for
the end of an event, and breaks on one that has no data.
"""

STATUS_SECONDS: Final = 1.0
"""How long an error still gets a status of its own. Not longer: the headers tell what can be watched and stopped
elsewhere, also while the first token is awaited.
"""


class StoredStream(EventStream[ReplyEvent]):
    """Watches while it is sent. The caller's going away ends nothing else."""

    def __init__(
        self,
        completion: Completion,
        watched: WatchedReplies,
        after: Sequence[int],
        *,
        with_usage: bool,
        spelling: StreamSpelling,
    ) -> None:
        form = _Events(completion, after, with_usage=with_usage, spelling=spelling)
        super().__init__(watched, form, headers=place_headers(completion), status_seconds=STATUS_SECONDS)


class _Events:
    def __init__(
        self, completion: Completion, after: Sequence[int], *, with_usage: bool, spelling: StreamSpelling
    ) -> None:
        self._completion = completion
        self._encoder = ChunkEncoder(stored_head(completion), len(after), with_usage=with_usage, spelling=spelling)
        self._with_usage = with_usage
        self._seqs = list(after)
        self._ended: dict[int, Message] = {}
        self._said = False

    def start(self) -> bytes:
        """Who comes back has been told already whose words follow."""
        openings = [self._encoder.opening(index) for index, seq in enumerate(self._seqs) if not seq]
        return b"".join([self._id() + opening for opening in openings])

    def tell(self, items: Sequence[WatchedEvent]) -> bytes:
        events = b"".join([self._event(choice, event) for choice, event in items])
        self._said = self._said or bool(events or not items)
        if not self._said and len(self._ended) == len(self._seqs):
            self._raise_what_went_wrong()
        return events if items else KEEP_ALIVE

    def end(self) -> bytes:
        """What went wrong with one reply is told when the others have been told to their end."""
        self._raise_what_went_wrong()
        replies = list(self._ended.values())
        if not self._with_usage:
            return self._encoder.end(None)
        return self._id() + self._encoder.end(total_usage(replies))

    def failure(self, error: Exception) -> bytes:
        return resumable(self._completion, error).event()

    def refusal(self, error: Exception) -> Response:
        return resumable(self._completion, error).response(place_headers(self._completion))

    def _event(self, choice: int, event: ReplyEvent) -> bytes:
        """Raises:
        RequestRefused: the caller has some of the text, and what follows it cannot be told from the rest any more.
        """
        if isinstance(event, Snapshot) and self._seqs[choice]:
            raise RequestRefused(_trimmed(self._completion))
        self._seqs[choice] = event.seq
        if isinstance(event, Ended):
            self._ended[choice] = event.message
            if reply_error(event.message):
                return b""
            finish = Finish(finish_reason(event.message) or FinishReason.STOP)
            return self._id() + self._encoder.item(choice, finish)
        return self._id() + self._encoder.item(choice, Piece(event.content, event.reasoning or ""))

    def _raise_what_went_wrong(self) -> None:
        for _, reply in sorted(self._ended.items(), key=itemgetter(0)):
            if error := reply_error(reply):
                raise ReplyEndedBadly(error)

    def _id(self) -> bytes:
        return b"id: %b\n" % ",".join(map(str, self._seqs)).encode()


def _trimmed(completion: Completion) -> OpenAIError:
    """A client that joins what it gets would have the beginning twice if it got the whole text."""
    address = f"GET /v1/chat/completions/{completion_id(completion.id)}"
    message = f"the log of this completion is no longer kept, so it cannot be resumed; {address} has the whole text"
    return OpenAIError(HTTPStatus.GONE, message, "log_trimmed", headers=dict(NOT_AGAIN))


def resumable(completion: Completion, error: Exception) -> OpenAIError:
    """What kept a completion from being told to its end; of what passes, with where the rest is to be had."""
    if isinstance(error, ReplyEndedBadly):
        return error.error
    explained = openai_error(error)
    if not (isinstance(error, ChatError) and error.retryable):
        return explained
    address = f"GET /v1/chat/completions/{completion_id(completion.id)}/stream"
    message = f"{explained.message}; the completion is stored: resume it with {address} and the last event's id"
    return replace(explained, message=message, headers={**explained.headers, **NOT_AGAIN})
