"""Checks of pods: host names, DNS, and fields that exclude each other."""

from __future__ import annotations

import re
from collections.abc import Sequence

from labbuilder.names import is_qualified_name
from labbuilder.validation.rules.combinators import (
    CLUSTER_DECIDES,
    INVALID_VALUE,
    MISPLACED,
    MISSING_VALUE,
    at_least,
    at_most,
    both,
    defaulted,
    distinct_by,
    each_of,
    filled,
    misplaced,
    must,
    named_reference,
    needs_spec,
    one_of,
    optional,
    placed,
    unset,
)
from labbuilder.validation.rules.fields.addresses import canonical_address, ip_address
from labbuilder.validation.rules.fields.amounts import none_negative, resources
from labbuilder.validation.rules.fields.naming import (
    INVALID_NAME,
    class_name,
    dns_label,
    dns_subdomain,
    label_key,
    label_map,
    named_by,
)
from labbuilder.validation.rules.rule import (
    Check,
    Complaints,
    Object,
    Rule,
    Stop,
    before,
    check_fields,
    checks,
    since,
)

PRIORITY_WITHOUT_CLASS = Rule(
    "priority-without-class",
    "a pod has a preemption policy, and no PriorityClass that has it",
    "Plugin.admitPod of the Priority plugin",
    Stop.ADMISSION,
    guarded=False,
    only_new=True,
)

_SEARCH_LABEL = r"_?[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?"
_SEARCH = re.compile(rf"{_SEARCH_LABEL}(?:\.{_SEARCH_LABEL})*")
_MAX_SEARCH_LENGTH = 253
_MAX_SEARCHES_LENGTH = 2048
_MAX_HOST_LENGTH = 64


def _is_search(text: str) -> bool:
    name = text.removesuffix(".")
    return text == "." or (len(name) <= _MAX_SEARCH_LENGTH and bool(_SEARCH.fullmatch(name)))


_search = must(INVALID_NAME, _is_search, "a valid search domain", "use a name like example.org")


def _old_search(text: str) -> Complaints:
    yield from dns_subdomain(text.removesuffix("."))


def _together(values: Sequence[str]) -> Complaints:
    if len(" ".join(values)) > _MAX_SEARCHES_LENGTH:
        message = f"must be at most {_MAX_SEARCHES_LENGTH} characters together"
        yield INVALID_VALUE.complaint(message, "remove some")


checks("Pod")(both(named_by(dns_subdomain), needs_spec))


@checks("PodSpec")
def _name_servers(spec: Object) -> Complaints:
    if spec.get("dnsPolicy") == "None" and not spec.get("dnsConfig", {}).get("nameservers"):
        message, at = "is required by dnsPolicy None", ("dnsConfig", "nameservers")
        yield MISSING_VALUE.complaint(message, "add a name server", at)


@checks("PodSpec")
def _exclusive(spec: Object) -> Complaints:
    """Check fields that exclude each other."""
    if spec.get("hostPID"):
        yield from misplaced(spec, ["shareProcessNamespace"], "can't be combined with hostPID")
    if spec.get("hostUsers") is False:
        why = "can't be combined with hostUsers: false"
        yield from misplaced(spec, ["hostPID", "hostIPC", "hostNetwork"], why)
    if "hostnameOverride" in spec:
        at = ("hostnameOverride",)
        if spec.get("hostNetwork") or spec.get("setHostnameAsFQDN"):
            message = "can't be combined with hostNetwork or setHostnameAsFQDN"
            yield MISPLACED.complaint(message, "remove it", at)
        if len(spec["hostnameOverride"]) > _MAX_HOST_LENGTH:
            message = f"must be at most {_MAX_HOST_LENGTH} characters"
            yield INVALID_NAME.complaint(message, "use a shorter name", at)
    if spec.get("preemptionPolicy") == "Never" and not spec.get("priorityClassName"):
        message = "Never is only allowed with a PriorityClass that has it"
        hint = "name it in priorityClassName, or remove this"
        yield PRIORITY_WITHOUT_CLASS.complaint(message, hint, ("preemptionPolicy",))
    if not spec.get("serviceAccountName"):
        yield from placed(class_name(spec.get("serviceAccount", "")), ("serviceAccount",))
    if spec.get("schedulingGates"):
        yield from misplaced(spec, ["nodeName"], "can't be combined with schedulingGates")


def _needs_cluster(what: str) -> Check:
    why = f"only works in clusters that {what}"
    return unset(CLUSTER_DECIDES, why, "remove it unless your clusters do")


checks("PodDNSConfigOption")(named_reference)


def _is_responder(name: str) -> bool:
    domain = name.partition("/")[0].rstrip(".")
    reserved = any(f".{domain}".endswith(each) for each in (".k8s.io", ".kubernetes.io"))
    return "/" in name and is_qualified_name(name) and not reserved


@checks("PodSpec")
def _group(value: Object) -> Complaints:
    if "schedulingGroup" in value:
        if "podGroupName" not in value["schedulingGroup"]:
            at = ("schedulingGroup", "podGroupName")
            yield MISSING_VALUE.complaint("is missing", "name a pod group", at)
        if value.get("evictionResponders"):
            message = "is not allowed with evictionResponders"
            yield MISPLACED.complaint(message, "remove one of them", ("schedulingGroup",))


check_fields(
    "PodSpec",
    containers=filled,
    nodeSelector=label_map,
    restartPolicy=defaulted("Always", "OnFailure", "Never"),
    dnsPolicy=defaulted("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
    preemptionPolicy=one_of("Never", "PreemptLowerPriority"),
    hostname=optional(dns_label),
    hostnameOverride=dns_subdomain,
    subdomain=optional(dns_label),
    nodeName=class_name,
    activeDeadlineSeconds=at_least(1, 2**31 - 1),
    serviceAccountName=class_name,
    priorityClassName=both(class_name, _needs_cluster("have that PriorityClass")),
    priority=_needs_cluster("compute the same priority"),
    runtimeClassName=both(dns_subdomain, _needs_cluster("have that RuntimeClass")),
    overhead=both(
        resources, none_negative, _needs_cluster("give the pod's RuntimeClass the same overhead")
    ),
    ephemeralContainers=unset(
        MISPLACED, "can only be added to a running pod, not when it is created"
    ),
    schedulingGates=distinct_by("name"),
    evictionResponders=both(at_most(10, "responders"), distinct_by("name")),
)
_responder_name = must(INVALID_VALUE, _is_responder, "a name after a domain of your own")
check_fields("PodSchedulingGroup", podGroupName=dns_subdomain)
check_fields("EvictionResponder", name=_responder_name, priority=at_least(1000, 100_000))
check_fields("PodReadinessGate", conditionType=label_key)
check_fields("PodSchedulingGate", name=label_key)
check_fields("PodOS", name=one_of("linux", "windows"))
check_fields("HostAlias", ip=ip_address, hostnames=each_of(dns_subdomain))
check_fields(
    "PodDNSConfig",
    nameservers=both(at_most(3, "name servers"), each_of(ip_address)),
    searches=both(at_most(32, "search domains"), _together),
)
check_fields("HostAlias", ip=since("1.36", canonical_address))
check_fields("PodDNSConfig", nameservers=since("1.36", each_of(canonical_address)))
check_fields("PodDNSConfig", searches=before("1.33", each_of(_old_search)))
check_fields("PodDNSConfig", searches=since("1.33", each_of(_search)))
