"""Checks of network policies."""

from __future__ import annotations

from labbuilder.errors import Severity
from labbuilder.validation.rules.combinators import INVALID_VALUE, ONE_OF_MANY, each_of, one_of
from labbuilder.validation.rules.fields.addresses import (
    INVALID_CIDR,
    INVALID_PORT,
    canonical_range,
    ip_range,
    parse_range,
    valid_port,
)
from labbuilder.validation.rules.fields.naming import dns_subdomain, named_by
from labbuilder.validation.rules.rule import (
    Complaints,
    Object,
    Rule,
    Stop,
    check_fields,
    checks,
    since,
)

IGNORED_RULES = Rule(
    "ignored-rules",
    "a network policy has rules of a type that policyTypes leaves out, so that they do nothing",
    "the network plugin, as the types of NetworkPolicy describe it",
    Stop.NOBODY,
    Severity.WARNING,
    guarded=False,
)


@checks("NetworkPolicySpec")
def _policy_spec(value: Object) -> Complaints:
    if len(value.get("policyTypes", [])) > 2:  # noqa: PLR2004 (there are two)
        message, hint = "must have at most two types", "name each type once"
        yield INVALID_VALUE.complaint(message, hint, ("policyTypes",))


@checks("NetworkPolicySpec")
def _left_out(value: Object) -> Complaints:
    types = set(value.get("policyTypes", ()))
    for field, kind in (("ingress", "Ingress"), ("egress", "Egress")):
        if types and value.get(field) and types <= {"Ingress", "Egress"} - {kind}:
            message = f"does nothing, because policyTypes leaves out {kind}"
            hint = f"add {kind} to policyTypes, or remove the rules"
            yield IGNORED_RULES.complaint(message, hint, (field,))


@checks("NetworkPolicyPort")
def _policy_port(value: Object) -> Complaints:
    port, end = value.get("port"), value.get("endPort")
    if end is not None and (not isinstance(port, int) or not port <= end):
        message = "must not be less than port, which must be a number"
        yield INVALID_PORT.complaint(message, "set both ends of the range", ("endPort",))


@checks("NetworkPolicyPeer")
def _policy_peer(value: Object) -> Complaints:
    if not value:
        message = "an empty peer matches nothing"
        yield ONE_OF_MANY.complaint(message, "set podSelector, namespaceSelector or ipBlock")
    elif "ipBlock" in value and len(value) > 1:
        message = "can't be combined with selectors"
        yield ONE_OF_MANY.complaint(message, "split it into two peers", ("ipBlock",))


@checks("IPBlock")
def _ip_block(value: Object) -> Complaints:
    whole = parse_range(value.get("cidr", ""))
    parts = [parse_range(each) for each in value.get("except", [])]
    for i, part in enumerate(parts):
        if not whole or not part:
            continue
        inside = part.version == whole.version and part.subnet_of(whole)  # type: ignore[arg-type]  # the versions are the same
        if not inside or part == whole:
            message = "must be a smaller range inside cidr"
            yield INVALID_CIDR.complaint(message, "remove it", ("except", i))


checks("NetworkPolicy")(named_by(dns_subdomain))
check_fields("NetworkPolicySpec", policyTypes=each_of(one_of("Ingress", "Egress")))
check_fields(
    "NetworkPolicyPort", port=valid_port, endPort=valid_port, protocol=one_of("TCP", "UDP", "SCTP")
)
check_fields("IPBlock", cidr=ip_range, **{"except": each_of(ip_range)})
check_fields(
    "IPBlock",
    cidr=since("1.36", canonical_range),
    **{"except": since("1.36", each_of(canonical_range))},
)
