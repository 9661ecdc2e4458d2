"""Fields that a version drops, because their feature is off by default there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labbuilder.data import SCHEMAS
from labbuilder.errors import Severity, format_path
from labbuilder.validation import rules, schemas
from labbuilder.validation.files import check_texts
from labbuilder.validation.rules.gates import without
from labbuilder.validation.rules.target import Target

Json = dict[str, Any]
GATES: dict[str, dict[str, str]] = json.loads(SCHEMAS["gates.json"])["versions"]


def pod(container: Json | None = None, **fields: Any) -> Json:
    notebook = {"name": "lab", "image": "registry.example/lab", **(container or {})}
    spec = {"containers": [notebook], **fields}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "lab"}, "spec": spec}


def found(manifest: Json, version: str, **target: Any) -> list[str]:
    assert schemas.check(manifest, version) == []
    (findings,) = rules.check([manifest], Target(version, **target))
    return [
        f"{format_path(each.path)} {each.code}"
        for each in findings
        if not each.code.startswith("pod-security-")
    ]


KEY = {"name": "A", "valueFrom": {"fileKeyRef": {"volumeName": "v", "path": "p", "key": "K"}}}
SCRATCH = {"name": "v", "emptyDir": {}}


@pytest.mark.parametrize(
    ("manifest", "version", "expected"),
    [
        (pod(volumes=[{"name": "v", "emptyDir": {"mode": 0o1777}}]), "1.37",
         ["spec.volumes[0].emptyDir.mode off-by-default"]),
        (pod({"lifecycle": {"stopSignal": "SIGTERM"}}), "1.36",
         ["spec.containers[0].lifecycle.stopSignal off-by-default"]),
        (pod(volumes=[{"name": "v", "image": {"reference": "a"}}]), "1.34",
         ["spec.volumes[0].image off-by-default"]),
        (pod(volumes=[{"name": "v", "image": {"reference": "a"}}]), "1.35", []),
        (pod(hostnameOverride="a"), "1.34", ["spec.hostnameOverride off-by-default"]),
        (pod({"restartPolicy": "Always"}), "1.34",
         ["spec.containers[0].restartPolicy off-by-default"]),
        (pod(initContainers=[{"name": "a", "image": "b", "restartPolicy": "Always"}]), "1.34", []),
        (pod(hostUsers=False), "1.32", ["spec.hostUsers off-by-default"]),
        (pod(hostUsers=True), "1.32", []),
        (pod(hostUsers=False), "1.33", []),
        # Nothing is left of the variable's source, which is refused.
        (pod({"env": [KEY]}, volumes=[SCRATCH]), "1.34",
         ["spec.containers[0].env[0].valueFrom.fileKeyRef off-by-default",
          "spec.containers[0].env[0].valueFrom one-of"]),
        (pod({"env": [KEY]}, volumes=[SCRATCH]), "1.35", []),
        # What is dropped isn't judged.
        (pod(volumes=[{"name": "v", "emptyDir": {"mode": -1}}]), "1.37",
         ["spec.volumes[0].emptyDir.mode off-by-default"]),
    ],
)  # fmt: skip
def test_what_a_version_drops_is_a_warning(
    manifest: Json, version: str, expected: list[str]
) -> None:
    assert found(manifest, version) == expected


def test_where_all_features_are_on_everything_is_judged() -> None:
    manifest = pod(volumes=[{"name": "v", "emptyDir": {"mode": -1}}])
    assert found(manifest, "1.37", all_features=True) == [
        "spec.volumes[0].emptyDir.mode invalid-value"
    ]


def test_versions_that_drop_it_are_named_once() -> None:
    text = json.dumps(pod({"lifecycle": {"stopSignal": "SIGTERM"}}, os={"name": "linux"}))
    targets = [Target(version) for version in ("1.33", "1.35", "1.37")]
    said = [each for each in check_texts({"f": text}, targets).findings if "off" in each.code]
    (finding,) = said
    assert finding.severity is Severity.WARNING
    assert finding.message.count("is dropped") == 1
    assert "ContainerStopSignals" in finding.message


def test_nothing_of_the_manifest_is_changed() -> None:
    manifest = pod(volumes=[{"name": "v", "image": {"reference": "a"}}])
    written = json.dumps(manifest)
    left = without(manifest, [("spec", "volumes", 0, "image")])
    assert json.dumps(manifest) == written
    assert left["spec"]["volumes"] == [{"name": "v", "emptyDir": {}}]


@pytest.mark.parametrize("version", schemas.VERSIONS)
def test_every_version_has_its_gates(version: str) -> None:
    assert GATES[version]
    _, types = schemas.definition(version, "v1/Pod")
    known = {
        f"{name.rpartition('.')[2]}.{field}"
        for name, schema in types.items()
        for field in schema.get("properties", {})
    }
    assert known & GATES[version].keys()
