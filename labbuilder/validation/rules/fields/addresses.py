"""Checks of IP addresses, ranges of them, and ports."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from labbuilder.validation.rules.combinators import defaulted, must
from labbuilder.validation.rules.rule import Complaints, Rule

__all__ = [
    "INVALID_ADDRESS", "INVALID_CIDR", "INVALID_PORT", "canonical_address", "canonical_range",
    "ip_address", "ip_range", "known_protocol", "parse_address", "parse_range", "port_name",
    "valid_port",
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
    "ValidateIPBlock; IsValidCIDR, which rejects zeros and bits without a meaning since 1.36",
    guarded=False,
)
INVALID_ADDRESS = Rule(
    "invalid-address",
    "an IP address is not valid, or not allowed here",
    "IsValidIP, which rejects zeros without a meaning since 1.36",
    guarded=False,
)
_MAX_PORT = 65535
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_ZEROS = re.compile(r"(?<![0-9a-fA-F])0+(?=[0-9])")
_NUMBER = re.compile("[0-9]{1,6}", re.ASCII)
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


def parse_address(value: str) -> Address | None:
    """Mirror ``ParseIPSloppy``, which ignores zeros before decimal numbers; None if it fails."""
    if "%" in value:
        return None
    try:
        return ipaddress.ip_address(_ZEROS.sub("", value) if "." in value else value)
    except ValueError:
        return None


def parse_range(value: str) -> Network | None:
    """Mirror ``ParseCIDRSloppy``, which ignores bits beyond the prefix; None if it fails."""
    address, slash, prefix = value.partition("/")
    parsed = parse_address(address)
    if not parsed or not slash or not _NUMBER.fullmatch(prefix):
        return None
    try:
        return ipaddress.ip_network(f"{parsed}/{int(prefix)}", strict=False)
    except ValueError:
        return None


def _is_canonical(value: str) -> bool:
    """Mirror ``IsValidIP``, which rejects an IPv4 address written as IPv6."""
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return False
    return not (address.version == 6 and address.ipv4_mapped)  # noqa: PLR2004 (IPv6)


def _is_canonical_range(value: str) -> bool:
    """Mirror ``IsValidCIDR``, which rejects bits beyond the prefix."""
    address, _, prefix = value.partition("/")
    try:
        ipaddress.ip_network(value)
    except ValueError:
        return False
    return _is_canonical(address) and bool(_PREFIX.fullmatch(prefix))


port_name = must(
    INVALID_PORT_NAME, is_port_name, "a valid port name",
    "use at most 15 lowercase letters, digits and single -, with at least one letter",
)  # fmt: skip
_RANGE_HINT = "use the first address and the prefix length, such as 192.0.2.0/24 or 2001:db8::/64"
_ADDRESS_HINT = "use 192.0.2.1 or 2001:db8::1"
ip_range = must(
    INVALID_CIDR, lambda text: bool(parse_range(text)), "a valid IP range", _RANGE_HINT
)
canonical_range = must(
    INVALID_CIDR, lambda text: not parse_range(text) or _is_canonical_range(text),
    "an IP range in its canonical form", _RANGE_HINT,
)  # fmt: skip
ip_address = must(
    INVALID_ADDRESS, lambda text: bool(parse_address(text)), "a valid IP address", _ADDRESS_HINT
)
canonical_address = must(
    INVALID_ADDRESS, lambda text: not parse_address(text) or _is_canonical(text),
    "an IP address in its canonical form", _ADDRESS_HINT,
)  # fmt: skip
known_protocol = defaulted("TCP", "UDP", "SCTP")


def valid_port(value: Any) -> Complaints:
    """Check the number of a port, or its name where a name is allowed."""
    if isinstance(value, str):
        yield from port_name(value)
    elif not 1 <= value <= _MAX_PORT:
        yield INVALID_PORT.complaint(f"{value} is not a valid port", f"use 1 to {_MAX_PORT}")
