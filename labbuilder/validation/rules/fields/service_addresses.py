"""Checks of the addresses of services, and of their families."""

from __future__ import annotations

from collections.abc import Sequence

from labbuilder.errors import Path
from labbuilder.validation.rules.combinators import CLUSTER_DECIDES, INVALID_VALUE, placed
from labbuilder.validation.rules.fields.addresses import INVALID_ADDRESS, ip_address, parse_address
from labbuilder.validation.rules.rule import Complaints, Object

__all__ = ["IP_FIELDS", "service_addresses"]

IP_FIELDS = ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy")
"""The fields of addresses and their families, which services of type ExternalName don't have."""


def service_addresses(value: Object) -> Complaints:
    """Mirror ``ValidateServiceClusterIPsRelatedFields`` and ``initIPFamilyFields``."""
    first, several = value.get("clusterIP", ""), value.get("clusterIPs", [])
    if several and several[0] != first:
        message, hint = "must start with clusterIP", "set clusterIP to the first address"
        yield INVALID_ADDRESS.complaint(message, hint, ("clusterIPs",))
    if "None" in several and len(several) > 1:
        message = "None can't be combined with addresses"
        yield INVALID_ADDRESS.complaint(message, "remove the others", ("clusterIPs",))
    good = True
    places: list[tuple[Path, str]] = [(("clusterIPs", i), each) for i, each in enumerate(several)]
    for at, address in places or [(("clusterIP",), first)]:
        if address not in {"", "None"} or (not address and several):
            if parse_address(address):
                message = "must be free, and in the cluster's range of service addresses"
                yield CLUSTER_DECIDES.complaint(message, "remove it", at)
            else:
                good = False
                yield from placed(ip_address(address), at)
    if good and "None" not in (first, *several):
        addresses = several or [first] if first else []
        parsed = [parse_address(each) for each in addresses]
        yield from _in_families(value, [each.version for each in parsed if each])
    yield from _policy(value)
    if not _is_free(value) and (
        value.get("ipFamilies") or value.get("ipFamilyPolicy") == "RequireDualStack"
    ):
        message = "only works in clusters with these address families"
        field = "ipFamilies" if value.get("ipFamilies") else "ipFamilyPolicy"
        yield CLUSTER_DECIDES.complaint(message, "remove it", (field,))


def _in_families(value: Object, versions: Sequence[int]) -> Complaints:
    if len(set(versions)) != len(versions):
        message = "must have one address of each family"
        yield INVALID_ADDRESS.complaint(message, "remove one of them", ("clusterIPs",))
    families = value.get("ipFamilies", ())
    for i, (family, version) in enumerate(zip(families, versions, strict=False)):
        if family != f"IPv{version}":
            message = f"must be an {family} address, because of ipFamilies"
            at: Path = ("clusterIPs", i) if "clusterIPs" in value else ("clusterIP",)
            yield INVALID_ADDRESS.complaint(message, "use the same order", at)


def _is_free(value: Object) -> bool:
    """Return whether a service has no addresses, its own or of pods, to be in a family."""
    return value.get("clusterIP") == "None" and not value.get("selector")


def _policy(value: Object) -> Complaints:
    """Check that a service with two families or addresses asks for both."""
    default = "RequireDualStack" if _is_free(value) else "SingleStack"
    policy = value.get("ipFamilyPolicy", default)
    for field in ("clusterIPs", "ipFamilies"):
        if policy == "SingleStack" and len(value.get(field, ())) > 1:
            message = f"must be PreferDualStack or RequireDualStack, because {field} has two"
            hint = f"set it, or keep one of {field}"
            yield INVALID_VALUE.complaint(message, hint, ("ipFamilyPolicy",))
