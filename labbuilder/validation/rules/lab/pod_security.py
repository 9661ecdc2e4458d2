"""Checks of pods by the Pod Security Standards, as a namespace enforces them when one is created.

The level is the one of the Namespace beside the pod, or the one that namespaces without a label
are known to enforce. Where neither is known, what a standard forbids is a warning. Labs that
labbuilder compiles keep to restricted: what a site's configuration asks for against a standard is
one warning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from labbuilder.errors import Path, Severity, shown
from labbuilder.manifest import labels_of, namespace_of
from labbuilder.validation.rules.lab.pod_standards import (
    BASELINE,
    LEVELS,
    RESTRICTED,
    violations,
)
from labbuilder.validation.rules.rule import Complaints, LabComplaints, Object, Rule, Stop, checks
from labbuilder.validation.rules.target import Target, minor

__all__ = ["judge_pod_security"]

BASELINE_VIOLATED = Rule(
    "pod-security-baseline",
    "a pod violates the baseline Pod Security Standard",
    "CheckPrivileged and the other baseline checks of EvaluatePod",
    Stop.ADMISSION,
    guarded=False,
)
RESTRICTED_VIOLATED = Rule(
    "pod-security-restricted",
    "a pod violates the restricted Pod Security Standard",
    "CheckRunAsNonRoot and the other restricted checks of EvaluatePod",
    Stop.ADMISSION,
    guarded=True,
)
WAIVER = Rule(
    "pod-security-waiver",
    "the configuration asks for what a Pod Security Standard forbids, such as a privileged init "
    "container or an NFS volume, so that the namespace can't enforce that standard",
    "CheckPrivileged, CheckHostPathVolumes, CheckRestrictedVolumes",
    Stop.ADMISSION,
    Severity.WARNING,
    guarded=False,
    of_the_site=True,
)
INVALID_LABEL = Rule(
    "invalid-pod-security",
    "a namespace's label for Pod Security has no level or version of a standard",
    "PolicyToEvaluate, in ValidateNamespace of the PodSecurity plugin",
    Stop.ADMISSION,
    guarded=False,
)

_RULES = {BASELINE: BASELINE_VIOLATED, RESTRICTED: RESTRICTED_VIOLATED}
_LABEL = "pod-security.kubernetes.io/"
_VERSION = re.compile(r"v1\.(0|[1-9][0-9]*)")


class _Standard(NamedTuple):
    """A level of the standards in a version, and who minds it."""

    level: str
    minor: int
    by: str = ""  # as a clause; empty if that isn't known


def judge_pod_security(manifests: Sequence[Object], target: Target) -> LabComplaints:
    """Check pods by the Pod Security Standards."""
    namespaces = {
        manifest["metadata"].get("name", ""): labels_of(manifest)
        for manifest in manifests
        if manifest["kind"] == "Namespace"
    }
    for i, manifest in enumerate(manifests):
        if manifest["kind"] == "Pod":
            name = namespace_of(manifest)
            for complaint in _pod(manifest, name, namespaces.get(name, {}), target):
                yield i, complaint


def _pod(pod: Object, name: str, labels: Mapping[str, str], target: Target) -> Complaints:
    reported: set[Path] = set()
    enforced = _enforced(name, labels, target)
    if enforced:
        yield from _violated(pod, enforced, Severity.ERROR, reported)
    if target.for_our_labs or not enforced:
        waived = set()
        for path, what, level in _waivers(pod.get("spec", {})):
            if not any(each[: len(path)] == path for each in reported):
                message = f"{what}, which the {level} Pod Security Standard forbids"
                hint = f"use a namespace that doesn't enforce {level}, or remove it"
                hint += " from the configuration" if target.for_our_labs else ""
                yield WAIVER.complaint(message, hint, path)
            waived.add(path)
        standard = _Standard(RESTRICTED, minor(target.version))
        promised = target.for_our_labs and not target.own_fragments
        severity = Severity.ERROR if promised else Severity.WARNING
        yield from _violated(pod, standard, severity, reported, waived)
    for mode in ("warn", "audit"):
        if f"{_LABEL}{mode}" in labels:
            standard = _labelled(mode, name, labels, target)
            yield from _violated(pod, standard, Severity.WARNING, reported)


def _enforced(name: str, labels: Mapping[str, str], target: Target) -> _Standard | None:
    """Return what a namespace enforces, if that is known."""
    if f"{_LABEL}enforce" in labels:
        return _labelled("enforce", name, labels, target)
    if target.pod_security:
        by = ", which namespaces without a label enforce,"
        return _Standard(target.pod_security, minor(target.version), by)
    return None


def _labelled(mode: str, name: str, labels: Mapping[str, str], target: Target) -> _Standard:
    level = labels[f"{_LABEL}{mode}"]
    version = _VERSION.fullmatch(labels.get(f"{_LABEL}{mode}-version", ""))
    newest = minor(target.version)
    number = min(int(version[1]), newest) if version else newest
    verb = {"enforce": "enforces", "warn": "warns of", "audit": "audits"}[mode]
    return _Standard(level, number, f", which namespace {shown(name)} {verb},")


def _violated(
    pod: Object,
    standard: _Standard,
    severity: Severity,
    reported: set[Path],
    waived: AbstractSet[Path] = frozenset(),
) -> Complaints:
    """Complain about each violation whose place is not reported yet, or waived."""
    for level in (BASELINE, RESTRICTED):
        if LEVELS.index(level) > _rank(standard.level):
            break
        for path, what, hint in violations(pod, level, standard.minor):
            if path not in reported and path[:3] not in waived:
                reported.add(path)
                message = f"the {level} Pod Security Standard{standard.by} {what}"
                yield _RULES[level].complaint(message, hint, path, severity=severity)


def _rank(level: str) -> int:
    """Return the place of a level, of which an unknown one counts as the strictest."""
    return LEVELS.index(level if level in LEVELS else RESTRICTED)


def _waivers(spec: Object) -> Iterator[tuple[Path, str, str]]:
    for i, container in enumerate(spec.get("initContainers", ())):
        if container.get("securityContext", {}).get("privileged"):
            what = f"init container {shown(container['name'])} is privileged"
            yield ("spec", "initContainers", i), what, "baseline"
    for i, volume in enumerate(spec.get("volumes", ())):
        for source, level in (("hostPath", "baseline"), ("nfs", "restricted")):
            if source in volume:
                what = f"volume {shown(volume['name'])} is of type {source}"
                yield ("spec", "volumes", i), what, level
                break


@checks("Namespace")
def _labels(namespace: Object) -> Complaints:
    for key, value in labels_of(namespace).items():
        if not key.startswith(_LABEL):
            continue
        mode, _, kind = key.removeprefix(_LABEL).partition("-")
        at = ("metadata", "labels", key)
        if mode not in {"enforce", "warn", "audit"} or kind not in {"", "version"}:
            continue
        if not kind and value not in LEVELS:
            message = f"{shown(value)} is not a level of the Pod Security Standards"
            hint = f"use one of {', '.join(LEVELS)}"
            yield INVALID_LABEL.complaint(message, hint, at)
        elif kind and value != "latest" and not _VERSION.fullmatch(value):
            message = f"{shown(value)} is not a version of the Pod Security Standards"
            yield INVALID_LABEL.complaint(message, "use latest or a form like v1.34", at)
