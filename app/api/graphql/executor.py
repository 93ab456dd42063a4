"""How an operation is executed: by graphql-core, and by compiled selections wherever these do."""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Iterable
from contextlib import suppress
from typing import Any, cast
from weakref import proxy

from graphql import (
    Executor,
    GraphQLList,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLResolveInfoHelpers,
    OperationType,
)
from graphql.execution.collect_fields import (
    CollectedFields,
    FieldDetailsList,
    GroupedFieldSet,
    collect_fields,
)
from graphql.pyutils import AwaitableOrValue, Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from app.api.graphql.event_source import EventSource, Following
from app.api.graphql.selection.compiled_event import CompiledEvent
from app.api.graphql.selection.compiled_operation import CompiledOperation
from app.api.graphql.selection.execution import Execution
from app.api.graphql.selection.generated_function import Completion
from app.api.graphql.selection.kept_operations import compiled_operation
from app.api.graphql.selection.plain import is_event
from app.api.graphql.selection.projection import Selection


class LeanExecutor(StrawberryGraphQLCoreExecutionContext):
    """An executor of which nothing is left when it has done its work.

    graphql-core's own is in a cycle with what resolvers may call it by, so whatever its operation has read stays until
    the garbage collector comes, which then has more to do than all resolvers. And of a subscription's executor 3.3.1
    and 3.3.2 make a copy for each event but let all copies share one memo of collected sub-fields, keyed by the
    identity of lists that are made anew for each event: it only grows, and is never hit twice.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = proxy(self)
        self.async_helpers = GraphQLResolveInfoHelpers(
            gather=lambda values: own.gather_async_work(values),  # noqa: PLW0108 - a method of a proxy holds its object
            track=lambda values: own.track_async_work(values),  # noqa: PLW0108
        )

    def build_per_event_executor(self, payload: Any) -> Executor[Any]:
        executor = super().build_per_event_executor(payload)
        executor._relevant_sub_fields = {}
        return executor


class CompilingExecutor(LeanExecutor):
    """Completes objects by generated code where all goes well, and as graphql-core does where anything does not."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._compiled = None if self._is_watched else self._compile()
        self._execution = Execution(self.context_value, self.variable_values)
        self._event = self._compile_event() if self.operation.operation is OperationType.SUBSCRIPTION else None

    @property
    def _is_watched(self) -> bool:
        """Whether somebody wants to be asked at each field, or at each step."""
        middleware = self.middleware_manager.middlewares if self.middleware_manager else ()
        return bool(middleware or self.hooks or self.abort_signal)

    def _compile(self) -> CompiledOperation | None:
        with suppress(Exception):  # which comes again when the operation is executed, and is told
            return compiled_operation(
                self.schema,
                self.operation,
                self.fragment_definitions.values(),
                self.variable_values.coerced,
                self._collect_root,
            )
        return None

    def _collect_root(self) -> GroupedFieldSet:
        schema, operation = self.schema, self.operation
        root_type = cast("GraphQLObjectType", schema.get_root_type(operation.operation))
        return collect_fields(
            schema, self.fragments, self.variable_values, root_type, operation, self.hide_suggestions
        ).grouped_field_set

    def _compile_event(self) -> tuple[str, Completion] | None:
        """The one root field and its completion, if that takes nothing but an event."""
        subscription = self.schema.subscription_type
        if self._compiled is None or subscription is None or len(self._compiled.root) != 1:
            return None
        ((name, details),) = self._compiled.root.items()
        field = subscription.fields.get(details[0].node.name.value)
        if field is None or not is_event(field):
            return None
        completion = self._completion(field.type, details)
        return None if completion is None else (name, completion)

    def build_per_event_executor(self, payload: Any) -> Executor[Any]:
        ordinary = super().build_per_event_executor
        if self._event is None:
            return ordinary(payload)
        return cast("Executor[Any]", CompiledEvent(*self._event, payload, self._execution, ordinary))

    def cancellable_iterable(self, iterable: AsyncIterable[Any]) -> AsyncIterable[Any]:
        """What graphql-core is to iterate in place of the source of a subscription."""
        events: AsyncIterable[Any] = super().cancellable_iterable(iterable)
        if self._event is None or not isinstance(self.context_value, Following):
            return events
        self.context_value.events = source = EventSource(events, *self._event, self._execution)
        return source

    def execute_collected_root_fields(
        self, root_type: GraphQLObjectType, root_value: Any, grouped_field_set: GroupedFieldSet, *rest: Any
    ) -> AwaitableOrValue[dict[str, Any]]:
        """Begins with the lists by which everything below is found."""
        fields = self._compiled.root if self._compiled else grouped_field_set
        return super().execute_collected_root_fields(root_type, root_value, fields, *rest)

    def collect_subfields(
        self, return_type: GraphQLObjectType, field_details_list: FieldDetailsList
    ) -> CollectedFields:
        selection = self._selection(return_type, field_details_list)
        return selection.collected if selection else super().collect_subfields(return_type, field_details_list)

    def collect_and_execute_subfields(
        self, return_type: GraphQLObjectType, field_details_list: FieldDetailsList, path: Path, result: Any, *rest: Any
    ) -> AwaitableOrValue[dict[str, Any]]:
        selection = self._selection(return_type, field_details_list)
        data: dict[str, Any] | None = self._attempt(selection.project, result) if selection else None
        if selection is None or data is None:
            return super().collect_and_execute_subfields(return_type, field_details_list, path, result, *rest)
        if not selection.others:
            return data
        others = self.execute_fields(return_type, result, path, selection.others, *rest)
        if not isinstance(others, dict):
            return _fill(data, others)
        data.update(others)
        return data

    def complete_list_value(
        self,
        return_type: GraphQLList[GraphQLOutputType],
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: AsyncIterable[Any] | Iterable[Any],
        *rest: Any,
    ) -> AwaitableOrValue[list[Any]]:
        items: list[Any] | None = self._attempt(self._completion(return_type, field_details_list), result)
        if items is not None:
            return items
        return super().complete_list_value(return_type, field_details_list, info, path, result, *rest)

    def _selection(self, type: GraphQLObjectType, details: FieldDetailsList) -> Selection | None:
        return self._compiled.selection(type, details, super().collect_subfields) if self._compiled else None

    def _completion(self, type: GraphQLOutputType, details: FieldDetailsList) -> Completion | None:
        return self._compiled.completion(type, details, super().collect_subfields) if self._compiled else None

    def _attempt(self, completion: Completion | None, value: Any) -> Any:
        """None where it is graphql-core's to complete the value, and to say what is wrong with it."""
        if completion is None:
            return None
        execution = self._execution
        foreseen = execution.foreseen
        try:
            return completion(value, execution)
        except Exception:
            execution.in_vain(foreseen)
            return None


async def _fill(data: dict[str, Any], others: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    """In the order of the selection: each has its place already."""
    data.update(await others)
    return data
