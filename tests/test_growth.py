"""What a growing input costs, in calls: four times the input, less than six times the calls."""

from __future__ import annotations

import gc
import sys
from types import FrameType
from typing import Any

import pytest
from growth import CASES, CHANGES, Action, run

SIZE = 48
MOST = 6


class Counted(str):
    """Text whose comparisons with other text are calls, even those of lists' methods."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return str.__eq__(self, other) is True


def counted(value: Any) -> Any:
    """Make all text in plain data `Counted`."""
    if type(value) is str:
        return Counted(value)
    if type(value) is dict:
        return {key: counted(item) for key, item in value.items()}
    return [counted(item) for item in value] if type(value) is list else value


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
def compared_text_is_counted(request: pytest.FixtureRequest) -> Any:
    kind = request.node.callspec.params["case"].partition(":")[0]
    if kind in {"Pod", "metadata", "manifest", "objects"}:
        CHANGES.append(counted)
    yield
    CHANGES.clear()


@pytest.mark.parametrize("case", CASES)
def test_four_times_the_input_costs_less_than_six_times_the_calls(case: str) -> None:
    make = CASES[case]
    run(make(2))  # whatever is made once
    fixed = calls(make(1))
    once, four_times = calls(make(SIZE)), calls(make(4 * SIZE))
    assert four_times - fixed < MOST * max(once - fixed, SIZE)
