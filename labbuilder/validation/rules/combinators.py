"""Functions that make checks, and the rules that they share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from labbuilder.errors import Path, Severity, shown
from labbuilder.validation.rules.rule import Check, Complaints, Object, Rule, Stop

__all__ = [
    "CLUSTER_DECIDES", "DUPLICATE", "INVALID_VALUE", "MISPLACED", "MISSING_VALUE", "ONE_OF_MANY",
    "at_least", "at_most", "both", "defaulted", "distinct", "distinct_by", "each_of",
    "exactly_one", "filled", "keys_of", "misplaced", "must", "must_match", "named_reference",
    "needs", "needs_spec", "one_of", "optional", "placed", "repeated", "required", "seconds",
    "unset", "values_of",
]  # fmt: skip

INVALID_VALUE = Rule(
    "invalid-value",
    "a word or number is not one that the field accepts",
    "field.NotSupported and field.Invalid, in the validation of the type",
    guarded=False,
)
MISSING_VALUE = Rule(
    "missing-value", "a required field is missing or empty", "field.Required", guarded=True
)
DUPLICATE = Rule(
    "duplicate",
    "two items of a list are the same where they must differ, so that one would replace the other",
    "server-side apply, which merges by the schemas' list-map-keys; ValidateVolumes, "
    "ValidateVolumeMounts and validateContainers",
    guarded=False,
)
MISPLACED = Rule(
    "misplaced-field",
    "a field is not allowed here, or together with another field",
    "field.Forbidden, in the validation of the type",
    guarded=False,
)
CLUSTER_DECIDES = Rule(
    "cluster-decides",
    "a field asks for something that only some clusters have",
    "the allocators of addresses and node ports; the admission plugins Priority and RuntimeClass",
    Stop.ADMISSION,
    Severity.WARNING,
    guarded=False,
    only_new=True,
)
ONE_OF_MANY = Rule(
    "one-of",
    "exactly one of several fields is required, and there are more or none",
    "validateVolumeSource, validateEnvVarValueFrom, ValidateNetworkPolicyPeer",
    guarded=False,
)


def must(rule: Rule, test: Callable[[Any], bool], what: str, hint: str = "") -> Check:
    """Make a check that a value passes a test; the message is that it is not `what`."""

    def check(value: Any) -> Complaints:
        if not test(value):
            text = shown(value)
            quoted = text.strip("'") if isinstance(value, int) else text
            yield rule.complaint(f"{quoted} is not {what}", hint)

    return check


def must_match(rule: Rule, pattern: str, what: str, hint: str = "") -> Check:
    """Make a check that a text as a whole matches a regular expression."""
    compiled = re.compile(pattern)
    return must(rule, lambda text: bool(compiled.fullmatch(text)), what, hint)


def one_of(*words: str) -> Check:
    """Make a check that a field has one of these values."""
    return must(INVALID_VALUE, set(words).__contains__, f"one of {', '.join(words)}")


def at_least(least: int, most: int = 2**63 - 1) -> Check:
    """Make a check that a number is in a range."""
    bounds = f"from {least} to {most}" if most < 2**63 - 1 else f"{least} or more"

    def check_number(number: int) -> Complaints:
        if not least <= number <= most:
            given = shown(number).strip("'")
            yield INVALID_VALUE.complaint(f"must be {bounds}, not {given}")

    return check_number


seconds = at_least(0)


def at_most(count: int, what: str) -> Check:
    """Make a check that a list has at most so many items."""

    def check_length(values: Sequence[Any]) -> Complaints:
        if len(values) > count:
            message = f"must have at most {count} {what}, not {len(values)}"
            yield INVALID_VALUE.complaint(message, "remove some")

    return check_length


def filled(value: Any) -> Complaints:
    """Check that a value is not empty."""
    if not value:
        yield MISSING_VALUE.complaint("must not be empty", "set a value")


def unset(rule: Rule, why: str, hint: str = "remove it") -> Check:
    """Make a check that a field is absent or empty."""

    def check_unset(value: Any) -> Complaints:
        if value:
            yield rule.complaint(why, hint)

    return check_unset


def optional(check: Check) -> Check:
    """Make a check that also accepts an empty value."""

    def check_given(value: Any) -> Complaints:
        if value:
            yield from check(value)

    return check_given


def required(check: Check) -> Check:
    """Make a check that reports an empty value as missing."""
    return both(filled, optional(check))


def defaulted(*words: str) -> Check:
    """Make a check that a field has one of these values, or is empty and gets the default."""
    return optional(one_of(*words))


def both(*checks: Check) -> Check:
    """Make one check of several."""

    def check_both(value: Any) -> Complaints:
        for check in checks:
            yield from check(value)

    return check_both


def each_of(check: Check) -> Check:
    """Make a check of every item of a list."""

    def check_all(values: Any) -> Complaints:
        for i, value in enumerate(values):
            yield from placed(check(value), (i,))

    return check_all


def keys_of(check: Check) -> Check:
    """Make a check of every key of a mapping."""

    def check_keys(mapping: Object) -> Complaints:
        for key in mapping:
            for complaint in check(key):
                yield replace(complaint, at=(key,), about_key=True)

    return check_keys


def values_of(check: Check) -> Check:
    """Make a check of every value of a mapping."""

    def check_values(mapping: Object) -> Complaints:
        for key, value in mapping.items():
            yield from placed(check(value), (key,))

    return check_values


def placed(complaints: Complaints, path: Path) -> Complaints:
    """Put a path before the paths of complaints."""
    return (replace(complaint, at=path + complaint.at) for complaint in complaints)


def repeated(values: Sequence[Any]) -> Iterator[int]:
    """List the indices of values that also come earlier; the values are scalars, or tuples."""
    seen = set()
    for i, value in enumerate(values):
        if value in seen:
            yield i
        seen.add(value)


def distinct(values: Sequence[Any]) -> Complaints:
    """Check that the items of a list differ."""
    for i in repeated(values):
        yield DUPLICATE.complaint("is duplicated", "remove one of them", (i,))


def distinct_by(field: str) -> Check:
    """Make a check that the items of a list differ in a field."""

    def check_items(values: Sequence[Object]) -> Complaints:
        for complaint in distinct([value[field] for value in values]):
            yield replace(complaint, at=(*complaint.at, field))

    return check_items


def needs(field: str) -> Check:
    """Make a check that a field is set."""

    def check_set(value: Object) -> Complaints:
        if not value.get(field):
            yield MISSING_VALUE.complaint("is missing", f"set {field}", (field,))

    return check_set


named_reference = needs("name")


def needs_spec(value: Object) -> Complaints:
    """Check that an object has a spec."""
    if "spec" not in value:
        yield MISSING_VALUE.complaint("is missing", "add a spec", ("spec",))


def exactly_one(*fields: str) -> Check:
    """Make a check that exactly one of some fields is there."""

    def check_fields(value: Object) -> Complaints:
        if sum(field in value for field in fields) != 1:
            message = f"must have exactly one of {', '.join(fields)}"
            yield ONE_OF_MANY.complaint(message, "set one and remove the others")

    return check_fields


def misplaced(value: Object, fields: Sequence[str], why: str, at: Path = ()) -> Complaints:
    """Complain about each of some fields that is set."""
    for field in fields:
        if value.get(field) not in (None, "", False, 0, []):
            yield MISPLACED.complaint(why, "remove it", (*at, field))
