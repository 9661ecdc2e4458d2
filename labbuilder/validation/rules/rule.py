"""What rules, complaints and checks are, and the registries that collect them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from enum import StrEnum
from typing import Any, TypeVar

from labbuilder.errors import Path, Severity
from labbuilder.validation.rules.target import Target, minor

__all__ = [
    "CHECKS", "RULES", "Check", "Complaint", "Complaints", "Judge", "LabComplaints", "Object",
    "Rule", "Stop", "before", "check_fields", "checks", "checks_of", "since",
]  # fmt: skip

Object = Mapping[str, Any]
"""A mapping in a manifest."""


class Stop(StrEnum):
    """The component that enforces a rule in a cluster."""

    API_SERVER = "kube-apiserver"
    ADMISSION = "an admission plugin"
    KUBELET = "kubelet"
    NOBODY = "nothing"


@dataclass(frozen=True, slots=True)
class Rule:
    """Something that a cluster rejects or silently ignores, and that no schema describes.

    A rule that is defined is registered in `RULES`.

    Attributes
    ----------
    code
        A stable name; see `labbuilder.Finding`.
    meaning
        What is wrong, in a few words.
    mirrors
        The function of Kubernetes that it mirrors.
    stop
        The component that enforces it.
    severity
        A warning if a site may do it on purpose.
    guarded
        Whether it reads the form of values that differ between labs of one shape, for which
        `labbuilder.lab.verdicts` has a guard. Otherwise it reads none of them, or only those by
        which verdicts are kept apart.
    only_own_fragments
        Whether only a site's own fragments can break it, for which it is a warning.
    of_the_site
        Whether all labs of a site break it or none, so that a controller logs it once.
    about_absence
        Whether it is about something missing, which may be among what couldn't be judged.
    only_new
        Whether it is about fields that a cluster fills in, and says nothing of live objects.
    """

    code: str
    meaning: str
    mirrors: str
    stop: Stop = Stop.API_SERVER
    severity: Severity = Severity.ERROR
    _: KW_ONLY
    guarded: bool
    only_own_fragments: bool = False
    of_the_site: bool = False
    about_absence: bool = False
    only_new: bool = False

    def __post_init__(self) -> None:
        if RULES.setdefault(self.code, self) is not self:
            raise ValueError(f"two rules have the code {self.code}")

    @property
    def can_be_accepted(self) -> bool:
        """Whether a site may have labs that break it all the same: a cluster refuses those."""
        return self.severity is Severity.ERROR and self.stop is not Stop.NOBODY

    def complaint(
        self,
        message: str,
        hint: str = "",
        at: Path = (),
        *,
        about_key: bool = False,
        severity: Severity | None = None,
    ) -> Complaint:
        """Complain about a violation of the rule."""
        return Complaint(self, message, hint, at, about_key, severity)


@dataclass(frozen=True, slots=True)
class Complaint:
    """One violation of a rule.

    Attributes
    ----------
    rule
        The rule.
    message, hint
        As in `labbuilder.Finding`; they never contain a secret's value.
    at
        The path, from the value that was checked.
    about_key
        Whether the key at that path is wrong, rather than the value.
    severity
        The rule's own, if it is None.
    """

    rule: Rule
    message: str
    hint: str = ""
    at: Path = ()
    about_key: bool = False
    severity: Severity | None = None


Complaints = Iterator[Complaint]
LabComplaints = Iterator[tuple[int, Complaint]]
"""Complaints with the index of the manifest that each is about."""
Check = Callable[[Any], Complaints]
"""Checks one value of a manifest."""
Judge = Callable[[Sequence[Object], Target], LabComplaints]
"""Checks manifests together for a cluster; the schemas accept each of them."""

RULES: dict[str, Rule] = {}
"""All rules, by their codes."""
CHECKS: defaultdict[str, list[Check]] = defaultdict(list)
"""All checks, by a type such as ``Container`` or its field such as ``Container.name``."""

_Check = TypeVar("_Check", bound=Check)


@dataclass(frozen=True, slots=True)
class _OfVersions:
    """A check for Kubernetes versions from a first one on, up to a last one."""

    check: Check
    first: int = 0
    last: int = 10**6

    def __call__(self, value: Any) -> Complaints:
        return self.check(value)


def since(version: str, check: Check) -> Check:
    """Make a check that holds from a Kubernetes version such as ``1.36`` on; for registering."""
    return _OfVersions(check, first=minor(version))


def before(version: str, check: Check) -> Check:
    """Make a check that holds for older Kubernetes versions only; for registering."""
    return _OfVersions(check, last=minor(version) - 1)


def checks_of(version: str) -> dict[str, list[Check]]:
    """Return the checks that hold for a Kubernetes version, by types and fields."""
    number = minor(version)
    return {
        name: [
            check
            for check in registered
            if not isinstance(check, _OfVersions) or check.first <= number <= check.last
        ]
        for name, registered in CHECKS.items()
    }


def checks(*types: str) -> Callable[[_Check], _Check]:
    """Register a check of every value of some types; a decorator."""

    def register(check: _Check) -> _Check:
        for name in types:
            CHECKS[name].append(check)
        return check

    return register


def check_fields(*types: str, **fields: Check) -> None:
    """Register checks of fields, given by name, which all of these types have."""
    for name in types:
        for field, check in fields.items():
            CHECKS[f"{name}.{field}"].append(check)
