"""Makes checks of single values: words from a list, numbers, lists, what must be filled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from labbuilder.errors import Path, Severity, shown
from labbuilder.validation.rules.rule import Check, Complaint, Rule, Stop, rule

__all__ = [
    "CLUSTER_DECIDES",
    "DUPLICATE",
    "INVALID_VALUE",
    "MISPLACED",
    "MISSING_VALUE",
    "ONE_OF_MANY",
    "Object",
    "at_least",
    "at_most",
    "both",
    "defaulted",
    "different",
    "each_of",
    "exactly_one",
    "filled",
    "forbidden",
    "keys_of",
    "misplaced",
    "must",
    "named_reference",
    "needs",
    "needs_spec",
    "one_of",
    "optional",
    "seconds",
]

INVALID_VALUE = rule(
    "invalid-value",
    "a word or number isn't among those that the field takes",
    "field.NotSupported and field.Invalid, in the validation of its type",
)
MISSING_VALUE = rule(
    "missing-value", "a field that must be filled is empty or absent", "field.Required"
)


def must(rule: Rule, test: Callable[[Any], bool], what: str, hint: str = "") -> Check:
    """Make the check of a value that must pass a test."""

    def check(value: Any) -> Iterator[Complaint]:
        if not test(value):
            yield Complaint(rule, f"{shown(value)} is not {what}", hint)

    return check


def one_of(*words: str) -> Check:
    """Make the check of a field that takes these words only."""
    return must(INVALID_VALUE, set(words).__contains__, f"one of {', '.join(words)}")


def filled(value: Any) -> Iterator[Complaint]:
    """Check that a value isn't empty."""
    if not value:
        yield Complaint(MISSING_VALUE, "must not be empty", "fill it in")


def optional(check: Check) -> Check:
    """Make a check that lets what is empty pass, as absent."""

    def check_given(value: Any) -> Iterator[Complaint]:
        if value:
            yield from check(value)

    return check_given


def defaulted(*words: str) -> Check:
    """Make the check of a field that the API server fills with a default where it is empty."""
    return optional(one_of(*words))


def at_least(least: int, most: int = 2**63 - 1) -> Check:
    """Make the check of a number."""
    what = f"a number from {least}" + (f" to {most}" if most < 2**63 - 1 else "")
    return must(INVALID_VALUE, lambda number: least <= number <= most, what)


def each_of(check: Check) -> Check:
    """Make the check of a list, each of whose items is checked."""

    def check_all(values: Any) -> Iterator[Complaint]:
        for i, value in enumerate(values):
            for complaint in check(value):
                yield replace(complaint, at=(i,))

    return check_all


def keys_of(check: Check) -> Check:
    """Make the check of a mapping, each of whose keys is checked."""

    def check_keys(mapping: Mapping[str, Any]) -> Iterator[Complaint]:
        for key in mapping:
            for complaint in check(key):
                yield replace(complaint, at=(key,), about_key=True)

    return check_keys


def both(*checks: Check) -> Check:
    """Make one check of several."""

    def check_both(value: Any) -> Iterator[Complaint]:
        for check in checks:
            yield from check(value)

    return check_both


seconds = at_least(0)
Object = Mapping[str, Any]
DUPLICATE = rule(
    "duplicate",
    "two items of a list that must differ are the same, so that one would replace the other",
    "server-side apply, which merges by the schemas' list-map-keys; where names are concerned, "
    "ValidateVolumes, ValidateVolumeMounts and validateContainers as well",
)
MISPLACED = rule(
    "misplaced-field",
    "a field stands where another one, or its place, forbids it",
    "field.Forbidden, in the validation of its type",
)
CLUSTER_DECIDES = rule(
    "cluster-decides",
    "a manifest asks for what only some clusters have, and others refuse",
    "the allocators of addresses and node ports; the admission plug-ins Priority and RuntimeClass",
    Stop.ADMISSION,
    Severity.WARNING,
)
ONE_OF_MANY = rule(
    "one-of",
    "exactly one of several fields must be there, and there are more or none",
    "validateVolumeSource, validateEnvVarValueFrom, ValidateNetworkPolicyPeer",
)


def needs_spec(*checks: Check) -> Check:
    """Make the check of a kind that can't do without a spec."""

    def check_spec(value: Object) -> Iterator[Complaint]:
        if "spec" not in value:
            yield Complaint(MISSING_VALUE, "is missing", "write what it is to be", ("spec",))
        for check in checks:
            yield from check(value)

    return check_spec


def needs(field: str) -> Check:
    """Make the check of a reference that must name what it refers to."""

    def check_reference(value: Object) -> Iterator[Complaint]:
        if not value.get(field):
            yield Complaint(MISSING_VALUE, "is missing", "name what is meant", (field,))

    return check_reference


def exactly_one(*fields: str) -> Check:
    """Make the check of a type of which exactly one field must be there."""

    def check_fields(value: Object) -> Iterator[Complaint]:
        if sum(field in value for field in fields) != 1:
            message = f"needs one of {', '.join(fields)}"
            yield Complaint(ONE_OF_MANY, message, "leave one of them")

    return check_fields


def at_most(count: int, what: str) -> Check:
    """Make the check of a list that must not be longer."""

    def check_length(values: Sequence[Any]) -> Iterator[Complaint]:
        if len(values) > count:
            message = f"has {len(values)} {what}, and Kubernetes takes {count}"
            yield Complaint(INVALID_VALUE, message, "leave some out")

    return check_length


def different(values: Sequence[Any]) -> Iterator[Complaint]:
    """Check a list whose items must differ."""
    for i, value in enumerate(values):
        if value in values[:i]:
            yield Complaint(DUPLICATE, "stands twice", "keep one of the two", (i,))


def forbidden(why: str) -> Check:
    """Make the check of a field that must not be there at all."""

    def check_absent(_: Any) -> Iterator[Complaint]:
        yield Complaint(MISPLACED, why, "leave it out")

    return check_absent


def misplaced(
    value: Object, fields: Sequence[str], why: str, at: Path = ()
) -> Iterator[Complaint]:
    """Complain of those of some fields that are there."""
    for field in fields:
        if value.get(field) not in (None, "", False, 0):
            yield Complaint(MISPLACED, why, "leave it out", (*at, field))


named_reference = needs("name")
