"""Rules about what ConfigMaps and Secrets hold."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping

from labbuilder.errors import Severity
from labbuilder.validation.rules.combinators import INVALID_VALUE, Object, keys_of
from labbuilder.validation.rules.fields.naming import called, config_map_key, dns_subdomain
from labbuilder.validation.rules.rule import Check, Complaint, rule

__all__ = [
    "FIELDS",
    "INVALID_BASE64",
    "INVALID_SECRET",
    "MAX_DATA_BYTES",
    "TOO_LARGE",
    "TYPES",
    "decode",
    "is_base64",
]

INVALID_BASE64 = rule(
    "invalid-base64", "the data of a Secret is not base64 text", "the decoder of Secret.data"
)


def decode(text: str) -> bytes:
    """Decode base64 text as Go does, which passes over line breaks."""
    return base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)


def is_base64(text: str) -> bool:
    """Return whether Go decodes this text as base64."""
    try:
        decode(text)
    except ValueError:
        return False
    return True


def _base64(mapping: Mapping[str, str]) -> Iterator[Complaint]:
    yield from keys_of(config_map_key)(mapping)
    for key, value in mapping.items():
        if not is_base64(value):
            hint = "encode the value, or put it under stringData if it is a Secret's"
            yield Complaint(INVALID_BASE64, "is not base64 text", hint, (key,))


TOO_LARGE = rule(
    "too-large",
    "a ConfigMap or Secret holds more than 1 MiB",
    "ValidateConfigMap, ValidateSecret (MaxSecretSize)",
)
INVALID_SECRET = rule(
    "invalid-secret", "a Secret lacks what its type promises, or it can't be read",
    "ValidateSecret", tolerated=True)  # fmt: skip
EMPTY_SECRET = rule(
    "empty-secret",
    "an immutable Secret has empty data, and is refused when it is applied a second time",
    "ValidateSecretUpdate, for which no data is something else than empty data",
    severity=Severity.WARNING,
)
MAX_DATA_BYTES = 1024**2


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
    if size > MAX_DATA_BYTES:
        message = f"holds {size} bytes, and Kubernetes takes {MAX_DATA_BYTES}"
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
    if size > MAX_DATA_BYTES:
        message = f"holds {size} bytes, and Kubernetes takes {MAX_DATA_BYTES}"
        yield Complaint(TOO_LARGE, message, "put large files on a volume", ("data",))
    if value.get("immutable") and value.get("data") == {}:
        hint = "fill it, or leave it out"
        yield Complaint(EMPTY_SECRET, "is empty, so that applying again fails", hint, ("data",))
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


FIELDS: dict[str, Check] = {
    "ConfigMap.data": keys_of(config_map_key),
    "ConfigMap.binaryData": _base64,
    "Secret.data": _base64,
    "Secret.stringData": keys_of(config_map_key),
}
"""The checks by type and field."""

TYPES: dict[str, Check] = {
    "ConfigMap": called(dns_subdomain, _config_map),
    "Secret": called(dns_subdomain, _secret),
}
"""The checks by type."""
