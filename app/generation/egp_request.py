"""A request as Scale's EGP takes it: `POST {base}/chat-completions`."""

from __future__ import annotations

from typing import Any

from app.chat.completion import CompletionRequest, PromptMessage
from app.chat.errors import BackendFailed, BackendFault
from app.chat.records import Role
from app.generation.dialect import plain_message


def egp_body(request: CompletionRequest) -> dict[str, Any]:
    """The JSON of the request; what is not set is left to the upstream's own default.

    Raises:
        BackendFailed: EGP has no seed, and what a seed is for would be lost without a word.
    """
    parameters = request.parameters
    if parameters.seed is not None:
        raise BackendFailed(
            "unsupported_parameter", "seed: this model's server takes none", retryable=False, fault=BackendFault.REFUSED
        )
    optional = {
        "temperature": parameters.temperature,
        "top_p": parameters.top_p,
        "max_tokens": parameters.max_tokens,
        "stop_sequences": list(parameters.stop) or None,
        "presence_penalty": parameters.presence_penalty,
        "frequency_penalty": parameters.frequency_penalty,
    }
    model_parameters = {name: value for name, value in optional.items() if value is not None}
    return {
        "model": request.model,
        "messages": [_message(each) for each in request.messages],
        "stream": True,
        **({"model_parameters": model_parameters} if model_parameters else {}),
    }


def _message(message: PromptMessage) -> dict[str, str]:
    plain = plain_message(message)
    return {**plain, "role": "agent"} if message.role is Role.ASSISTANT else plain
