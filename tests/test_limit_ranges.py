"""What limit ranges and quotas of a namespace make of its pods and claims."""

from __future__ import annotations

from typing import Any

import pytest

from labbuilder.errors import Severity
from labbuilder.validation.judge import judge
from labbuilder.validation.rules import Target

Manifest = dict[str, Any]

NAMESPACE = "team"
DEFAULTS = {"type": "Container", "default": {"cpu": "1", "memory": "1Gi"}}
BEST = {"hard": {"pods": "0"}, "scopes": ["BestEffort"]}
OTHER = {"hard": {"pods": "0"}, "scopes": ["NotBestEffort"]}
LIMIT, QUOTA, NEEDS = "limit-range-exceeded", "quota-exceeded", "quota-needs-resources"


def thing(kind: str, name: str, spec: Any) -> Manifest:
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": spec}


def pod(*, limits: Any = None, requests: Any = None) -> Manifest:
    resources = {"limits": limits or {}, "requests": requests or {}}
    container = {"name": "notebook", "image": "registry.example/lab", "resources": resources}
    return thing("Pod", "lab", {"containers": [container]})


def claim(storage: str) -> Manifest:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": storage}}}
    return thing("PersistentVolumeClaim", "home", spec)


def surroundings(limits: Any, quota: Any) -> list[Manifest]:
    return [
        *([thing("LimitRange", "range", {"limits": limits})] if limits else []),
        *([thing("ResourceQuota", "quota", quota)] if quota else []),
    ]


CASES: dict[str, tuple[list[Any], Any, Manifest, list[str]]] = {
    "within": ([{"type": "Container", "max": {"cpu": "2"}}], None, pod(limits={"cpu": "2"}), []),
    "above max": ([{"type": "Container", "max": {"memory": "1Gi"}}], None,
                  pod(limits={"memory": "2Gi"}), [LIMIT]),
    "below min": ([{"type": "Container", "min": {"cpu": "1"}}], None,
                  pod(limits={"cpu": "500m"}), [LIMIT, LIMIT]),
    "ratio": ([{"type": "Container", "maxLimitRequestRatio": {"cpu": "2"}}], None,
              pod(limits={"cpu": "3"}, requests={"cpu": "1"}), [LIMIT]),
    "ratio within": ([{"type": "Container", "maxLimitRequestRatio": {"cpu": "3"}}], None,
                     pod(limits={"cpu": "3"}, requests={"cpu": "1"}), []),
    "whole pod": ([{"type": "Pod", "max": {"cpu": "1"}}], None, pod(limits={"cpu": "2"}), [LIMIT]),
    "claim": ([{"type": "PersistentVolumeClaim", "max": {"storage": "1Gi"}}], None,
              claim("2Gi"), [LIMIT]),
    "claim within": ([{"type": "PersistentVolumeClaim", "max": {"storage": "2Gi"}}], None,
                     claim("2Gi"), []),
    "small claim": ([{"type": "PersistentVolumeClaim", "min": {"storage": "2Gi"}}], None,
                    claim("1Gi"), [LIMIT]),
    "request above the limit that is filled in": ([DEFAULTS], None,
                                                  pod(requests={"cpu": "2"}), [LIMIT]),
    "request up to it": ([DEFAULTS], None, pod(requests={"cpu": "1"}), []),
    "request with a limit of its own": ([DEFAULTS], None,
                                        pod(limits={"cpu": "2"}, requests={"cpu": "2"}), []),
    "needs what is filled in": ([DEFAULTS], {"hard": {"limits.cpu": "2"}}, pod(), []),
    "needs what nothing fills in": ([], {"hard": {"limits.cpu": "2"}}, pod(), [NEEDS]),
    "charged by what is filled in": ([DEFAULTS], {"hard": {"limits.cpu": "500m"}}, pod(), [QUOTA]),
    "best effort": ([], BEST, pod(), [QUOTA]),
    "no longer best effort": ([DEFAULTS], BEST, pod(), []),
    "not best effort": ([], OTHER, pod(), []),
    "not best effort by what is filled in": ([DEFAULTS], OTHER, pod(), [QUOTA]),
    "zero is best effort": ([], BEST, pod(limits={"cpu": 0}), [QUOTA]),
    "zero is not anything else": ([], OTHER, pod(limits={"cpu": 0}), []),
}  # fmt: skip


def codes(*manifests: Manifest) -> list[str]:
    return [
        finding.code
        for _, finding in judge(manifests, Target())
        if finding.severity is Severity.ERROR
    ]


@pytest.mark.parametrize("name", CASES)
def test_a_namespace_with_limits_takes_what_fits(name: str) -> None:
    limits, quota, manifest, expected = CASES[name]
    assert codes(*surroundings(limits, quota), manifest) == expected


def test_what_is_above_a_limit_that_is_filled_in_is_said_once() -> None:
    limits, quota, manifest, _ = CASES["request above the limit that is filled in"]
    found = judge([*surroundings(limits, quota), manifest], Target())
    (message,) = [finding.message for _, finding in found if finding.severity is Severity.ERROR]
    assert message == "2 is more than 1, the limit that a limit range fills in"
    manifest = pod(limits={"cpu": "1"}, requests={"cpu": "2"})
    assert codes(*surroundings([DEFAULTS], None), manifest) == ["requests-exceed-limits"]


@pytest.mark.parametrize(
    ("most", "least", "said"),
    [("2", "300m", "6.666"), ("1", "1m", "1000"), ("1", "1u", "1000000")],
)
def test_a_ratio_is_written_so_that_it_can_be_used(most: str, least: str, said: str) -> None:
    limit = {"type": "Container", "max": {"cpu": most}, "min": {"cpu": least}}
    for ratio, expected in ((said, []), (f"{float(said) + 0.001:f}", ["invalid-limit"])):
        wanted = {**limit, "maxLimitRequestRatio": {"cpu": ratio}}
        found = judge(surroundings([wanted], None), Target())
        assert [
            finding.code for _, finding in found if finding.severity is Severity.ERROR
        ] == expected
        assert all(finding.message.endswith(f"divided by min, {said}") for _, finding in found)


def test_a_pod_that_has_ended_holds_no_resources() -> None:
    quota = {"hard": {"requests.cpu": "1", "limits.memory": "1Gi", "count/pods": "1"}}
    ended = pod(requests={"cpu": "2"}) | {"status": {"phase": "Succeeded"}}
    ended["metadata"]["uid"] = "5f3d8f2a"
    assert codes(*surroundings([], quota), ended) == []
    ended["status"]["phase"] = "Running"
    assert codes(*surroundings([], quota), ended) == [NEEDS, QUOTA]
    quota["hard"]["count/pods"] = "0"
    ended["status"]["phase"] = "Failed"
    assert codes(*surroundings([], quota), ended) == [QUOTA]


def test_each_quota_that_is_exceeded_is_named() -> None:
    quotas = surroundings([], {"hard": {"pods": "0"}}) + surroundings([], {"hard": {"pods": "0"}})
    quotas[1]["metadata"]["name"] = "other"
    found = judge([*quotas, pod()], Target())
    messages = [finding.message for _, finding in found if finding.code == QUOTA]
    assert len(messages) == 2
    assert "'quota' has 0" in messages[0]
    assert "'other' has 0" in messages[1]
