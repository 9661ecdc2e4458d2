"""The checks of all modules that judge one object at a time, by type and by field."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from labbuilder.validation.rules.fields import (
    addresses,
    amounts,
    claims,
    containers,
    contents,
    devices,
    environment,
    metadata,
    mounting,
    naming,
    pods,
    policies,
    probes,
    projections,
    quotas,
    scheduling,
    security,
    services,
    topology,
    volumes,
    windows,
)
from labbuilder.validation.rules.rule import Check
from labbuilder.validation.rules.walk import Tables

__all__ = ["TABLES"]

_MODULES = (
    addresses, amounts, claims, containers, contents, devices, environment, metadata, mounting,
    naming, pods, policies, probes, projections, quotas, scheduling, security, services, topology,
    volumes, windows,
)  # fmt: skip


def _merged(tables: Sequence[Mapping[str, Check]]) -> dict[str, list[Check]]:
    found: defaultdict[str, list[Check]] = defaultdict(list)
    for table in tables:
        for key, check in table.items():
            found[key].append(check)
    return dict(found)


TABLES = Tables(
    _merged([module.TYPES for module in _MODULES]),
    _merged([module.FIELDS for module in _MODULES]),
)
"""All of them."""
