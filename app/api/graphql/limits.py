"""What one client may ask of the GraphQL edge at a time."""

from __future__ import annotations

from typing import Final

MAX_DEPTH: Final = 15
"""Levels of fields in an operation; introspection has a rule of its own."""

MAX_ALIASES: Final = 50
"""Aliased fields in a document, those of a fragment counted wherever it is spread."""

MAX_SELECTIONS: Final = 5_000
"""Fields and fragments in an operation, those of a fragment counted wherever it is spread."""

MAX_TOKENS: Final = 2_000
"""Lexical tokens in a document."""

MAX_DOCUMENT_CHARACTERS: Final = 64 * 1024
"""Of a document. What is longer than a query is a value in it, which belongs in variables."""

MAX_FIELD_COMPARISONS: Final = 2_000
"""Of selections of one response name, each with each other: sixty of one name, or six of each of 130 names."""

MAX_VALIDATION_ERRORS: Final = 10
"""What is told of a document. To find out what was probably meant takes longer than all else."""

MAX_COST: Final = 25_000
"""Of an operation, in objects: a hundred conversations with a hundred messages each, and one more object of every
message. To make so many takes the better part of a second, in which nothing else of the process is done.
"""

MAX_SIBLINGS_GIVEN: Final = 10_000
"""Messages that `siblings` give in one operation, each time that they do. How many a message has is not known before,
so its cost is a guess; and each of them has as many.
"""

MAX_BODY_BYTES: Final = 8 * 1024 * 1024
"""Of an HTTP request. The server in front of the application holds WebSocket messages to its own limit."""

MAX_OPERATIONS_PER_SOCKET: Final = 100
"""Operations under way on one WebSocket at a time."""

MAX_REQUEST_BYTES_PER_SOCKET: Final = 16 * 1024 * 1024
"""Of the operations under way on one WebSocket together, as their messages were sent."""

MAX_ANSWERS_PER_SOCKET: Final = 4
"""Queries and mutations of one WebSocket that are executed, or wait for their client to read their answers, at a time.
The others wait before they are begun; subscriptions do not.
"""

MAX_BYTES_BEFORE_INIT: Final = 64 * 1024
"""Of a WebSocket message from somebody who is not known yet."""

MAX_OPERATION_ID_CHARACTERS: Final = 256
"""Of the id that a WebSocket client gives an operation, and gets back with each event."""

INIT_DEADLINE_SECONDS: Final = 10.0
"""How long an open WebSocket may wait with its connection_init."""

PING_INTERVAL_SECONDS: Final = 15.0
PONG_DEADLINE_SECONDS: Final = 10.0
"""How long after a ping a client that says nothing at all is taken for gone."""

CLOSE_DEADLINE_SECONDS: Final = 2.0
"""How long a close frame may wait behind what the client has not read yet."""

SSE_KEEP_ALIVE_SECONDS: Final = 10.0
"""Between comments on an event stream; shorter than the idle timeouts of common proxies."""

CACHED_DOCUMENTS: Final = 256
MAX_CACHED_DOCUMENT_CHARACTERS: Final = 16 * 1024
"""Longer ones are parsed each time: they are no client's stock of queries, and would fill memory."""

MAX_REGISTERED_DOCUMENTS: Final = 1_024
MAX_REGISTERED_DOCUMENTS_BYTES: Final = 4 * 1024 * 1024
"""All of them together, in UTF-8."""
MAX_REGISTERED_DOCUMENT_BYTES: Final = 16 * 1024
"""A longer one is sent whole each time."""
