"""What a growing input costs, in calls: four times the input, less than six times the calls."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest
from growth import CASES, CHANGES, Action, run

from labbuilder.validation import schemas

SIZE = 64
MOST = 6
LEAST = 2_000  # calls that may come on top for any reason


class Counted(str):
    """Text whose comparisons with other text are calls, even those of lists' methods."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return str.__eq__(self, other) is True


def copied(value: Any, text: type[str]) -> Any:
    """Copy plain data, with text of a type."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, dict):
        return {key: copied(item, text) for key, item in value.items()}
    return [copied(item, text) for item in value] if isinstance(value, list) else value


def calls(action: Action) -> int:
    """Count the calls of an action: of functions in Python and in C."""
    count = 0

    def profile(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    gc.disable()
    sys.setprofile(profile)
    try:
        run(action)
    finally:
        sys.setprofile(None)
        gc.enable()
    return count


@pytest.fixture(autouse=True)
def compared_text_is_counted(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    kind = request.node.callspec.params["case"].partition(":")[0]
    if kind in {"Pod", "metadata", "manifest", "objects"}:
        CHANGES.append(lambda given: copied(given, Counted))
        # The validator takes no subclass of text.
        check = schemas.check
        monkeypatch.setattr(
            schemas, "check", lambda manifest, version: check(copied(manifest, str), version)
        )
    yield
    CHANGES.clear()


@pytest.mark.parametrize("case", CASES)
def test_four_times_the_input_costs_less_than_six_times_the_calls(case: str) -> None:
    make = CASES[case]
    for size in (2, SIZE, 4 * SIZE):  # what is made once for a shape
        run(make(size))
    fixed = calls(make(2))  # or the least that is refused
    once, four_times = calls(make(SIZE)), calls(make(4 * SIZE))
    # What a refused input costs less than the smallest one is no saving.
    assert four_times - fixed < MOST * max(once - fixed, LEAST)
