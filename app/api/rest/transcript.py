"""What was said in each choice of a completion, and how many tokens that was."""

from __future__ import annotations

from collections.abc import Sequence

from app.api.rest.choices import Choices, GeneratedItem
from app.api.rest.completion_format import Choice
from app.chat.completion import Finish, PromptMessage
from app.chat.records import Usage, UsageSource
from app.chat.usage import estimate_usage


class Transcript:
    def __init__(self, prompt: Sequence[PromptMessage], n: int) -> None:
        self._prompt = prompt
        self._content: list[list[str]] = [[] for _ in range(n)]
        self._reasoning: list[list[str]] = [[] for _ in range(n)]
        self._finishes: dict[int, Finish] = {}

    def add(self, items: Sequence[GeneratedItem]) -> None:
        for index, item in items:
            if isinstance(item, Finish):
                self._finishes[index] = item
            else:
                self._content[index].append(item.content)
                self._reasoning[index].append(item.reasoning)

    def choices(self) -> list[Choice]:
        """To be asked for when all have finished."""
        return [
            Choice("".join(self._content[index]), "".join(self._reasoning[index]), self._finishes[index].reason)
            for index in range(len(self._content))
        ]

    def usage(self) -> Usage:
        """The prompt once, as OpenAI counts it, and the tokens of all choices; estimated where no provider told."""
        each = [
            self._finishes[index].usage or estimate_usage(self._prompt, choice.content + choice.reasoning)
            for index, choice in enumerate(self.choices())
        ]
        estimated = any(usage.source is UsageSource.ESTIMATED for usage in each)
        return Usage(
            each[0].prompt_tokens,
            sum(usage.completion_tokens for usage in each),
            UsageSource.ESTIMATED if estimated else UsageSource.PROVIDER,
        )


async def transcribe(choices: Choices, transcript: Transcript) -> Transcript:
    """The transcript with all that is said in it; generates until every choice has finished.

    Raises:
        BackendFailed, ShuttingDown: as `Choices.ready`.
    """
    async with choices:
        while not choices.over:
            transcript.add(await choices.ready())
    return transcript
