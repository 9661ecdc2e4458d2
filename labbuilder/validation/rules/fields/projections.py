"""Checks of projected volumes, which combine several sources in one directory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from labbuilder import names
from labbuilder.errors import Path, shown
from labbuilder.validation.rules.combinators import (
    DUPLICATE,
    INVALID_VALUE,
    MISSING_VALUE,
    ONE_OF_MANY,
    at_least,
    exactly_one,
    must,
    one_of,
    required,
)
from labbuilder.validation.rules.fields.naming import label_map
from labbuilder.validation.rules.fields.volumes import file_path, one_source
from labbuilder.validation.rules.rule import Complaints, Object, check_fields, checks

_CERTIFICATE_PATHS = ("credentialBundlePath", "keyPath", "certificateChainPath")


def _paths(source: Object) -> Iterator[tuple[Path, str]]:
    """List the files of a source, each with the path that names it."""
    for kind in ("secret", "configMap", "downwardAPI"):
        for i, item in enumerate(source.get(kind, {}).get("items", ())):
            yield (kind, "items", i, "path"), item["path"]
    if "clusterTrustBundle" in source:
        yield ("clusterTrustBundle", "path"), source["clusterTrustBundle"]["path"]
    for field in _CERTIFICATE_PATHS:
        if field in source.get("podCertificate", {}):
            yield ("podCertificate", field), source["podCertificate"][field]


def _sources(values: Sequence[Object]) -> Complaints:
    seen = set()
    for i, source in enumerate(values):
        for at, path in _paths(source):
            if path and path in seen:
                message = f"another source contains {shown(path)} too"
                yield DUPLICATE.complaint(message, "rename one of them", (i, *at))
            seen.add(path)


@checks("ClusterTrustBundleProjection")
def _bundle(value: Object) -> Complaints:
    yield from exactly_one("name", "signerName")(value)
    if "labelSelector" in value and "signerName" not in value and "name" in value:
        message = "is only allowed with signerName"
        yield ONE_OF_MANY.complaint(message, "remove it", ("labelSelector",))


@checks("PodCertificateProjection")
def _certificate(value: Object) -> Complaints:
    if not any(value.get(field) for field in _CERTIFICATE_PATHS):
        message = f"needs one of {', '.join(_CERTIFICATE_PATHS)}"
        yield MISSING_VALUE.complaint(message, "set one of them")


def _is_signer(text: str) -> bool:
    domain, _, path = text.partition("/")
    return "." in domain and all(map(names.is_dns_subdomain, (domain, path)))


def _is_bundle(text: str) -> bool:
    signer, colon, name = text.rpartition(":")
    return names.is_dns_subdomain(name) and (not colon or _is_signer(signer.replace(":", "/", 1)))


_signer = must(INVALID_VALUE, _is_signer, "a valid signer", "use the form example.org/signer")

checks("VolumeProjection")(one_source)
check_fields("ProjectedVolumeSource", sources=_sources)
check_fields(
    "ServiceAccountTokenProjection",
    path=required(file_path),
    expirationSeconds=at_least(600, 2**32),
)
check_fields(
    "ClusterTrustBundleProjection",
    path=required(file_path),
    name=must(
        INVALID_VALUE, _is_bundle, "a valid trust bundle", "use the form example.org:signer:name"
    ),
    signerName=_signer,
)
check_fields(
    "PodCertificateProjection",
    signerName=_signer,
    keyType=one_of("RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"),
    maxExpirationSeconds=at_least(3600, 91 * 86400),
    userAnnotations=label_map,
    **dict.fromkeys(_CERTIFICATE_PATHS, file_path),
)
