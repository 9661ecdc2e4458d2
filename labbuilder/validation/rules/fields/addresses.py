"""Rules about IP addresses, ranges of them, and ports."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import Any

from labbuilder.validation.rules.combinators import defaulted, must
from labbuilder.validation.rules.rule import Check, Complaint, rule

__all__ = [
    "FIELDS",
    "INVALID_ADDRESS",
    "INVALID_CIDR",
    "INVALID_PORT",
    "INVALID_PORT_NAME",
    "TYPES",
    "any_port",
    "ip_address",
    "ip_range",
    "is_address",
    "is_cidr",
    "is_port_name",
    "known_protocol",
    "port_name",
]

INVALID_PORT = rule("invalid-port", "a port is not from 1 to 65535", "IsValidPortNum")
INVALID_PORT_NAME = rule("invalid-port-name", "the name of a port isn't one", "IsValidPortName")
INVALID_CIDR = rule(
    "invalid-cidr",
    "a range of addresses isn't one, or names an address inside it",
    "ValidateIPBlock; IsValidCIDR, from 1.36 on, which minds bits beyond the prefix",
)
INVALID_ADDRESS = rule("invalid-address", "an IP address isn't one", "IsValidIP")
_MAX_PORT = 65535
_PREFIX = re.compile("0|[1-9][0-9]{0,2}")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")


def is_port_name(text: str) -> bool:
    """Mirror ``IsValidPortName``, of which IANA's service names are the model."""
    return (
        0 < len(text) <= 15  # noqa: PLR2004 (IANA's)
        and bool(_LABEL.fullmatch(text))
        and "--" not in text
        and any(c.isalpha() for c in text)
    )


port_name = must(
    INVALID_PORT_NAME, is_port_name, "the name of a port",
    "use at most 15 lower-case letters, digits and single -, a letter among them",
)  # fmt: skip


def any_port(value: Any) -> Iterator[Complaint]:
    """Check a port's number, or its name where a name may stand for it."""
    if isinstance(value, str):
        yield from port_name(value)
    elif not 1 <= value <= _MAX_PORT:
        yield Complaint(INVALID_PORT, f"{value} is no port", "use 1 to 65535")


def is_cidr(value: str) -> bool:
    """Mirror ``IsValidCIDR``, which minds bits beyond the prefix."""
    address, slash, prefix = value.partition("/")
    try:
        ipaddress.ip_network(value)
    except ValueError:
        return False
    return bool(slash) and is_address(address) and bool(_PREFIX.fullmatch(prefix))


def is_address(value: str) -> bool:
    """Mirror ``IsValidIP``, which takes no IPv4 address that is written as one of IPv6."""
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return False
    return "%" not in value and not (address.version == 6 and address.ipv4_mapped)  # noqa: PLR2004 (IPv6)


ip_range = must(
    INVALID_CIDR, is_cidr, "a range of addresses",
    "write the first address and the length of the prefix: 192.0.2.0/24, 2001:db8::/64",
)  # fmt: skip


ip_address = must(INVALID_ADDRESS, is_address, "an IP address", "write 192.0.2.1 or 2001:db8::1")
known_protocol = defaulted("TCP", "UDP", "SCTP")

FIELDS: dict[str, Check] = {}
"""The checks by type and field."""

TYPES: dict[str, Check] = {}
"""The checks by type."""
