"""Trouble in a manifest is led back to the input, and to the line, that decides it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import labs
import pytest
from typer.testing import CliRunner

from labbuilder import LabBuilderError, LabObjects
from labbuilder.cli import app
from labbuilder.lab.arguments import read_inputs
from labbuilder.lab.origin import find_input
from labbuilder.lab.storage import Storage
from labbuilder.models import LabConfig

CLAIM = {
    "type": "persistentVolumeClaim",
    "accessModes": ["ReadWriteMany"],
    "resources": {"requests": {"storage": "1Gi"}},
}
CHANGES: dict[str, Any] = {
    "config": {
        "namespaceAnnotations": {"example.org/a": "b"},
        "extraAnnotations": {"example.org/c": "d"},
        "nodeSelector": {"disk": "ssd"},
        "tolerations": [{"operator": "Exists"}],
        "env": {"SITE": "x"},
        "files": {"/etc/a_b.conf": "text", "/opt/c": "more"},
        "pullSecret": "pull-secret",
        "standardInithome": True,
        "volumes": [
            {"name": "unused", "source": {"type": "emptyDir"}},
            {"name": "home", "source": {"type": "nfs", "server": "nfs", "serverPath": "/homes"}},
            {"name": "scratch", "source": CLAIM},
            {"name": "tmp-too", "source": {"type": "emptyDir", "size": "1Gi"}},
        ],
        "volumeMounts": [
            {"containerPath": "/home", "volumeName": "home"},
            {"containerPath": "/scratch", "volumeName": "scratch"},
        ],
        "initContainers": [
            {"name": "first", "image": {"repository": "example/a", "tag": "1"}},
            {
                "name": "second",
                "image": {"repository": "example/b", "tag": "1"},
                "privileged": True,
                "volumeMounts": [{"containerPath": "/x", "volumeName": "tmp-too"}],
            },
        ],
    },
    "user": {"quota": {"notebook": {"cpu": 9, "memory": 27}}},
    "lab": {
        "options": {"size": "large"},
        "env": {"JUPYTERHUB_SERVICE_PREFIX": "/", "ASKED": "1"},
    },
    "pull_secret": {"data": {".dockerconfigjson": "eyJhdXRocyI6eyJyIjp7fX19"}},
}
ARGUMENTS = labs.arguments(**CHANGES)
POD = "Pod/vera-nb"


@pytest.fixture(scope="module")
def lab() -> LabObjects:
    return labs.lab(**CHANGES)


def decided(lab: LabObjects, name: str, *path: str | int) -> tuple[str | int, ...]:
    storage = Storage(LabConfig.model_validate(ARGUMENTS["config"]))
    given = {key: value for key, value in ARGUMENTS.items() if key != "config"}
    inputs, _ = read_inputs(storage.config, **given)
    assert inputs
    (manifest,) = (
        each for each in lab.manifests() if f"{each['kind']}/{each['metadata']['name']}" == name
    )
    return find_input(path, manifest, storage, inputs)


@pytest.mark.parametrize(
    ("name", "path", "expected"),
    [
        ("Namespace/labs-vera", "metadata name", "user username"),
        ("Namespace/labs-vera", "metadata annotations example.org/a",
         "config namespaceAnnotations example.org/a"),
        ("ResourceQuota/vera-nb", "spec hard limits.cpu", "user quota notebook cpu"),
        ("ConfigMap/vera-nb-env", "data SITE", "config env SITE"),
        ("ConfigMap/vera-nb-env", "data ASKED", "lab env ASKED"),
        ("ConfigMap/vera-nb-env", "metadata name", "user username"),
        ("ConfigMap/vera-nb-nss", "data passwd", "config nss basePasswd"),
        ("ConfigMap/vera-nb-nss", "data", "config nss"),
        ("ConfigMap/vera-nb-files", "data", "config files"),
        ("ConfigMap/vera-nb-files", "data a-b-conf", "config files /etc/a_b.conf"),
        ("ConfigMap/vera-nb-files", "data discovery-v1-json", "site discovery"),
        ("Secret/vera-nb", "data token", "secrets token"),
        ("Secret/vera-nb", "data", "secrets"),
        ("Secret/pull-secret", "data .dockerconfigjson", "pull_secret data .dockerconfigjson"),
        ("PersistentVolumeClaim/vera-nb-pvc-scratch", "spec accessModes 0",
         "config volumes 2 source accessModes 0"),
        ("NetworkPolicy/vera-nb", "spec podSelector", ""),
        ("Service/lab", "spec ports 0", ""),
        (POD, "metadata name", "user username"),
        (POD, "metadata annotations nublado.lsst.io/user-groups", "user groups"),
        (POD, "metadata annotations nublado.lsst.io/user-name", "user name"),
        (POD, "metadata annotations example.org/c", "config extraAnnotations example.org/c"),
        (POD, "spec nodeSelector disk", "config nodeSelector disk"),
        (POD, "spec tolerations 0 operator", "config tolerations 0 operator"),
        (POD, "spec imagePullSecrets 0 name", "config pullSecret"),
        (POD, "spec securityContext supplementalGroups 1", "user groups 1 id"),
        (POD, "spec securityContext", ""),
        (POD, "spec volumes 0", "config volumes 1"),
        (POD, "spec volumes 0 nfs path", "config volumes 1 source serverPath"),
        (POD, "spec volumes 0 nfs server", "config volumes 1 source server"),
        (POD, "spec volumes 2 emptyDir sizeLimit", "config volumes 3 source size"),
        (POD, "spec volumes 3", ""),
        (POD, "spec volumes 5", "config files /etc/a_b.conf"),
        (POD, "spec containers 0 image", "image"),
        (POD, "spec containers 0 args 0", "config labStartCommand 0"),
        (POD, "spec containers 0 volumeMounts 1 mountPath", "config volumeMounts 1 containerPath"),
        (POD, "spec containers 0 volumeMounts 1 name", "config volumeMounts 1 volumeName"),
        (POD, "spec containers 0 volumeMounts 2 mountPath", ""),
        (POD, "spec containers 0 resources limits cpu", "config sizes 1 resources limits cpu"),
        (POD, "spec initContainers 0 securityContext privileged", ""),
        (POD, "spec initContainers 1 image", "config initContainers 0 image"),
        (POD, "spec initContainers 2 securityContext privileged",
         "config initContainers 1 privileged"),
        (POD, "spec initContainers 2 volumeMounts 0 mountPath",
         "config initContainers 1 volumeMounts 0 containerPath"),
        (POD, "spec initContainers 2", "config initContainers 1"),
    ],
)  # fmt: skip
def test_what_decides_a_value(lab: LabObjects, name: str, path: str, expected: str) -> None:
    steps = [int(step) if step.isdecimal() else step for step in path.split()]
    found = decided(lab, name, *steps)
    assert " ".join(map(str, found)) == expected


def test_a_finding_about_a_manifest_names_its_cause() -> None:
    files = {"/opt/small": "x", "/opt/large": "x" * 1024**2}
    with pytest.raises(LabBuilderError) as caught:
        labs.lab(config={"files": files})
    (finding,) = (each for each in caught.value.findings if each.severity == "error")
    assert (finding.code, finding.object) == ("too-large", "ConfigMap/vera-nb-files")
    assert finding.cause == ("config", "files")
    assert str(finding).startswith("config.files: ConfigMap/vera-nb-files: data: error: ")


SITE = """\
namespacePrefix: labs
sizes: [{size: small, resources: {limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 1, memory: 1}}}]
volumes: [{name: home, source: {type: emptyDir}}]
volumeMounts: [{containerPath: /home, volumeName: home}]
"""
USER = f"""\
site: {{baseUrl: https://data.example.org}}
user: {{username: vera, uid: 1928, gid: 1928}}
image: registry.example/lab:w_2026_47@sha256:{"5" * 64}
secrets: {{token: x}}
"""
HOSTILE = "tolerationSeconds: 5"


def complaints(tmp_path: Path, user: str, site: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(tmp_path)
    Path("site.yaml").write_text(site, encoding="utf-8")
    Path("user.yaml").write_text(user, encoding="utf-8")
    result = CliRunner().invoke(app, ["render", "user.yaml"])
    assert "Traceback" not in result.output
    return result.stderr.splitlines()


@pytest.mark.parametrize(
    ("user", "site", "place"),
    [
        pytest.param(
            f"config: site.yaml\n{USER}",
            f"{SITE}tolerations:\n- operator: Exists\n  tolerationSeconds: 5\n",
            "site.yaml:7:22: Pod/vera-nb: spec.tolerations[0].tolerationSeconds: ",
            id="an included configuration",
        ),
        pytest.param(
            f"config: site.yaml\n{USER}",
            f"{SITE}tolerations: [{{operator: Exists}}, {{operator: Exists, {HOSTILE}}}]\n",
            "site.yaml:5:73: Pod/vera-nb: spec.tolerations[1].tolerationSeconds: ",
            id="a flow mapping",
        ),
        pytest.param(
            f"config: site.yaml\n{USER}",
            f"{SITE}tolerations:\n- &all {{operator: Exists, {HOSTILE}}}\n- *all\n",
            "site.yaml:6:46: Pod/vera-nb: spec.tolerations[1].tolerationSeconds: ",
            id="an anchor",
        ),
        pytest.param(
            f"config: site.yaml\n{USER}",
            f"{SITE}files:\n  /opt/a: |\n    {'x' * 600000}\n  /opt/b: |\n    {'x' * 600000}\n",
            "site.yaml:6:3: ConfigMap/vera-nb-files: data: ",
            id="block scalars",
        ),
        pytest.param(
            f"config: site.yaml\n{USER}\n---\nconfig:\n  "
            + SITE.replace("\n", "\n  ")
            + f"tolerations: [{{operator: Exists, {HOSTILE}}}]\n"
            + USER.replace("vera", "annie"),
            SITE,
            "user.yaml:13:55: Pod/annie-nb: spec.tolerations[0].tolerationSeconds: ",
            id="a second document",
        ),
    ],
)
def test_the_line_to_change_is_named(
    user: str, site: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = complaints(tmp_path, user, site, monkeypatch)
    assert [line for line in found if line.startswith(place)], found
