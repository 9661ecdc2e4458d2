"""Labs on a real API server: accepted, unchanged when applied again, and read back.

``LABS=200 pytest --dist=no`` of this file makes more of them than usual.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
import strategies
from hypothesis import given, settings
from test_round_trip import asked

from cluster.commands import Kubectl, labbuilder
from cluster.control_plane import Api
from labbuilder import LabObjects, compile_lab, models
from labbuilder.cluster.state import recreate_lab_state
from labbuilder.lab.objects import LabStateObjects
from labbuilder.users.compile import UserFiles, read_documents

EXAMPLES = sorted((Path(__file__).parent.parent.parent / "examples").glob("*.yaml"))
SETTLE_SECONDS = 60
USUAL = 20
COUNT = int(os.environ.get("LABS", USUAL))
CONTENTS = "resourcequota,configmap,secret,persistentvolumeclaim,networkpolicy,service,pod"


def refusals(api: Api, lab: LabObjects) -> list[str]:
    """Make a lab's namespace, apply the rest without keeping it, and give what is refused."""
    namespace, *rest = lab.manifests()
    answers = [(namespace, api.apply(namespace))]
    answers += [(manifest, api.apply(manifest, dry_run=True)) for manifest in rest]
    return [f"{each['kind']}: {answer.message}" for each, answer in answers if not answer.is_fine]


def users() -> list[Any]:
    """Find the user files among the examples."""
    found = []
    for file in EXAMPLES:
        text = file.read_text(encoding="utf-8")
        if "\nuser:" in f"\n{text}":
            found.append(pytest.param(file, id=file.stem))
    return found


@pytest.mark.parametrize("file", users())
def test_examples_are_accepted(api: Api, file: Path) -> None:
    compiler = UserFiles()
    for document in read_documents(str(file)):
        assert refusals(api, compiler.compile(document)) == []


@settings(max_examples=300)
@given(given_=strategies.arguments())
def test_generated_labs_are_accepted(api: Api, given_: dict[str, Any]) -> None:
    assert refusals(api, compile_lab(**given_)) == []


def generated(count: int) -> list[dict[str, Any]]:
    """Generate labs of users of their own, which fit their quotas and can be applied twice."""
    found: list[dict[str, Any]] = []

    @settings(max_examples=3 * count, database=None)
    @given(strategies.arguments())
    def collect(given_: dict[str, Any]) -> None:
        given_ = {**given_, "user": {**given_["user"], "username": f"made{len(found)}x"}}
        given_["config"] = {**given_["config"], "namespacePrefix": "made"}
        warnings = {warning.code for warning in compile_lab(**given_).warnings}
        if not warnings & {"quota-exceeded", "empty-secret"}:
            found.append(given_)

    collect()
    return found[-count:]


@pytest.fixture(scope="module")
def made(api: Api) -> list[tuple[dict[str, Any], LabObjects]]:
    """Make labs, each in the order in which its objects are to be applied."""
    labs = [(given_, compile_lab(**given_)) for given_ in generated(COUNT)]
    assert len(labs) == COUNT
    for _, lab in labs:
        for manifest in lab.manifests():
            if manifest is lab.pod and lab.quota:
                settled(api, lab.quota)  # pods are refused until it counts
            answer = api.apply(manifest)
            assert answer.status == 201, answer.message
    return labs


def stored(api: Api, manifest: dict[str, Any]) -> dict[str, Any]:
    metadata = manifest["metadata"]
    answer = api.get(manifest["kind"], metadata["name"], metadata.get("namespace", ""))
    assert answer.is_fine, answer.message
    return answer.body


def settled(api: Api, manifest: dict[str, Any]) -> dict[str, Any]:
    """Wait until a cluster has done with an object what it does, and read it."""
    end = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < end:
        found = stored(api, manifest)
        status = found.get("status", {})
        phase = {"PersistentVolumeClaim": "Bound", "Pod": "Running"}.get(manifest["kind"])
        counts = "hard" in status or manifest["kind"] != "ResourceQuota"
        if phase in {None, status.get("phase")} and counts:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{manifest['kind']} has {status} after {SETTLE_SECONDS} s")


def test_applying_a_lab_again_changes_nothing(
    api: Api, made: list[tuple[dict[str, Any], LabObjects]]
) -> None:
    for _, lab in made:
        for manifest in lab.manifests():
            before = settled(api, manifest)
            answer = api.apply(manifest)
            assert answer.status == 200, answer.message
            assert answer.body == before


def test_what_is_read_back_is_what_was_asked_for(
    api: Api, made: list[tuple[dict[str, Any], LabObjects]]
) -> None:
    for given_, lab in made:
        quota = stored(api, lab.quota) if lab.quota else None
        pod = settled(api, lab.pod)
        objects = LabStateObjects(stored(api, lab.env_config_map), quota, pod)
        config = models.LabConfig.model_validate(given_["config"])
        state = recreate_lab_state(config, given_["user"]["username"], objects)
        assert state.model_dump(mode="json") == asked(given_)


def printed(kubectl: Kubectl, *what: str) -> str:
    """Give objects as YAML, or as JSON if a text has a character that kubectl doesn't print."""
    try:
        return kubectl("get", *what, "-o", "yaml")
    except AssertionError as error:
        if "control characters are not allowed" not in str(error):
            raise
        return kubectl("get", *what, "-o", "json")


def test_what_kubectl_reads_back_is_fine(
    api: Api, kubectl: Kubectl, made: list[tuple[dict[str, Any], LabObjects]], tmp_path: Path
) -> None:
    """With all that a server, a kubelet and controllers have added to it; usually of some labs."""
    for _, lab in made[:: 4 if COUNT == USUAL else 1]:
        settled(api, lab.pod)
        name = lab.namespace["metadata"]["name"]
        for kinds, options in (("namespace", [name]), (CONTENTS, ["-n", name])):
            text = printed(kubectl, kinds, *options)
            file = tmp_path / name / f"{kinds}.yaml"
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
    warned = labbuilder("check", str(tmp_path))
    assert "cluster-decides" not in warned
    assert "server-field" not in warned
