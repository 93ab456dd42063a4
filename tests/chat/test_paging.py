from __future__ import annotations

import pytest

from app.chat.errors import BadInput
from app.chat.paging import MAX_PAGE_SIZE, Window


def window(first: int | None = None, last: int | None = None) -> Window[str]:
    return Window[str].of(first=first, last=last, after="a", before="z")


def test_without_a_size_a_page_is_the_first_twenty() -> None:
    assert window() == Window(20, backward=False, after="a", before="z")
    assert Window[str].of(first=None, last=None) == Window()


@pytest.mark.parametrize("size", [0, 1, MAX_PAGE_SIZE])
def test_a_page_may_have_any_size_up_to_the_most_from_either_end(size: int) -> None:
    assert window(first=size) == Window(size, backward=False, after="a", before="z")
    assert window(last=size) == Window(size, backward=True, after="a", before="z")


@pytest.mark.parametrize("size", [-1, MAX_PAGE_SIZE + 1])
def test_a_size_out_of_range_is_refused_by_name(size: int) -> None:
    with pytest.raises(BadInput, match=f"^first: must be from 0 to 100, not {size}$"):
        window(first=size)
    with pytest.raises(BadInput, match=f"^last: must be from 0 to 100, not {size}$"):
        window(last=size)


@pytest.mark.parametrize(("first", "last"), [(1, 1), (0, 0), (0, 5)])
def test_both_ends_at_once_are_refused(first: int, last: int) -> None:
    with pytest.raises(BadInput, match="cannot be combined"):
        window(first, last)
