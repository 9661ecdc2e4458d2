"""Checks of services."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from labbuilder.errors import shown
from labbuilder.names import is_dns_subdomain
from labbuilder.validation.rules.combinators import (
    CLUSTER_DECIDES,
    DUPLICATE,
    INVALID_VALUE,
    MISPLACED,
    MISSING_VALUE,
    at_least,
    at_most,
    both,
    defaulted,
    distinct,
    each_of,
    misplaced,
    needs_spec,
    one_of,
    optional,
    repeated,
)
from labbuilder.validation.rules.fields.addresses import (
    INVALID_ADDRESS,
    INVALID_CIDR,
    INVALID_PORT,
    canonical_address,
    canonical_range,
    ip_address,
    ip_range,
    known_protocol,
    parse_address,
    parse_range,
    valid_port,
)
from labbuilder.validation.rules.fields.naming import (
    INVALID_NAME,
    dns_label,
    label_key,
    label_map,
    named_by,
    service_name,
)
from labbuilder.validation.rules.fields.service_addresses import IP_FIELDS, service_addresses
from labbuilder.validation.rules.rule import (
    Complaints,
    Object,
    before,
    check_fields,
    checks,
    since,
)

_SOURCE_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
_NODE_PORTS = range(30000, 32768)
"""The range of a kube-apiserver without --service-node-port-range."""
_BALANCER_FIELDS = (
    "allocateLoadBalancerNodePorts", "loadBalancerClass", "loadBalancerSourceRanges",
)  # fmt: skip
_RARE_FIELDS = {
    *_BALANCER_FIELDS, "externalTrafficPolicy", "healthCheckNodePort", "sessionAffinityConfig",
}  # fmt: skip
_ONLY_BALANCERS = "is only allowed with type LoadBalancer"
_MAX_AFFINITY_S = 86400


def _kind(value: Object) -> str:
    found: str = value.get("type") or "ClusterIP"
    return found


@checks("ServiceSpec")
def _service(value: Object) -> Complaints:
    kind, ports = _kind(value), value.get("ports", [])
    headless = value.get("clusterIP") == "None"
    if not ports and not headless and kind != "ExternalName":
        yield MISSING_VALUE.complaint("is missing", "add a port", ("ports",))
    if headless and kind in {"LoadBalancer", "NodePort"}:
        message = f"can't be None for type {kind}"
        yield INVALID_ADDRESS.complaint(message, "remove it", ("clusterIP",))
    yield from _ports(ports, kind)
    if kind == "ExternalName":
        yield from _external_name(value)
    elif value.keys() & set(IP_FIELDS):
        yield from service_addresses(value)
    if value.keys() & _RARE_FIELDS:
        yield from _rare(value, kind)


def _ports(ports: Sequence[Object], kind: str) -> Complaints:
    for i, port in enumerate(ports):
        number, at = port.get("nodePort", 0), ("ports", i, "nodePort")
        if number and kind == "ClusterIP":
            yield INVALID_PORT.complaint("is not allowed with type ClusterIP", "remove it", at)
        elif number and number not in _NODE_PORTS:
            message = f"{number} is not from 30000 to 32767, the range of most clusters"
            yield CLUSTER_DECIDES.complaint(message, "remove it", at)
    names = [port.get("name", "") for port in ports]
    duplicates = set(repeated(names))
    for i, name in enumerate(names):
        at = ("ports", i, "name")
        if len(ports) > 1 and not name:
            message = "is required, because there are several ports"
            yield MISSING_VALUE.complaint(message, "set a name", at)
        elif i in duplicates:
            yield INVALID_NAME.complaint("is the name of another port", "rename one of them", at)
    taken = [(port.get("protocol") or "TCP", port.get("nodePort", 0)) for port in ports]
    for i in repeated(taken):
        if taken[i][1]:
            at = ("ports", i, "nodePort")
            yield DUPLICATE.complaint("is used by another port", "remove it", at)


def _external_name(value: Object) -> Complaints:
    yield from misplaced(value, IP_FIELDS, "is not allowed with type ExternalName")
    name, at = value.get("externalName", "").removesuffix("."), ("externalName",)
    if not name:
        yield MISSING_VALUE.complaint("is missing", "set it to a DNS name", at)
    elif not is_dns_subdomain(name):
        message = f"{shown(name)} is not a valid DNS name"
        yield INVALID_NAME.complaint(message, "use a name like example.org", at)


def _rare(value: Object, kind: str) -> Complaints:
    """Check fields that the services of labs don't have."""
    balanced = kind == "LoadBalancer"
    for field in _BALANCER_FIELDS:
        if not balanced and value.get(field) not in (None, []):
            yield MISPLACED.complaint(_ONLY_BALANCERS, "remove it", (field,))
    policy = value.get("externalTrafficPolicy", "")
    outside = kind in {"LoadBalancer", "NodePort"} or (
        kind == "ClusterIP" and value.get("externalIPs")
    )
    if policy and not outside:
        message = "is only allowed with type LoadBalancer or NodePort, or with externalIPs"
        yield MISPLACED.complaint(message, "remove it", ("externalTrafficPolicy",))
    if not (balanced and policy == "Local"):
        why = f"{_ONLY_BALANCERS} and externalTrafficPolicy Local"
        yield from misplaced(value, ("healthCheckNodePort",), why)
    client = value.get("sessionAffinityConfig", {}).get("clientIP", {})
    timeout_s = client.get("timeoutSeconds", 1)
    if value.get("sessionAffinity") == "ClientIP" and not 1 <= timeout_s <= _MAX_AFFINITY_S:
        message = f"must be from 1 to {_MAX_AFFINITY_S}, not {timeout_s}"
        at = ("sessionAffinityConfig", "clientIP", "timeoutSeconds")
        yield INVALID_VALUE.complaint(message, "use another time", at)


def _external_ip(value: str) -> Complaints:
    """Check an address outside of the cluster."""
    address = parse_address(value)
    if not address:
        yield from ip_address(value)
        return
    local = (
        address.is_unspecified
        or address.is_loopback
        or address.is_link_local
        or address in ipaddress.ip_network("224.0.0.0/24" if address.version == 4 else "ff02::/16")  # noqa: PLR2004 (IP's versions)
    )
    if local:
        message = f"{shown(value)} is not reachable from other machines"
        yield INVALID_ADDRESS.complaint(message, "use another address")


checks("Service")(before("1.36", named_by(service_name)))
checks("Service")(since("1.36", named_by(dns_label)))
checks("Service")(needs_spec)


@checks("Service")
def _source_annotation(value: Object) -> Complaints:
    """Check the annotation that loadBalancerSourceRanges replaces."""
    metadata, spec = value["metadata"], value.get("spec", {})
    text = metadata.get("annotations", {}).get(_SOURCE_RANGES)
    if text is None or spec.get("loadBalancerSourceRanges"):
        return
    at = ("metadata", "annotations", _SOURCE_RANGES)
    if spec.get("type") != "LoadBalancer":
        yield MISPLACED.complaint(_ONLY_BALANCERS, "remove it", at)
    elif text.strip() and not all(parse_range(each.strip()) for each in text.strip().split(",")):
        message = "must be a comma-separated list of IP ranges"
        yield INVALID_CIDR.complaint(message, "use 192.0.2.0/24 or the like", at)


_traffic = one_of("Cluster", "Local")


def _source_range(text: str) -> Complaints:
    yield from ip_range(text.strip())


def _canonical_range(text: str) -> Complaints:
    yield from canonical_range(text.strip())


check_fields(
    "ServiceSpec",
    selector=label_map,
    type=defaulted("ClusterIP", "NodePort", "LoadBalancer", "ExternalName"),
    sessionAffinity=defaulted("ClientIP", "None"),
    internalTrafficPolicy=_traffic,
    externalTrafficPolicy=optional(_traffic),
    ipFamilyPolicy=one_of("SingleStack", "PreferDualStack", "RequireDualStack"),
    ipFamilies=both(each_of(one_of("IPv4", "IPv6")), distinct),
    clusterIPs=at_most(2, "addresses"),
    externalIPs=each_of(_external_ip),
    healthCheckNodePort=optional(at_least(1, 65535)),
    loadBalancerClass=label_key,
    loadBalancerSourceRanges=each_of(_source_range),
)
check_fields("ServiceSpec", trafficDistribution=before("1.34", one_of("PreferClose")))
check_fields(
    "ServiceSpec",
    trafficDistribution=since("1.34", one_of("PreferClose", "PreferSameZone", "PreferSameNode")),
)
check_fields("ServiceSpec", externalIPs=since("1.36", each_of(canonical_address)))
check_fields("ServiceSpec", clusterIPs=since("1.36", each_of(optional(canonical_address))))
check_fields("ServiceSpec", clusterIP=since("1.36", optional(canonical_address)))
check_fields("ServiceSpec", loadBalancerSourceRanges=since("1.36", each_of(_canonical_range)))
check_fields(
    "ServicePort",
    name=optional(dns_label),
    port=valid_port,
    targetPort=optional(valid_port),
    appProtocol=label_key,
    nodePort=optional(valid_port),
    protocol=known_protocol,
)
