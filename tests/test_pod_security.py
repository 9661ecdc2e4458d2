from __future__ import annotations

import copy
from typing import Any

import labs
import pytest

from labbuilder.errors import format_path
from labbuilder.validation import schemas
from labbuilder.validation.rules.lab.pod_security import (
    BASELINE_VIOLATED as BASELINE,
)
from labbuilder.validation.rules.lab.pod_security import (
    RESTRICTED_VIOLATED as RESTRICTED,
)
from labbuilder.validation.rules.lab.pod_security import (
    WAIVER,
    judge_pod_security,
)
from labbuilder.validation.rules.target import Target

OURS = Target(for_our_labs=True)
ABSENT = object()
NOTEBOOK = "spec.containers.0"
CONTEXT = f"{NOTEBOOK}.securityContext"
CONTEXT_PATH = "spec.containers[0].securityContext"
STARTUP = "spec.initContainers.0"
DEBUGGER = {
    "name": "debugger",
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
    },
}


def volume(source: dict[str, Any]) -> dict[str, Any]:
    return {"volumes": [{"name": "home", "source": source}]}


def manifests(config: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """Compile a lab that violates no standard, unless the configuration does."""
    config = {**volume({"type": "emptyDir"}), **(config or {})}
    return [copy.deepcopy(dict(each)) for each in labs.lab(config=config).manifests()]


def change(manifest: dict[str, Any], changes: dict[str, Any]) -> None:
    """Set values at paths; missing mappings are added."""
    for path, value in changes.items():
        *steps, last = path.split(".")
        part: Any = manifest
        for step in steps:
            part = part[int(step)] if isinstance(part, list) else part.setdefault(step, {})
        if isinstance(part, list):
            part[int(last)] = value
        elif value is ABSENT:
            del part[last]
        else:
            part[last] = value


def found(lab: list[dict[str, Any]]) -> list[str]:
    for manifest in lab:
        assert schemas.check(manifest, schemas.NEWEST) == []
    return [
        f"{i}-{lab[i]['kind']} {format_path(complaint.at)} {complaint.rule.code}"
        for i, complaint in judge_pod_security(lab, OURS)
    ]


def after(changes: dict[str, Any]) -> list[str]:
    """Return the findings about a lab's pod after changes."""
    lab = manifests()
    change(lab[-1], changes)
    return [each.removeprefix("7-Pod ") for each in found(lab)]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, []),
        (
            volume({"type": "nfs", "server": "nfs", "serverPath": "/homes"}),
            ["7-Pod spec.volumes[0] pod-security-waiver"],
        ),
        (
            {
                **volume({"type": "hostPath", "path": "/homes"}),
                "standardInithome": True,
                "initContainers": [
                    {
                        "name": "fetch",
                        "image": {"repository": "registry.example/fetch", "tag": "1"},
                        "privileged": True,
                    }
                ],
            },
            [
                "7-Pod spec.initContainers[0] pod-security-waiver",
                "7-Pod spec.initContainers[1] pod-security-waiver",
                "7-Pod spec.volumes[0] pod-security-waiver",
            ],
        ),
    ],
    ids=["clean", "nfs", "host-path-and-privileged"],
)
def test_untouched(config: dict[str, Any], expected: list[str]) -> None:
    assert found(manifests(config)) == expected


BASELINE_CASES: list[tuple[str, Any, str]] = [
    ("spec.hostNetwork", True, "spec.hostNetwork"),
    ("spec.hostPID", True, "spec.hostPID"),
    ("spec.hostIPC", True, "spec.hostIPC"),
    (
        f"{CONTEXT}.windowsOptions",
        {"hostProcess": True},
        f"{CONTEXT_PATH}.windowsOptions.hostProcess",
    ),
    (
        "spec.securityContext.windowsOptions",
        {"hostProcess": True},
        "spec.securityContext.windowsOptions.hostProcess",
    ),
    (f"{CONTEXT}.privileged", True, "spec.containers[0].securityContext.privileged"),
    (
        f"{CONTEXT}.capabilities.add",
        ["NET_BIND_SERVICE", "SYS_ADMIN"],
        f"{CONTEXT_PATH}.capabilities.add[1]",
    ),
    (
        f"{CONTEXT}.capabilities.add",
        ["CAP_NET_BIND_SERVICE"],
        f"{CONTEXT_PATH}.capabilities.add[0]",
    ),
    (
        f"{STARTUP}.ports",
        [{"containerPort": 80, "hostPort": 80}],
        "spec.initContainers[0].ports[0].hostPort",
    ),
    (f"{CONTEXT}.appArmorProfile", {"type": "Unconfined"}, f"{CONTEXT_PATH}.appArmorProfile.type"),
    (
        "spec.securityContext.appArmorProfile",
        {"type": "Unconfined"},
        "spec.securityContext.appArmorProfile.type",
    ),
    (f"{CONTEXT}.seLinuxOptions", {"type": "spc_t"}, f"{CONTEXT_PATH}.seLinuxOptions.type"),
    (f"{CONTEXT}.seLinuxOptions", {"user": "system_u"}, f"{CONTEXT_PATH}.seLinuxOptions.user"),
    (
        "spec.securityContext.seLinuxOptions",
        {"role": "system_r"},
        "spec.securityContext.seLinuxOptions.role",
    ),
    (f"{CONTEXT}.procMount", "Unmasked", f"{CONTEXT_PATH}.procMount"),
    (f"{CONTEXT}.seccompProfile", {"type": "Unconfined"}, f"{CONTEXT_PATH}.seccompProfile.type"),
    (
        "spec.securityContext.seccompProfile.type",
        "Unconfined",
        "spec.securityContext.seccompProfile.type",
    ),
    (
        "spec.securityContext.sysctls",
        [{"name": "net.ipv4.tcp_rmem", "value": "1"}, {"name": "kernel.msgmax", "value": "1"}],
        "spec.securityContext.sysctls[1].name",
    ),
    (
        f"{NOTEBOOK}.livenessProbe",
        {"httpGet": {"port": 80, "host": "127.0.0.1"}},
        "spec.containers[0].livenessProbe.httpGet.host",
    ),
    (
        f"{NOTEBOOK}.startupProbe",
        {"tcpSocket": {"port": 80, "host": "db"}},
        "spec.containers[0].startupProbe.tcpSocket.host",
    ),
    (
        f"{NOTEBOOK}.lifecycle",
        {"preStop": {"httpGet": {"port": 80, "host": "db"}}},
        "spec.containers[0].lifecycle.preStop.httpGet.host",
    ),
]


@pytest.mark.parametrize(("path", "value", "expected"), BASELINE_CASES)
def test_baseline(path: str, value: Any, expected: str) -> None:
    assert after({path: value}) == [f"{expected} pod-security-baseline"]


RESTRICTED_CASES: list[tuple[dict[str, Any], list[str]]] = [
    ({f"{CONTEXT}.allowPrivilegeEscalation": True}, [f"{CONTEXT_PATH}.allowPrivilegeEscalation"]),
    (
        {f"{CONTEXT}.allowPrivilegeEscalation": ABSENT},
        [f"{CONTEXT_PATH}.allowPrivilegeEscalation"],
    ),
    ({f"{CONTEXT}.capabilities.drop": ["all"]}, [f"{CONTEXT_PATH}.capabilities.drop"]),
    ({f"{CONTEXT}.capabilities": ABSENT}, [f"{CONTEXT_PATH}.capabilities.drop"]),
    ({f"{CONTEXT}.capabilities.add": ["CHOWN"]}, [f"{CONTEXT_PATH}.capabilities.add[0]"]),
    ({f"{CONTEXT}.runAsNonRoot": False}, [f"{CONTEXT_PATH}.runAsNonRoot"]),
    ({f"{CONTEXT}.runAsNonRoot": ABSENT}, [f"{CONTEXT_PATH}.runAsNonRoot"]),
    ({"spec.securityContext.runAsNonRoot": False}, ["spec.securityContext.runAsNonRoot"]),
    (
        {f"{CONTEXT}.runAsNonRoot": ABSENT, f"{STARTUP}.securityContext.runAsNonRoot": ABSENT},
        ["spec.securityContext.runAsNonRoot"],
    ),
    ({f"{CONTEXT}.runAsUser": 0}, [f"{CONTEXT_PATH}.runAsUser"]),
    ({"spec.securityContext.runAsUser": 0}, ["spec.securityContext.runAsUser"]),
    ({"spec.securityContext.seccompProfile": ABSENT}, ["spec.securityContext.seccompProfile"]),
    (
        {
            "spec.securityContext.seccompProfile": ABSENT,
            f"{STARTUP}.securityContext.seccompProfile": {"type": "RuntimeDefault"},
        },
        [f"{CONTEXT_PATH}.seccompProfile"],
    ),
    (
        {f"{CONTEXT}.procMount": "Unmasked", "spec.hostUsers": False},
        [f"{CONTEXT_PATH}.procMount"],
    ),
    (
        {
            "spec.volumes.0": {
                "name": "home",
                "iscsi": {"targetPortal": "p", "iqn": "iqn.2026-01.example:a", "lun": 0},
            }
        },
        ["spec.volumes[0].iscsi"],
    ),
    (
        {f"{NOTEBOOK}.securityContext": ABSENT},
        [
            f"{CONTEXT_PATH}.runAsNonRoot",
            f"{CONTEXT_PATH}.allowPrivilegeEscalation",
            f"{CONTEXT_PATH}.capabilities.drop",
        ],
    ),
    (
        {"spec.ephemeralContainers": [{"name": "debugger", "securityContext": {}}]},
        [
            "spec.ephemeralContainers[0].securityContext.runAsNonRoot",
            "spec.ephemeralContainers[0].securityContext.allowPrivilegeEscalation",
            "spec.ephemeralContainers[0].securityContext.capabilities.drop",
        ],
    ),
]


@pytest.mark.parametrize(("changes", "expected"), RESTRICTED_CASES)
def test_restricted(changes: dict[str, Any], expected: list[str]) -> None:
    assert after(changes) == [f"{path} pod-security-restricted" for path in expected]


ALLOWED_CASES: list[dict[str, Any]] = [
    {"spec.hostNetwork": False, "spec.hostUsers": True, "spec.os": {"name": "linux"}},
    {f"{CONTEXT}.privileged": False},
    {f"{CONTEXT}.capabilities": {"drop": ["NET_RAW", "ALL"], "add": ["NET_BIND_SERVICE"]}},
    {f"{CONTEXT}.runAsNonRoot": ABSENT, "spec.securityContext.runAsNonRoot": True},
    {f"{CONTEXT}.runAsNonRoot": False, f"{CONTEXT}.runAsUser": 0, "spec.hostUsers": False},
    {f"{CONTEXT}.runAsNonRoot": ABSENT, "spec.hostUsers": False},
    {f"{CONTEXT}.procMount": "Default"},
    {f"{CONTEXT}.seLinuxOptions": {"type": "container_engine_t", "level": "s0", "user": ""}},
    {
        f"{CONTEXT}.seccompProfile": {"type": "Localhost", "localhostProfile": "a"},
        f"{CONTEXT}.appArmorProfile": {"type": "RuntimeDefault"},
    },
    {f"{CONTEXT}.allowPrivilegeEscalation": ABSENT, "spec.os": {"name": "windows"}},
    {f"{CONTEXT}.capabilities": ABSENT, "spec.os": {"name": "windows"}},
    {"spec.securityContext": {}, "spec.os": {"name": "windows"}},
    {f"{NOTEBOOK}.readinessProbe": {"httpGet": {"port": 80, "host": ""}}},
    {f"{NOTEBOOK}.lifecycle": {"postStart": {"exec": {"command": ["true"]}}}},
    {f"{NOTEBOOK}.ports": [{"containerPort": 8888, "hostPort": 0}]},
    {f"{NOTEBOOK}.ports": []},
    {"spec.volumes.0": {"name": "home", "image": {"reference": "registry.example/data:1"}}},
    {"spec.securityContext.sysctls": [{"name": "net.ipv4.tcp_notsent_lowat", "value": "1"}]},
    {"spec.ephemeralContainers": [DEBUGGER]},
    {"metadata.annotations": {}},
]


@pytest.mark.parametrize("changes", ALLOWED_CASES, ids=" ".join)
def test_allowed(changes: dict[str, Any]) -> None:
    assert after(changes) == []


@pytest.mark.parametrize(
    ("profile", "bad"),
    [("unconfined", True), ("runtime/default", False), ("localhost/lab", False), ("", False)],
)
def test_app_armor_annotation(profile: str, bad: bool) -> None:  # noqa: FBT001 (a table's column)
    key = "container.apparmor.security.beta.kubernetes.io/notebook"
    where = f'metadata.annotations["{key}"] pod-security-baseline'
    assert after({"metadata.annotations": {key: profile}}) == ([where] if bad else [])


def test_waived_container_is_said_once() -> None:
    changes = {
        f"{STARTUP}.securityContext": {
            "privileged": True,
            "runAsUser": 0,
            "procMount": "Unmasked",
        },
        f"{STARTUP}.ports": [{"containerPort": 80, "hostPort": 80}],
    }
    assert after(changes) == ["spec.initContainers[0] pod-security-waiver"]


def test_words() -> None:
    lab = manifests(volume({"type": "nfs", "server": "nfs", "serverPath": "/homes"}))
    wrong = {
        f"{CONTEXT}.allowPrivilegeEscalation": True,
        f"{CONTEXT}.privileged": True,
        f"{CONTEXT}.seccompProfile": {"type": "Unconfined"},
        f"{CONTEXT}.runAsUser": 0,
        f"{CONTEXT}.runAsNonRoot": False,
        "spec.hostNetwork": True,
    }
    change(lab[-1], wrong)
    said = {complaint.at[-1]: complaint for _, complaint in judge_pod_security(lab, OURS)}
    waiver = said[0]
    assert waiver.rule is WAIVER
    assert "'home'" in waiver.message
    assert "restricted" in waiver.message
    assert said["privileged"].rule is BASELINE
    assert said["runAsUser"].rule is RESTRICTED
    assert said["type"].message == ("the baseline Pod Security Standard forbids 'Unconfined'")
    assert {key: complaint.hint for key, complaint in said.items() if key} == {
        "allowPrivilegeEscalation": "set it to false",
        "hostNetwork": "remove it, or use false",
        "privileged": "remove it, or use false",
        "runAsNonRoot": "set it to true",
        "runAsUser": "use the ID of a user who isn't root",
        "type": 'remove it, or use "RuntimeDefault" or "Localhost"',
    }


def test_bare_pod() -> None:
    pod = {"kind": "Pod", "metadata": {"name": "bare"}}
    assert list(judge_pod_security([pod], OURS)) == []
