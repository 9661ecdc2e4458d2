"""Single changes to the manifests of a rich lab, each with all expected findings."""

from __future__ import annotations

import copy
from collections.abc import Callable
from itertools import chain
from typing import Any, NamedTuple

import pytest
import strategies
from hypothesis import HealthCheck, given, settings
from labs import lab

from labbuilder import compile_lab
from labbuilder.errors import Finding, LabBuilderError, Severity, format_path
from labbuilder.validation import rules, schemas
from labbuilder.validation.rules import RULES, Rule
from labbuilder.validation.rules.lab import (
    capacity,
    limit_ranges,
    memory_volumes,
    pod_security,
    reach,
)

Json = dict[str, Any]
Change = Callable[[Json], None]

ELSEWHERE = (capacity, limit_ranges, memory_volumes, pod_security, reach)
CODES = set(RULES) - {
    each.code for module in ELSEWHERE for each in vars(module).values() if type(each) is Rule
}
"""All rules but those that other modules test."""

CONFIG: Json = {
    "application": "science",
    "extraAnnotations": {"example.org/cost-center": "astronomy"},
    "pullSecret": "registry-login",
    "volumes": [
        {"name": "home", "source": {"type": "nfs", "server": "nfs", "serverPath": "/homes"}},
        {"name": "data", "source": {"type": "hostPath", "path": "/data"}},
        {
            "name": "scratch",
            "source": {
                "type": "persistentVolumeClaim",
                "accessModes": ["ReadWriteMany"],
                "storageClassName": "fast",
                "resources": {"requests": {"storage": "50Gi"}},
            },
        },
        {"name": "sockets", "source": {"type": "emptyDir", "medium": "memory", "size": "16Mi"}},
    ],
    "volumeMounts": [
        {"containerPath": "/home", "volumeName": "home"},
        {"containerPath": "/data", "volumeName": "data", "readOnly": True},
        {"containerPath": "/scratch", "volumeName": "scratch", "subPath": "labs"},
        {"containerPath": "/var/run/sockets", "volumeName": "sockets"},
    ],
    "env": {"CATALOG_URL": "https://data.example.org/catalog"},
    "files": {"/opt/etc/motd": "Clear skies!\n", "/opt/etc/dask.yaml": "a: b\n"},
    "secrets": [
        {"secretName": "s", "secretKey": "archive-password", "env": "ARCHIVE_PASSWORD"},
        {"secretName": "s", "secretKey": "archive.pem", "path": "/opt/etc/archive.pem"},
    ],
    "initContainers": [
        {
            "name": "warm-cache",
            "image": {"repository": "registry.example/warm-cache", "tag": "1.4"},
            "volumeMounts": [{"containerPath": "/scratch", "volumeName": "scratch"}],
        },
        {
            "name": "make-home",
            "image": {"repository": "registry.example/make-home", "tag": "1.4"},
            "privileged": True,
            "volumeMounts": [{"containerPath": "/home", "volumeName": "home"}],
        },
    ],
    "nodeSelector": {"example.org/pool": "labs"},
    "tolerations": [
        {"key": "example.org/pool", "value": "labs", "effect": "NoSchedule"},
        {
            "key": "node.kubernetes.io/unreachable",
            "operator": "Exists",
            "effect": "NoExecute",
            "tolerationSeconds": 120,
        },
    ],
    "affinity": {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [
                    {"matchExpressions": [{"key": "pool", "operator": "In", "values": ["labs"]}]}
                ]
            }
        },
        "podAntiAffinity": {
            "preferredDuringSchedulingIgnoredDuringExecution": [
                {
                    "weight": 50,
                    "podAffinityTerm": {
                        "topologyKey": "kubernetes.io/hostname",
                        "labelSelector": {"matchLabels": {"nublado.lsst.io/category": "lab"}},
                    },
                }
            ]
        },
    },
}
RICH = {
    f"{manifest['kind']}/{manifest['metadata']['name']}": manifest
    for manifest in lab(
        config=CONFIG,
        user={"quota": {"notebook": {"cpu": 9, "memory": 27}}},
        secrets={"archive-password": "aHVudGVyMjM=", "archive.pem": "aHVudGVyMjM="},
        pull_secret={"data": {".dockerconfigjson": "eyJhdXRocyI6eyJyIjp7fX19"}},
    ).manifests()
}
"""The manifests by kind and name, in order."""

POD, SECRET, PULL_SECRET = "Pod/vera-nb", "Secret/vera-nb", "Secret/pull-secret"
ENV, FILES, CLAIM = (
    "ConfigMap/vera-nb-env", "ConfigMap/vera-nb-files",
    "PersistentVolumeClaim/vera-nb-pvc-scratch",
)  # fmt: skip
QUOTA, POLICY, SERVICE = "ResourceQuota/vera-nb", "NetworkPolicy/vera-nb", "Service/lab"
NAMESPACE = "Namespace/labs-vera"
NOTEBOOK = ("spec", "containers", "notebook")
NODE_TERMS = (
    "spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution",
    "nodeSelectorTerms",
)  # fmt: skip
PREFERENCES = (
    "spec", "affinity", "podAntiAffinity", "preferredDuringSchedulingIgnoredDuringExecution",
)  # fmt: skip


TERMS, PREFERRED = ".".join(NODE_TERMS), ".".join(PREFERENCES)
KEY, LABEL, LONG = 254 * "k", 64 * "k", 59 * "a" + "…"
RUNTIME, CONTEXT = "spec.volumes[12].downwardAPI.items", "spec.containers[0].securityContext"
CONTAINER = "resourceFieldRef.containerName"


class Case(NamedTuple):
    """A change, and the expected findings."""

    name: str
    change: Change
    found: list[str]


def step(holder: Any, key: Any) -> Any:
    """Follow one step of a path; a list's item is found by its name or index."""
    if isinstance(holder, list) and isinstance(key, str):
        (index,) = [i for i, item in enumerate(holder) if item.get("name") == key]
        return index
    return key


def descend(holder: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        holder = holder[step(holder, key)]
    return holder


def put(name: str, *path: Any, to: Any) -> Change:
    """Make a change that sets a value."""

    def change(manifests: Json) -> None:
        holder = descend(manifests[name], path[:-1])
        holder[step(holder, path[-1])] = to

    return change


def drop(name: str, *path: Any) -> Change:
    """Make a change that removes a value, or without a path the whole object."""

    def change(manifests: Json) -> None:
        holder = descend(manifests[name], path[:-1]) if path else manifests
        del holder[step(holder, path[-1]) if path else name]

    return change


def append(name: str, *path: Any, item: Any) -> Change:
    """Make a change that adds an item to a list."""

    def change(manifests: Json) -> None:
        descend(manifests[name], path).append(copy.deepcopy(item))

    return change


def rename(name: str, *path: Any, to: str) -> Change:
    """Make a change that renames a key."""

    def change(manifests: Json) -> None:
        holder = descend(manifests[name], path[:-1])
        holder[to] = holder.pop(path[-1])

    return change


FOREIGN = {
    "generated-name", "invalid-limit", "later-variable", "matches-no-pods", "off-by-default",
    "overlapping-paths", "quota-limits-nothing", "removed-storage", "undeclared-port",
    "undefined-variable", "unknown-port", "useless-pull-secret", "wrong-volume-mode",
}  # fmt: skip
"""Codes about what no lab of ours has."""
SECCOMP = '"seccomp.security.alpha.kubernetes.io/pod"'
ASKED_FOR = {"invalid-secret", "invalid-toleration", "quota-exceeded"}
"""What inputs may ask for, and a cluster refuses."""

CASES = [
    Case(
        "amounts: a thousandth of a byte",
        put(POD, *NOTEBOOK, "resources", "requests", "memory", to="128m"),
        ["Pod/vera-nb spec.containers[0].resources.requests.memory fractional-bytes"],
    ),
    Case(
        "pods: less than no time to end",
        put(POD, "spec", "terminationGracePeriodSeconds", to=-1),
        ["Pod/vera-nb spec.terminationGracePeriodSeconds read-otherwise"],
    ),
    Case(
        "policies: rules that policyTypes leaves out",
        put(POLICY, "spec", "egress", to=[{}]),
        ["NetworkPolicy/vera-nb spec.egress ignored-rules"],
    ),
    Case(
        "annotations: another seccomp profile than the field's",
        put(
            POD,
            "metadata",
            "annotations",
            "seccomp.security.alpha.kubernetes.io/pod",
            to="unconfined",
        ),
        [
            f"Pod/vera-nb metadata.annotations[{SECCOMP}] contradicting-annotation",
            f"Pod/vera-nb metadata.annotations[{SECCOMP}] read-otherwise",
        ],
    ),
    Case(
        "pods: a preemption policy without a class",
        put(POD, "spec", "preemptionPolicy", to="Never"),
        ["Pod/vera-nb spec.preemptionPolicy priority-without-class"],
    ),
    Case(
        "contents: a Secret with nothing in it",
        put(PULL_SECRET, "data", to={}),
        [
            "Secret/pull-secret data empty-secret",
            'Secret/pull-secret data[".dockerconfigjson"] invalid-secret',
        ],
    ),
    Case(
        "metadata: a ConfigMap with what the API server gave it",
        put(ENV, "metadata", "resourceVersion", to="7"),
        [f"{ENV} metadata.resourceVersion server-field"],
    ),
    Case(
        "metadata: a finalizer without a domain",
        put(CLAIM, "metadata", "finalizers", to=["archive"]),
        [f"{CLAIM} metadata.finalizers[0] invalid-finalizer"],
    ),
    Case(
        "probes: a livenessProbe that must succeed twice",
        put(POD, *NOTEBOOK, "livenessProbe", to={"grpc": {"port": 1}, "successThreshold": 2}),
        ["Pod/vera-nb spec.containers[0].livenessProbe.successThreshold invalid-probe"],
    ),
    Case(
        "probes: an init container with a probe",
        put(POD, "spec", "initContainers", 0, "startupProbe", to={"grpc": {"port": 1}}),
        ["Pod/vera-nb spec.initContainers[0].startupProbe misplaced-field"],
    ),
    Case(
        "quotas: a scope without what the quota limits",
        put(QUOTA, "spec", "scopes", to=["BestEffort"]),
        ["ResourceQuota/vera-nb spec.scopes[0] invalid-scope"],
    ),
    Case(
        "pods: a class of priority",
        put(POD, "spec", "priorityClassName", to="labs"),
        ["Pod/vera-nb spec.priorityClassName cluster-decides"],
    ),
    Case(
        "devices: a claim that the pod doesn't have",
        put(POD, *NOTEBOOK, "resources", "claims", to=[{"name": "gpu"}]),
        ["Pod/vera-nb spec.containers[0].resources.claims[0].name unknown-claim"],
    ),
    Case(
        "devices: a folder as a device",
        put(POD, *NOTEBOOK, "volumeDevices", to=[{"name": "sockets", "devicePath": "/dev/a"}]),
        ["Pod/vera-nb spec.containers[0].volumeDevices[0].name unknown-device"],
    ),
    Case(
        "names: an upper-case name of a ConfigMap",
        put(ENV, "metadata", "name", to="Vera-nb-env"),
        [
            "ConfigMap/Vera-nb-env metadata.name invalid-name",
            "Pod/vera-nb spec.initContainers[0].envFrom[0].configMapRef.name unknown-object",
            "Pod/vera-nb spec.initContainers[1].envFrom[0].configMapRef.name unknown-object",
            "Pod/vera-nb spec.initContainers[2].envFrom[0].configMapRef.name unknown-object",
            "Pod/vera-nb spec.containers[0].envFrom[0].configMapRef.name unknown-object",
            "Pod/vera-nb spec.volumes[10].configMap.name unknown-object",
        ],
    ),
    Case(
        "names: a name of 254 characters",
        put(QUOTA, "metadata", "name", to=254 * "a"),
        [f"ResourceQuota/{LONG} metadata.name invalid-name"],
    ),
    Case(
        "names: a namespace of 64 characters",
        put(NAMESPACE, "metadata", "name", to=64 * "a"),
        [f"Namespace/{LONG} metadata.name invalid-name"],
    ),
    Case(
        "names: a namespace with a dot",
        put(SECRET, "metadata", "namespace", to="labs.vera"),
        [
            "Secret/vera-nb metadata.namespace invalid-name",
            f"{POD} spec.initContainers[2].env[3].valueFrom.secretKeyRef.name unknown-object",
            f"{POD} spec.initContainers[2].env[4].valueFrom.secretKeyRef.name unknown-object",
            f"{POD} spec.initContainers[2].env[5].valueFrom.secretKeyRef.name unknown-object",
            "Pod/vera-nb spec.containers[0].env[0].valueFrom.secretKeyRef.name unknown-object",
            "Pod/vera-nb spec.containers[0].env[1].valueFrom.secretKeyRef.name unknown-object",
            "Pod/vera-nb spec.containers[0].env[2].valueFrom.secretKeyRef.name unknown-object",
            "Pod/vera-nb spec.volumes[9].secret.secretName unknown-object",
        ],
    ),
    Case(
        "names: a service that begins with a hyphen",
        put(SERVICE, "metadata", "name", to="-lab"),
        ["Service/-lab metadata.name invalid-name"],
    ),
    Case(
        "names: a pod with an underscore",
        put(POD, "metadata", "name", to="vera_nb"),
        ["Pod/vera_nb metadata.name invalid-name"],
    ),
    Case(
        "names: a container with an upper-case letter",
        put(POD, *NOTEBOOK, "name", to="Notebook"),
        [
            "Pod/vera-nb spec.containers[0].name invalid-name",
            f"{POD} {RUNTIME}[0].{CONTAINER} unknown-container",
            f"{POD} {RUNTIME}[1].{CONTAINER} unknown-container",
            f"{POD} {RUNTIME}[2].{CONTAINER} unknown-container",
            f"{POD} {RUNTIME}[3].{CONTAINER} unknown-container",
        ],
    ),
    Case(
        "names: a volume of 64 characters",
        append(POD, "spec", "volumes", item={"name": 64 * "v", "emptyDir": {}}),
        ["Pod/vera-nb spec.volumes[14].name invalid-name"],
    ),
    Case(
        "names: a service account with a slash",
        put(POD, "spec", "serviceAccountName", to="labs/vera"),
        ["Pod/vera-nb spec.serviceAccountName invalid-name"],
    ),
    Case(
        "names: an absent name",
        put(CLAIM, "metadata", "name", to=""),
        [
            "PersistentVolumeClaim metadata.name missing-value",
            "Pod/vera-nb spec.volumes[2].persistentVolumeClaim.claimName unknown-object",
        ],
    ),
    Case(
        "labels: a value with a space",
        put(POD, "metadata", "labels", "team", to="Dark Matter"),
        ["Pod/vera-nb metadata.labels.team invalid-label-value"],
    ),
    Case(
        "labels: a value of 64 characters",
        put(NAMESPACE, "metadata", "labels", "team", to=64 * "x"),
        ["Namespace/labs-vera metadata.labels.team invalid-label-value"],
    ),
    Case(
        "labels: a key with two slashes",
        put(ENV, "metadata", "labels", "a/b/c", to="d"),
        ['ConfigMap/vera-nb-env metadata.labels["a/b/c"] invalid-label-key'],
    ),
    Case(
        "labels: a key of 64 characters",
        put(ENV, "metadata", "labels", LABEL, to="d"),
        [f"{ENV} metadata.labels.{LABEL} invalid-label-key"],
    ),
    Case(
        "labels: a node selector's value ends in a hyphen",
        put(POD, "spec", "nodeSelector", "pool", to="labs-"),
        ["Pod/vera-nb spec.nodeSelector.pool invalid-label-value"],
    ),
    Case(
        "labels: an affinity's value holds a comma",
        put(POD, *NODE_TERMS, 0, "matchExpressions", 0, "values", to=["a,b"]),
        [f"{POD} {TERMS}[0].matchExpressions[0].values[0] invalid-label-value"],
    ),
    Case(
        "labels: an empty topology key",
        put(POD, *PREFERENCES, 0, "podAffinityTerm", "topologyKey", to=""),
        [f"{POD} {PREFERRED}[0].podAffinityTerm.topologyKey missing-value"],
    ),
    Case(
        "annotations: a key with a space",
        put(POD, "metadata", "annotations", "cost center", to="a"),
        ['Pod/vera-nb metadata.annotations["cost center"] invalid-annotation-key'],
    ),
    Case(
        "annotations: more than 256 KiB",
        put(POD, "metadata", "annotations", "a", to=2**18 * "x"),
        ["Pod/vera-nb metadata.annotations annotations-too-large"],
    ),
    Case(
        "variables: a name that isn't ASCII",
        put(POD, *NOTEBOOK, "env", 0, "name", to="JETÓN"),
        ["Pod/vera-nb spec.containers[0].env[0].name invalid-env-name"],
    ),
    Case(
        "variables: a name with an equals sign",
        put(POD, *NOTEBOOK, "env", 0, "name", to="A=B"),
        ["Pod/vera-nb spec.containers[0].env[0].name invalid-env-name"],
    ),
    Case(
        "variables: a name with a tab",
        put(POD, *NOTEBOOK, "env", 0, "name", to="A\tB"),
        ["Pod/vera-nb spec.containers[0].env[0].name invalid-env-name"],
    ),
    Case(
        "variables: an empty name",
        put(POD, *NOTEBOOK, "env", 0, "name", to=""),
        ["Pod/vera-nb spec.containers[0].env[0].name invalid-env-name"],
    ),
    Case(
        "variables: a prefix with an equals sign",
        put(POD, *NOTEBOOK, "envFrom", 0, "prefix", to="A="),
        ["Pod/vera-nb spec.containers[0].envFrom[0].prefix invalid-env-name"],
    ),
    Case(
        "variables: one twice",
        append(POD, *NOTEBOOK, "env", item={"name": "ACCESS_TOKEN", "value": "a"}),
        ["Pod/vera-nb spec.containers[0].env[5].name duplicate"],
    ),
    Case(
        "variables: a value and a source",
        put(POD, *NOTEBOOK, "env", 0, "value", to="a"),
        ["Pod/vera-nb spec.containers[0].env[0].valueFrom one-of"],
    ),
    Case(
        "variables: two sources",
        put(POD, *NOTEBOOK, "env", 0, "valueFrom", "fieldRef", to={"fieldPath": "metadata.name"}),
        ["Pod/vera-nb spec.containers[0].env[0].valueFrom one-of"],
    ),
    Case(
        "variables: no source",
        put(POD, *NOTEBOOK, "env", 0, "valueFrom", to={}),
        ["Pod/vera-nb spec.containers[0].env[0].valueFrom one-of"],
    ),
    Case(
        "variables: a field that there isn't",
        put(
            POD,
            *NOTEBOOK,
            "env",
            "K8S_NODE_NAME",
            "valueFrom",
            "fieldRef",
            "fieldPath",
            to="spec.node",
        ),
        ["Pod/vera-nb spec.containers[0].env[4].valueFrom.fieldRef.fieldPath invalid-value"],
    ),
    Case(
        "variables: a whole map of labels",
        put(
            POD,
            *NOTEBOOK,
            "env",
            "K8S_NODE_NAME",
            "valueFrom",
            "fieldRef",
            "fieldPath",
            to="metadata.labels",
        ),
        ["Pod/vera-nb spec.containers[0].env[4].valueFrom.fieldRef.fieldPath invalid-value"],
    ),
    Case(
        "variables: a resource of another container",
        append(
            POD,
            *NOTEBOOK,
            "env",
            item={
                "name": "A",
                "valueFrom": {
                    "resourceFieldRef": {"containerName": "note", "resource": "limits.cpu"}
                },
            },
        ),
        [f"{POD} spec.containers[0].env[5].valueFrom.{CONTAINER} unknown-container"],
    ),
    Case(
        "variables: a divisor that is no unit",
        append(
            POD,
            *NOTEBOOK,
            "env",
            item={
                "name": "A",
                "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "10m"}},
            },
        ),
        [f"{POD} spec.containers[0].env[5].valueFrom.resourceFieldRef.divisor invalid-value"],
    ),
    Case(
        "variables: a key that the Secret lacks",
        put(POD, *NOTEBOOK, "env", 0, "valueFrom", "secretKeyRef", "key", to="tokn"),
        ["Pod/vera-nb spec.containers[0].env[0].valueFrom.secretKeyRef.key unknown-key"],
    ),
    Case(
        "variables: a Secret that isn't there",
        put(POD, *NOTEBOOK, "env", 0, "valueFrom", "secretKeyRef", "name", to="vera"),
        ["Pod/vera-nb spec.containers[0].env[0].valueFrom.secretKeyRef.name unknown-object"],
    ),
    Case(
        "variables: a Secret without a name",
        drop(POD, *NOTEBOOK, "env", 0, "valueFrom", "secretKeyRef", "name"),
        ["Pod/vera-nb spec.containers[0].env[0].valueFrom.secretKeyRef.name missing-value"],
    ),
    Case(
        "variables: a missing ConfigMap",
        put(POD, *NOTEBOOK, "envFrom", 0, "configMapRef", "name", to="vera-env"),
        ["Pod/vera-nb spec.containers[0].envFrom[0].configMapRef.name unknown-object"],
    ),
    Case(
        "variables: a ConfigMap and a Secret in one",
        put(POD, *NOTEBOOK, "envFrom", 0, "secretRef", to={"name": "vera-nb"}),
        ["Pod/vera-nb spec.containers[0].envFrom[0] one-of"],
    ),
    Case(
        "keys: one with a slash",
        put(FILES, "data", "etc/motd", to="a"),
        ['ConfigMap/vera-nb-files data["etc/motd"] invalid-key'],
    ),
    Case(
        "keys: one of 254 characters",
        put(FILES, "data", KEY, to="a"),
        [f"{FILES} data.{KEY} invalid-key"],
    ),
    Case(
        "keys: one that begins with two dots",
        put(FILES, "data", "..motd", to="a"),
        ['ConfigMap/vera-nb-files data["..motd"] invalid-key'],
    ),
    Case(
        "keys: in data and in binaryData",
        put(FILES, "binaryData", to={"motd": "YQ=="}),
        ["ConfigMap/vera-nb-files binaryData.motd invalid-value"],
    ),
    Case(
        "keys: a Secret's with a space",
        put(SECRET, "data", "a b", to="YQ=="),
        ['Secret/vera-nb data["a b"] invalid-key'],
    ),
    Case(
        "keys: an item's that the ConfigMap lacks",
        put(POD, "spec", "volumes", "motd", "configMap", "items", 0, "key", to="mtod"),
        ["Pod/vera-nb spec.volumes[6].configMap.items[0].key unknown-key"],
    ),
    Case(
        "keys: an item's that can be in no ConfigMap",
        put(POD, "spec", "volumes", "motd", "configMap", "items", 0, "key", to="etc/motd"),
        [
            "Pod/vera-nb spec.volumes[6].configMap.items[0].key invalid-reference",
            "Pod/vera-nb spec.volumes[6].configMap.items[0].key unknown-key",
        ],
    ),
    Case(
        "keys: one leaves the ConfigMap",
        drop(FILES, "data", "motd"),
        ["Pod/vera-nb spec.volumes[6].configMap.items[0].key unknown-key"],
    ),
    Case(
        "secrets: no base64",
        put(SECRET, "data", "token", to="hunter23!"),
        ["Secret/vera-nb data.token invalid-base64"],
    ),
    Case(
        "secrets: base64 cut short",
        put(SECRET, "data", "token", to="aHVudGVyMjM"),
        ["Secret/vera-nb data.token invalid-base64"],
    ),
    Case(
        "secrets: no registry's login",
        rename(PULL_SECRET, "data", ".dockerconfigjson", to="config.json"),
        ['Secret/pull-secret data[".dockerconfigjson"] invalid-secret'],
    ),
    Case(
        "secrets: a registry's login that isn't JSON",
        put(PULL_SECRET, "data", ".dockerconfigjson", to="aHVudGVyMjM="),
        ['Secret/pull-secret data[".dockerconfigjson"] invalid-secret'],
    ),
    Case(
        "secrets: a certificate without its key",
        put(SECRET, "type", to="kubernetes.io/tls"),
        [
            'Secret/vera-nb data["tls.crt"] invalid-secret',
            'Secret/vera-nb data["tls.key"] invalid-secret',
        ],
    ),
    Case(
        "sizes: a ConfigMap of more than 1 MiB",
        put(FILES, "data", "motd", to=2**20 * "x"),
        ["ConfigMap/vera-nb-files data too-large"],
    ),
    Case(
        "sizes: a Secret of more than 1 MiB",
        put(SECRET, "stringData", to={"a": 2**20 * "x"}),
        ["Secret/vera-nb data too-large"],
    ),
    Case(
        "amounts: 1GB",
        put(POD, *NOTEBOOK, "resources", "limits", "memory", to="1GB"),
        ["Pod/vera-nb spec.containers[0].resources.limits.memory invalid-quantity"],
    ),
    Case(
        "amounts: 1.5.Gi",
        put(POD, *NOTEBOOK, "resources", "limits", "memory", to="1.5.Gi"),
        ["Pod/vera-nb spec.containers[0].resources.limits.memory invalid-quantity"],
    ),
    Case(
        "amounts: a negative one",
        put(POD, *NOTEBOOK, "resources", "requests", "cpu", to=-1),
        ["Pod/vera-nb spec.containers[0].resources.requests.cpu invalid-quantity"],
    ),
    Case(
        "amounts: a small k for Ki",
        put(POD, "spec", "volumes", "sockets", "emptyDir", "sizeLimit", to="16ki"),
        ["Pod/vera-nb spec.volumes[3].emptyDir.sizeLimit invalid-quantity"],
    ),
    Case(
        "amounts: nothing to store",
        put(CLAIM, "spec", "resources", "requests", "storage", to="0"),
        [f"{CLAIM} spec.resources.requests.storage invalid-quantity"],
    ),
    Case(
        "amounts: no request of storage",
        put(CLAIM, "spec", "resources", "requests", to={}),
        [f"{CLAIM} spec.resources.requests.storage missing-value"],
    ),
    Case(
        "amounts: a quota's with a space",
        put(QUOTA, "spec", "hard", "limits.memory", to="27 Gi"),
        ['ResourceQuota/vera-nb spec.hard["limits.memory"] invalid-quantity'],
    ),
    Case(
        "amounts: half a pod",
        put(QUOTA, "spec", "hard", "pods", to="500m"),
        ["ResourceQuota/vera-nb spec.hard.pods invalid-quantity"],
    ),
    Case(
        "amounts: a request over the limit",
        put(POD, *NOTEBOOK, "resources", "requests", "cpu", to="1001m"),
        ["Pod/vera-nb spec.containers[0].resources.requests.cpu requests-exceed-limits"],
    ),
    Case(
        "amounts: more memory than the limit",
        put(POD, *NOTEBOOK, "resources", "requests", "memory", to="5Gi"),
        ["Pod/vera-nb spec.containers[0].resources.requests.memory requests-exceed-limits"],
    ),
    Case(
        "resources: one that there isn't",
        put(POD, *NOTEBOOK, "resources", "limits", "gpu", to=1),
        ["Pod/vera-nb spec.containers[0].resources.limits.gpu invalid-resource"],
    ),
    Case(
        "resources: a part of an extended one",
        put(POD, *NOTEBOOK, "resources", "limits", "example.org/gpu", to="0.5"),
        [f'{POD} spec.containers[0].resources.limits["example.org/gpu"] invalid-quantity'],
    ),
    Case(
        "resources: an extended one without a limit",
        put(POD, *NOTEBOOK, "resources", "requests", "example.org/gpu", to=1),
        ['Pod/vera-nb spec.containers[0].resources.limits["example.org/gpu"] missing-value'],
    ),
    Case(
        "resources: a quota of one that there isn't",
        put(QUOTA, "spec", "hard", "limits.gpu", to=1),
        ['ResourceQuota/vera-nb spec.hard["limits.gpu"] invalid-resource'],
    ),
    Case(
        "ports: 0",
        put(POD, *NOTEBOOK, "ports", 0, "containerPort", to=0),
        [
            "Service/lab spec.ports[0].targetPort unserved-port",
            "Pod/vera-nb spec.containers[0].ports[0].containerPort invalid-port",
        ],
    ),
    Case(
        "ports: 70000",
        put(SERVICE, "spec", "ports", 0, "port", to=70000),
        ["Service/lab spec.ports[0].port invalid-port"],
    ),
    Case(
        "ports: a name of 16 characters",
        put(POD, *NOTEBOOK, "ports", 0, "name", to="jupyterlab-https"),
        ["Pod/vera-nb spec.containers[0].ports[0].name invalid-port-name"],
    ),
    Case(
        "ports: an upper-case name",
        put(POD, *NOTEBOOK, "ports", 0, "name", to="JupyterLab"),
        ["Pod/vera-nb spec.containers[0].ports[0].name invalid-port-name"],
    ),
    Case(
        "ports: one twice",
        append(POD, *NOTEBOOK, "ports", item={"containerPort": 8888}),
        ["Pod/vera-nb spec.containers[0].ports[1].containerPort duplicate"],
    ),
    Case(
        "ports: two of one name",
        append(POD, *NOTEBOOK, "ports", item={"containerPort": 1, "name": "jupyterlab"}),
        ["Pod/vera-nb spec.containers[0].ports[1].name invalid-port"],
    ),
    Case(
        "ports: a protocol in lower case",
        put(POLICY, "spec", "ingress", 0, "ports", 0, "protocol", to="tcp"),
        ["NetworkPolicy/vera-nb spec.ingress[0].ports[0].protocol invalid-value"],
    ),
    Case(
        "ports: a range backwards",
        put(POLICY, "spec", "ingress", 0, "ports", 0, "endPort", to=80),
        ["NetworkPolicy/vera-nb spec.ingress[0].ports[0].endPort invalid-port"],
    ),
    Case(
        "ports: two of a service without names",
        append(SERVICE, "spec", "ports", item={"port": 1, "targetPort": 8888}),
        [
            "Service/lab spec.ports[0].name missing-value",
            "Service/lab spec.ports[1].name missing-value",
        ],
    ),
    Case(
        "ports: none of a service",
        put(SERVICE, "spec", "ports", to=[]),
        ["Service/lab spec.ports missing-value"],
    ),
    Case(
        "ports: a service's goes to a name that there isn't",
        put(SERVICE, "spec", "ports", 0, "targetPort", to="jupyter"),
        ["Service/lab spec.ports[0].targetPort unserved-port"],
    ),
    Case(
        "ports: a service's goes to a number that isn't declared",
        put(SERVICE, "spec", "ports", 0, "targetPort", to=8889),
        ["Service/lab spec.ports[0].targetPort unserved-port"],
    ),
    Case(
        "ports: a node's of a service that has none",
        put(SERVICE, "spec", "ports", 0, "nodePort", to=30000),
        ["Service/lab spec.ports[0].nodePort invalid-port"],
    ),
    Case(
        "selectors: a service's misses the pod",
        put(SERVICE, "spec", "selector", "nublado.lsst.io/user", to="rosalind"),
        ["Service/lab spec.selector selects-nothing"],
    ),
    Case(
        "selectors: a typo in a policy's key",
        rename(
            POLICY,
            "spec",
            "podSelector",
            "matchLabels",
            "nublado.lsst.io/user",
            to="nublado.lsst.io/usr",
        ),
        ["NetworkPolicy/vera-nb spec.podSelector selects-nothing"],
    ),
    Case(
        "selectors: In without values",
        put(POD, *NODE_TERMS, 0, "matchExpressions", 0, "values", to=[]),
        [f"{POD} {TERMS}[0].matchExpressions[0].values invalid-selector"],
    ),
    Case(
        "selectors: an operator in lower case",
        put(POD, *NODE_TERMS, 0, "matchExpressions", 0, "operator", to="in"),
        [f"{POD} {TERMS}[0].matchExpressions[0].operator invalid-value"],
    ),
    Case(
        "selectors: greater than a word",
        put(POD, *NODE_TERMS, 0, "matchExpressions", 0, "operator", to="Gt"),
        [f"{POD} {TERMS}[0].matchExpressions[0].values[0] unmatchable-node"],
    ),
    Case("selectors: no term", put(POD, *NODE_TERMS, to=[]), [f"{POD} {TERMS} missing-value"]),
    Case(
        "selectors: a weight of 0",
        put(POD, *PREFERENCES, 0, "weight", to=0),
        [f"{POD} {PREFERRED}[0].weight invalid-value"],
    ),
    Case(
        "policies: a peer that is nobody",
        append(POLICY, "spec", "ingress", 0, "from", item={}),
        ["NetworkPolicy/vera-nb spec.ingress[0].from[2] one-of"],
    ),
    Case(
        "policies: a range without its length",
        append(POLICY, "spec", "ingress", 0, "from", item={"ipBlock": {"cidr": "192.0.2.0"}}),
        ["NetworkPolicy/vera-nb spec.ingress[0].from[2].ipBlock.cidr invalid-cidr"],
    ),
    Case(
        "policies: an address inside the range",
        append(POLICY, "spec", "ingress", 0, "from", item={"ipBlock": {"cidr": "192.0.2.9/24"}}),
        ["NetworkPolicy/vera-nb spec.ingress[0].from[2].ipBlock.cidr invalid-cidr"],
    ),
    Case(
        "policies: a type in lower case",
        put(POLICY, "spec", "policyTypes", 0, to="ingress"),
        ["NetworkPolicy/vera-nb spec.policyTypes[0] invalid-value"],
    ),
    Case(
        "mounts: of a missing volume",
        put(POD, *NOTEBOOK, "volumeMounts", "home", "name", to="hom"),
        ["Pod/vera-nb spec.containers[0].volumeMounts[0].name unknown-volume"],
    ),
    Case(
        "mounts: at one place twice",
        append(POD, *NOTEBOOK, "volumeMounts", item={"name": "tmp", "mountPath": "/home"}),
        ["Pod/vera-nb spec.containers[0].volumeMounts[15].mountPath duplicate"],
    ),
    Case(
        "mounts: at one place, written otherwise",
        append(POD, *NOTEBOOK, "volumeMounts", item={"name": "tmp", "mountPath": "/home/"}),
        ["Pod/vera-nb spec.containers[0].volumeMounts[15].mountPath shadowed-mount"],
    ),
    Case(
        "mounts: below a file",
        append(
            POD, *NOTEBOOK, "volumeMounts", item={"name": "tmp", "mountPath": "/etc/passwd/tmp"}
        ),
        ["Pod/vera-nb spec.containers[0].volumeMounts[15].mountPath shadowed-mount"],
    ),
    Case(
        "mounts: at a relative path",
        put(POD, *NOTEBOOK, "volumeMounts", "home", "mountPath", to="home"),
        ["Pod/vera-nb spec.containers[0].volumeMounts[0].mountPath relative-mount-path"],
    ),
    Case(
        "mounts: at a path with a colon",
        put(POD, *NOTEBOOK, "volumeMounts", "home", "mountPath", to="/home:ro"),
        ["Pod/vera-nb spec.containers[0].volumeMounts[0].mountPath odd-mount-path"],
    ),
    Case(
        "mounts: at no path",
        put(POD, *NOTEBOOK, "volumeMounts", "home", "mountPath", to=""),
        ["Pod/vera-nb spec.containers[0].volumeMounts[0].mountPath missing-value"],
    ),
    Case(
        "mounts: of a folder above",
        put(POD, *NOTEBOOK, "volumeMounts", "scratch", "subPath", to="labs/../.."),
        ["Pod/vera-nb spec.containers[0].volumeMounts[2].subPath invalid-path"],
    ),
    Case(
        "mounts: of an absolute folder",
        put(POD, *NOTEBOOK, "volumeMounts", "scratch", "subPath", to="/labs"),
        ["Pod/vera-nb spec.containers[0].volumeMounts[2].subPath invalid-path"],
    ),
    Case(
        "mounts: propagated from a container without privileges",
        put(POD, *NOTEBOOK, "volumeMounts", "home", "mountPropagation", to="Bidirectional"),
        ["Pod/vera-nb spec.containers[0].volumeMounts[0].mountPropagation invalid-value"],
    ),
    Case(
        "volumes: one twice",
        append(POD, "spec", "volumes", item={"name": "tmp", "emptyDir": {}}),
        ["Pod/vera-nb spec.volumes[14].name duplicate"],
    ),
    Case(
        "volumes: two sources",
        put(POD, "spec", "volumes", "tmp", "nfs", to={"server": "nfs", "path": "/"}),
        ["Pod/vera-nb spec.volumes[11] one-of"],
    ),
    Case(
        "volumes: no source",
        drop(POD, "spec", "volumes", "tmp", "emptyDir"),
        ["Pod/vera-nb spec.volumes[11] volume-without-source"],
    ),
    Case(
        "volumes: a medium in lower case",
        put(POD, "spec", "volumes", "tmp", "emptyDir", "medium", to="memory"),
        ["Pod/vera-nb spec.volumes[11].emptyDir.medium unknown-medium"],
    ),
    Case(
        "volumes: an NFS path that is relative",
        put(POD, "spec", "volumes", "home", "nfs", "path", to="homes"),
        ["Pod/vera-nb spec.volumes[0].nfs.path invalid-path"],
    ),
    Case(
        "volumes: an NFS server without a name",
        put(POD, "spec", "volumes", "home", "nfs", "server", to=""),
        ["Pod/vera-nb spec.volumes[0].nfs.server missing-value"],
    ),
    Case(
        "volumes: a path on the host with two dots",
        put(POD, "spec", "volumes", "data", "hostPath", "path", to="/data/../etc"),
        ["Pod/vera-nb spec.volumes[1].hostPath.path invalid-path"],
    ),
    Case(
        "volumes: a type of path that there isn't",
        put(POD, "spec", "volumes", "data", "hostPath", "type", to="directory"),
        ["Pod/vera-nb spec.volumes[1].hostPath.type invalid-value"],
    ),
    Case(
        "volumes: a claim that nobody makes",
        put(POD, "spec", "volumes", "scratch", "persistentVolumeClaim", "claimName", to="scratch"),
        ["Pod/vera-nb spec.volumes[2].persistentVolumeClaim.claimName unknown-object"],
    ),
    Case(
        "volumes: a claim that is left out",
        drop(CLAIM),
        ["Pod/vera-nb spec.volumes[2].persistentVolumeClaim.claimName unknown-object"],
    ),
    Case(
        "volumes: a claim by what is no name",
        put(POD, "spec", "volumes", "scratch", "persistentVolumeClaim", "claimName", to="Scratch"),
        [
            "Pod/vera-nb spec.volumes[2].persistentVolumeClaim.claimName invalid-reference",
            "Pod/vera-nb spec.volumes[2].persistentVolumeClaim.claimName unknown-object",
        ],
    ),
    Case(
        "volumes: an absolute file",
        put(POD, "spec", "volumes", "group", "configMap", "items", 0, "path", to="/group"),
        ["Pod/vera-nb spec.volumes[5].configMap.items[0].path invalid-path"],
    ),
    Case(
        "volumes: a mode written in decimal",
        put(POD, "spec", "volumes", "group", "configMap", "items", 0, "mode", to=644),
        ["Pod/vera-nb spec.volumes[5].configMap.items[0].mode invalid-value"],
    ),
    Case(
        "volumes: the limits of a container that there isn't",
        put(
            POD,
            "spec",
            "volumes",
            "runtime",
            "downwardAPI",
            "items",
            0,
            "resourceFieldRef",
            "containerName",
            to="lab",
        ),
        [f"{POD} {RUNTIME}[0].{CONTAINER} unknown-container"],
    ),
    Case(
        "volumes: the limits of no container",
        drop(
            POD,
            "spec",
            "volumes",
            "runtime",
            "downwardAPI",
            "items",
            0,
            "resourceFieldRef",
            "containerName",
        ),
        [f"{POD} {RUNTIME}[0].{CONTAINER} missing-value"],
    ),
    Case(
        "claims: an access mode that there isn't",
        put(CLAIM, "spec", "accessModes", to=["ReadWriteAll"]),
        ["PersistentVolumeClaim/vera-nb-pvc-scratch spec.accessModes[0] invalid-value"],
    ),
    Case(
        "claims: no access mode",
        drop(CLAIM, "spec", "accessModes"),
        ["PersistentVolumeClaim/vera-nb-pvc-scratch spec.accessModes invalid-access-modes"],
    ),
    Case(
        "claims: a mode that stands alone",
        append(CLAIM, "spec", "accessModes", item="ReadWriteOncePod"),
        ["PersistentVolumeClaim/vera-nb-pvc-scratch spec.accessModes invalid-access-modes"],
    ),
    Case(
        "claims: a volume mode in lower case",
        put(CLAIM, "spec", "volumeMode", to="block"),
        ["PersistentVolumeClaim/vera-nb-pvc-scratch spec.volumeMode invalid-value"],
    ),
    Case(
        "words: a pull policy",
        put(POD, *NOTEBOOK, "imagePullPolicy", to="ifNotPresent"),
        ["Pod/vera-nb spec.containers[0].imagePullPolicy invalid-value"],
    ),
    Case(
        "words: a restart policy",
        put(POD, "spec", "restartPolicy", to="onfailure"),
        ["Pod/vera-nb spec.restartPolicy invalid-value"],
    ),
    Case(
        "words: an effect",
        put(POD, "spec", "tolerations", 0, "effect", to="noSchedule"),
        ["Pod/vera-nb spec.tolerations[0].effect invalid-value"],
    ),
    Case(
        "words: a toleration's operator",
        put(POD, "spec", "tolerations", 0, "operator", to="equals"),
        ["Pod/vera-nb spec.tolerations[0].operator invalid-value"],
    ),
    Case(
        "words: a DNS policy",
        put(POD, "spec", "dnsPolicy", to="clusterFirst"),
        ["Pod/vera-nb spec.dnsPolicy invalid-value"],
    ),
    Case(
        "words: a seccomp profile",
        put(POD, "spec", "securityContext", "seccompProfile", "type", to="runtime/default"),
        ["Pod/vera-nb spec.securityContext.seccompProfile.type invalid-value"],
    ),
    Case(
        "words: a seccomp profile that is nobody's",
        put(POD, "spec", "securityContext", "seccompProfile", "localhostProfile", to="a.json"),
        ["Pod/vera-nb spec.securityContext.seccompProfile.localhostProfile one-of"],
    ),
    Case(
        "words: a service's type",
        put(SERVICE, "spec", "type", to="clusterIP"),
        ["Service/lab spec.type invalid-value"],
    ),
    Case(
        "tolerations: of all taints by a value",
        drop(POD, "spec", "tolerations", 0, "key"),
        ["Pod/vera-nb spec.tolerations[0].key invalid-toleration"],
    ),
    Case(
        "tolerations: for a time without NoExecute",
        put(POD, "spec", "tolerations", 0, "tolerationSeconds", to=5),
        ["Pod/vera-nb spec.tolerations[0].tolerationSeconds invalid-toleration"],
    ),
    Case(
        "tolerations: a value that need only exist",
        put(POD, "spec", "tolerations", 1, "value", to="a"),
        ["Pod/vera-nb spec.tolerations[1].value invalid-toleration"],
    ),
    Case(
        "security: runAsUser -1",
        put(POD, *NOTEBOOK, "securityContext", "runAsUser", to=-1),
        ["Pod/vera-nb spec.containers[0].securityContext.runAsUser invalid-id"],
    ),
    Case(
        "security: runAsUser 2**31",
        put(POD, *NOTEBOOK, "securityContext", "runAsUser", to=2**31),
        ["Pod/vera-nb spec.containers[0].securityContext.runAsUser invalid-id"],
    ),
    Case(
        "security: a group too large",
        append(POD, "spec", "securityContext", "supplementalGroups", item=2**31),
        ["Pod/vera-nb spec.securityContext.supplementalGroups[2] invalid-id"],
    ),
    Case(
        "security: privileged, and no escalation",
        put(POD, *NOTEBOOK, "securityContext", "privileged", to=True),
        [f"{POD} {CONTEXT}.allowPrivilegeEscalation contradicting-security-context"],
    ),
    Case(
        "security: CAP_SYS_ADMIN, and no escalation",
        put(POD, *NOTEBOOK, "securityContext", "capabilities", "add", to=["CAP_SYS_ADMIN"]),
        [f"{POD} {CONTEXT}.allowPrivilegeEscalation contradicting-security-context"],
    ),
    Case(
        "security: not root, and 0",
        put(POD, *NOTEBOOK, "securityContext", "runAsUser", to=0),
        ["Pod/vera-nb spec.containers[0].securityContext.runAsUser runs-as-root"],
    ),
    Case(
        "images: one with a space",
        put(POD, *NOTEBOOK, "image", to="registry.example/lab :1"),
        ["Pod/vera-nb spec.containers[0].image invalid-image"],
    ),
    Case(
        "images: one in upper case",
        put(POD, *NOTEBOOK, "image", to="registry.example/Lab"),
        ["Pod/vera-nb spec.containers[0].image invalid-image"],
    ),
    Case(
        "images: one with a short digest",
        put(POD, *NOTEBOOK, "image", to="registry.example/lab@sha256:55"),
        ["Pod/vera-nb spec.containers[0].image invalid-image"],
    ),
    Case(
        "images: a tag that begins with a hyphen",
        put(POD, *NOTEBOOK, "image", to="registry.example/lab:-1"),
        ["Pod/vera-nb spec.containers[0].image invalid-image"],
    ),
    Case(
        "images: none",
        drop(POD, *NOTEBOOK, "image"),
        ["Pod/vera-nb spec.containers[0].image missing-value"],
    ),
    Case(
        "containers: none",
        put(POD, "spec", "containers", to=[]),
        [
            "Pod/vera-nb spec.containers missing-value",
            f"{POD} {RUNTIME}[0].{CONTAINER} unknown-container",
            f"{POD} {RUNTIME}[1].{CONTAINER} unknown-container",
            f"{POD} {RUNTIME}[2].{CONTAINER} unknown-container",
            f"{POD} {RUNTIME}[3].{CONTAINER} unknown-container",
        ],
    ),
    Case(
        "containers: one called like an init container",
        put(POD, *NOTEBOOK, "name", to="warm-cache"),
        [
            "Pod/vera-nb spec.containers[0].name duplicate",
            f"{POD} {RUNTIME}[0].{CONTAINER} unknown-container",
            f"{POD} {RUNTIME}[1].{CONTAINER} unknown-container",
            f"{POD} {RUNTIME}[2].{CONTAINER} unknown-container",
            f"{POD} {RUNTIME}[3].{CONTAINER} unknown-container",
        ],
    ),
    Case(
        "containers: one twice",
        append(
            POD, "spec", "containers", item={"name": "notebook", "image": "registry.example/lab"}
        ),
        ["Pod/vera-nb spec.containers[1].name duplicate"],
    ),
    Case(
        "objects: a pull secret that isn't there",
        drop(PULL_SECRET),
        ["Pod/vera-nb spec.imagePullSecrets[0].name missing-pull-secret"],
    ),
    Case(
        "objects: a pull secret by what is no name",
        put(POD, "spec", "imagePullSecrets", 0, "name", to="pull secret"),
        [
            "Pod/vera-nb spec.imagePullSecrets[0].name invalid-reference",
            "Pod/vera-nb spec.imagePullSecrets[0].name missing-pull-secret",
        ],
    ),
    Case(
        "objects: one twice",
        put(ENV, "metadata", "name", to="vera-nb-nss"),
        [
            "ConfigMap/vera-nb-nss metadata.name duplicate-object",
            "Pod/vera-nb spec.initContainers[0].envFrom[0].configMapRef.name unknown-object",
            "Pod/vera-nb spec.initContainers[1].envFrom[0].configMapRef.name unknown-object",
            "Pod/vera-nb spec.initContainers[2].envFrom[0].configMapRef.name unknown-object",
            "Pod/vera-nb spec.containers[0].envFrom[0].configMapRef.name unknown-object",
            "Pod/vera-nb spec.volumes[10].configMap.name unknown-object",
        ],
    ),
    Case(
        "objects: a ConfigMap in another namespace",
        put(FILES, "metadata", "namespace", to="labs"),
        [
            "Pod/vera-nb spec.volumes[6].configMap.name unknown-object",
            "Pod/vera-nb spec.volumes[7].configMap.name unknown-object",
            "Pod/vera-nb spec.volumes[8].configMap.name unknown-object",
        ],
    ),
    Case("objects: no spec", drop(POD, "spec"), ["Pod/vera-nb spec missing-value"]),
    Case(
        "addresses: a host alias by a name",
        put(POD, "spec", "hostAliases", to=[{"ip": "hub", "hostnames": ["hub"]}]),
        ["Pod/vera-nb spec.hostAliases[0].ip invalid-address"],
    ),
]


def found(manifests: Json, version: str = schemas.NEWEST) -> list[Finding]:
    """Return the findings of these rules, in order."""
    several = rules.check(list(manifests.values()), rules.Target(version))
    return [each for findings in several for each in findings if each.code in CODES]


def lines(findings: list[Finding]) -> list[str]:
    return [f"{each.object} {format_path(each.path)} {each.code}" for each in findings]


@pytest.mark.parametrize("version", schemas.VERSIONS)
def test_nothing_is_wrong_with_the_lab(version: str) -> None:
    assert [str(each) for each in found(RICH, version)] == []


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_change_is_found_and_nothing_else(case: Case) -> None:
    manifests = copy.deepcopy(RICH)
    case.change(manifests)
    assert manifests != RICH
    for manifest in manifests.values():
        assert schemas.check(manifest, schemas.NEWEST) == []
    findings = found(manifests)
    assert lines(findings) == case.found
    assert case.found
    said = [str(each) for each in findings]
    assert not [each for each in said if "aHVudGVyMjM" in each or "hunter23" in each]


def test_every_rule_is_tried() -> None:
    codes = {line.rpartition(" ")[2] for case in CASES for line in case.found}
    assert codes == CODES - FOREIGN
    assert len(CASES) >= 80


def test_names_of_cases_are_not_used_twice() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(arguments=strategies.arguments())
def test_a_lab_that_compiles_breaks_no_rule(arguments: Json) -> None:
    try:
        objects = compile_lab(**{**arguments, "accept": ASKED_FOR})
    except LabBuilderError as error:
        assert [each for each in error.findings if each.code in CODES] == []  # noqa: PT017 (others are the other tests')
        return
    several = rules.check(objects.manifests())
    errors = [each for each in chain.from_iterable(several) if each.severity is Severity.ERROR]
    assert [str(each) for each in errors if each.code in CODES - ASKED_FOR] == []
