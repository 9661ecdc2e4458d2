"""The one API server as it was in other versions, and with all features on.

It emulates the three versions before its own. What is older is cited in the rules' tests.
``MUTATIONS=1000 pytest --dist=no -rP`` of this file tries more changes than usual.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import test_rules as examples
from syrupy.assertion import SnapshotAssertion

from cluster.comparing import Verdict, compare, missed, table, unexplained
from cluster.control_plane import Api, api_server, assets
from cluster.test_rules import OTHERS, made, refusals
from labbuilder.validation import schemas
from labbuilder.validation.judge import judge
from labbuilder.validation.rules import RULES, Stop, Target

USUAL = 50
COUNT = int(os.environ.get("MUTATIONS", USUAL))
SEED = int(os.environ.get("MUTATIONS_SEED", "1"))
OPTIONS = {
    **{
        each: (Target(each), ("--emulated-version", each))
        for each in schemas.VERSIONS
        if 1 <= examples.minor(schemas.NEWEST) - examples.minor(each) <= 3
    },
    f"{schemas.NEWEST} with all features": (
        Target(all_features=True),
        ("--feature-gates", "AllAlpha=true,AllBeta=true", "--runtime-config", "api/all=true"),
    ),
}


@dataclass(frozen=True, slots=True)
class Server:
    """An API server, and what the rules are told of it."""

    api: Api
    target: Target


@pytest.fixture(scope="module", params=OPTIONS)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    folder = assets()
    assert folder
    target, options = OPTIONS[request.param]
    with api_server(folder, tmp_path_factory.mktemp("server"), *options) as api:
        yield Server(api, target)


def differences(server: Server, folder: str) -> Iterator[str]:
    """Name the examples on which the rules and the server disagree, with what either says."""
    namespace = made(server.api, "examples")
    cases = {"negative": examples.NEGATIVE, "positive": examples.POSITIVE}[folder]
    for case in cases:
        written = examples.text(folder, case)
        if server.target.version not in examples.versions(written):
            continue
        said = refusals(server.api, folder, case, namespace)
        found = judge(examples.manifests(written), server.target)
        ours = [
            finding.code
            for _, finding in found
            if finding.code not in RULES or RULES[finding.code].stop is Stop.API_SERVER
        ]
        known = case == "empty-secret.yaml" or examples.about(case) in OTHERS
        if bool(said) is not bool(ours) and not known:
            yield f"{folder}/{case}: {ours} {said}"


@pytest.mark.parametrize("folder", ["negative", "positive"])
def test_an_example_of_this_version_is_refused_as_the_rules_say(
    server: Server, folder: str
) -> None:
    assert list(differences(server, folder)) == []


@pytest.fixture(scope="module")
def verdicts(server: Server) -> list[Verdict]:
    return compare(server.api, server.target, SEED, COUNT)


def test_changes_are_refused_as_the_rules_say(
    verdicts: list[Verdict], snapshot: SnapshotAssertion
) -> None:
    assert missed(verdicts) == []
    assert unexplained(verdicts) == []
    found = table(verdicts)
    for who, row in found.items():
        print(f"{who:>22}: {row}")  # noqa: T201 (for who runs more of them)
    if COUNT == USUAL:
        assert found == snapshot
