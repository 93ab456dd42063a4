"""When the schema's extensions are asked."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, Final

from strawberry.extensions import SchemaExtension
from strawberry.extensions.runner import SchemaExtensionsRunner
from strawberry.types import ExecutionContext

from app.api.graphql.before_stage import BeforeStage, ends_before
from app.api.graphql.event_source import Following

_NOTHING: Final = nullcontext()


class LeanExtensionsRunner(SchemaExtensionsRunner):
    """What the extensions of a response tell is of the whole operation, so it goes with the first response alone. About
    each one they are asked only where one of them wants to be, and about each stage as simply as they can be.

    Strawberry's own makes contexts and coroutines for each event of a subscription, also for no extension at all.
    """

    def __init__(self, execution_context: ExecutionContext, extensions: list[SchemaExtension] | None = None) -> None:
        super().__init__(execution_context, extensions)
        own = SchemaExtension.on_stream_result
        self._hear = any(type(each).on_stream_result is not own for each in self.extensions)
        self._told = False

    # Wider than Strawberry's own type: all that is done with it is `async with`.
    def on_stream_result(self, result: Any) -> AbstractAsyncContextManager[None]:  # type: ignore[override]
        if not self._hear:
            return _NOTHING
        if isinstance(context := self.execution_context.context, Following):
            context.events = None  # nobody may take what they have to hear of
        return super().on_stream_result(result)

    def operation(self) -> Any:
        return self._before("on_operation") or super().operation()

    def parsing(self) -> Any:
        return self._before("on_parse") or super().parsing()

    def validation(self) -> Any:
        return self._before("on_validate") or super().validation()

    def executing(self) -> Any:
        return self._before("on_execute") or super().executing()

    def _before(self, hook: str) -> BeforeStage | None:
        """None where an extension is to be asked after the stage, too."""
        if all(ends_before(each, hook) for each in self.extensions):
            return BeforeStage(self.extensions, hook)
        return None

    async def get_extensions_results(self, ctx: ExecutionContext) -> dict[str, Any]:
        if self._told:
            return {}
        self._told = True
        return await super().get_extensions_results(ctx)
