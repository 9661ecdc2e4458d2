"""Rules about environment variables and the downward API."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from labbuilder import names
from labbuilder.errors import shown
from labbuilder.quantity import parse_quantity
from labbuilder.validation.rules.combinators import (
    INVALID_VALUE,
    MISSING_VALUE,
    ONE_OF_MANY,
    Object,
    must,
    named_reference,
    optional,
)
from labbuilder.validation.rules.fields.amounts import amount_of
from labbuilder.validation.rules.fields.naming import class_name, config_map_key, dns_label
from labbuilder.validation.rules.fields.volumes import no_steps_back
from labbuilder.validation.rules.lab.places import UNKNOWN_VOLUME
from labbuilder.validation.rules.rule import Check, Complaint, rule

__all__ = ["FIELDS", "INVALID_ENV_NAME", "TYPES"]

INVALID_ENV_NAME = rule(
    "invalid-env-name",
    "the name of an environment variable isn't one",
    "IsEnvVarName; from 1.32 on IsRelaxedEnvVarName, which minds = and what isn't ASCII only",
)
_env_name = must(
    INVALID_ENV_NAME, names.is_env_var_name, "the name of an environment variable",
    "use letters, digits, -, _ and ., no digit first",
)  # fmt: skip
_ENV_SOURCES = ("configMapKeyRef", "fieldRef", "fileKeyRef", "resourceFieldRef", "secretKeyRef")


def _env_var(value: Object) -> Iterator[Complaint]:
    source = value.get("valueFrom")
    if source is None:
        return
    if value.get("value"):
        message = "a variable has a value or is taken from elsewhere"
        yield Complaint(ONE_OF_MANY, message, "leave one of them", ("valueFrom",))
    if len([name for name in _ENV_SOURCES if name in source]) != 1:
        message = "needs exactly one source"
        yield Complaint(
            ONE_OF_MANY, message, f"use one of {', '.join(_ENV_SOURCES)}", ("valueFrom",)
        )


def _env_from(value: Object) -> Iterator[Complaint]:
    if ("configMapRef" in value) == ("secretRef" in value):
        yield Complaint(ONE_OF_MANY, "needs a configMapRef or a secretRef", "leave one of them")


_POD_FIELDS = {
    "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName",
    "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
}  # fmt: skip
_SUBSCRIPT = re.compile(r"metadata\.(labels|annotations)\['(.*)'\]", re.DOTALL)
_FILE_FIELDS = {
    "metadata.name", "metadata.namespace", "metadata.uid", "metadata.labels",
    "metadata.annotations",
}  # fmt: skip


def _field(reference: Object, fields: set[str], what: str) -> Iterator[Complaint]:
    path = reference.get("fieldPath", "")
    subscript = _SUBSCRIPT.fullmatch(path)
    key = subscript[2] if subscript else ""
    known = names.is_qualified_name(key.lower() if "annotations" in path else key)
    if not (known if subscript else path in fields):
        message = f"{shown(path)} is no field that a {what} can have"
        hint = f"use one of {', '.join(sorted(fields))}"
        yield Complaint(INVALID_VALUE, message, hint, ("fieldRef", "fieldPath"))
    if reference.get("apiVersion", "v1") not in {"", "v1"}:
        yield Complaint(INVALID_VALUE, "must be v1", "leave it out", ("fieldRef", "apiVersion"))


def _env_source(value: Object) -> Iterator[Complaint]:
    if "fieldRef" in value:
        yield from _field(value["fieldRef"], _POD_FIELDS, "variable")


def _downward_file(value: Object) -> Iterator[Complaint]:
    if ("fieldRef" in value) == ("resourceFieldRef" in value):
        message = "needs a fieldRef or a resourceFieldRef"
        yield Complaint(ONE_OF_MANY, message, "leave one of them")
    if "fieldRef" in value:
        yield from _field(value["fieldRef"], _FILE_FIELDS, "file")
    if "resourceFieldRef" in value and not value["resourceFieldRef"].get("containerName"):
        at = ("resourceFieldRef", "containerName")
        yield Complaint(MISSING_VALUE, "a file's resource is a container's", "name it", at)


_DIVISORS = {f"1{unit}" for unit in ("", *"kMGTPE", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")}


def _divisor(resource: str, divisor: Any) -> Iterator[Complaint]:
    amount = amount_of(divisor)
    allowed = {"1m", "1"} if resource.endswith(".cpu") else _DIVISORS
    if amount and all(amount != parse_quantity(each) for each in allowed):
        hint = "use 1m or 1" if resource.endswith(".cpu") else "use 1, 1Mi and the like"
        message = f"{shown(divisor)} is no unit of {resource}"
        yield Complaint(INVALID_VALUE, message, hint, ("divisor",))


def _resource_field(value: Object) -> Iterator[Complaint]:
    resource = value.get("resource", "")
    kind, _, name = resource.partition(".")
    if kind not in {"limits", "requests"} or (
        name not in {"cpu", "memory", "ephemeral-storage"} and not name.startswith("hugepages-")
    ):
        hint = "write limits.cpu, requests.memory and the like"
        yield Complaint(INVALID_VALUE, f"{shown(resource)} is no resource", hint, ("resource",))
    else:
        yield from _divisor(resource, value.get("divisor", 0))


def _file_keys(spec: Object) -> Iterator[Complaint]:
    """Check variables that are taken from files, which only an emptyDir can hold."""
    for kind in ("initContainers", "containers"):
        for i, container in enumerate(spec.get(kind, ())):
            for k, variable in enumerate(container.get("env", ())):
                reference = variable.get("valueFrom", {}).get("fileKeyRef")
                if reference and not any(
                    volume["name"] == reference["volumeName"] and "emptyDir" in volume
                    for volume in spec.get("volumes", ())
                ):
                    at = (kind, i, "env", k, "valueFrom", "fileKeyRef", "volumeName")
                    message = f"{shown(reference['volumeName'])} is no emptyDir of the pod"
                    yield Complaint(UNKNOWN_VOLUME, message, "name one", at)


FIELDS: dict[str, Check] = {
    "FileKeySelector.key": _env_name,
    "FileKeySelector.path": no_steps_back,
    "FileKeySelector.volumeName": dns_label,
    "EnvVar.name": _env_name,
    "EnvFromSource.prefix": optional(_env_name),
    "ConfigMapEnvSource.name": class_name,
    "SecretEnvSource.name": class_name,
    "ConfigMapKeySelector.name": class_name,
    "ConfigMapKeySelector.key": config_map_key,
    "SecretKeySelector.name": class_name,
    "SecretKeySelector.key": config_map_key,
}
"""The checks by type and field."""

TYPES: dict[str, Check] = {
    "PodSpec": _file_keys,
    "EnvVar": _env_var,
    "EnvVarSource": _env_source,
    "EnvFromSource": _env_from,
    "DownwardAPIVolumeFile": _downward_file,
    "ResourceFieldSelector": _resource_field,
    "ConfigMapEnvSource": named_reference,
    "ConfigMapKeySelector": named_reference,
    "SecretEnvSource": named_reference,
    "SecretKeySelector": named_reference,
}
"""The checks by type."""
