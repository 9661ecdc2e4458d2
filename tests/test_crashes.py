"""A run that is killed, ended, out of space or not alone: what it leaves in an output folder."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("crashes.py")


@pytest.fixture(scope="module")
def found() -> dict[str, dict[str, int]]:
    done = subprocess.run(
        [sys.executable, str(SCRIPT)], capture_output=True, text=True, check=True
    )
    states = json.loads(done.stdout)
    assert isinstance(states, dict)
    return states


@pytest.mark.parametrize("blow", ["kill", "terminate", "fill"])
def test_an_older_rendering_is_left_or_replaced_or_refused_and_mended(
    found: dict[str, dict[str, int]], blow: str
) -> None:
    states = found[f"{blow}, over an older one"]
    assert sum(states.values()) >= 50
    assert states.keys() == {"old", "refused", "new"}


@pytest.mark.parametrize("blow", ["kill", "terminate", "fill"])
def test_a_new_folder_is_there_as_a_whole_or_not_at_all(
    found: dict[str, dict[str, int]], blow: str
) -> None:
    states = found[f"{blow}, new folder"]
    assert sum(states.values()) >= 40
    assert states.keys() == {"old", "new"}


def test_of_two_runs_at_once_one_writes_or_each_in_turn(found: dict[str, dict[str, int]]) -> None:
    ends = found["two at once"]
    assert sum(ends.values()) == 20
    assert ends.keys() <= {"0, 0: whole", "0, 2: whole"}
