"""Rules about network policies."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from labbuilder.validation.rules.combinators import (
    INVALID_VALUE,
    ONE_OF_MANY,
    Object,
    each_of,
    one_of,
)
from labbuilder.validation.rules.fields.addresses import (
    INVALID_CIDR,
    INVALID_PORT,
    any_port,
    ip_range,
)
from labbuilder.validation.rules.fields.naming import called, dns_subdomain
from labbuilder.validation.rules.rule import Check, Complaint

__all__ = ["FIELDS", "TYPES"]

_policy_types = one_of("Ingress", "Egress")


def _policy_spec(value: Object) -> Iterator[Complaint]:
    if len(value.get("policyTypes", [])) > 2:  # noqa: PLR2004 (there are two)
        message = "names more than two"
        yield Complaint(INVALID_VALUE, message, "name each once", ("policyTypes",))


def _policy_port(value: Object) -> Iterator[Complaint]:
    port, end = value.get("port"), value.get("endPort")
    if end is not None and (not isinstance(port, int) or not port <= end):
        message = "must not be less than port, a number"
        yield Complaint(INVALID_PORT, message, "name both ends of the range", ("endPort",))


def _policy_peer(value: Object) -> Iterator[Complaint]:
    if not value:
        message = "an empty peer is nobody"
        yield Complaint(ONE_OF_MANY, message, "select pods, namespaces or addresses")
    elif "ipBlock" in value and len(value) > 1:
        message = "ipBlock stands alone in a peer"
        yield Complaint(ONE_OF_MANY, message, "make two peers of it", ("ipBlock",))


def _ip_block(value: Object) -> Iterator[Complaint]:
    try:
        whole = ipaddress.ip_network(value.get("cidr", ""), strict=False)
        parts = [ipaddress.ip_network(each, strict=False) for each in value.get("except", [])]
    except ValueError:
        return
    for i, part in enumerate(parts):
        inside = part.version == whole.version and part.subnet_of(whole)  # type: ignore[arg-type]  # the versions are the same
        if not inside or part == whole:
            message = "is not a part of the range that it is taken out of"
            yield Complaint(INVALID_CIDR, message, "leave it out", ("except", i))


FIELDS: dict[str, Check] = {
    "NetworkPolicySpec.policyTypes": each_of(_policy_types),
    "NetworkPolicyPort.port": any_port,
    "NetworkPolicyPort.endPort": any_port,
    "NetworkPolicyPort.protocol": one_of("TCP", "UDP", "SCTP"),
    "IPBlock.cidr": ip_range,
    "IPBlock.except": each_of(ip_range),
}
"""The checks by type and field."""

TYPES: dict[str, Check] = {
    "NetworkPolicy": called(dns_subdomain),
    "NetworkPolicySpec": _policy_spec,
    "NetworkPolicyPort": _policy_port,
    "NetworkPolicyPeer": _policy_peer,
    "IPBlock": _ip_block,
}
"""The checks by type."""
