"""Checks of environment variables and of the downward API."""

from __future__ import annotations

import re
from typing import Any

from labbuilder import names
from labbuilder.errors import shown
from labbuilder.manifest import containers
from labbuilder.quantity import parse_quantity
from labbuilder.validation.rules.combinators import (
    INVALID_VALUE,
    MISSING_VALUE,
    ONE_OF_MANY,
    exactly_one,
    must,
    must_match,
    named_reference,
    optional,
)
from labbuilder.validation.rules.fields.amounts import STANDARD_RESOURCES, signed_amount_of
from labbuilder.validation.rules.fields.naming import class_name, config_map_key, dns_label
from labbuilder.validation.rules.fields.volumes import UNKNOWN_VOLUME, no_steps_back
from labbuilder.validation.rules.rule import (
    Complaints,
    Object,
    Rule,
    before,
    check_fields,
    checks,
    since,
)

INVALID_ENV_NAME = Rule(
    "invalid-env-name",
    "the name of an environment variable is not valid",
    "IsEnvVarName until 1.31; IsRelaxedEnvVarName, which only rejects = and non-ASCII text",
    guarded=False,
)
_old_env_name = must(
    INVALID_ENV_NAME, names.is_env_var_name, "a valid name of an environment variable",
    "use letters, digits, -, _ and ., not starting with a digit",
)  # fmt: skip
_env_name = must_match(
    INVALID_ENV_NAME, "[ -<>-~]+", "a valid name of an environment variable",
    "use letters, digits, -, _ and .",
)  # fmt: skip
_ENV_SOURCES = ("configMapKeyRef", "fieldRef", "fileKeyRef", "resourceFieldRef", "secretKeyRef")
_ENV_FIELDS = {
    "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName",
    "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
}  # fmt: skip
_FILE_FIELDS = {
    "metadata.name", "metadata.namespace", "metadata.uid", "metadata.labels",
    "metadata.annotations",
}  # fmt: skip
_SUBSCRIPT = re.compile(r"metadata\.(labels|annotations)\['(.*)'\]", re.DOTALL)
_DIVISORS = {f"1{unit}" for unit in ("", *"kMGTPE", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")}


@checks("EnvVar")
def _env_var(value: Object) -> Complaints:
    source, at = value.get("valueFrom"), ("valueFrom",)
    if source is None:
        return
    if value.get("value"):
        yield ONE_OF_MANY.complaint("can't be combined with value", "remove one of them", at)
    if sum(name in source for name in _ENV_SOURCES) != 1:
        message = "must have exactly one source"
        yield ONE_OF_MANY.complaint(message, f"use one of {', '.join(_ENV_SOURCES)}", at)


def _field(reference: Object, fields: set[str], what: str) -> Complaints:
    path = reference.get("fieldPath", "")
    subscript = _SUBSCRIPT.fullmatch(path)
    key = subscript[2] if subscript else ""
    known = names.is_qualified_name(key.lower() if "annotations" in path else key)
    if not (known if subscript else path in fields):
        message = f"{shown(path)} is not available to {what}"
        hint = f"use one of {', '.join(sorted(fields))}"
        yield INVALID_VALUE.complaint(message, hint, ("fieldRef", "fieldPath"))
    if reference.get("apiVersion", "v1") not in {"", "v1"}:
        yield INVALID_VALUE.complaint("must be v1", "remove it", ("fieldRef", "apiVersion"))


@checks("EnvVarSource")
def _env_source(value: Object) -> Complaints:
    if "fieldRef" in value:
        yield from _field(value["fieldRef"], _ENV_FIELDS, "environment variables")


@checks("DownwardAPIVolumeFile")
def _downward_file(value: Object) -> Complaints:
    yield from exactly_one("fieldRef", "resourceFieldRef")(value)
    if "fieldRef" in value:
        yield from _field(value["fieldRef"], _FILE_FIELDS, "files")
    if "resourceFieldRef" in value and not value["resourceFieldRef"].get("containerName"):
        at = ("resourceFieldRef", "containerName")
        yield MISSING_VALUE.complaint("is required for a file", "name the container", at)


@checks("ResourceFieldSelector")
def _resource_field(value: Object) -> Complaints:
    resource = value.get("resource", "")
    kind, _, name = resource.partition(".")
    if kind not in {"limits", "requests"} or (
        name not in STANDARD_RESOURCES and not name.startswith("hugepages-")
    ):
        message = f"{shown(resource)} is not a limit or request"
        hint = "use limits.cpu, requests.memory or the like"
        yield INVALID_VALUE.complaint(message, hint, ("resource",))
    else:
        yield from _divisor(resource, value.get("divisor", 0))


def _divisor(resource: str, divisor: Any) -> Complaints:
    amount = signed_amount_of(divisor)
    is_cpu = resource.endswith(".cpu")
    allowed = {"1m", "1"} if is_cpu else _DIVISORS
    if amount and all(amount != parse_quantity(each) for each in allowed):
        hint = "use 1m or 1" if is_cpu else "use 1, 1Mi or the like"
        message = f"{shown(divisor)} is not a unit of {resource}"
        yield INVALID_VALUE.complaint(message, hint, ("divisor",))


@checks("PodSpec")
def _file_keys(spec: Object) -> Complaints:
    """Check variables that are read from files, which only an emptyDir may contain."""
    volumes = {each["name"] for each in spec.get("volumes", ()) if "emptyDir" in each}
    for path, container in containers(spec):
        for i, variable in enumerate(container.get("env", ())):
            reference = variable.get("valueFrom", {}).get("fileKeyRef")
            if reference and reference["volumeName"] not in volumes:
                at = (*path, "env", i, "valueFrom", "fileKeyRef", "volumeName")
                message = f"{shown(reference['volumeName'])} is not an emptyDir volume of the pod"
                yield UNKNOWN_VOLUME.complaint(message, "name such a volume", at)


checks("EnvFromSource")(exactly_one("configMapRef", "secretRef"))
checks("ConfigMapEnvSource", "ConfigMapKeySelector", "SecretEnvSource", "SecretKeySelector")(
    named_reference
)
check_fields("EnvVar", name=before("1.32", _old_env_name))
check_fields("EnvVar", name=since("1.32", _env_name))
check_fields("EnvFromSource", prefix=before("1.32", optional(_old_env_name)))
check_fields("EnvFromSource", prefix=since("1.32", optional(_env_name)))
check_fields("ConfigMapEnvSource", "SecretEnvSource", name=class_name)
check_fields("ConfigMapKeySelector", "SecretKeySelector", name=class_name, key=config_map_key)
check_fields("FileKeySelector", key=_env_name, path=no_steps_back, volumeName=dns_label)
