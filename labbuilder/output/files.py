"""Manifests as files, named so that they are applied in order."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal

from labbuilder.errors import Finding, LabBuilderError, Path
from labbuilder.manifest import identity, metadata_of, object_name, own_namespace
from labbuilder.names import is_dns_label, is_dns_subdomain
from labbuilder.output.text import in_order, refuse_infinite, write_json, write_yaml
from labbuilder.sealed import sealed

__all__ = ["to_files"]

_KIND = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_MAX_STEM = 240  # of the 255 bytes of a file's name, less number and suffix


@sealed
def to_files(
    manifests: Iterable[Mapping[str, Any]], form: Literal["yaml", "json"]
) -> dict[str, str]:
    """Write each manifest as a file of its own, so that ``kubectl apply -R -f`` keeps the order.

    Parameters
    ----------
    manifests
        Objects of JSON types, in the order in which to apply them.
    form
        The format of the files.

    Returns
    -------
    dict of str to str
        Texts by relative file name: ``NAMESPACE/NN-KIND-NAME.FORM``, without a folder
        for a cluster-scoped object; a Namespace is in its own folder.

    Raises
    ------
    LabBuilderError
        If a name can't be part of a file's name, an object is duplicated, or a number is infinite
        or not a number.
    """
    write = {"yaml": write_yaml, "json": write_json}[form]
    ordered = in_order(manifests)
    refuse_infinite(ordered)
    findings = [finding for manifest in ordered for finding in _find_unfit_names(manifest)]
    if findings := findings or list(_find_duplicates(ordered)):
        raise LabBuilderError(findings)
    folders = [own_namespace(manifest) for manifest in ordered]
    totals, placed, files = Counter(folders), Counter[str](), {}
    for folder, manifest in zip(folders, ordered, strict=True):
        placed[folder] += 1
        # As wide as the folder's last number: files are applied in the order of their names.
        number = f"{placed[folder]:0{max(2, len(str(totals[folder])))}}"
        stem = f"{number}-{manifest['kind'].lower()}-{manifest['metadata']['name']}"
        files[f"{folder}/{stem}.{form}" if folder else f"{stem}.{form}"] = write(manifest)
    return files


def _find_unfit_names(manifest: Mapping[str, Any]) -> Iterator[Finding]:
    """Find what can't be part of a file's name, or would lead out of the folder."""
    metadata = metadata_of(manifest)
    kind, name, namespace = manifest.get("kind"), metadata.get("name"), metadata.get("namespace")
    is_name = is_dns_label if kind == "Namespace" else is_dns_subdomain
    checks: list[tuple[Path, Any, Callable[[str], object]]] = [
        (("kind",), kind, _KIND.fullmatch),
        (("metadata", "name"), name if len(f"{kind}-{name}") <= _MAX_STEM else None, is_name),
        (("metadata", "namespace"), "none" if namespace is None else namespace, is_dns_label),
    ]
    for path, text, fits in checks:
        if not isinstance(text, str) or not fits(text):
            message = "can't be part of a file's name"
            hint = "write the objects to standard output, or use a DNS name"
            yield Finding("unfit-file-name", message, path, hint, object=object_name(manifest))


def _find_duplicates(manifests: Iterable[Mapping[str, Any]]) -> Iterator[Finding]:
    """Find objects that would overwrite each other in the cluster."""
    counts = Counter((*identity(each), object_name(each)) for each in manifests)
    for (_, _, namespace, _, title), count in counts.items():
        if count > 1:
            where = f" in the namespace {namespace}" if namespace else ""
            message = f"is duplicated{where}"
            yield Finding("duplicate-object", message, hint="keep one of them", object=title)
