"""The rule that selections of one response name can be merged, held to a limit of its own."""

from __future__ import annotations

from typing import Any, Final

from graphql import OverlappingFieldsCanBeMergedRule, SelectionSetNode, ValidationContext
from graphql.validation.validate import ValidationAbortedError

from app.api.graphql.errors import too_complex
from app.api.graphql.limits import MAX_FIELD_COMPARISONS

UNITS_PER_COMPARISON: Final = 2
"""As graphql-core counts, which counts what it takes to look up fragments as well."""


class MaxFieldComparisonsRule(OverlappingFieldsCanBeMergedRule):
    """GraphQL specification, 5.3.2 (field selection merging). graphql-core compares each selection of a response name
    with each other, through fragments and all levels below, and stops by itself only after seconds.

    It is met at the beginning of a selection set, so nothing else is looked at in a document that is refused for it.
    """

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.rule_context.remaining_complexity_budget = UNITS_PER_COMPARISON * MAX_FIELD_COMPARISONS

    def enter_selection_set(self, node: SelectionSetNode, *others: Any) -> None:
        try:
            super().enter_selection_set(node, *others)
        except ValidationAbortedError:
            if self.rule_context.remaining_complexity_budget < 0:
                self.report_error(
                    too_complex(
                        f"Fields of the query are selected too often: to merge them takes more than "
                        f"{MAX_FIELD_COMPARISONS:,} comparisons."
                    )
                )
            raise
