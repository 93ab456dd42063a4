"""Requests to be tried out, by what they show: those of the clients' own documents, as they stand there."""

from __future__ import annotations

from typing import Any, Final

Examples = dict[str, dict[str, Any]]

COMPLETION_EXAMPLES: Final[Examples] = {
    "joke": {
        "summary": "A streamed answer of the default model",
        "value": {"model": "default", "messages": [{"role": "user", "content": "Tell me a joke"}], "stream": True},
    },
    "parameters": {
        "summary": "A whole answer, and how it is sampled",
        "value": {
            "model": "default",
            "messages": [{"role": "user", "content": "Tell me a joke"}],
            "max_tokens": 100,
            "temperature": 0.7,
            "top_p": 1,
            "n": 1,
            "stream": False,
        },
    },
    "stored": {
        "summary": "An answer that is kept",
        "value": {
            "model": "default",
            "messages": [{"role": "user", "content": "Tell me a joke"}],
            "store": True,
            "metadata": {"topic": "jokes"},
        },
    },
    "conversation": {
        "summary": "A conversation that goes on, with a model of one's own",
        "value": {
            "model": "Neural-Chat-7B",
            "messages": [
                {
                    "role": "system",
                    "content": "You are a helpful assistant that provide clever and sometimes funny responses.",
                },
                {"role": "user", "content": "What's up!"},
                {"role": "assistant", "content": "Well, technically vertically out from the center of the earth."},
                {"role": "user", "content": "Haha. Good one."},
            ],
            "max_tokens": 500,
            "stream": True,
        },
    },
}

_EGP_QUESTION: Final = [{"role": "user", "content": "Hello, what can you do?"}]
EGP_EXAMPLES: Final[Examples] = {
    "default": {
        "summary": "A whole answer of the default model",
        "value": {"model": "default", "messages": _EGP_QUESTION},
    },
    "stream": {
        "summary": "A streamed answer of the default model",
        "value": {"model": "default", "messages": _EGP_QUESTION, "stream": True},
    },
    "model": {
        "summary": "A model of one's own",
        "value": {"model": "gpt-3.5-turbo-0613", "messages": _EGP_QUESTION},
    },
}
