"""What a rule is, and the table of all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from labbuilder.errors import Path, Severity

__all__ = ["RULES", "Check", "Complaint", "Rule", "Stop", "rule"]


class Stop(StrEnum):
    """Who would stop what a rule complains about, were it not for the rule."""

    API_SERVER = "the API server"
    ADMISSION = "an admission plug-in"
    KUBELET = "the kubelet"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Rule:
    """A reason for complaint that no schema knows.

    Attributes
    ----------
    code
        A stable name; see `labbuilder.Finding`.
    meaning
        What it stands for, in a few words.
    mirrors
        The Kubernetes validation that it mirrors, by the name of its function.
    stop
        Who refuses it in a cluster.
    severity
        A warning for what a site may want all the same.
    """

    code: str
    meaning: str
    mirrors: str
    stop: Stop
    severity: Severity


@dataclass(frozen=True, slots=True)
class Complaint:
    """A rule that something breaks.

    Attributes
    ----------
    rule
        The rule.
    message, hint
        As in `labbuilder.Finding`; no secret's value stands there.
    at
        Where, below what was checked.
    about_key
        Whether it is the key there that is wrong, rather than the value.
    """

    rule: Rule
    message: str
    hint: str = ""
    at: Path = ()
    about_key: bool = False


Check = Callable[[Any], Iterator[Complaint]]
"""Looks at one value of a manifest."""

RULES: dict[str, Rule] = {}
"""All rules by their codes."""


def rule(
    code: str,
    meaning: str,
    mirrors: str,
    stop: Stop = Stop.API_SERVER,
    severity: Severity = Severity.ERROR,
) -> Rule:
    """Define a rule."""
    RULES[code] = Rule(code, meaning, mirrors, stop, severity)
    return RULES[code]
