"""What a field comes to for an event, as JSON, made once for all who are told of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast
from weakref import WeakKeyDictionary

from app.api.graphql.json_codec import encode
from app.api.graphql.selection.execution import Execution
from app.api.graphql.selection.generated_function import Completion

MOST_KEPT_BYTES: Final = 16 * 1024
"""What is longer is the whole beginning of a reply, which few are told at once."""

_NOBODYS: Final = cast("Execution", None)
"""Whoever asks it for a variable, or for anything else that is one client's, raises."""


class SharedPayload:
    """Of one completion, which all have who sent the same document. It keeps the last event, and knows it again by its
    identity: whoever has it was told it, so nobody gets what is another's.
    """

    __slots__ = ("_event", "_payload")

    def __init__(self) -> None:
        self._event: object = None
        self._payload = b""

    def of(self, event: object, present: Callable[[Any], Any], completion: Completion) -> bytes:
        """Raises:
        Exception: it is not the same for all, or not for generated code to complete.
        """
        if event is self._event:
            return self._payload
        payload = encode(completion(present(event), _NOBODYS)).encode()
        if len(payload) <= MOST_KEPT_BYTES:
            self._event, self._payload = event, payload
        return payload


_shared: Final[WeakKeyDictionary[Completion, SharedPayload]] = WeakKeyDictionary()


def shared_payload(completion: Completion) -> SharedPayload:
    """The one of all who have that completion."""
    return _shared.setdefault(completion, SharedPayload())
