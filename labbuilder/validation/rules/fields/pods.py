"""Rules about pods as a whole: names that they go by, name servers, the node's namespaces."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from labbuilder.errors import shown
from labbuilder.validation.rules.combinators import (
    CLUSTER_DECIDES,
    DUPLICATE,
    INVALID_VALUE,
    MISPLACED,
    MISSING_VALUE,
    Object,
    at_least,
    at_most,
    both,
    defaulted,
    each_of,
    filled,
    forbidden,
    misplaced,
    must,
    needs,
    needs_spec,
    one_of,
    optional,
    seconds,
)
from labbuilder.validation.rules.fields.addresses import ip_address
from labbuilder.validation.rules.fields.amounts import resources
from labbuilder.validation.rules.fields.naming import (
    INVALID_NAME,
    called,
    class_name,
    dns_label,
    dns_subdomain,
    label_key,
    label_map,
)
from labbuilder.validation.rules.rule import Check, Complaint

__all__ = ["FIELDS", "TYPES"]

_SEARCH_LABEL = r"_?[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?"
_SEARCH = re.compile(rf"{_SEARCH_LABEL}(?:\.{_SEARCH_LABEL})*")
_LONGEST_NAME = 253
_LONGEST_SEARCHES = 2048  # characters
_LONGEST_HOST = 64
_COST = "controller.kubernetes.io/pod-deletion-cost"


def _is_search(text: str) -> bool:
    name = text.removesuffix(".")
    return text == "." or (len(name) <= _LONGEST_NAME and bool(_SEARCH.fullmatch(name)))


def _searches(values: Sequence[str]) -> Iterator[Complaint]:
    if len(" ".join(values)) > _LONGEST_SEARCHES:
        message = f"has more than {_LONGEST_SEARCHES} characters together"
        yield Complaint(INVALID_VALUE, message, "leave some out")
    yield from each_of(_search)(values)


def _name_servers(spec: Object) -> Iterator[Complaint]:
    if spec.get("dnsPolicy") == "None" and not spec.get("dnsConfig", {}).get("nameservers"):
        message, at = "dnsPolicy None needs a name server", ("dnsConfig", "nameservers")
        yield Complaint(MISSING_VALUE, message, "name one", at)


def _together(spec: Object) -> Iterator[Complaint]:
    """Check fields of a pod that exclude each other."""
    if spec.get("hostPID") and spec.get("shareProcessNamespace"):
        yield Complaint(MISPLACED, "goes not with hostPID", "leave it out", _SHARE)
    if spec.get("hostUsers") is False:
        yield from misplaced(
            spec, ("hostPID", "hostIPC", "hostNetwork"), "goes not with hostUsers: false"
        )
    if "hostnameOverride" in spec:
        if spec.get("hostNetwork") or spec.get("setHostnameAsFQDN"):
            message = "goes not with hostNetwork or setHostnameAsFQDN"
            yield Complaint(MISPLACED, message, "leave it out", ("hostnameOverride",))
        yield from _host(spec["hostnameOverride"])
    account, old = spec.get("serviceAccountName", ""), spec.get("serviceAccount", "")
    if old and account and old != account:
        message = "is another than serviceAccountName"
        yield Complaint(INVALID_VALUE, message, "leave it out", ("serviceAccount",))
    if spec.get("nodeName") and spec.get("schedulingGates"):
        message = "goes not with schedulingGates"
        yield Complaint(MISPLACED, message, "leave it out", ("nodeName",))


_SHARE = ("shareProcessNamespace",)


def _host(text: str) -> Iterator[Complaint]:
    at = ("hostnameOverride",)
    if len(text) > _LONGEST_HOST:
        yield Complaint(INVALID_NAME, f"is longer than {_LONGEST_HOST}", "shorten it", at)


def _gates(values: Sequence[Object]) -> Iterator[Complaint]:
    names = [value["name"] for value in values]
    for i, name in enumerate(names):
        if name in names[:i]:
            yield Complaint(DUPLICATE, "stands twice", "keep one of the two", (i, "name"))


def _annotations(pod: Mapping[str, Any]) -> Iterator[Complaint]:
    cost = pod["metadata"].get("annotations", {}).get(_COST)
    if cost is not None and not (
        re.fullmatch("0|-?[1-9][0-9]{0,9}", cost, re.ASCII) and abs(int(cost)) < 2**31
    ):
        message = f"{shown(cost)} is no whole number of 32 bits"
        yield Complaint(INVALID_VALUE, message, "", ("metadata", "annotations", _COST))


def _warn(why: str) -> Check:
    def check_given(value: Any) -> Iterator[Complaint]:
        if value:
            yield Complaint(CLUSTER_DECIDES, why, "leave it out unless your clusters have it")

    return check_given


_search = must(INVALID_NAME, _is_search, "a search domain", "write example.org")
_priority_class = _warn("the cluster must have that PriorityClass")

FIELDS: dict[str, Check] = {
    "PodSpec.containers": filled,
    "PodSpec.nodeSelector": label_map,
    "PodSpec.restartPolicy": defaulted("Always", "OnFailure", "Never"),
    "PodSpec.dnsPolicy": defaulted("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
    "PodSpec.preemptionPolicy": one_of("Never", "PreemptLowerPriority"),
    "PodSpec.hostname": optional(dns_label),
    "PodSpec.hostnameOverride": dns_subdomain,
    "PodSpec.subdomain": optional(dns_label),
    "PodSpec.nodeName": class_name,
    "PodSpec.activeDeadlineSeconds": at_least(1, 2**31 - 1),
    "PodSpec.terminationGracePeriodSeconds": seconds,
    "PodSpec.serviceAccountName": class_name,
    "PodSpec.serviceAccount": class_name,
    "PodSpec.priorityClassName": both(class_name, _priority_class),
    "PodSpec.priority": _warn("the cluster must come to the same priority"),
    "PodSpec.runtimeClassName": both(
        dns_subdomain, _warn("the cluster must have that RuntimeClass")
    ),
    "PodSpec.overhead": both(
        resources, _warn("the pod's RuntimeClass must have the same overhead")
    ),
    "PodSpec.ephemeralContainers": optional(
        forbidden("is added to pods that run, and can't be there from the start")
    ),
    "PodSpec.schedulingGates": _gates,
    "PodReadinessGate.conditionType": label_key,
    "PodSchedulingGate.name": label_key,
    "PodOS.name": one_of("linux", "windows"),
    "HostAlias.ip": ip_address,
    "HostAlias.hostnames": each_of(dns_subdomain),
    "PodDNSConfig.nameservers": both(at_most(3, "name servers"), each_of(ip_address)),
    "PodDNSConfig.searches": both(at_most(32, "search domains"), _searches),
}
"""The checks by type and field."""

TYPES: dict[str, Check] = {
    "PodDNSConfigOption": needs("name"),
    "Pod": called(dns_subdomain, needs_spec(_annotations)),
    "PodSpec": both(_name_servers, _together),
}
"""The checks by type."""
