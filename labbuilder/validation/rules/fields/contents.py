"""Checks of what ConfigMaps and Secrets contain."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from labbuilder.errors import Severity
from labbuilder.validation.rules.combinators import INVALID_VALUE, keys_of
from labbuilder.validation.rules.fields.naming import config_map_key, dns_subdomain, named_by
from labbuilder.validation.rules.rule import Complaints, Object, Rule, Stop, check_fields, checks

__all__ = ["MAX_DATA_BYTES", "is_base64"]

INVALID_BASE64 = Rule(
    "invalid-base64",
    "a value in a Secret's data is not valid base64",
    "the decoder of Secret.data",
    guarded=True,
)
USELESS_PULL_SECRET = Rule(
    "useless-pull-secret",
    "a Secret for pulling images has no registry's credentials",
    "GetPullSecrets of the kubelet, which finds none in it",
    Stop.NOBODY,
    Severity.WARNING,
    guarded=False,
)
TOO_LARGE = Rule(
    "too-large",
    "a ConfigMap or Secret is larger than 1 MiB",
    "ValidateConfigMap, ValidateSecret (MaxSecretSize)",
    guarded=True,
)
INVALID_SECRET = Rule(
    "invalid-secret",
    "a Secret doesn't contain what its type requires",
    "ValidateSecret",
    guarded=False,
)
EMPTY_SECRET = Rule(
    "empty-secret",
    "an immutable Secret has empty data, so that applying it again is rejected",
    "ValidateSecretUpdate, which distinguishes no data from empty data",
    guarded=False,
    severity=Severity.WARNING,
)
MAX_DATA_BYTES = 1024**2

_REQUIRED_KEYS = {
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
}
_ALTERNATIVE_KEYS = {"kubernetes.io/basic-auth": ("username", "password")}


def _decode(text: str) -> bytes:
    """Decode base64 text as Go does, which ignores line breaks."""
    return base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)


def is_base64(text: str) -> bool:
    """Return whether Go decodes this text as base64."""
    try:
        _decode(text)
    except ValueError:
        return False
    return True


def _base64(mapping: Mapping[str, str]) -> Complaints:
    yield from keys_of(config_map_key)(mapping)
    for key, value in mapping.items():
        if not is_base64(value):
            hint = "encode the value, or move it to stringData if this is a Secret"
            yield INVALID_BASE64.complaint("is not valid base64", hint, (key,))


def _decoded(mapping: Mapping[str, str]) -> dict[str, bytes]:
    """Decode values; those that aren't valid are empty."""
    return {key: _decode(value) if is_base64(value) else b"" for key, value in mapping.items()}


def _encoded(mapping: Mapping[str, str]) -> dict[str, bytes]:
    return {key: value.encode(errors="replace") for key, value in mapping.items()}


def _size(data: Mapping[str, bytes], binary: Mapping[str, bytes]) -> Complaints:
    size = sum(map(len, (*data.values(), *binary.values())))
    if size > MAX_DATA_BYTES:
        message = f"must be at most {MAX_DATA_BYTES} bytes, not {size}"
        yield TOO_LARGE.complaint(message, "put large files on a volume", ("data",))


checks("ConfigMap", "Secret")(named_by(dns_subdomain))


@checks("ConfigMap")
def _config_map(value: Object) -> Complaints:
    data, binary = value.get("data", {}), value.get("binaryData", {})
    for key in sorted(data.keys() & binary.keys()):
        yield INVALID_VALUE.complaint("is also in data", "remove one of them", ("binaryData", key))
    yield from _size(_encoded(data), _decoded(binary))


@checks("Secret")
def _secret(value: Object) -> Complaints:
    data = _decoded(value.get("data", {})) | _encoded(value.get("stringData", {}))
    yield from _size(data, {})
    if value.get("immutable") and value.get("data") == {}:
        message, hint = "is empty, so that applying it again fails", "add a key, or remove data"
        yield EMPTY_SECRET.complaint(message, hint, ("data",))
    kind = value.get("type", "Opaque")
    if kind == "kubernetes.io/service-account-token":
        yield from _service_account_token(value["metadata"])
    for key in _REQUIRED_KEYS.get(kind, ()):
        if key not in data or (key == "ssh-privatekey" and not data[key]):
            hint = f"add {key}, or use another type"
            yield INVALID_SECRET.complaint(f"is required by type {kind}", hint, ("data", key))
        elif key.startswith(".docker") and not _is_json(data[key]):
            hint = "encode the config.json that `docker login` writes"
            yield INVALID_SECRET.complaint("is not valid JSON", hint, ("data", key))
        elif key == ".dockerconfigjson" and not _has_auths(data[key]):
            message = "has no auths, so that it is no use for pulling images"
            hint = "encode the config.json that `docker login` writes"
            yield USELESS_PULL_SECRET.complaint(message, hint, ("data", key))
    keys = _ALTERNATIVE_KEYS.get(kind, ())
    if keys and not data.keys() & set(keys):
        hint = "add one of them, or use another type"
        yield INVALID_SECRET.complaint(f"type {kind} needs {' or '.join(keys)}", hint, ("data",))


def _service_account_token(metadata: Object) -> Complaints:
    key = "kubernetes.io/service-account.name"
    if not metadata.get("annotations", {}).get(key):
        at = ("metadata", "annotations", key)
        yield INVALID_SECRET.complaint("is missing", "set it to a service account", at)


def _has_auths(text: bytes) -> bool:
    found = json.loads(text)
    return isinstance(found, dict) and bool(found.get("auths"))


def _is_json(text: bytes) -> bool:
    try:
        return isinstance(json.loads(text), dict | None)
    except (ValueError, RecursionError):
        return False


check_fields("ConfigMap", data=keys_of(config_map_key), binaryData=_base64)
check_fields("Secret", data=_base64, stringData=keys_of(config_map_key))
