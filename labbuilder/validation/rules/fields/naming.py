"""Rules about names, labels, annotations and keys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from labbuilder import names
from labbuilder.errors import shown
from labbuilder.validation.rules.combinators import MISSING_VALUE, Object, keys_of, must, optional
from labbuilder.validation.rules.rule import Check, Complaint, Stop, rule

__all__ = [
    "ANNOTATIONS_TOO_LARGE",
    "FIELDS",
    "INVALID_ANNOTATION_KEY",
    "INVALID_KEY",
    "INVALID_LABEL_KEY",
    "INVALID_LABEL_VALUE",
    "INVALID_NAME",
    "INVALID_REFERENCE",
    "MAX_ANNOTATIONS_BYTES",
    "TYPES",
    "called",
    "class_name",
    "config_map_key",
    "dns_label",
    "dns_subdomain",
    "key_name",
    "label_key",
    "label_map",
    "label_value",
    "object_name",
    "service_name",
]

INVALID_NAME = rule(
    "invalid-name",
    "the name of an object, or of a part of one, isn't one that Kubernetes takes",
    "IsDNS1123Label, IsDNS1123Subdomain; IsDNS1035Label for services, until 1.35",
)
INVALID_LABEL_KEY = rule(
    "invalid-label-key", "the key of a label or selector isn't one", "IsQualifiedName"
)
INVALID_LABEL_VALUE = rule(
    "invalid-label-value", "the value of a label or selector isn't one", "IsValidLabelValue"
)
INVALID_ANNOTATION_KEY = rule(
    "invalid-annotation-key", "the key of an annotation isn't one", "ValidateAnnotations"
)
ANNOTATIONS_TOO_LARGE = rule(
    "annotations-too-large",
    "an object's annotations are larger than 256 KiB together",
    "ValidateAnnotationsSize",
)
INVALID_KEY = rule("invalid-key", "a key of a ConfigMap or Secret isn't one", "IsConfigMapKey")
INVALID_REFERENCE = rule(
    "invalid-reference",
    "a pod asks for an object or a key by what can be the name of none",
    "the volume plug-ins, and GetPullSecretsForPod",
    Stop.KUBELET,
)
MAX_ANNOTATIONS_BYTES = 256 * 1024
_SERVICE_NAME = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
_LABEL_HINT = "use letters, digits, -, _ and ., a letter or digit at both ends, at most 63"
label_key = must(
    INVALID_LABEL_KEY, names.is_qualified_name, "a label key",
    f"{_LABEL_HINT}, after an optional DNS name and /",
)  # fmt: skip
label_value = must(INVALID_LABEL_VALUE, names.is_label_value, "a label value", _LABEL_HINT)
dns_label = must(
    INVALID_NAME, names.is_dns_label, "a DNS label",
    "use lower-case letters, digits and -, a letter or digit at both ends, at most 63",
)  # fmt: skip
dns_subdomain = must(
    INVALID_NAME, names.is_dns_subdomain, "a DNS subdomain",
    "use lower-case letters, digits, - and ., a letter or digit at both ends, at most 253",
)  # fmt: skip
service_name = must(
    INVALID_NAME, lambda text: bool(_SERVICE_NAME.fullmatch(text)), "the name of a service",
    "use lower-case letters, digits and -, a letter first, a letter or digit last, at most 63",
)  # fmt: skip
config_map_key = must(
    INVALID_KEY, names.is_config_map_key, "a key",
    "use letters, digits, -, _ and ., at most 253 characters, no leading ..",
)  # fmt: skip
class_name = optional(dns_subdomain)
object_name = optional(
    must(
        INVALID_REFERENCE, names.is_dns_subdomain, "the name of an object",
        "use lower-case letters, digits, - and ., a letter or digit at both ends, at most 253",
    )
)  # fmt: skip
key_name = optional(
    must(
        INVALID_REFERENCE, names.is_config_map_key, "a key",
        "use letters, digits, -, _ and ., at most 253 characters, no leading ..",
    )
)  # fmt: skip


def label_map(mapping: Mapping[str, str]) -> Iterator[Complaint]:
    """Check labels, or what selects by them."""
    yield from keys_of(label_key)(mapping)
    for key, value in mapping.items():
        for complaint in label_value(value):
            yield replace(complaint, at=(key,))


def _annotations(mapping: Mapping[str, str]) -> Iterator[Complaint]:
    for key in mapping:
        if not names.is_qualified_name(key.lower()):
            message = f"{shown(key)} is not an annotation key"
            hint = f"{_LABEL_HINT}, after an optional DNS name and /"
            yield Complaint(INVALID_ANNOTATION_KEY, message, hint, (key,), about_key=True)
    size = sum(len(text.encode(errors="replace")) for item in mapping.items() for text in item)
    if size > MAX_ANNOTATIONS_BYTES:
        message = (
            f"the annotations have {size} bytes, and Kubernetes takes {MAX_ANNOTATIONS_BYTES}"
        )
        yield Complaint(ANNOTATIONS_TOO_LARGE, message, "keep large data in a ConfigMap")


def called(check: Check, *others: Check) -> Check:
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


FIELDS: dict[str, Check] = {
    "ObjectMeta.namespace": optional(dns_label),
    "ObjectMeta.labels": label_map,
    "ObjectMeta.annotations": _annotations,
    "LabelSelector.matchLabels": label_map,
    "LocalObjectReference.name": object_name,
}
"""The checks by type and field."""

TYPES: dict[str, Check] = {
    "Namespace": called(dns_label),
}
"""The checks by type."""
