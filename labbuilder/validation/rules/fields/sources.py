"""Checks of volumes on storage systems that Kubernetes knows by name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from labbuilder.errors import shown
from labbuilder.validation.rules.combinators import (
    INVALID_VALUE,
    MISSING_VALUE,
    ONE_OF_MANY,
    at_least,
    both,
    keys_of,
    must,
    named_reference,
    needs,
    one_of,
    optional,
    placed,
)
from labbuilder.validation.rules.fields.naming import INVALID_NAME, dns_label, dns_subdomain
from labbuilder.validation.rules.fields.volumes import INVALID_PATH, no_steps_back
from labbuilder.validation.rules.rule import Check, Complaints, Object, check_fields, checks

_MAX_LUN = 255
_MAX_PORTAL = 64
_MAX_TENANT = 64
_ISCSI_NAME = re.compile(
    r"(?s:.*)iqn\.[0-9]{4}-[0-9]{2}\.[A-Za-z0-9.-]+:[^,;*&$|\t\n\f\r ]+"
    r"|eui[^\n][A-Za-z0-9]{16}|naa[^\n][A-Za-z0-9]{32}"
)
_RESERVED = (".kubernetes.io", ".k8s.io")
_HOST_AND_PORT = re.compile(r"(\[[^\[\]]*\]|[^\[\]:]*):[^\[\]:]*")


def _is_iscsi_name(name: str) -> bool:
    return name.startswith(("iqn", "eui", "naa")) and bool(_ISCSI_NAME.fullmatch(name))


_iscsi_name = must(
    INVALID_VALUE, _is_iscsi_name, "a valid name of an iSCSI node",
    "use a name like iqn.2001-04.org.example:storage, eui. and 16 digits, or naa. and 32 digits",
)  # fmt: skip
_lun = at_least(0, _MAX_LUN)
_partition = at_least(0, 255)


@checks("ISCSIVolumeSource")
def _iscsi(value: Object) -> Complaints:
    asks = value.get("chapAuthDiscovery") or value.get("chapAuthSession")
    if asks and "secretRef" not in value:
        message = "is required for CHAP authentication"
        yield MISSING_VALUE.complaint(message, "name the Secret", ("secretRef",))


@checks("Volume")
def _iscsi_portal(value: Object) -> Complaints:
    iscsi = value.get("iscsi", {})
    length = len(f"{value['name']}:{iscsi.get('targetPortal', '')}".encode())
    if "initiatorName" in iscsi and length > _MAX_PORTAL:
        message = (
            f"the volume's name and targetPortal have more than {_MAX_PORTAL} characters with the "
            "colon between them, too many for an initiatorName"
        )
        yield INVALID_NAME.complaint(message, "use a shorter name", ("name",))


@checks("FCVolumeSource")
def _fibre_channel(value: Object) -> Complaints:
    yield from _exactly_one_set(value, "targetWWNs", "wwids")
    if value.get("targetWWNs"):
        if "lun" not in value:
            yield MISSING_VALUE.complaint("is required with targetWWNs", "set lun", ("lun",))
        else:
            yield from placed(_lun(value["lun"]), ("lun",))


@checks("FlockerVolumeSource")
def _flocker(value: Object) -> Complaints:
    yield from _exactly_one_set(value, "datasetName", "datasetUUID")


def _exactly_one_set(value: Object, *fields: str) -> Complaints:
    if sum(bool(value.get(field)) for field in fields) != 1:
        message = f"must have exactly one of {', '.join(fields)}"
        yield ONE_OF_MANY.complaint(message, "set one and remove the other")


@checks("AzureDiskVolumeSource")
def _azure_disk(value: Object) -> Complaints:
    is_managed = value.get("kind", "Shared") == "Managed"
    start = "/subscriptions/" if is_managed else "https://"
    address = value["diskURI"]
    if address and not address.startswith(start):
        message = f"{shown(address)} doesn't start with {start}, as a {_disk(value)} disk's must"
        hint = "write the disk's URI, or another kind"
        yield INVALID_VALUE.complaint(message, hint, ("diskURI",))


def _disk(value: Object) -> str:
    return shown(value.get("kind", "Shared")).strip("'")


@checks("QuobyteVolumeSource")
def _quobyte(value: Object) -> Complaints:
    registry, tenant = value["registry"], value.get("tenant", "")
    if registry and len(tenant.encode()) > _MAX_TENANT:
        message = f"must have at most {_MAX_TENANT} characters"
        yield INVALID_VALUE.complaint(message, "write the tenant's UUID", ("tenant",))
    elif registry and not all(map(_HOST_AND_PORT.fullmatch, registry.split(","))):
        message = f"{shown(registry)} is not a list of hosts with ports"
        hint = "use a form like registry.example:7861,backup.example:7861"
        yield INVALID_VALUE.complaint(message, hint, ("registry",))


def _option(key: str) -> Complaints:
    namespace = f".{key.partition('/')[0]}".lower()
    if namespace.endswith(_RESERVED):
        message = f"{shown(key)} is reserved for Kubernetes"
        yield INVALID_NAME.complaint(message, "use a domain of your own")


@checks("Pod")
def _claim_names(pod: Object) -> Complaints:
    """Check the names of the claims that are made of a pod's and its ephemeral volumes' names."""
    name = pod["metadata"].get("name")
    for i, volume in enumerate(pod.get("spec", {}).get("volumes", ())):
        if name and volume["name"] and "ephemeral" in volume:
            at = ("spec", "volumes", i, "name")
            claim = dns_subdomain(f"{name}-{volume['name']}")
            for complaint in placed(claim, at):
                message = f"makes a claim's name with the pod's: {complaint.message}"
                yield INVALID_NAME.complaint(message, complaint.hint, at)


def _need(**fields: Sequence[str]) -> None:
    """Register that sources need some fields, by the names of their types without the end."""
    for name, needed in fields.items():
        check: Check = both(*map(needs, needed))
        checks(f"{name}VolumeSource")(check)


_need(
    AWSElasticBlockStore=["volumeID"],
    AzureDisk=["diskName", "diskURI"],
    AzureFile=["secretName", "shareName"],
    CephFS=["monitors"],
    Cinder=["volumeID"],
    Flex=["driver"],
    GCEPersistentDisk=["pdName"],
    GitRepo=["repository"],
    Glusterfs=["endpoints", "path"],
    ISCSI=["targetPortal", "iqn"],
    PhotonPersistentDisk=["pdID"],
    Portworx=["volumeID"],
    Quobyte=["registry", "volume"],
    RBD=["monitors", "image"],
    ScaleIO=["gateway", "system", "volumeName"],
    StorageOS=["volumeName"],
    VsphereVirtualDisk=["volumePath"],
)
check_fields("AWSElasticBlockStoreVolumeSource", partition=_partition)
check_fields("GCEPersistentDiskVolumeSource", partition=_partition)
check_fields(
    "AzureDiskVolumeSource",
    cachingMode=one_of("None", "ReadOnly", "ReadWrite"),
    kind=one_of("Dedicated", "Managed", "Shared"),
)
check_fields("CinderVolumeSource", "StorageOSVolumeSource", secretRef=named_reference)
check_fields("StorageOSVolumeSource", volumeName=optional(dns_label))
check_fields("StorageOSVolumeSource", volumeNamespace=optional(dns_label))
check_fields("FlexVolumeSource", options=keys_of(_option))
check_fields(
    "FlockerVolumeSource",
    datasetName=must(INVALID_NAME, lambda name: "/" not in name, "a name without /"),
)
check_fields(
    "GitRepoVolumeSource",
    directory=both(
        must(INVALID_PATH, lambda path: not path.startswith("/"), "a relative path"),
        optional(no_steps_back),
    ),
)
check_fields("ISCSIVolumeSource", iqn=optional(_iscsi_name), initiatorName=_iscsi_name, lun=_lun)
