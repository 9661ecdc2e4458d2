"""Rules about services."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping

from labbuilder.errors import Path, shown
from labbuilder.names import is_dns_subdomain
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
    different,
    each_of,
    misplaced,
    needs_spec,
    one_of,
    optional,
)
from labbuilder.validation.rules.fields.addresses import (
    INVALID_ADDRESS,
    INVALID_CIDR,
    INVALID_PORT,
    any_port,
    ip_address,
    is_address,
    is_cidr,
    known_protocol,
)
from labbuilder.validation.rules.fields.naming import (
    INVALID_NAME,
    called,
    dns_label,
    label_key,
    label_map,
    service_name,
)
from labbuilder.validation.rules.rule import Check, Complaint

__all__ = ["FIELDS", "TYPES"]

_SOURCE_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
_NODE_PORTS = range(30000, 32768)
"""As API servers have it that are told nothing else."""
_NO_IP = ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy")
_BALANCED = ("allocateLoadBalancerNodePorts", "loadBalancerClass", "loadBalancerSourceRanges")

Judge = Callable[[Object], Iterator[Complaint]]


def _kind(value: Object) -> str:
    found: str = value.get("type") or "ClusterIP"
    return found


def _service(value: Object) -> Iterator[Complaint]:
    kind, ports = _kind(value), value.get("ports", [])
    headless = value.get("clusterIP") == "None"
    if not ports and not headless and kind != "ExternalName":
        yield Complaint(MISSING_VALUE, "is missing", "name a port", ("ports",))
    if headless and kind in {"LoadBalancer", "NodePort"}:
        message = f"a {kind} service has an address"
        yield Complaint(INVALID_ADDRESS, message, "leave it out", ("clusterIP",))
    for i, port in enumerate(ports):
        number, at = port.get("nodePort", 0), ("ports", i, "nodePort")
        if number and kind == "ClusterIP":
            yield Complaint(INVALID_PORT, "a ClusterIP service has none", "leave it out", at)
        elif number and number not in _NODE_PORTS:
            message = f"{number} is not from 30000 to 32767, where most clusters have node ports"
            yield Complaint(CLUSTER_DECIDES, message, "leave it out", at)
    yield from _port_names(ports)
    yield from _node_ports(ports)
    if kind == "ExternalName":
        yield from _external_name(value)
    elif _HAS_ADDRESS & value.keys():
        yield from _addresses(value)
    if _RARE & value.keys():
        yield from _rare(value, kind)


def _port_names(ports: list[Object]) -> Iterator[Complaint]:
    seen = set()
    for i, port in enumerate(ports):
        name = port.get("name", "")
        if len(ports) > 1 and not name:
            yield Complaint(
                MISSING_VALUE, "one of several ports needs a name", "", ("ports", i, "name")
            )
        elif name in seen:
            yield Complaint(INVALID_NAME, "another port has it", "", ("ports", i, "name"))
        seen.add(name)


def _node_ports(ports: list[Object]) -> Iterator[Complaint]:
    found = [(port.get("protocol") or "TCP", port.get("nodePort", 0)) for port in ports]
    for i, place in enumerate(found):
        if place[1] and place in found[:i]:
            at = ("ports", i, "nodePort")
            yield Complaint(DUPLICATE, "another port has it", "leave it out", at)


def _external_name(value: Object) -> Iterator[Complaint]:
    yield from misplaced(value, _NO_IP, "an ExternalName service has no address")
    name = value.get("externalName", "").removesuffix(".")
    if not name:
        yield Complaint(MISSING_VALUE, "is missing", "name a host", ("externalName",))
    elif not is_dns_subdomain(name):
        message = f"{shown(name)} is no DNS name"
        yield Complaint(INVALID_NAME, message, "write example.org", ("externalName",))


_HAS_ADDRESS = {"clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"}


def _addresses(value: Object) -> Iterator[Complaint]:
    first, several = value.get("clusterIP", ""), value.get("clusterIPs", [])
    if several and several[0] != first:
        message = "must begin with clusterIP"
        yield Complaint(INVALID_ADDRESS, message, "write clusterIP as well", ("clusterIPs",))
    if "None" in several and len(several) > 1:
        message = "None stands alone"
        yield Complaint(INVALID_ADDRESS, message, "leave out the others", ("clusterIPs",))
    good = True
    places: list[tuple[Path, str]] = [(("clusterIPs", i), each) for i, each in enumerate(several)]
    for at, address in places or [(("clusterIP",), first)]:
        if address not in {"", "None"} or (not address and several):
            if is_address(address):
                message = "the address must be free, and the cluster's for services"
                yield Complaint(CLUSTER_DECIDES, message, "leave it out", at)
            else:
                good = False
                yield Complaint(INVALID_ADDRESS, f"{shown(address)} is no address", "", at)
    if good and "None" not in (first, *several):
        yield from _families(value, [ipaddress.ip_address(each).version for each in several])
    if value.get("ipFamilies") or value.get("ipFamilyPolicy") == "RequireDualStack":
        message = "the cluster must have the address family"
        field = "ipFamilies" if value.get("ipFamilies") else "ipFamilyPolicy"
        yield Complaint(CLUSTER_DECIDES, message, "leave it out", (field,))


def _families(value: Object, versions: list[int]) -> Iterator[Complaint]:
    if len(set(versions)) != len(versions):
        message = "takes one address of a family"
        yield Complaint(INVALID_ADDRESS, message, "leave one of them", ("clusterIPs",))
    families = value.get("ipFamilies", ())
    for i, (family, version) in enumerate(zip(families, versions, strict=False)):
        if family != f"IPv{version}":
            message = f"is no {family} address, as ipFamilies says"
            yield Complaint(INVALID_ADDRESS, message, "", ("clusterIPs", i))


def _rare(value: Object, kind: str) -> Iterator[Complaint]:
    """Check what the services of labs have not."""
    balanced = kind == "LoadBalancer"
    for field in _BALANCED:
        if not balanced and value.get(field) not in (None, []):
            message = "goes with type LoadBalancer only"
            yield Complaint(MISPLACED, message, "leave it out", (field,))
    policy = value.get("externalTrafficPolicy", "")
    outside = kind in {"LoadBalancer", "NodePort"} or (
        kind == "ClusterIP" and value.get("externalIPs")
    )
    if policy and not outside:
        message = "goes with services that are reached from outside only"
        yield Complaint(MISPLACED, message, "leave it out", ("externalTrafficPolicy",))
    if not (balanced and policy == "Local"):
        why = "goes with type LoadBalancer and externalTrafficPolicy Local only"
        yield from misplaced(value, ("healthCheckNodePort",), why)
    client = value.get("sessionAffinityConfig", {}).get("clientIP", {})
    timeout = client.get("timeoutSeconds", 1)
    if value.get("sessionAffinity") == "ClientIP" and not 1 <= timeout <= _DAY:
        message = f"{timeout} is not from 1 to {_DAY}"
        at = ("sessionAffinityConfig", "clientIP", "timeoutSeconds")
        yield Complaint(INVALID_VALUE, message, "", at)


_RARE = {
    *_BALANCED, "externalTrafficPolicy", "healthCheckNodePort", "sessionAffinityConfig",
}  # fmt: skip
_DAY = 86400  # seconds


def _outside(value: str) -> Iterator[Complaint]:
    """Check an address outside of the cluster, which must lead somewhere."""
    if not is_address(value):
        yield from ip_address(value)
        return
    address = ipaddress.ip_address(value)
    nowhere = (
        address.is_unspecified
        or address.is_loopback
        or address.is_link_local
        or address in ipaddress.ip_network("224.0.0.0/24" if address.version == 4 else "ff02::/16")  # noqa: PLR2004 (IP's versions)
    )
    if nowhere:
        message = f"{shown(value)} leads nowhere outside of a machine"
        yield Complaint(INVALID_ADDRESS, message, "write another")


def _source_range(value: str) -> Iterator[Complaint]:
    if not is_cidr(value.strip()):
        message = f"{shown(value)} is no range of addresses"
        yield Complaint(INVALID_CIDR, message, "write 192.0.2.0/24")


def _source_annotation(value: Mapping[str, object]) -> Iterator[Complaint]:
    """Check the older way to say from where a load balancer is reached."""
    metadata, spec = value["metadata"], value.get("spec", {})
    text = metadata.get("annotations", {}).get(_SOURCE_RANGES)  # type: ignore[attr-defined]  # a mapping, by the schema
    if text is None or spec.get("loadBalancerSourceRanges"):  # type: ignore[attr-defined]  # as above
        return
    at = ("metadata", "annotations", _SOURCE_RANGES)
    if spec.get("type") != "LoadBalancer":  # type: ignore[attr-defined]  # as above
        yield Complaint(MISPLACED, "goes with type LoadBalancer only", "leave it out", at)
    elif text.strip() and not all(is_cidr(each.strip()) for each in text.strip().split(",")):
        yield Complaint(INVALID_CIDR, "holds what is no range of addresses", "", at)


_traffic = one_of("Cluster", "Local")

FIELDS: dict[str, Check] = {
    "ServiceSpec.selector": label_map,
    "ServiceSpec.type": defaulted("ClusterIP", "NodePort", "LoadBalancer", "ExternalName"),
    "ServiceSpec.sessionAffinity": defaulted("ClientIP", "None"),
    "ServiceSpec.internalTrafficPolicy": _traffic,
    "ServiceSpec.externalTrafficPolicy": optional(_traffic),
    "ServiceSpec.ipFamilyPolicy": one_of("SingleStack", "PreferDualStack", "RequireDualStack"),
    "ServiceSpec.ipFamilies": both(each_of(one_of("IPv4", "IPv6")), different),
    "ServiceSpec.clusterIPs": at_most(2, "addresses"),
    "ServiceSpec.externalIPs": each_of(_outside),
    "ServiceSpec.healthCheckNodePort": optional(at_least(1, 65535)),
    "ServiceSpec.loadBalancerClass": label_key,
    "ServiceSpec.loadBalancerSourceRanges": each_of(_source_range),
    "ServiceSpec.trafficDistribution": one_of("PreferClose", "PreferSameZone", "PreferSameNode"),
    "ServicePort.name": optional(dns_label),
    "ServicePort.port": any_port,
    "ServicePort.targetPort": optional(any_port),
    "ServicePort.appProtocol": label_key,
    "ServicePort.nodePort": optional(any_port),
    "ServicePort.protocol": known_protocol,
}
"""The checks by type and field."""

TYPES: dict[str, Check] = {
    "Service": called(service_name, needs_spec(_source_annotation)),
    "ServiceSpec": _service,
}
"""The checks by type."""
