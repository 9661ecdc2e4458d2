"""Checks of IP addresses, ranges of them, and ports."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from labbuilder.validation.rules.combinators import defaulted, must
from labbuilder.validation.rules.rule import Complaints, Rule

__all__ = [
    "INVALID_ADDRESS", "INVALID_CIDR", "INVALID_PORT", "ip_address", "ip_range", "is_address",
    "is_cidr", "known_protocol", "port_name", "valid_port",
]  # fmt: skip

INVALID_PORT = Rule(
    "invalid-port",
    "a port is not from 1 to 65535, or is used twice",
    "IsValidPortNum",
    guarded=False,
)
INVALID_PORT_NAME = Rule(
    "invalid-port-name", "the name of a port is not valid", "IsValidPortName", guarded=False
)
INVALID_CIDR = Rule(
    "invalid-cidr",
    "an IP range is not valid, or names an address inside the range",
    "ValidateIPBlock; IsValidCIDR, which rejects bits beyond the prefix since 1.36",
    guarded=False,
)
INVALID_ADDRESS = Rule(
    "invalid-address",
    "an IP address is not valid, or not allowed here",
    "IsValidIP",
    guarded=False,
)
_MAX_PORT = 65535
_PREFIX = re.compile("0|[1-9][0-9]{0,2}")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")


def is_port_name(text: str) -> bool:
    """Mirror ``IsValidPortName``, which follows IANA's service names."""
    return (
        0 < len(text) <= 15  # noqa: PLR2004 (IANA's)
        and bool(_LABEL.fullmatch(text))
        and "--" not in text
        and any(c.isalpha() for c in text)
    )


def is_cidr(value: str) -> bool:
    """Mirror ``IsValidCIDR``, which rejects bits beyond the prefix."""
    address, slash, prefix = value.partition("/")
    try:
        ipaddress.ip_network(value)
    except ValueError:
        return False
    return bool(slash) and is_address(address) and bool(_PREFIX.fullmatch(prefix))


def is_address(value: str) -> bool:
    """Mirror ``IsValidIP``, which rejects an IPv4 address written as IPv6."""
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return False
    return "%" not in value and not (address.version == 6 and address.ipv4_mapped)  # noqa: PLR2004 (IPv6)


port_name = must(
    INVALID_PORT_NAME, is_port_name, "a valid port name",
    "use at most 15 lowercase letters, digits and single -, with at least one letter",
)  # fmt: skip
ip_range = must(
    INVALID_CIDR, is_cidr, "a valid IP range",
    "use the first address and the prefix length, such as 192.0.2.0/24 or 2001:db8::/64",
)  # fmt: skip
ip_address = must(
    INVALID_ADDRESS, is_address, "a valid IP address", "use 192.0.2.1 or 2001:db8::1"
)
known_protocol = defaulted("TCP", "UDP", "SCTP")


def valid_port(value: Any) -> Complaints:
    """Check the number of a port, or its name where a name is allowed."""
    if isinstance(value, str):
        yield from port_name(value)
    elif not 1 <= value <= _MAX_PORT:
        yield INVALID_PORT.complaint(f"{value} is not a valid port", f"use 1 to {_MAX_PORT}")
