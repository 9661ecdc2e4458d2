"""Limit ranges and quotas of a namespace, and what an API server makes of its pods and claims."""

from __future__ import annotations

import copy
import time

import pytest
from test_limit_ranges import CASES, surroundings

from cluster.control_plane import Answer, Api
from cluster.test_rules import made

SECONDS = 20  # until a server has heard of what was made


@pytest.fixture(scope="module")
def namespaces(api: Api) -> dict[str, str]:
    """Make a namespace for each case, with its limit range and quota."""
    found = {}
    for i, (name, (limits, quota, _, _)) in enumerate(CASES.items()):
        found[name] = made(api, f"limits-{i}")
        for each in surroundings(limits, quota):
            each["metadata"]["namespace"] = found[name]
            answer = api.create(each)
            assert answer.is_fine, answer.message
    return found


def tried(api: Api, name: str, namespace: str) -> Answer:
    manifest = copy.deepcopy(CASES[name][2])
    manifest["metadata"]["namespace"] = namespace
    return api.create(manifest, dry_run=True)


@pytest.mark.parametrize("name", sorted(CASES, key=lambda each: not CASES[str(each)][3]))
def test_a_server_refuses_what_the_rules_refuse(
    api: Api, namespaces: dict[str, str], name: str
) -> None:
    """It hears of limits later than of pods: those that it refuses come first."""
    expected, deadline = CASES[name][3], time.monotonic() + SECONDS
    while (answer := tried(api, name, namespaces[name])).is_fine is bool(
        expected
    ) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert answer.is_fine is not bool(expected), answer.message
