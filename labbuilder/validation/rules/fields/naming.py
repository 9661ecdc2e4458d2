"""Checks of names, labels, annotations and keys."""

from __future__ import annotations

from collections.abc import Mapping

from labbuilder import names
from labbuilder.errors import Severity
from labbuilder.validation.rules.combinators import (
    MISSING_VALUE,
    keys_of,
    must,
    must_match,
    optional,
    placed,
)
from labbuilder.validation.rules.rule import (
    Check,
    Complaints,
    Object,
    Rule,
    Stop,
    check_fields,
    checks,
)

__all__ = [
    "INVALID_NAME", "LABEL_KEY_HINT", "MAX_ANNOTATIONS_BYTES", "class_name", "config_map_key",
    "dns_label", "dns_subdomain", "key_name", "label_key", "label_map", "label_value", "named_by",
    "object_name", "service_name",
]  # fmt: skip

INVALID_NAME = Rule(
    "invalid-name",
    "the name of an object, or of a part of one, is not valid",
    "IsDNS1123Label, IsDNS1123Subdomain; IsDNS1035Label for services until 1.35",
    guarded=True,
)
GENERATED_NAME = Rule(
    "generated-name",
    "an object has generateName in place of a name, which kubectl create takes and apply refuses",
    "the preconditions of apply",
    Stop.NOBODY,
    Severity.WARNING,
    guarded=False,
)
INVALID_LABEL_KEY = Rule(
    "invalid-label-key",
    "the key of a label or selector is not valid",
    "IsQualifiedName",
    guarded=False,
)
INVALID_LABEL_VALUE = Rule(
    "invalid-label-value",
    "the value of a label or selector is not valid",
    "IsValidLabelValue",
    guarded=True,
)
INVALID_ANNOTATION_KEY = Rule(
    "invalid-annotation-key",
    "the key of an annotation is not valid",
    "ValidateAnnotations",
    guarded=False,
)
ANNOTATIONS_TOO_LARGE = Rule(
    "annotations-too-large",
    "an object's annotations are larger than 256 KiB together",
    "ValidateAnnotationsSize",
    guarded=True,
)
INVALID_KEY = Rule(
    "invalid-key", "a key of a ConfigMap or Secret is not valid", "IsConfigMapKey", guarded=False
)
INVALID_REFERENCE = Rule(
    "invalid-reference",
    "a pod refers to an object or key by a name that none can have",
    "the volume plugins, and GetPullSecretsForPod",
    Stop.KUBELET,
    guarded=True,
)
MAX_ANNOTATIONS_BYTES = 256 * 1024

_ENDS = "starting and ending with a letter or digit"
_LABEL_HINT = f"use at most 63 letters, digits, -, _ and ., {_ENDS}"
LABEL_KEY_HINT = f"{_LABEL_HINT}, after an optional DNS name and /"
_SUBDOMAIN_HINT = f"use at most 253 lowercase letters, digits, - and ., {_ENDS}"
_KEY_HINT = "use at most 253 letters, digits, -, _ and ., not starting with .."

label_key = must(INVALID_LABEL_KEY, names.is_qualified_name, "a valid label key", LABEL_KEY_HINT)
_annotation_key = must(
    INVALID_ANNOTATION_KEY, lambda key: names.is_qualified_name(key.lower()),
    "a valid annotation key", LABEL_KEY_HINT,
)  # fmt: skip
label_value = must(INVALID_LABEL_VALUE, names.is_label_value, "a valid label value", _LABEL_HINT)
dns_label = must(
    INVALID_NAME, names.is_dns_label, "a valid DNS label",
    f"use at most 63 lowercase letters, digits and -, {_ENDS}",
)  # fmt: skip
dns_subdomain = must(
    INVALID_NAME, names.is_dns_subdomain, "a valid DNS subdomain", _SUBDOMAIN_HINT
)
service_name = must_match(
    INVALID_NAME, r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", "a valid service name",
    "use at most 63 lowercase letters, digits and -, "
    "starting with a letter and ending with a letter or digit",
)  # fmt: skip
config_map_key = must(INVALID_KEY, names.is_config_map_key, "a valid key", _KEY_HINT)
class_name = optional(dns_subdomain)
object_name = optional(
    must(INVALID_REFERENCE, names.is_dns_subdomain, "a valid object name", _SUBDOMAIN_HINT)
)
key_name = optional(must(INVALID_REFERENCE, names.is_config_map_key, "a valid key", _KEY_HINT))


def label_map(mapping: Mapping[str, str]) -> Complaints:
    """Check labels, or a selector of labels."""
    yield from keys_of(label_key)(mapping)
    for key, value in mapping.items():
        yield from placed(label_value(value), (key,))


def _annotations(mapping: Mapping[str, str]) -> Complaints:
    yield from keys_of(_annotation_key)(mapping)
    size = sum(len(text.encode(errors="replace")) for item in mapping.items() for text in item)
    if size > MAX_ANNOTATIONS_BYTES:
        message = f"must be at most {MAX_ANNOTATIONS_BYTES} bytes together, not {size}"
        yield ANNOTATIONS_TOO_LARGE.complaint(message, "move large values to a ConfigMap")


def named_by(check: Check) -> Check:
    """Make a check of an object's name, or of the prefix from which one is generated."""

    def check_name(value: Object) -> Complaints:
        metadata = value["metadata"]
        name, prefix = metadata.get("name"), metadata.get("generateName")
        if not name and not prefix:
            yield MISSING_VALUE.complaint("is missing", "set a name", ("metadata", "name"))
        elif not name:
            message = "is for kubectl create only: kubectl apply needs a name"
            at = ("metadata", "generateName")
            yield GENERATED_NAME.complaint(message, "set a name, or create it", at)
        # Characters follow the prefix, so that it may end in a hyphen.
        whole = f"{prefix}a" if prefix and prefix.endswith("-") else prefix
        for field, text in (("name", name), ("generateName", whole)):
            yield from placed(optional(check)(text), ("metadata", field))

    return check_name


checks("Namespace")(named_by(dns_label))
check_fields(
    "ObjectMeta", namespace=optional(dns_label), labels=label_map, annotations=_annotations
)
check_fields("LabelSelector", matchLabels=label_map)
check_fields("LocalObjectReference", name=object_name)
