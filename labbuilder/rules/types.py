"""Rules about the fields of one object together."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from labbuilder import names
from labbuilder.errors import Path, Severity, shown
from labbuilder.quantity import parse_quantity
from labbuilder.rules.fields import (
    INVALID_ADDRESS,
    INVALID_CIDR,
    INVALID_LABEL_VALUE,
    INVALID_NAME,
    INVALID_PATH,
    INVALID_PORT,
    INVALID_QUANTITY,
    INVALID_VALUE,
    MISSING_VALUE,
    OBJECT_COUNTS,
    decode,
    dns_label,
    dns_subdomain,
    is_address,
    quantity,
    service_name,
)
from labbuilder.rules.rule import Check, Complaint, Stop, rule

__all__ = ["TYPES"]

Object = Mapping[str, Any]

TOO_LARGE = rule(
    "too-large",
    "a ConfigMap or Secret holds more than 1 MiB",
    "ValidateConfigMap, ValidateSecret (MaxSecretSize)",
)
INVALID_SECRET = rule(
    "invalid-secret", "a Secret lacks what its type promises, or it can't be read",
    "ValidateSecret",
)  # fmt: skip
ONE_OF_MANY = rule(
    "one-of",
    "exactly one of several fields must be there, and there are more or none",
    "validateVolumeSource, validateEnvVarValueFrom, ValidateNetworkPolicyPeer",
)
INVALID_SELECTOR = rule(
    "invalid-selector", "a requirement's operator and its values don't go together",
    "ValidateLabelSelectorRequirement, ValidateNodeSelectorRequirement",
)  # fmt: skip
UNMATCHABLE_NODE = rule(
    "unmatchable-node",
    "a requirement compares with what is no number, so that no node meets it",
    "the scheduler's labels.NewRequirement",
    Stop.NOBODY,
)
INVALID_TOLERATION = rule(
    "invalid-toleration", "the parts of a toleration don't go together", "ValidateTolerations"
)
REQUESTS_EXCEED_LIMITS = rule(
    "requests-exceed-limits",
    "a container requests more than its limit, or less of what can't be shared",
    "validateResourceRequirements",
)
INVALID_ACCESS_MODES = rule(
    "invalid-access-modes",
    "a claim names no access mode, or one that can't stand with others",
    "ValidatePersistentVolumeClaimSpec",
)
CONTRADICTION = rule(
    "contradicting-security-context",
    "a security context both grants and denies the same",
    "ValidateSecurityContext",
)
ROOT_CONTRADICTION = rule(
    "runs-as-root",
    "a container must not run as root, and is told to be root",
    "verifyRunAsNonRoot",
    Stop.KUBELET,
)

UNKNOWN_MEDIUM = rule(
    "unknown-medium",
    "an emptyDir is to be on a medium that there isn't",
    "the set-up of emptyDir volumes",
    Stop.KUBELET,
)
VOLUME_WITHOUT_SOURCE = rule(
    "volume-without-source",
    "a volume names no source, and is an empty folder",
    "SetDefaults_Volume",
    Stop.NOBODY,
    Severity.WARNING,
)

_MEBIBYTE = 1024**2
_MAX_WEIGHT = 100
"""Of a preference of the scheduler."""


def _text_size(mapping: Mapping[str, str]) -> int:
    return sum(len(value.encode(errors="replace")) for value in mapping.values())


def _decoded(mapping: Mapping[str, str]) -> dict[str, bytes]:
    """Decode what can be; the rest has been complained about."""
    found = {}
    for key, value in mapping.items():
        try:
            found[key] = decode(value)
        except ValueError:
            found[key] = b""
    return found


def _config_map(value: Object) -> Iterator[Complaint]:
    data, binary = value.get("data", {}), value.get("binaryData", {})
    for key in sorted(data.keys() & binary.keys()):
        yield Complaint(INVALID_VALUE, "is in data as well", "keep it once", ("binaryData", key))
    size = _text_size(data) + sum(map(len, _decoded(binary).values()))
    if size > _MEBIBYTE:
        message = f"holds {size} bytes, and Kubernetes takes {_MEBIBYTE}"
        yield Complaint(TOO_LARGE, message, "put large files on a volume", ("data",))


_SECRET_KEYS = {
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
}
_ONE_SECRET_KEY = {"kubernetes.io/basic-auth": ("username", "password")}


def _secret(value: Object) -> Iterator[Complaint]:
    plain = {
        key: text.encode(errors="replace") for key, text in value.get("stringData", {}).items()
    }
    data = _decoded(value.get("data", {})) | plain
    size = sum(map(len, data.values()))
    if size > _MEBIBYTE:
        message = f"holds {size} bytes, and Kubernetes takes {_MEBIBYTE}"
        yield Complaint(TOO_LARGE, message, "put large files on a volume", ("data",))
    kind = value.get("type", "Opaque")
    if kind == "kubernetes.io/service-account-token":
        yield from _service_account_token(value["metadata"])
    for key in _SECRET_KEYS.get(kind, ()):
        if key not in data or (key == "ssh-privatekey" and not data[key]):
            hint = f"add {key}, or use another type"
            yield Complaint(INVALID_SECRET, f"{kind} needs {key}", hint, ("data", key))
        elif key.startswith(".docker") and not _is_json(data[key]):
            hint = "encode what `docker login` writes to config.json"
            yield Complaint(INVALID_SECRET, "is no JSON document", hint, ("data", key))
    keys = _ONE_SECRET_KEY.get(kind, ())
    if keys and not data.keys() & set(keys):
        hint = "add one, or use another type"
        yield Complaint(INVALID_SECRET, f"{kind} needs {' or '.join(keys)}", hint, ("data",))


def _service_account_token(metadata: Object) -> Iterator[Complaint]:
    key = "kubernetes.io/service-account.name"
    if not metadata.get("annotations", {}).get(key):
        message, at = "is missing", ("metadata", "annotations", key)
        yield Complaint(INVALID_SECRET, message, "name the service account", at)


def _is_json(text: bytes) -> bool:
    try:
        return isinstance(json.loads(text), dict | None)
    except (ValueError, RecursionError):
        return False


def _claim(value: Object) -> Iterator[Complaint]:
    modes = value.get("accessModes", [])
    if not modes:
        hint = "labs of a user share a claim with ReadWriteMany"
        yield Complaint(INVALID_ACCESS_MODES, "needs an access mode", hint, ("accessModes",))
    elif "ReadWriteOncePod" in modes and len(modes) > 1:
        message = "ReadWriteOncePod stands alone"
        yield Complaint(INVALID_ACCESS_MODES, message, "leave out the others", ("accessModes",))
    storage = value.get("resources", {}).get("requests", {}).get("storage")
    at = ("resources", "requests", "storage")
    if storage is None:
        yield Complaint(MISSING_VALUE, "is missing", "say how much: 10Gi", at)
    elif _amount(storage) == 0:
        yield Complaint(INVALID_QUANTITY, "must be more than zero", "say how much: 10Gi", at)


def _quota(value: Object) -> Iterator[Complaint]:
    for name, count in value.get("hard", {}).items():
        extended = (
            "/" in name and "kubernetes.io/" not in name and not name.startswith("requests.")
        )
        if name in OBJECT_COUNTS or extended:
            yield from _whole(count, ("hard", name))


def _whole(count: Any, at: Path) -> Iterator[Complaint]:
    amount = _amount(count)
    if amount is not None and amount != amount.to_integral_value():
        yield Complaint(INVALID_QUANTITY, f"{shown(count)} is no whole number", "", at)


def _amount(value: Any) -> Any:
    """Read an amount; None if it isn't one, which has been complained about."""
    try:
        return parse_quantity(value)
    except ValueError:
        return None


def _service(value: Object) -> Iterator[Complaint]:
    ports = value.get("ports", [])
    headless = value.get("clusterIP") == "None" or value.get("type") == "ExternalName"
    if not ports and not headless:
        yield Complaint(MISSING_VALUE, "is missing", "name a port", ("ports",))
    address = value.get("clusterIP") or "None"
    if address != "None" and not is_address(address):
        yield Complaint(INVALID_ADDRESS, f"{shown(address)} is no address", "", ("clusterIP",))
    if (value.get("type") or "ClusterIP") == "ClusterIP":
        for i, port in enumerate(ports):
            if port.get("nodePort"):
                message, hint = "a ClusterIP service has none", "leave it out"
                yield Complaint(INVALID_PORT, message, hint, ("ports", i, "nodePort"))
    yield from _port_names(ports)


def _port_names(ports: list[Object]) -> Iterator[Complaint]:
    seen = set()
    for i, port in enumerate(ports):
        name = port.get("name", "")
        if len(ports) > 1 and not name:
            yield Complaint(
                MISSING_VALUE, "one of several ports needs a name", "", ("ports", i, "name")
            )
        elif name in seen:
            yield Complaint(INVALID_NAME, "another port has it", "", ("ports", i, "name"))
        seen.add(name)


def _container(value: Object) -> Iterator[Complaint]:
    if "image" not in value:
        yield Complaint(MISSING_VALUE, "is missing", "name an image", ("image",))
    privileged = value.get("securityContext", {}).get("privileged")
    for i, mount in enumerate(value.get("volumeMounts", [])):
        if mount.get("mountPropagation") == "Bidirectional" and not privileged:
            message = "Bidirectional is for privileged containers"
            at = ("volumeMounts", i, "mountPropagation")
            yield Complaint(INVALID_VALUE, message, "use HostToContainer", at)
    yield from _named_ports(value)


def _named_ports(value: Object) -> Iterator[Complaint]:
    seen = set()
    for i, port in enumerate(value.get("ports", [])):
        name = port.get("name")
        if name in seen:
            message = "another port of the container has it"
            yield Complaint(INVALID_PORT, message, "rename one", ("ports", i, "name"))
        if name:
            seen.add(name)


def _policy(value: Object) -> Iterator[Complaint]:
    if len(value.get("policyTypes", [])) > 2:  # noqa: PLR2004 (there are two)
        message = "names more than two"
        yield Complaint(INVALID_VALUE, message, "name each once", ("policyTypes",))


def _policy_port(value: Object) -> Iterator[Complaint]:
    port, end = value.get("port"), value.get("endPort")
    if end is not None and (not isinstance(port, int) or not port <= end):
        message = "must not be less than port, a number"
        yield Complaint(INVALID_PORT, message, "name both ends of the range", ("endPort",))


def _policy_peer(value: Object) -> Iterator[Complaint]:
    if not value:
        message = "an empty peer is nobody"
        yield Complaint(ONE_OF_MANY, message, "select pods, namespaces or addresses")
    elif "ipBlock" in value and len(value) > 1:
        message = "ipBlock stands alone in a peer"
        yield Complaint(ONE_OF_MANY, message, "make two peers of it", ("ipBlock",))


def _ip_block(value: Object) -> Iterator[Complaint]:
    try:
        whole = ipaddress.ip_network(value.get("cidr", ""), strict=False)
        parts = [ipaddress.ip_network(each, strict=False) for each in value.get("except", [])]
    except ValueError:
        return
    for i, part in enumerate(parts):
        inside = part.version == whole.version and part.subnet_of(whole)  # type: ignore[arg-type]  # the versions are the same
        if not inside or part == whole:
            message = "is not a part of the range that it is taken out of"
            yield Complaint(INVALID_CIDR, message, "leave it out", ("except", i))


_VALUES = {"In": True, "NotIn": True, "Exists": False, "DoesNotExist": False}


def _requirement(value: Object) -> Iterator[Complaint]:
    operator, values = value.get("operator", ""), value.get("values", [])
    if _VALUES.get(operator, bool(values)) != bool(values):
        message = f"{operator} takes {'values' if _VALUES[operator] else 'no values'}"
        yield Complaint(INVALID_SELECTOR, message, "", ("values",))


def _node_requirement(value: Object) -> Iterator[Complaint]:
    yield from _requirement(value)
    if value.get("operator") in {"Gt", "Lt"}:
        values = value.get("values", [])
        if len(values) != 1:
            message = f"{value['operator']} takes one value"
            yield Complaint(INVALID_SELECTOR, message, "write one whole number", ("values",))
        elif not re.fullmatch("[+-]?[0-9]+", values[0]):
            message = f"{shown(values[0])} is no whole number"
            yield Complaint(UNMATCHABLE_NODE, message, "write one, in quotes", ("values", 0))


def _node_term(value: Object) -> Iterator[Complaint]:
    for i, item in enumerate(value.get("matchExpressions", [])):
        for k, text in enumerate(item.get("values", [])):
            if not names.is_label_value(text):
                at = ("matchExpressions", i, "values", k)
                yield Complaint(INVALID_LABEL_VALUE, f"{shown(text)} is no label value", "", at)
    for i, item in enumerate(value.get("matchFields", [])):
        if item.get("key") != "metadata.name":
            message = "only metadata.name can be matched"
            yield Complaint(INVALID_SELECTOR, message, "", ("matchFields", i, "key"))
        elif item.get("operator") not in {"In", "NotIn"} or len(item.get("values", [])) != 1:
            message = "metadata.name takes In or NotIn with one value"
            yield Complaint(INVALID_SELECTOR, message, "", ("matchFields", i))


def _node_selector(value: Object) -> Iterator[Complaint]:
    if not value.get("nodeSelectorTerms"):
        at = ("nodeSelectorTerms",)
        yield Complaint(MISSING_VALUE, "needs a term", "leave the selector out", at)


def _weight(value: Object) -> Iterator[Complaint]:
    if not 1 <= value.get("weight", 0) <= _MAX_WEIGHT:
        yield Complaint(INVALID_VALUE, f"must be from 1 to {_MAX_WEIGHT}", "", ("weight",))


def _toleration(value: Object) -> Iterator[Complaint]:
    operator, key = value.get("operator") or "Equal", value.get("key", "")
    yield from _toleration_parts(value, operator, key)
    if key and not names.is_qualified_name(key):
        hint = "use letters, digits, -, _ and ., after an optional DNS name and /"
        yield Complaint(INVALID_TOLERATION, f"{shown(key)} is no label key", hint, ("key",))
    if operator == "Equal" and not names.is_label_value(value.get("value", "")):
        yield Complaint(INVALID_LABEL_VALUE, "is not a label value", "", ("value",))


def _toleration_parts(value: Object, operator: str, key: str) -> Iterator[Complaint]:
    if not key and operator != "Exists":
        hint = "name a key, or use operator: Exists for all taints"
        yield Complaint(INVALID_TOLERATION, f"{operator} needs a key", hint, ("key",))
    if operator == "Exists" and value.get("value"):
        message = "Exists takes no value"
        yield Complaint(INVALID_TOLERATION, message, "leave it out", ("value",))
    if "tolerationSeconds" in value and value.get("effect") != "NoExecute":
        message = "goes with effect NoExecute only"
        hint = "leave it out, or use effect: NoExecute"
        yield Complaint(INVALID_TOLERATION, message, hint, ("tolerationSeconds",))


def _volume(value: Object) -> Iterator[Complaint]:
    sources = [key for key in value if key != "name"]
    if not sources:
        message, hint = "names no source", "write emptyDir: {} if that is meant"
        yield Complaint(VOLUME_WITHOUT_SOURCE, message, hint)
    elif len(sources) > 1:
        message = f"needs one source and has {', '.join(sources)}"
        yield Complaint(ONE_OF_MANY, message, "leave one of them")


def _empty_dir(value: Object) -> Iterator[Complaint]:
    medium = value.get("medium", "")
    if medium not in {"", "Memory", "HugePages"} and not medium.startswith("HugePages-"):
        yield Complaint(UNKNOWN_MEDIUM, f"{shown(medium)} is no medium", "use Memory", ("medium",))


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
    amount = _amount(divisor)
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


def _is_extended(name: str) -> bool:
    return "/" in name and "kubernetes.io/" not in name


def _is_shared(name: str) -> bool:
    """Mirror ``IsOvercommitAllowed``: what isn't shared is requested as far as it is limited."""
    return not _is_extended(name) and not name.startswith("hugepages-")


def _requirements(value: Object) -> Iterator[Complaint]:
    limits, requests = value.get("limits", {}), value.get("requests", {})
    for part, amounts in (("limits", limits), ("requests", requests)):
        for name, amount in amounts.items():
            if _is_extended(name):
                yield from _whole(amount, (part, name))
    for name, request in requests.items():
        limit, amount = _amount(limits.get(name)), _amount(request)
        at = ("requests", name)
        if not _is_shared(name) and name not in limits:
            message = "needs a limit that is the same"
            yield Complaint(MISSING_VALUE, message, "limit it, too", ("limits", name))
        if limit is None or amount is None:
            continue
        if amount > limit:
            message = f"requests {shown(request)}, more than the limit of {shown(limits[name])}"
            hint = "lower the request or raise the limit"
            yield Complaint(REQUESTS_EXCEED_LIMITS, message, hint, at)
        elif amount < limit and not _is_shared(name):
            message = f"requests {shown(request)}, less than the limit of {shown(limits[name])}"
            hint = "request what the limit is: it can't be shared"
            yield Complaint(REQUESTS_EXCEED_LIMITS, message, hint, at)


def _mount(value: Object) -> Iterator[Complaint]:
    if value.get("subPath") and value.get("subPathExpr"):
        message = "subPath and subPathExpr exclude each other"
        yield Complaint(ONE_OF_MANY, message, "leave one of them", ("subPathExpr",))
    if value.get("recursiveReadOnly") in {"Enabled", "IfPossible"} and not value.get("readOnly"):
        message = "goes with readOnly: true only"
        yield Complaint(INVALID_VALUE, message, "leave it out", ("recursiveReadOnly",))


def _security_context(value: Object) -> Iterator[Complaint]:
    escalates = value.get("allowPrivilegeEscalation")
    capabilities = value.get("capabilities", {}).get("add", [])
    if escalates is False and value.get("privileged"):
        message = "a privileged container can't deny escalation"
        hint = "leave it out, or privileged"
        yield Complaint(CONTRADICTION, message, hint, ("allowPrivilegeEscalation",))
    if escalates is False and "CAP_SYS_ADMIN" in capabilities:
        message = "a container with CAP_SYS_ADMIN can't deny escalation"
        hint = "leave one of them"
        yield Complaint(CONTRADICTION, message, hint, ("allowPrivilegeEscalation",))


def _not_root(value: Object) -> Iterator[Complaint]:
    """Judge what each container comes to, whose own context goes before the pod's."""
    general = value.get("securityContext", {})
    root: Path = ("securityContext", "runAsUser")
    found: list[Path] = []
    for field in ("initContainers", "containers"):
        for i, container in enumerate(value.get(field, [])):
            own = container.get("securityContext", {})
            context = {**general, **own}
            if context.get("runAsNonRoot") and context.get("runAsUser") == 0:
                own_field = "runAsUser" if "runAsUser" in own else "runAsNonRoot"
                place = (field, i, "securityContext", own_field) if own_field in own else root
                found.append(place)
    for place in dict.fromkeys(found):
        message = "0 is root, which runAsNonRoot forbids"
        yield Complaint(ROOT_CONTRADICTION, message, "use another user", place)


def _spec(*checks: Check) -> Check:
    """Make the check of a kind that can't do without a spec."""

    def check_spec(value: Object) -> Iterator[Complaint]:
        if "spec" not in value:
            yield Complaint(MISSING_VALUE, "is missing", "write what it is to be", ("spec",))
        for check in checks:
            yield from check(value)

    return check_spec


def _needs(field: str) -> Check:
    """Make the check of a reference that must name what it refers to."""

    def check_reference(value: Object) -> Iterator[Complaint]:
        if not value.get(field):
            yield Complaint(MISSING_VALUE, "is missing", "name what is meant", (field,))

    return check_reference


def _one_handler(*fields: str) -> Check:
    def check_handler(value: Object) -> Iterator[Complaint]:
        if sum(field in value for field in fields) != 1:
            message = f"needs one of {', '.join(fields)}"
            yield Complaint(ONE_OF_MANY, message, "leave one of them")

    return check_handler


def _profile(value: Object) -> Iterator[Complaint]:
    if (value.get("type") == "Localhost") != ("localhostProfile" in value):
        message = "goes with type Localhost, and only with it"
        yield Complaint(ONE_OF_MANY, message, "", ("localhostProfile",))


def _seccomp(value: Object) -> Iterator[Complaint]:
    yield from _profile(value)
    profile = value.get("localhostProfile", "")
    if profile.startswith("/") or ".." in profile.split("/"):
        message = f"{shown(profile)} is not a path inside the kubelet's folder of profiles"
        hint = "write a relative path, without `..`"
        yield Complaint(INVALID_PATH, message, hint, ("localhostProfile",))


def _app_armor(value: Object) -> Iterator[Complaint]:
    yield from _profile(value)
    if not value.get("localhostProfile", "x").strip():
        yield Complaint(MISSING_VALUE, "must not be empty", "fill it in", ("localhostProfile",))


def _called(check: Check, *others: Check) -> Check:
    """Make the check of a kind whose names are of a kind of their own."""

    def check_kind(value: Object) -> Iterator[Complaint]:
        metadata = value["metadata"]
        name, prefix = metadata.get("name"), metadata.get("generateName")
        if not name and not prefix:
            at = ("metadata", "name")
            yield Complaint(MISSING_VALUE, "is missing", "give the object a name", at)
        # What is generated goes on after the prefix, which may end in a hyphen.
        whole = f"{prefix}a" if prefix and prefix.endswith("-") else prefix
        for field, text in (("name", name), ("generateName", whole)):
            for complaint in check(text) if text else ():
                yield replace(complaint, at=("metadata", field))
        for other in others:
            yield from other(value)

    return check_kind


_named_reference = _needs("name")

TYPES: dict[str, Check] = {
    "Namespace": _called(dns_label),
    "ResourceQuota": _called(dns_subdomain),
    "ConfigMap": _called(dns_subdomain, _config_map),
    "Secret": _called(dns_subdomain, _secret),
    "PersistentVolumeClaim": _called(dns_subdomain, _spec()),
    "NetworkPolicy": _called(dns_subdomain),
    "Service": _called(service_name, _spec()),
    "Pod": _called(dns_subdomain, _spec()),
    "PodSpec": _not_root,
    "ResourceQuotaSpec": _quota,
    "NetworkPolicySpec": _policy,
    "PersistentVolumeClaimSpec": _claim,
    "ServiceSpec": _service,
    "NetworkPolicyPort": _policy_port,
    "NetworkPolicyPeer": _policy_peer,
    "IPBlock": _ip_block,
    "LabelSelectorRequirement": _requirement,
    "NodeSelectorRequirement": _node_requirement,
    "NodeSelectorTerm": _node_term,
    "NodeSelector": _node_selector,
    "PreferredSchedulingTerm": _weight,
    "WeightedPodAffinityTerm": _weight,
    "Toleration": _toleration,
    "Volume": _volume,
    "EmptyDirVolumeSource": _empty_dir,
    "Container": _container,
    "EphemeralContainer": _container,
    "EnvVar": _env_var,
    "EnvVarSource": _env_source,
    "EnvFromSource": _env_from,
    "DownwardAPIVolumeFile": _downward_file,
    "ResourceFieldSelector": _resource_field,
    "ResourceRequirements": _requirements,
    "VolumeMount": _mount,
    "SecurityContext": _security_context,
    "SeccompProfile": _seccomp,
    "AppArmorProfile": _app_armor,
    "ConfigMapVolumeSource": _named_reference,
    "ConfigMapProjection": _named_reference,
    "ConfigMapEnvSource": _named_reference,
    "ConfigMapKeySelector": _named_reference,
    "SecretVolumeSource": _needs("secretName"),
    "SecretProjection": _named_reference,
    "SecretEnvSource": _named_reference,
    "SecretKeySelector": _named_reference,
    "EphemeralVolumeSource": _needs("volumeClaimTemplate"),
    "ImageVolumeSource": _needs("reference"),
    "Probe": _one_handler("exec", "grpc", "httpGet", "tcpSocket"),
    "LifecycleHandler": _one_handler("exec", "httpGet", "sleep", "tcpSocket"),
    "Quantity": quantity,
}
"""The checks by type."""
