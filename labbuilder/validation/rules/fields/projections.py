"""Rules about projected volumes: several sources in one folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from labbuilder import names
from labbuilder.errors import Path, shown
from labbuilder.validation.rules.combinators import (
    DUPLICATE,
    INVALID_VALUE,
    MISSING_VALUE,
    ONE_OF_MANY,
    Object,
    at_least,
    both,
    filled,
    must,
    one_of,
)
from labbuilder.validation.rules.fields.naming import label_map
from labbuilder.validation.rules.fields.volumes import inside
from labbuilder.validation.rules.rule import Check, Complaint

__all__ = ["FIELDS", "TYPES"]

_CERTIFICATE_PATHS = ("credentialBundlePath", "keyPath", "certificateChainPath")


def _projection(value: Object) -> Iterator[Complaint]:
    if len(value) > 1:
        message = f"needs one source and has {', '.join(value)}"
        yield Complaint(ONE_OF_MANY, message, "leave one of them")


def _paths(source: Object) -> Iterator[tuple[Path, str]]:
    """Give the files that a source makes, and where each stands."""
    for kind in ("secret", "configMap", "downwardAPI"):
        for i, item in enumerate(source.get(kind, {}).get("items", ())):
            yield (kind, "items", i, "path"), item["path"]
    if "clusterTrustBundle" in source:
        yield ("clusterTrustBundle", "path"), source["clusterTrustBundle"]["path"]
    for field in _CERTIFICATE_PATHS:
        if field in source.get("podCertificate", {}):
            yield ("podCertificate", field), source["podCertificate"][field]


def _sources(values: Sequence[Object]) -> Iterator[Complaint]:
    seen = set()
    for i, source in enumerate(values):
        for at, path in _paths(source):
            if path and path in seen:
                message = f"another source makes {shown(path)}"
                yield Complaint(DUPLICATE, message, "rename one", (i, *at))
            seen.add(path)


def _bundle(value: Object) -> Iterator[Complaint]:
    if ("name" in value) == ("signerName" in value):
        yield Complaint(ONE_OF_MANY, "needs name or signerName", "leave one of them")
    elif "name" in value and "labelSelector" in value:
        message = "goes with signerName only"
        yield Complaint(ONE_OF_MANY, message, "leave it out", ("labelSelector",))


def _certificate(value: Object) -> Iterator[Complaint]:
    if not any(value.get(field) for field in _CERTIFICATE_PATHS):
        message = f"needs one of {', '.join(_CERTIFICATE_PATHS)}"
        yield Complaint(MISSING_VALUE, message, "name a file")


def _is_signer(text: str) -> bool:
    domain, slash, path = text.partition("/")
    return (
        bool(slash)
        and "." in domain
        and names.is_dns_subdomain(domain)
        and names.is_dns_subdomain(path)
    )


def _is_bundle(text: str) -> bool:
    signer, colon, name = text.rpartition(":")
    return names.is_dns_subdomain(name) and (not colon or _is_signer(signer.replace(":", "/", 1)))


_signer = must(INVALID_VALUE, _is_signer, "a signer", "write example.org/signer")

FIELDS: dict[str, Check] = {
    "ProjectedVolumeSource.sources": _sources,
    "ServiceAccountTokenProjection.path": both(filled, inside),
    "ServiceAccountTokenProjection.expirationSeconds": at_least(600, 2**32),
    "ClusterTrustBundleProjection.path": both(filled, inside),
    "ClusterTrustBundleProjection.name": must(INVALID_VALUE, _is_bundle, "a trust bundle"),
    "ClusterTrustBundleProjection.signerName": _signer,
    "PodCertificateProjection.signerName": _signer,
    "PodCertificateProjection.keyType": one_of(
        "RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"
    ),
    "PodCertificateProjection.maxExpirationSeconds": at_least(3600, 91 * 86400),
    "PodCertificateProjection.userAnnotations": label_map,
    **{f"PodCertificateProjection.{field}": inside for field in _CERTIFICATE_PATHS},
}
"""The checks by type and field."""

TYPES: dict[str, Check] = {
    "VolumeProjection": _projection,
    "ClusterTrustBundleProjection": _bundle,
    "PodCertificateProjection": _certificate,
}
"""The checks by type."""
