"""The examples are the manifests that a reviewer sees change."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ruamel.yaml import YAML
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from labbuilder.output import to_json, to_yaml
from labbuilder.users.compile import UserFiles, read_documents
from labbuilder.validation.schemas import VERSIONS

EXAMPLES = Path(__file__).parent.parent / "examples"
USERS = ["minimal", "observatory", "form-post"]

Manifest = dict[str, Any]


class YamlSnapshot(SingleFileSnapshotExtension):
    file_extension = "yaml"
    _write_mode = WriteMode.TEXT


def compiled(name: str, version: str | None = None) -> list[Manifest]:
    (document,) = read_documents(str(EXAMPLES / f"{name}.yaml"))
    return UserFiles(kubernetes_version=version).compile(document).manifests()


def the(manifests: list[Manifest], kind: str, name: str = "") -> Manifest:
    (found,) = [
        manifest
        for manifest in manifests
        if manifest["kind"] == kind and name in ("", manifest["metadata"]["name"])
    ]
    return found


@pytest.mark.parametrize("name", USERS)
def test_example_renders_as_recorded(name: str, snapshot: SnapshotAssertion) -> None:
    assert to_yaml(compiled(name)) == snapshot(extension_class=YamlSnapshot)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", USERS)
def test_example_compiles_alike_for_every_kubernetes_version(name: str, version: str) -> None:
    assert compiled(name, version) == compiled(name)


@pytest.mark.parametrize("name", USERS)
def test_every_reader_of_yaml_reads_the_same(name: str) -> None:
    manifests = compiled(name)
    text = to_yaml(manifests)
    assert list(yaml.safe_load_all(text)) == manifests
    for version in ((1, 1), (1, 2)):
        reader = YAML(typ="safe", pure=True)
        reader.version = version
        assert list(reader.load_all(text)) == manifests
    assert json.loads(to_json(manifests))["items"] == manifests


def test_the_full_example_has_every_kind_in_apply_order() -> None:
    assert [(m["kind"], m["metadata"]["name"]) for m in compiled("observatory")] == [
        ("Namespace", "scope-labs-henrietta"),
        ("ResourceQuota", "henrietta-nb"),
        ("ConfigMap", "henrietta-nb-env"),
        ("ConfigMap", "henrietta-nb-nss"),
        ("ConfigMap", "henrietta-nb-files"),
        ("Secret", "henrietta-nb"),
        ("Secret", "pull-secret"),
        ("PersistentVolumeClaim", "henrietta-nb-pvc-scratch"),
        ("NetworkPolicy", "henrietta-nb"),
        ("Service", "lab"),
        ("Pod", "henrietta-nb"),
    ]


def test_every_object_is_labelled_and_all_but_the_namespace_are_in_it() -> None:
    for manifest in compiled("observatory"):
        metadata = manifest["metadata"]
        assert metadata["labels"] == {
            "nublado.lsst.io/category": "lab",
            "nublado.lsst.io/user": "henrietta",
            "argocd.argoproj.io/instance": "scope-labs",
        }
        assert metadata["annotations"]["argocd.argoproj.io/sync-options"] == "Prune=false"
        expected = None if manifest["kind"] == "Namespace" else "scope-labs-henrietta"
        assert metadata.get("namespace") == expected


def test_the_network_policy_lets_in_the_hub_of_any_namespace_and_the_users_own_lab_only() -> None:
    spec = the(compiled("observatory"), "NetworkPolicy")["spec"]
    assert spec["policyTypes"] == ["Ingress"]
    (rule,) = spec["ingress"]
    assert rule["ports"] == [{"port": 8888, "protocol": "TCP"}]
    own, hub = rule["from"]
    labels = {"nublado.lsst.io/category": "lab", "nublado.lsst.io/user": "henrietta"}
    assert own == {"namespaceSelector": {"matchLabels": labels}}
    # Absent instead of empty, the selector would mean the lab's own namespace.
    assert hub == {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "jupyterhub"}}}
    assert spec["podSelector"] == {"matchLabels": labels}


def test_the_service_and_the_policy_select_the_pod() -> None:
    manifests = compiled("observatory")
    labels = the(manifests, "Pod")["metadata"]["labels"]
    for selector in (
        the(manifests, "Service")["spec"]["selector"],
        the(manifests, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"],
    ):
        assert selector.items() <= labels.items()


def test_only_what_the_configuration_asks_for_runs_as_root() -> None:
    spec = the(compiled("observatory"), "Pod")["spec"]
    containers = spec["initContainers"] + spec["containers"]
    contexts = {container["name"]: container["securityContext"] for container in containers}
    assert contexts.pop("nublado-std-inithome") == {
        "privileged": True,
        "allowPrivilegeEscalation": True,
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": False,
        "runAsUser": 0,
    }
    for context in contexts.values():
        assert context == {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "runAsUser": 1868,
            "runAsGroup": 1868,
        }


def test_a_form_post_means_what_was_chosen() -> None:
    env = the(compiled("form-post"), "ConfigMap", "cecilia-nb-env")["data"]
    assert env["CONTAINER_SIZE"] == "Medium (2.5 CPU, 7.5Gi RAM)"
    assert env["RESET_USER_ENV"] == "TRUE"
    assert "DEBUG" not in env
    assert env["IMAGE_DESCRIPTION"] == "Weekly 2026_47 (recommended)"
    assert env["JUPYTERHUB_USER"] == "cecilia"


def test_the_minimal_example_meets_the_restricted_pod_security_standard() -> None:
    spec = the(compiled("minimal"), "Pod")["spec"]
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    sources = {key for volume in spec["volumes"] for key in volume if key != "name"}
    assert sources <= {"persistentVolumeClaim", "configMap", "secret", "emptyDir", "downwardAPI"}
    for container in spec["initContainers"] + spec["containers"]:
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["securityContext"]["runAsNonRoot"] is True
