"""Which of the stored variants of a file a client takes (RFC 9110, sections 8.4.1 and 12.5.3)."""

from __future__ import annotations

from collections.abc import Container

IDENTITY = "identity"
# In the order in which they are preferred: br is the smaller one.
PRECOMPRESSED_SUFFIXES = {"br": ".br", "gzip": ".gz"}


def negotiate(accept_encoding: str, available: Container[str]) -> str:
    """The best content coding among those available; `identity` when the client names none of them."""
    accepted = _weights(accept_encoding)
    anything_else = accepted.get("*", 0.0)
    best, best_weight = IDENTITY, 0.0
    for coding in PRECOMPRESSED_SUFFIXES:
        weight = accepted.get(coding, anything_else)
        if coding in available and weight > best_weight:
            best, best_weight = coding, weight
    return best


def _weights(accept_encoding: str) -> dict[str, float]:
    """Each coding named, with its `q`; one whose weight cannot be read is not acceptable."""
    weights = {}
    for element in accept_encoding.lower().split(","):
        coding, *parameters = (part.strip() for part in element.split(";"))
        weight = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                weight = _weight(parameter.removeprefix("q="))
        weights[coding] = weight
    return weights


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
