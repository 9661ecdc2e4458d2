"""Each change of a lab has the class of what it does to the lab that runs."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from labs import ARGUMENTS, lab

from labbuilder.diff.compare import compare
from labbuilder.diff.impact import Impact, of_field, of_object, worst

NOTHING, RESTART = Impact.NOTHING, Impact.RESTART
RECREATE, DATA_AT_RISK = Impact.RECREATE, Impact.DATA_AT_RISK
AMOUNTS = {"cpu": 1, "memory": "4Gi"}
TOLERATION = {"key": "labs", "operator": "Exists", "effect": "NoSchedule"}

Objects = list[dict[str, Any]]


def claim(name: str = "data", storage: str = "10Gi", **more: Any) -> dict[str, Any]:
    resources = {"requests": {"storage": storage}}
    source = {"accessModes": ["ReadWriteMany"], "resources": resources, **more}
    return {"name": name, "source": {"type": "persistentVolumeClaim", **source}}


def config(volume: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """Give the site's configuration: homes on NFS, a claim, and one of most other things."""
    volume = volume or claim()
    home = ARGUMENTS["config"]["volumes"][0]
    mounts = [*ARGUMENTS["config"]["volumeMounts"]]
    mounts.append({"containerPath": "/data", "volumeName": volume["name"]})
    return {
        "volumes": [home, volume],
        "volumeMounts": mounts,
        "files": {"/etc/motd": "Clear skies!\n"},
        "nodeSelector": {"disk": "fast"},
        "pullSecret": "pull-secret",
        "tolerations": [TOLERATION],
        **changes,
    }


def rendered(**changes: Any) -> Objects:
    quota = {"notebook": {"cpu": 4, "memory": 16}}
    given = {
        "config": config(),
        "user": {**ARGUMENTS["user"], "quota": quota},
        "pull_secret": {"type": "kubernetes.io/dockerconfigjson",
                        "data": {".dockerconfigjson": "eyJhdXRocyI6eyJyIjp7fX19"}},
    }  # fmt: skip
    return lab(**{**given, **changes}).manifests()


def user(**changes: Any) -> dict[str, Any]:
    return {"user": {"quota": {"notebook": {"cpu": 4, "memory": 16}}, **changes}}


def mount(path: str, volume: str = "home", **more: Any) -> dict[str, Any]:
    return {"containerPath": path, "volumeName": volume, **more}


def nfs(**changes: Any) -> dict[str, Any]:
    source = {"type": "nfs", "server": "nfs", "serverPath": "/homes", **changes}
    volumes = [{"name": "home", "source": source}, claim()]
    return {"config": config(volumes=volumes)}


def sized(memory: str) -> dict[str, Any]:
    resources = {"limits": {"cpu": 1, "memory": memory}, "requests": {"cpu": 0.5, "memory": "1Gi"}}
    return {"config": config(sizes=[{"size": "small", "resources": resources}])}


INIT = {"name": "prepare", "image": {"repository": "registry.example/prepare", "tag": "1"}}
NEW_IMAGE = f"registry.example/lab/notebook:w_2026_48@sha256:{'6' * 64}"
PULL = {"type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": "e30K"}}

INPUTS: dict[str, tuple[dict[str, Any], str, Impact, Impact]] = {
    # name: what is given anew; an object and field that changes; its class; the whole lab's
    "claim renamed": (
        {"config": config(claim("other"))},
        "PersistentVolumeClaim/vera-nb-pvc-data", DATA_AT_RISK, DATA_AT_RISK,
    ),
    "claim shrunk": (
        {"config": config(claim(storage="9Gi"))},
        "PersistentVolumeClaim/vera-nb-pvc-data spec.resources.requests.storage",
        DATA_AT_RISK, DATA_AT_RISK,
    ),
    "claim grown": (
        {"config": config(claim(storage="1Ti"))},
        "PersistentVolumeClaim/vera-nb-pvc-data spec.resources.requests.storage",
        NOTHING, NOTHING,
    ),
    "claim removed": (
        {"config": config(volumes=ARGUMENTS["config"]["volumes"], volumeMounts=[mount("/home")])},
        "PersistentVolumeClaim/vera-nb-pvc-data", DATA_AT_RISK, DATA_AT_RISK,
    ),
    "claim of another storage class": (
        {"config": config(claim(storageClassName="fast"))},
        "PersistentVolumeClaim/vera-nb-pvc-data spec.storageClassName",
        DATA_AT_RISK, DATA_AT_RISK,
    ),
    "claim of another access mode": (
        {"config": config(claim(accessModes=["ReadOnlyMany"]))},
        "PersistentVolumeClaim/vera-nb-pvc-data spec.accessModes[0]", DATA_AT_RISK, DATA_AT_RISK,
    ),
    "claim mounted read-only": (
        {"config": config(claim(readOnly=True))},
        "Pod/vera-nb spec.volumes[data].persistentVolumeClaim.readOnly", RECREATE, RECREATE,
    ),
    "claim added": (
        {"config": config(volumes=[*config()["volumes"], claim("more")],
                          volumeMounts=[*config()["volumeMounts"], mount("/more", "more")])},
        "PersistentVolumeClaim/vera-nb-pvc-more", NOTHING, RECREATE,
    ),
    "image changed": (
        {"image": NEW_IMAGE},
        "Pod/vera-nb spec.containers[notebook].image", RESTART, RECREATE,  # its variables
    ),
    "image of the init container changed": (
        {"site": {"controllerImage": {"repository": "registry.example/controller", "tag": "9"}}},
        "Pod/vera-nb spec.initContainers[nublado-std-startup].image", NOTHING, NOTHING,
    ),
    "label added": (
        {"config": config(application="labs")},
        'Pod/vera-nb metadata.labels["argocd.argoproj.io/instance"]', NOTHING, NOTHING,
    ),
    "annotation added": (
        {"config": config(extraAnnotations={"example.org/a": "b"})},
        'Pod/vera-nb metadata.annotations["example.org/a"]', NOTHING, NOTHING,
    ),
    "namespace annotated": (
        {"config": config(namespaceAnnotations={"example.org/uid": "{{ uid }}"})},
        'Namespace/labs-vera metadata.annotations["example.org/uid"]', NOTHING, NOTHING,
    ),
    "full name changed": (
        user(name="Vera C. Rubin"),
        "ConfigMap/vera-nb-nss data.passwd", RECREATE, RECREATE,
    ),
    "group joined": (
        user(groups=[*ARGUMENTS["user"]["groups"], {"name": "stars", "id": 32}]),
        "Pod/vera-nb spec.securityContext.supplementalGroups[2]", RECREATE, RECREATE,
    ),
    "user ID changed": (
        user(uid=1929),
        "Pod/vera-nb spec.containers[notebook].securityContext.runAsUser", RECREATE, RECREATE,
    ),
    "variable changed": (
        {"config": config(env={"RSP_SITE_TYPE": "telescope"})},
        "ConfigMap/vera-nb-env data.RSP_SITE_TYPE", RECREATE, RECREATE,
    ),
    "token changed": (
        {"secrets": {"token": "YW5vdGhlcg=="}},
        "Secret/vera-nb data.token", RECREATE, RECREATE,
    ),
    "secret added": (
        {"secrets": {"more": "YW5vdGhlcg=="}}, "Secret/vera-nb data.more", RECREATE, RECREATE,
    ),
    "pull secret changed": (
        {"pull_secret": PULL},
        'Secret/pull-secret data[".dockerconfigjson"]', RECREATE, RECREATE,
    ),
    "pull secret removed": ({"pull_secret": None}, "Secret/pull-secret", NOTHING, NOTHING),
    "pull secret no longer named": (
        {"config": config(pullSecret=None), "pull_secret": None},
        "Pod/vera-nb spec.imagePullSecrets", RECREATE, RECREATE,
    ),
    "quota changed": (
        user(quota={"notebook": {"cpu": 8, "memory": 16}}),
        'ResourceQuota/vera-nb spec.hard["limits.cpu"]', NOTHING, NOTHING,
    ),
    "quota removed": (user(quota=None), "ResourceQuota/vera-nb", NOTHING, NOTHING),
    "file changed": (
        {"config": config(files={"/etc/motd": "Clouds\n"})},
        "ConfigMap/vera-nb-files data.motd", RECREATE, RECREATE,
    ),
    "file added": (
        {"config": config(files={"/etc/motd": "Clear skies!\n", "/etc/issue": "labs\n"})},
        "Pod/vera-nb spec.containers[notebook].volumeMounts[/etc/issue]", RECREATE, RECREATE,
    ),
    "discovery changed": (
        {"site": {"discovery": {"a": 1}}},
        "ConfigMap/vera-nb-files data.discovery-v1-json", RECREATE, RECREATE,
    ),
    "toleration added": (
        {"config": config(tolerations=[{"key": "gpu", "value": "yes"}, TOLERATION])},
        "Pod/vera-nb spec.tolerations[gpu=yes:]", NOTHING, NOTHING,
    ),
    "toleration removed": (
        {"config": config(tolerations=[])}, "Pod/vera-nb spec.tolerations", RECREATE, RECREATE,
    ),
    "toleration changed": (
        {"config": config(tolerations=[{**TOLERATION, "effect": "NoExecute"}])},
        "Pod/vera-nb spec.tolerations[labs:NoSchedule]", RECREATE, RECREATE,
    ),
    "node selector changed": (
        {"config": config(nodeSelector={"disk": "slow"})},
        "Pod/vera-nb spec.nodeSelector.disk", RECREATE, RECREATE,
    ),
    "size chosen": (
        {"lab": {"options": {"size": "large"}}},
        "Pod/vera-nb spec.containers[notebook].resources.limits.memory", RECREATE, RECREATE,
    ),
    "size configured": (
        sized("6Gi"),
        "Pod/vera-nb spec.containers[notebook].resources.limits.memory", RECREATE, RECREATE,
    ),
    "temporary files on disk": (
        {"config": config(emptyDirSource="disk")},
        "Pod/vera-nb spec.volumes[tmp].emptyDir.medium", RECREATE, RECREATE,
    ),
    "mount added": (
        {"config": config(volumeMounts=[*config()["volumeMounts"], mount("/work")])},
        "Pod/vera-nb spec.containers[notebook].volumeMounts[/work]", RECREATE, RECREATE,
    ),
    "home on another server": (
        nfs(server="other"), "Pod/vera-nb spec.volumes[home].nfs.server", RECREATE, RECREATE,
    ),
    "home at another path": (
        nfs(serverPath="/new"), "Pod/vera-nb spec.volumes[home].nfs.path", RECREATE, RECREATE,
    ),
    "init container added": (
        {"config": config(initContainers=[INIT])},
        "Pod/vera-nb spec.initContainers[prepare]", RECREATE, RECREATE,
    ),
    "start command changed": (
        {"config": config(labStartCommand=["start"])},
        "Pod/vera-nb spec.containers[notebook].args[0]", RECREATE, RECREATE,
    ),
    "namespace renamed": (
        {"config": config(namespacePrefix="other")},
        "Namespace/labs-vera", DATA_AT_RISK, DATA_AT_RISK,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", INPUTS)
def test_what_is_given_anew_has_a_class(name: str) -> None:
    given, changed, impact, whole = INPUTS[name]
    assert not compare(rendered(), rendered()).changes
    found = compare(rendered(), rendered(**given)).changes
    classes = {f"{each.object} {each.path}".rstrip(): each.impact for each in found}
    assert classes[changed] is impact
    assert worst(classes.values()) is whole


def field(kind: str, *path: str | int, value: Any) -> Callable[[Objects], None]:
    """Set a field of the first object of a kind, or remove it."""

    def edit(objects: Objects) -> None:
        at: Any = next(each for each in objects if each["kind"] == kind)
        for step in path[:-1]:
            at = at.setdefault(step, {}) if isinstance(at, dict) else at[step]
        if value is None:
            del at[path[-1]]
        else:
            at[path[-1]] = value

    return edit


def removed(kind: str) -> Callable[[Objects], None]:
    return lambda objects: objects.remove(next(e for e in objects if e["kind"] == kind))


def added(**manifest: Any) -> Callable[[Objects], None]:
    manifest = {"metadata": {"name": "x", "namespace": "labs-vera"}, **manifest}
    return lambda objects: objects.append(manifest)


def both(*edits: Callable[[Objects], None]) -> Callable[[Objects], None]:
    def edit_all(objects: Objects) -> None:
        for edit in edits:
            edit(objects)

    return edit_all


SIDECAR = ("spec", "initContainers", 0)
EDITS: dict[str, tuple[Callable[[Objects], None], Impact]] = {
    # name: how the stored manifests are not what is compiled; the class of making them so
    "service port": (field("Service", "spec", "ports", 0, "port", value=80), NOTHING),
    "service selector": (field("Service", "spec", "selector", "a", value="b"), NOTHING),
    "service type": (field("Service", "spec", "type", value="NodePort"), NOTHING),
    "service that is a name": (field("Service", "spec", "type", value="ExternalName"), RECREATE),
    "headless service": (field("Service", "spec", "clusterIP", value="None"), RECREATE),
    "service family": (field("Service", "spec", "ipFamilies", value=["IPv6"]), RECREATE),
    "service port of health": (field("Service", "spec", "healthCheckNodePort", value=1), RECREATE),
    "service missing": (removed("Service"), NOTHING),
    "service too many": (added(apiVersion="v1", kind="Service"), RECREATE),
    "policy": (field("NetworkPolicy", "spec", "policyTypes", value=["Egress"]), NOTHING),
    "policy missing": (removed("NetworkPolicy"), NOTHING),
    "policy too many": (added(apiVersion="networking.k8s.io/v1", kind="NetworkPolicy"), NOTHING),
    "quota missing": (removed("ResourceQuota"), NOTHING),
    "quota of scopes": (field("ResourceQuota", "spec", "scopes", value=["BestEffort"]), RECREATE),
    "pod label": (field("Pod", "metadata", "labels", "nublado.lsst.io/user", value="v"), NOTHING),
    "pod missing": (removed("Pod"), NOTHING),
    "pod too many": (added(apiVersion="v1", kind="Pod"), RECREATE),
    "pod security": (field("Pod", "spec", "securityContext", "runAsUser", value=0), RECREATE),
    "pod deadline": (field("Pod", "spec", "activeDeadlineSeconds", value=9), RECREATE),
    "pod grace": (field("Pod", "spec", "terminationGracePeriodSeconds", value=9), RECREATE),
    "toleration for a time": (
        field("Pod", "spec", "tolerations", 0, "tolerationSeconds", value=9), NOTHING,
    ),
    "container variable": (
        field("Pod", "spec", "containers", 0, "env", 0, "name", value="OLD"), RECREATE,
    ),
    "container port": (
        field("Pod", "spec", "containers", 0, "ports", 0, "name", value="old"), RECREATE,
    ),
    "container privileges": (
        field("Pod", "spec", "containers", 0, "securityContext", "privileged", value=True),
        RECREATE,
    ),
    "container image alone": (
        field("Pod", "spec", "containers", 0, "image", value="registry.example/old"), RESTART,
    ),
    "sidecar image": (
        both(field("Pod", *SIDECAR, "image", value="registry.example/old"),
             field("Pod", *SIDECAR, "restartPolicy", value="Always")),
        RECREATE,  # for the policy
    ),
    "config map that may change": (
        both(field("ConfigMap", "immutable", value=None),
             field("ConfigMap", "data", "DEBUG", value="FALSE")),
        RESTART,
    ),
    "config map made immutable": (field("ConfigMap", "immutable", value=None), NOTHING),
    "config map too many": (added(apiVersion="v1", kind="ConfigMap"), NOTHING),
    "secret type": (field("Secret", "type", value="example.org/other"), RECREATE),
    "secret label": (field("Secret", "metadata", "labels", "a", value="b"), NOTHING),
    "claim of a mode": (
        field("PersistentVolumeClaim", "spec", "volumeMode", value="Block"), DATA_AT_RISK,
    ),
    "claim of attributes": (
        field("PersistentVolumeClaim", "spec", "volumeAttributesClassName", value="gold"),
        DATA_AT_RISK,
    ),
    "claim annotated": (
        field("PersistentVolumeClaim", "metadata", "annotations", "a", value="b"), NOTHING,
    ),
    "claim of no amount": (
        field("PersistentVolumeClaim", "spec", "resources", "requests", value={"storage": "?"}),
        DATA_AT_RISK,
    ),
    "pod security of the namespace": (
        field("Namespace", "metadata", "labels", "pod-security.kubernetes.io/enforce",
              value="baseline"),
        NOTHING,
    ),
    "namespace finalizers": (field("Namespace", "spec", value={"finalizers": []}), NOTHING),
    "unknown kind too many": (added(apiVersion="apps/v1", kind="Deployment"), RECREATE),
}  # fmt: skip


@pytest.mark.parametrize("name", EDITS)
def test_what_was_edited_has_a_class(name: str) -> None:
    edit, impact = EDITS[name]
    stored = copy.deepcopy(rendered())
    edit(stored)
    found = compare(stored, rendered()).changes
    assert found
    assert worst(each.impact for each in found) is impact


def test_a_namespace_without_claims_is_only_made_anew() -> None:
    none = {
        "config": config(volumes=ARGUMENTS["config"]["volumes"], volumeMounts=[mount("/home")])
    }
    other = {"config": {**none["config"], "namespacePrefix": "other"}}
    found = compare(rendered(**none), rendered(**other)).changes
    assert worst(each.impact for each in found) is RECREATE


def test_fields_that_labs_have_by_fragments_only_have_a_class() -> None:
    pod = {"kind": "Pod", "spec": {"initContainers": [{"name": "s", "restartPolicy": "Always"}]}}
    image = ("spec", "initContainers", "s", "image")
    assert of_field(pod, image, "a", "b") is RESTART
    assert of_field(pod, ("spec", "initContainers", "t", "image"), "a", "b") is NOTHING
    assert of_field(pod, image, None, "b") is RECREATE
    grace = ("spec", "terminationGracePeriodSeconds")
    assert of_field(pod, grace, -1, 1) is NOTHING
    assert of_field(pod, grace, -1, 2) is RECREATE
    volume = {"kind": "PersistentVolumeClaim"}
    attributes = ("spec", "volumeAttributesClassName")
    assert of_field(volume, attributes, "gold", "silver") is NOTHING
    assert of_field({"kind": "Deployment"}, ("spec", "replicas"), 1, 2) is RECREATE


def test_the_worst_class_is_the_last_one() -> None:
    assert [each.value for each in Impact] == ["nothing", "restart", "recreate", "data at risk"]
    assert worst([]) is NOTHING
    assert worst([RESTART, DATA_AT_RISK, RECREATE]) is DATA_AT_RISK
    assert of_object("Namespace", removed=True, holds_claims=True) is DATA_AT_RISK
