"""What a rule is, and the table of all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from labbuilder.errors import Path, Severity

__all__ = ["RULES", "Check", "Complaint", "OwnValues", "Rule", "Stop", "rule"]


class Stop(StrEnum):
    """Who would stop what a rule complains about, were it not for the rule."""

    API_SERVER = "the API server"
    ADMISSION = "an admission plug-in"
    KUBELET = "the kubelet"
    NOBODY = "nobody"


class OwnValues(StrEnum):
    """How a rule's verdict depends on the values that differ between labs of one shape."""

    UNREAD = "unread"
    """It reads none of them, or only those by which verdicts are kept apart."""
    GUARDED = "guarded"
    """It reads their form, for which `labbuilder.lab.verdicts` has a guard."""


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
    tolerated
        Whether it is a warning about a lab that labbuilder compiles, since sites and controllers
        have always been able to ask for it.
    only_own_fragments
        Whether a lab breaks it only by a site's own fragments, with which it is a warning.
    of_the_site
        Whether every lab of a site breaks it alike, so that a controller logs it once.
    about_absence
        Whether it misses something, which may be among what could not be judged.
    own_values
        How its verdict depends on a lab's own values.
    """

    code: str
    meaning: str
    mirrors: str
    stop: Stop
    severity: Severity
    tolerated: bool = False
    only_own_fragments: bool = False
    of_the_site: bool = False
    about_absence: bool = False
    own_values: OwnValues | None = None


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
    *,
    tolerated: bool = False,
    only_own_fragments: bool = False,
    of_the_site: bool = False,
    about_absence: bool = False,
    own_values: OwnValues | None = None,
) -> Rule:
    """Define a rule; the parameters are `Rule`'s."""
    found = Rule(
        code, meaning, mirrors, stop, severity, tolerated, only_own_fragments, of_the_site,
        about_absence, own_values,
    )  # fmt: skip
    RULES[code] = found
    return found
