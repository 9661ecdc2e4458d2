"""The labs among the objects of a cluster, as ``kubectl get -o yaml`` prints them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from labbuilder.cluster.state import recreate_lab_state
from labbuilder.documents import Document
from labbuilder.documents.objects import PlacedObject, unpack_lists
from labbuilder.errors import Finding, LabBuilderError, Path
from labbuilder.lab.names import (
    ENV_CONFIG_MAP_SUFFIX,
    POD_SUFFIX,
    LabObjectNames,
    check_username,
    object_names,
)
from labbuilder.lab.objects import LabStateObjects
from labbuilder.manifest import metadata_of
from labbuilder.models import LabConfig
from labbuilder.models.state import LabState
from labbuilder.names import CATEGORY_LABEL, is_dns_label, is_username

__all__ = ["ClusterLab", "find_labs", "recreate"]

_KINDS = {"ConfigMap": "env_config_map", "ResourceQuota": "quota", "Pod": "pod"}
_SUFFIXES = {
    "ConfigMap": ENV_CONFIG_MAP_SUFFIX, "ResourceQuota": POD_SUFFIX, "Pod": POD_SUFFIX,
}  # fmt: skip
"""What follows the username in the names of these objects."""
_GET = "run kubectl get configmap,resourcequota,pod"
_SITE = "use the site's own configuration (--config), or leave the objects out"


class _Object(PlacedObject):
    """An object from which the state of a lab may be recreated."""

    __slots__ = ()

    @property
    def metadata(self) -> Mapping[str, Any]:
        return metadata_of(self.data)

    def finding(self, code: str, message: str, hint: str = "", path: Path = ()) -> Finding:
        title = f"{self.data['kind']}/{self.metadata.get('name')}"
        return replace(PlacedObject.finding(self, code, message, hint, path), object=title)


@dataclass(frozen=True, slots=True)
class ClusterLab:
    """The objects of one lab in a cluster; the namespace is empty if they have none.

    The parts are named as in `LabStateObjects`; some may be missing, some duplicated.
    """

    username: str
    namespace: str
    parts: Mapping[str, Sequence[_Object]]


def find_labs(documents: Iterable[Document], username: str | None = None) -> list[ClusterLab]:
    """Find labs by the names of their pods and ConfigMaps, or the labs of one user.

    Documents hold one object each, or a ``v1`` List of objects. It raises `LabBuilderError` if one
    holds neither, or if the username is invalid.
    """
    found: defaultdict[str, list[_Object]] = defaultdict(list)
    findings = [] if username is None else list(check_username(username))
    for document in documents:
        for each in unpack_lists(document, _GET):
            if isinstance(each, Finding):
                findings.append(each)
            elif each.data.get("apiVersion") == "v1" and each.data.get("kind") in tuple(_KINDS):
                placed = _Object(each.document, each.path, each.data)
                found[str(placed.metadata.get("namespace") or "")].append(placed)
    if findings:
        raise LabBuilderError(findings)
    return [
        lab
        for namespace, objects in found.items()
        for parts in [_parts(objects)]
        for name in ([username] if username is not None else _usernames(objects))
        if (lab := ClusterLab(name, namespace, parts.get(name, {}))).parts
    ]


def recreate(
    lab: ClusterLab, config: LabConfig, *, own_prefix: bool
) -> tuple[LabState | None, list[Finding]]:
    """Recreate the state of a lab, if it can be, and collect findings, which show no values.

    The namespace decides the prefix, unless the configuration's is the site's own.
    """
    prefix = lab.namespace.removesuffix(f"-{lab.username}")
    if not own_prefix and prefix != lab.namespace and is_dns_label(prefix):
        config = config.model_copy(update={"namespace_prefix": prefix})
    findings = list(_missing(lab, object_names(config.namespace_prefix, lab.username)))
    objects = {part: found[0].data for part, found in lab.parts.items()}
    try:
        given = LabStateObjects(**{part: objects.get(part) for part in _KINDS.values()})
        state = recreate_lab_state(config, lab.username, given)
    except LabBuilderError as error:
        state = None
        findings += _placed(lab, error.findings)
    return (None if findings else state), findings


def _placed(lab: ClusterLab, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Place the findings about a lab's objects; those that are missing are reported already."""
    first = next(iter(lab.parts.values()))[0]
    for each in findings:
        part, *path = each.path
        if found := lab.parts.get(str(part)):
            hint = _SITE if each.code == "other-namespace" else ""
            yield found[0].finding(each.code, each.message, hint, tuple(path))
        elif part not in _KINDS.values():  # about the username
            yield replace(first.finding(each.code, each.message, each.hint), path=())


def _usernames(objects: Iterable[_Object]) -> list[str]:
    """Find users by the names of pods and ConfigMaps that aren't labelled otherwise."""
    names: dict[str, None] = {}
    for each in objects:
        suffix = {"Pod": POD_SUFFIX, "ConfigMap": ENV_CONFIG_MAP_SUFFIX}.get(each.data["kind"])
        name = each.metadata.get("name")
        labels = each.metadata.get("labels")
        category = labels.get(CATEGORY_LABEL, "lab") if isinstance(labels, dict) else "lab"
        if suffix and isinstance(name, str) and name.endswith(suffix) and category == "lab":
            username = name.removesuffix(suffix)
            if is_username(username):
                names[username] = None
    return list(names)


def _parts(objects: Iterable[_Object]) -> Mapping[str, Mapping[str, Sequence[_Object]]]:
    """Find the parts of labs by username, in the order of the objects."""
    found: defaultdict[str, defaultdict[str, list[_Object]]]
    found = defaultdict(lambda: defaultdict(list))
    for each in objects:
        name, suffix = each.metadata.get("name"), _SUFFIXES[each.data["kind"]]
        if isinstance(name, str) and name.endswith(suffix):
            found[name.removesuffix(suffix)][_KINDS[each.data["kind"]]].append(each)
    return found


def _missing(lab: ClusterLab, names: LabObjectNames) -> Iterator[Finding]:
    """Report objects that are missing or duplicated."""
    first = next(iter(lab.parts.values()))[0]
    for kind, part in _KINDS.items():
        found = lab.parts.get(part, ())
        if not found and part != "quota":
            message = f"the lab's {kind} {getattr(names, part)} is missing"
            yield replace(first.finding("missing-object", message, _GET), path=())
        for each in found[1:]:
            line = found[0].document.source(found[0].path)
            message = f"is a duplicate of the object at {line}"
            yield each.finding("duplicate-object", message, "keep one of them")
