"""Labs and other objects with one odd change each: what rules find, and an API server does.

``MUTATIONS=20000 MUTATIONS_SEED=7 pytest --dist=no -rP`` of this file tries others than the usual.
"""

from __future__ import annotations

import os

import pytest
from syrupy.assertion import SnapshotAssertion

from cluster.comparing import Verdict, compare, missed, table, unexplained
from cluster.control_plane import Api
from labbuilder.validation.rules import Target

USUAL = 500
COUNT = int(os.environ.get("MUTATIONS", USUAL))
SEED = int(os.environ.get("MUTATIONS_SEED", "1"))


@pytest.fixture(scope="module")
def verdicts(api: Api) -> list[Verdict]:
    return compare(api, Target(), SEED, COUNT)


def test_what_our_rules_pass_the_api_server_accepts(verdicts: list[Verdict]) -> None:
    assert missed(verdicts) == []


def test_what_we_refuse_and_the_api_server_accepts_is_somebody_elses_or_explained(
    verdicts: list[Verdict],
) -> None:
    """The table has the rules that kubelet, a plugin or nothing enforces."""
    assert unexplained(verdicts) == []


def test_the_table(verdicts: list[Verdict], snapshot: SnapshotAssertion) -> None:
    found = table(verdicts)
    for who, row in found.items():
        print(f"{who:>22}: {row}")  # noqa: T201 (for who runs more of them)
    if COUNT == USUAL:
        assert found == snapshot
