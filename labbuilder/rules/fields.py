"""Rules about single fields: names, keys, amounts, ports, paths and words from a list."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from labbuilder import names
from labbuilder.errors import Severity, shown
from labbuilder.quantity import parse_quantity
from labbuilder.rules.rule import Check, Complaint, Rule, Stop, rule

__all__ = ["FIELDS", "dns_label", "dns_subdomain", "quantity", "service_name"]

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
INVALID_ENV_NAME = rule(
    "invalid-env-name",
    "the name of an environment variable isn't one",
    "IsEnvVarName; from 1.32 on IsRelaxedEnvVarName, which minds = and what isn't ASCII only",
)
INVALID_KEY = rule("invalid-key", "a key of a ConfigMap or Secret isn't one", "IsConfigMapKey")
INVALID_BASE64 = rule(
    "invalid-base64", "the data of a Secret is not base64 text", "the decoder of Secret.data"
)
INVALID_QUANTITY = rule(
    "invalid-quantity", "an amount isn't one, or is negative", "resource.ParseQuantity"
)
INVALID_RESOURCE = rule(
    "invalid-resource",
    "what a container or quota names is no resource that Kubernetes knows",
    "ValidateContainerResourceName, ValidateResourceQuotaResourceName",
)
INVALID_PORT = rule("invalid-port", "a port is not from 1 to 65535", "IsValidPortNum")
INVALID_PORT_NAME = rule("invalid-port-name", "the name of a port isn't one", "IsValidPortName")
INVALID_PATH = rule(
    "invalid-path",
    "a path is relative where it must be absolute, or the other way round, or leads out with `..`",
    "ValidateLocalNonReservedPath, validatePathNoBacksteps, validateNFSVolumeSource",
)
RELATIVE_MOUNT_PATH = rule(
    "relative-mount-path",
    "a mount's path is relative, and is taken from the root of the container",
    "makeMounts, by MakeAbsolutePath",
    Stop.NOBODY,
)
ODD_MOUNT_PATH = rule(
    "odd-mount-path",
    "a mount's path holds `:` or `..`, of which runtimes make different things",
    "the documentation of mountPath, which nothing enforces",
    Stop.NOBODY,
    Severity.WARNING,
)
INVALID_REFERENCE = rule(
    "invalid-reference",
    "a pod asks for an object or a key by what can be the name of none",
    "the volume plug-ins, and GetPullSecretsForPod",
    Stop.KUBELET,
)
INVALID_ID = rule(
    "invalid-id", "a user's or group's number is not from 0 to 2147483647", "IsValidUserID"
)
INVALID_VALUE = rule(
    "invalid-value", "a word isn't among those that the field takes", "the validation of its type"
)
MISSING_VALUE = rule(
    "missing-value", "a field that must be filled is empty or absent", "field.Required"
)
INVALID_CIDR = rule(
    "invalid-cidr",
    "a range of addresses isn't one, or names an address inside it",
    "ValidateIPBlock; IsValidCIDR, from 1.36 on, which minds bits beyond the prefix",
)
INVALID_ADDRESS = rule("invalid-address", "an IP address isn't one", "IsValidIP")
INVALID_IMAGE = rule(
    "invalid-image",
    "an image's name is none that can be pulled",
    "the runtime's reference parser (InvalidImageName)",
    Stop.KUBELET,
)

_MAX_ID = 2**31 - 1
_MAX_PORT = 65535
_MAX_ANNOTATIONS = 256 * 1024  # bytes
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SERVICE_NAME = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
_STANDARD_RESOURCES = {"cpu", "memory", "ephemeral-storage"}
OBJECT_COUNTS = {
    "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps",
    "persistentvolumeclaims", "services.nodeports", "services.loadbalancers",
}  # fmt: skip
"""Resources of a quota that are counted in whole numbers."""
_QUOTA_RESOURCES = (
    _STANDARD_RESOURCES
    | OBJECT_COUNTS
    | {f"{kind}.{name}" for kind in ("limits", "requests") for name in _STANDARD_RESOURCES}
    | {"requests.storage"}
)
_DOMAIN = r"(?:localhost|[A-Za-z0-9]+(?:[-.:][A-Za-z0-9]+)*)/"
_PART = r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*"
_IMAGE = re.compile(
    rf"(?:{_DOMAIN})?{_PART}(?:/{_PART})*(?::[A-Za-z0-9_][-A-Za-z0-9_.]{{0,127}})?"
    r"(?:@sha256:[0-9a-f]{64}|@sha512:[0-9a-f]{128})?"
)


def _must(rule: Rule, test: Callable[[Any], bool], what: str, hint: str = "") -> Check:
    def check(value: Any) -> Iterator[Complaint]:
        if not test(value):
            yield Complaint(rule, f"{shown(value)} is not {what}", hint)

    return check


def one_of(*words: str) -> Check:
    """Make the check of a field that takes these words only."""
    return _must(INVALID_VALUE, set(words).__contains__, f"one of {', '.join(words)}")


def _filled(value: Any) -> Iterator[Complaint]:
    if not value:
        yield Complaint(MISSING_VALUE, "must not be empty", "fill it in")


def _optional(check: Check) -> Check:
    """Make a check that lets what is empty pass, as absent."""

    def check_given(value: Any) -> Iterator[Complaint]:
        if value:
            yield from check(value)

    return check_given


def _default(*words: str) -> Check:
    """Make the check of a field that the API server fills with a default where it is empty."""
    return _optional(one_of(*words))


def at_least(least: int, most: int = 2**63 - 1) -> Check:
    """Make the check of a number."""
    what = f"a number from {least}" + (f" to {most}" if most < 2**63 - 1 else "")
    return _must(INVALID_VALUE, lambda number: least <= number <= most, what)


def _each(check: Check) -> Check:
    def check_all(values: Any) -> Iterator[Complaint]:
        for i, value in enumerate(values):
            for complaint in check(value):
                yield replace(complaint, at=(i,))

    return check_all


def _keys(check: Check) -> Check:
    def check_keys(mapping: Mapping[str, Any]) -> Iterator[Complaint]:
        for key in mapping:
            for complaint in check(key):
                yield replace(complaint, at=(key,), about_key=True)

    return check_keys


def is_port_name(text: str) -> bool:
    """Mirror ``IsValidPortName``, of which IANA's service names are the model."""
    return (
        0 < len(text) <= 15  # noqa: PLR2004 (IANA's)
        and bool(_LABEL.fullmatch(text))
        and "--" not in text
        and any(c.isalpha() for c in text)
    )


_LABEL_HINT = "use letters, digits, -, _ and ., a letter or digit at both ends, at most 63"
_label_key = _must(
    INVALID_LABEL_KEY, names.is_qualified_name, "a label key",
    f"{_LABEL_HINT}, after an optional DNS name and /",
)  # fmt: skip
_label_value = _must(INVALID_LABEL_VALUE, names.is_label_value, "a label value", _LABEL_HINT)
dns_label = _must(
    INVALID_NAME, names.is_dns_label, "a DNS label",
    "use lower-case letters, digits and -, a letter or digit at both ends, at most 63",
)  # fmt: skip
dns_subdomain = _must(
    INVALID_NAME, names.is_dns_subdomain, "a DNS subdomain",
    "use lower-case letters, digits, - and ., a letter or digit at both ends, at most 253",
)  # fmt: skip
service_name = _must(
    INVALID_NAME, lambda text: bool(_SERVICE_NAME.fullmatch(text)), "the name of a service",
    "use lower-case letters, digits and -, a letter first, a letter or digit last, at most 63",
)  # fmt: skip
_env_name = _must(
    INVALID_ENV_NAME, names.is_env_var_name, "the name of an environment variable",
    "use letters, digits, -, _ and ., no digit first",
)  # fmt: skip
_key = _must(
    INVALID_KEY, names.is_config_map_key, "a key",
    "use letters, digits, -, _ and ., at most 253 characters, no leading ..",
)  # fmt: skip
_port_name = _must(
    INVALID_PORT_NAME, is_port_name, "the name of a port",
    "use at most 15 lower-case letters, digits and single -, a letter among them",
)  # fmt: skip
_id = _must(INVALID_ID, lambda number: 0 <= number <= _MAX_ID, "an id", f"use 0 to {_MAX_ID}")
_image = _must(
    INVALID_IMAGE, lambda text: bool(_IMAGE.fullmatch(text)), "an image's name",
    "write registry/repository:tag or registry/repository@sha256:<digest>",
)  # fmt: skip
_class_name = _optional(dns_subdomain)
_reference = _optional(
    _must(
        INVALID_REFERENCE, names.is_dns_subdomain, "the name of an object",
        "use lower-case letters, digits, - and ., a letter or digit at both ends, at most 253",
    )
)  # fmt: skip
_key_reference = _optional(
    _must(
        INVALID_REFERENCE, names.is_config_map_key, "a key",
        "use letters, digits, -, _ and ., at most 253 characters, no leading ..",
    )
)  # fmt: skip


def _port(value: Any) -> Iterator[Complaint]:
    """Check a port's number, or its name where a name may stand for it."""
    if isinstance(value, str):
        yield from _port_name(value)
    elif not 1 <= value <= _MAX_PORT:
        yield Complaint(INVALID_PORT, f"{value} is no port", "use 1 to 65535")


def _labels(mapping: Mapping[str, str]) -> Iterator[Complaint]:
    yield from _keys(_label_key)(mapping)
    for key, value in mapping.items():
        for complaint in _label_value(value):
            yield replace(complaint, at=(key,))


def _annotations(mapping: Mapping[str, str]) -> Iterator[Complaint]:
    for key in mapping:
        if not names.is_qualified_name(key.lower()):
            message = f"{shown(key)} is not an annotation key"
            hint = f"{_LABEL_HINT}, after an optional DNS name and /"
            yield Complaint(INVALID_ANNOTATION_KEY, message, hint, (key,), about_key=True)
    size = sum(len(text.encode(errors="replace")) for item in mapping.items() for text in item)
    if size > _MAX_ANNOTATIONS:
        message = f"the annotations have {size} bytes, and Kubernetes takes {_MAX_ANNOTATIONS}"
        yield Complaint(ANNOTATIONS_TOO_LARGE, message, "keep large data in a ConfigMap")


def quantity(value: Any) -> Iterator[Complaint]:
    """Check an amount of anything."""
    try:
        parse_quantity(value)
    except ValueError as error:
        hint = "write a number with an optional suffix, such as 250m, 1.5Gi or 10G"
        yield Complaint(INVALID_QUANTITY, f"{shown(value)} {error}", hint)


def is_resource(name: str) -> bool:
    """Mirror ``ValidateContainerResourceName``: a standard resource, or one with a domain."""
    if "/" in name:
        own = "kubernetes.io/" in name or not name.startswith("requests.")
        return own and all(map(names.is_qualified_name, (name, f"requests.{name}")))
    return name in _STANDARD_RESOURCES or name.startswith("hugepages-")


def _resources(mapping: Mapping[str, Any]) -> Iterator[Complaint]:
    for name in mapping:
        if not is_resource(name):
            known = ", ".join(sorted(_STANDARD_RESOURCES))
            hint = f"use {known} or a name with a domain, such as example.org/gpu"
            message = f"{shown(name)} is no resource"
            yield Complaint(INVALID_RESOURCE, message, hint, (name,), about_key=True)


def _is_quota_resource(name: str) -> bool:
    """Mirror ``ValidateResourceQuotaResourceName``."""
    return names.is_qualified_name(name) and (
        "/" in name
        or name in _QUOTA_RESOURCES
        or name.startswith(("hugepages-", "requests.hugepages-"))
    )


def _quota(mapping: Mapping[str, Any]) -> Iterator[Complaint]:
    for name in mapping:
        if not _is_quota_resource(name):
            hint = "write limits.cpu, requests.memory, pods and the like"
            message = f"{shown(name)} is no resource"
            yield Complaint(INVALID_RESOURCE, message, hint, (name,), about_key=True)


def decode(text: str) -> bytes:
    """Decode base64 text as Go does, which passes over line breaks."""
    return base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)


def _base64(mapping: Mapping[str, str]) -> Iterator[Complaint]:
    yield from _keys(_key)(mapping)
    for key, value in mapping.items():
        try:
            decode(value)
        except (binascii.Error, ValueError):
            hint = "encode the value, or put it under stringData if it is a Secret's"
            yield Complaint(INVALID_BASE64, "is not base64 text", hint, (key,))


def _inside(value: str) -> Iterator[Complaint]:
    """Check the path of a file that a volume makes: names that begin with .. are the kubelet's."""
    if value.startswith(".."):
        hint = "write a path below the volume's root that begins otherwise"
        yield Complaint(INVALID_PATH, f"{shown(value)} begins with `..`", hint)
    else:
        yield from _relative(value)


def _relative(value: str) -> Iterator[Complaint]:
    if value.startswith("/") or ".." in value.split("/"):
        hint = "write a path below the volume's root, without `..`"
        yield Complaint(INVALID_PATH, f"{shown(value)} is not a path inside the volume", hint)


def _no_steps_back(value: str) -> Iterator[Complaint]:
    yield from _filled(value)
    if ".." in value.split("/"):
        yield Complaint(INVALID_PATH, f"{shown(value)} holds `..`", "write the path that is meant")


def _absolute(value: str) -> Iterator[Complaint]:
    yield from _filled(value)
    if value and not value.startswith("/"):
        yield Complaint(INVALID_PATH, f"{shown(value)} is not an absolute path", "start it with /")


def _mount_path(value: str) -> Iterator[Complaint]:
    yield from _filled(value)
    if value and not value.startswith("/"):
        message = f"{shown(value)} is not an absolute path"
        yield Complaint(RELATIVE_MOUNT_PATH, message, "start it with /")
    if ":" in value or ".." in value.split("/"):
        message = f"{shown(value)} holds `:` or `..`"
        yield Complaint(ODD_MOUNT_PATH, message, "write the path that is meant")


def _cidr(value: str) -> Iterator[Complaint]:
    try:
        ipaddress.ip_network(value)
        bad = "/" not in value
    except ValueError:
        bad = True
    if bad:
        hint = "write the first address and the length of the prefix: 192.0.2.0/24, 2001:db8::/64"
        yield Complaint(INVALID_CIDR, f"{shown(value)} is no range of addresses", hint)


def is_address(value: str) -> bool:
    """Mirror ``IsValidIP``."""
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return "%" not in value


def _mode(value: int) -> Iterator[Complaint]:
    if not 0 <= value <= 0o777:  # noqa: PLR2004 (file modes)
        hint = "write 0644 in YAML, 420 in JSON"
        yield Complaint(INVALID_VALUE, f"{value} is no file mode from 0 to 0777", hint)


def _both(*checks: Check) -> Check:
    def check_both(value: Any) -> Iterator[Complaint]:
        for check in checks:
            yield from check(value)

    return check_both


_operator = one_of("In", "NotIn", "Exists", "DoesNotExist")
_scope = one_of(
    "Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "PriorityClass",
    "CrossNamespacePodAffinity", "VolumeAttributesClass",
)  # fmt: skip
_policy = one_of("Cluster", "Local")
_ip = _must(INVALID_ADDRESS, is_address, "an IP address", "write 192.0.2.1 or 2001:db8::1")
_node_policy = one_of("Honor", "Ignore")
_seconds = at_least(0)
_protocol = _default("TCP", "UDP", "SCTP")
_node_operator = one_of("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt")
_volume_mode = one_of("Filesystem", "Block")
_access_modes = one_of("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
_policy_types = one_of("Ingress", "Egress")
_pull_policy = _default("Always", "IfNotPresent", "Never")
_containers = ("Container", "EphemeralContainer")

FIELDS: dict[str, Check] = {
    "ObjectMeta.namespace": _optional(dns_label),
    "ObjectMeta.labels": _labels,
    "ObjectMeta.annotations": _annotations,
    "ConfigMap.data": _keys(_key),
    "ConfigMap.binaryData": _base64,
    "Secret.data": _base64,
    "Secret.stringData": _keys(_key),
    "LabelSelector.matchLabels": _labels,
    "LabelSelectorRequirement.key": _label_key,
    "LabelSelectorRequirement.operator": _operator,
    "LabelSelectorRequirement.values": _each(_label_value),
    "PersistentVolumeClaimSpec.accessModes": _each(_access_modes),
    "PersistentVolumeClaimSpec.storageClassName": _class_name,
    "PersistentVolumeClaimSpec.volumeMode": _volume_mode,
    "PersistentVolumeClaimSpec.volumeAttributesClassName": _class_name,
    "ResourceQuotaSpec.hard": _quota,
    "ResourceQuotaSpec.scopes": _each(_scope),
    "ScopedResourceSelectorRequirement.scopeName": _scope,
    "ScopedResourceSelectorRequirement.operator": _operator,
    "NetworkPolicySpec.policyTypes": _each(_policy_types),
    "NetworkPolicyPort.port": _port,
    "NetworkPolicyPort.endPort": _port,
    "NetworkPolicyPort.protocol": one_of("TCP", "UDP", "SCTP"),
    "IPBlock.cidr": _cidr,
    "IPBlock.except": _each(_cidr),
    "ServiceSpec.selector": _labels,
    "ServiceSpec.type": _default("ClusterIP", "NodePort", "LoadBalancer", "ExternalName"),
    "ServiceSpec.sessionAffinity": _default("ClientIP", "None"),
    "ServiceSpec.internalTrafficPolicy": _policy,
    "ServiceSpec.externalTrafficPolicy": _optional(_policy),
    "ServiceSpec.ipFamilyPolicy": one_of("SingleStack", "PreferDualStack", "RequireDualStack"),
    "ServicePort.name": _optional(dns_label),
    "ServicePort.port": _port,
    "ServicePort.targetPort": _optional(_port),
    "ServicePort.appProtocol": _label_key,
    "ServicePort.nodePort": _optional(_port),
    "ServicePort.protocol": _protocol,
    "PodSpec.containers": _filled,
    "PodSpec.nodeSelector": _labels,
    "PodSpec.restartPolicy": _default("Always", "OnFailure", "Never"),
    "PodSpec.dnsPolicy": _default("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
    "PodSpec.preemptionPolicy": one_of("Never", "PreemptLowerPriority"),
    "PodSpec.hostname": _optional(dns_label),
    "PodSpec.subdomain": _optional(dns_label),
    "PodSpec.nodeName": _class_name,
    "PodSpec.activeDeadlineSeconds": at_least(1, 2**31 - 1),
    "PodSpec.serviceAccountName": _class_name,
    "PodSpec.priorityClassName": _class_name,
    "PodSpec.runtimeClassName": dns_subdomain,
    "HostAlias.ip": _ip,
    "HostAlias.hostnames": _each(dns_subdomain),
    "PodDNSConfig.nameservers": _each(_ip),
    "PodDNSConfigOption.name": _filled,
    "PodSecurityContext.runAsUser": _id,
    "PodSecurityContext.runAsGroup": _id,
    "PodSecurityContext.fsGroup": _id,
    "PodSecurityContext.fsGroupChangePolicy": one_of("Always", "OnRootMismatch"),
    "PodSecurityContext.supplementalGroups": _each(_id),
    "PodSecurityContext.seLinuxChangePolicy": one_of("MountOption", "Recursive"),
    "PodSecurityContext.supplementalGroupsPolicy": one_of("Merge", "Strict"),
    "SecurityContext.runAsUser": _id,
    "SecurityContext.runAsGroup": _id,
    "SecurityContext.procMount": one_of("Default", "Unmasked"),
    "SeccompProfile.type": one_of("Localhost", "RuntimeDefault", "Unconfined"),
    "AppArmorProfile.type": one_of("Localhost", "RuntimeDefault", "Unconfined"),
    "LocalObjectReference.name": _reference,
    "Volume.name": dns_label,
    "EmptyDirVolumeSource.sizeLimit": quantity,
    "ConfigMapVolumeSource.name": _reference,
    "ConfigMapVolumeSource.defaultMode": _mode,
    "SecretVolumeSource.secretName": _reference,
    "SecretVolumeSource.defaultMode": _mode,
    "DownwardAPIVolumeSource.defaultMode": _mode,
    "ProjectedVolumeSource.defaultMode": _mode,
    "ServiceAccountTokenProjection.path": _both(_filled, _inside),
    "ServiceAccountTokenProjection.expirationSeconds": at_least(600, 2**32),
    "ImageVolumeSource.pullPolicy": _pull_policy,
    "CSIVolumeSource.driver": _filled,
    "DownwardAPIVolumeFile.path": _both(_filled, _inside),
    "DownwardAPIVolumeFile.mode": _mode,
    "KeyToPath.key": _both(_filled, _key_reference),
    "KeyToPath.path": _both(_filled, _inside),
    "KeyToPath.mode": _mode,
    "HostPathVolumeSource.path": _no_steps_back,
    "HostPathVolumeSource.type": _default(
        "DirectoryOrCreate",
        "Directory",
        "FileOrCreate",
        "File",
        "Socket",
        "CharDevice",
        "BlockDevice",
    ),
    "NFSVolumeSource.server": _filled,
    "NFSVolumeSource.path": _absolute,
    "PersistentVolumeClaimVolumeSource.claimName": _both(_filled, _reference),
    "Toleration.operator": _default("Equal", "Exists"),
    "Toleration.effect": _default("NoSchedule", "PreferNoSchedule", "NoExecute"),
    "NodeSelectorRequirement.operator": _node_operator,
    "NodeSelectorRequirement.key": _label_key,
    "PodAffinityTerm.topologyKey": _both(_filled, _optional(_label_key)),
    "PodAffinityTerm.namespaces": _each(dns_label),
    "TopologySpreadConstraint.topologyKey": _filled,
    "TopologySpreadConstraint.maxSkew": at_least(1),
    "TopologySpreadConstraint.minDomains": at_least(1),
    "TopologySpreadConstraint.nodeAffinityPolicy": _node_policy,
    "TopologySpreadConstraint.nodeTaintsPolicy": _node_policy,
    "TopologySpreadConstraint.whenUnsatisfiable": one_of("DoNotSchedule", "ScheduleAnyway"),
    "ResourceRequirements.limits": _resources,
    "ResourceRequirements.requests": _resources,
    **{
        f"{kind}.{field}": check
        for kind in _containers
        for field, check in {
            "name": dns_label,
            "image": _both(_filled, _optional(_image)),
            "imagePullPolicy": _pull_policy,
            "restartPolicy": one_of("Always", "OnFailure", "Never"),
            "terminationMessagePolicy": _default("File", "FallbackToLogsOnError"),
        }.items()
    },
    "ContainerPort.containerPort": _port,
    "ContainerPort.hostPort": _optional(_port),
    "ContainerPort.name": _optional(_port_name),
    "ContainerPort.protocol": _protocol,
    "EnvVar.name": _env_name,
    "EnvFromSource.prefix": _optional(_env_name),
    "ConfigMapEnvSource.name": _class_name,
    "SecretEnvSource.name": _class_name,
    "ConfigMapKeySelector.name": _class_name,
    "ConfigMapKeySelector.key": _key,
    "SecretKeySelector.name": _class_name,
    "SecretKeySelector.key": _key,
    "VolumeMount.name": _filled,
    "VolumeMount.mountPath": _mount_path,
    "VolumeMount.subPath": _relative,
    "VolumeMount.subPathExpr": _relative,
    "VolumeMount.mountPropagation": one_of("None", "HostToContainer", "Bidirectional"),
    "VolumeMount.recursiveReadOnly": one_of("Disabled", "Enabled", "IfPossible"),
    "ExecAction.command": _filled,
    "HTTPGetAction.port": _port,
    "HTTPGetAction.scheme": _default("HTTP", "HTTPS"),
    "TCPSocketAction.port": _port,
    "GRPCAction.port": _port,
    **{
        f"Probe.{field}": _seconds
        for field in ("failureThreshold", "initialDelaySeconds", "periodSeconds", "timeoutSeconds")
    },
}
"""The checks by type and field."""
