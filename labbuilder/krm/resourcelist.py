"""Reads and writes ResourceLists, the input and output of KRM functions.

Items that are not ours stay YAML nodes and are written as they were read: ``mode: 0644`` is octal
to Kubernetes' tools and decimal by YAML 1.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import yaml

from labbuilder.documents import MAX_FILE_VALUES, Document, load, load_manifests
from labbuilder.documents.go_yaml import TAG
from labbuilder.documents.text import decode
from labbuilder.errors import Finding, LabBuilderError, Path, Source
from labbuilder.escape import has_hidden, visible_yaml
from labbuilder.manifest import Manifest, metadata_of
from labbuilder.output import to_yaml

__all__ = ["ResourceList", "read_resource_list", "reference", "write_resource_list"]

_VERSIONS = tuple(f"config.kubernetes.io/{version}" for version in ("v1", "v1beta1", "v1alpha1"))
_RUN_HINT = "run the function with kustomize or kpt"
_ORCHESTRATORS = ("config.kubernetes.io", "config.k8s.io")  # and the domains below these
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

_SCALAR_TAGS = {
    f"{TAG}{kind}"
    for kind in ("str", "bool", "int", "float", "null", "binary", "timestamp", "merge", "value")
}

# Text that PyYAML writes the same with and without libyaml: in single quotes, and as a block.
_QUOTED = re.compile(r"[ -~]*")
_BLOCK = re.compile(r"(?![ \n])(?:[ -~]*(?<! )\n)+(?:[ -~]+(?<! ))?(?<!\n\n)")


@dataclass(frozen=True, slots=True)
class ResourceList:
    """A ResourceList: its document, and the YAML node of each item."""

    document: Document
    nodes: Sequence[yaml.Node] = field(repr=False)

    @property
    def items(self) -> Sequence[dict[str, Any]]:
        """The items, as data."""
        return self.document.data.get("items") or ()


def read_resource_list(text: str | bytes, file: str) -> ResourceList:
    """Read a ResourceList from YAML or JSON; its functionConfig is not validated.

    It raises `LabBuilderError`, with every complaint, if the text isn't strict YAML or isn't a
    ResourceList.
    """
    documents = load_manifests(text, file)
    given = [index for index, each in enumerate(documents) if each.data is not None]
    if len(given) != 1:
        code = "several-documents" if given else "empty-file"
        message = "input must be one ResourceList"
        raise LabBuilderError([Finding(code, message, hint=_RUN_HINT, source=Source(file, 1, 1))])
    document = documents[given[0]]
    findings = [
        Finding(code, message, path, hint, source=document.source(path))
        for code, message, path, hint in _complaints(document.data)
    ]
    if findings:
        raise LabBuilderError(findings)
    _read_configuration(text, document, given[0])
    return ResourceList(document, _item_nodes(text, document, given[0]))


def _read_configuration(text: str | bytes, document: Document, index: int) -> None:
    """Read functionConfig as labbuilder reads configurations, unlike the items."""
    if "functionConfig" in document.data:
        with suppress(LabBuilderError):  # about items, which are manifests
            ours = load(text, document.file, MAX_FILE_VALUES)[index]
            document.data["functionConfig"] = ours.data["functionConfig"]


def _item_nodes(text: str | bytes, document: Document, index: int) -> Sequence[yaml.Node]:
    if not document.data.get("items"):
        return ()
    decoded = decode(text, document.file, as_kubectl=True)
    try:
        root = list(yaml.compose_all(decoded, Loader=_LOADER))[index]
    except yaml.YAMLError:  # the only error here that our own reader accepts
        raise _refusal(document, "an anchor is duplicated", "give each its own name") from None
    nodes = {key.value: value for key, value in root.value}
    if "items" not in nodes:
        raise _refusal(document, "can't come from a merge key '<<'", "write the items in place")
    found: Sequence[yaml.Node] = nodes["items"].value
    return found


def _refusal(document: Document, message: str, hint: str) -> LabBuilderError:
    path = ("items",)
    finding = Finding("yaml-alias", message, path, hint, source=document.source(path))
    return LabBuilderError([finding])


def _complaints(data: Any) -> Iterator[tuple[str, str, Path, str]]:
    if not isinstance(data, dict) or data.get("kind") != "ResourceList":
        yield "wrong-type", "must be a ResourceList", (), _RUN_HINT
        return
    if data.get("apiVersion") not in _VERSIONS:
        hint = f"use one of {', '.join(_VERSIONS)}"
        yield "invalid-value", "is not a supported version of ResourceList", ("apiVersion",), hint
    items = data.get("items")
    if not isinstance(items, list | None):
        yield "wrong-type", "must be a list of manifests", ("items",), "use [] for none"
    for i, item in enumerate(items if isinstance(items, list) else ()):
        if not isinstance(item, dict):
            hint = "add apiVersion, kind and the fields of the kind"
            yield "wrong-type", "a manifest must be a mapping", ("items", i), hint


def write_resource_list(
    found: ResourceList | None,
    manifests: Iterable[Manifest],
    results: Sequence[Mapping[str, Any]],
) -> str:
    """Write the ResourceList that a function returns, without the functionConfig and its secrets.

    `found` is the ResourceList of the input; None if it could not be read. Each manifest replaces
    the item of the same group, kind, namespace and name and keeps its annotations for kustomize,
    or else comes after the last item.
    """
    version = found.document.data["apiVersion"] if found else _VERSIONS[0]
    head: dict[str, Any] = {"apiVersion": version, "kind": "ResourceList", "items": []}
    root = _node(head | ({"results": results} if results else {}))
    nodes = list(_merged(found, manifests))
    for key, value in root.value:
        if key.value == "items" and nodes:
            value.value, value.flow_style = nodes, False
    # libyaml takes the width as a C int; the widest folds no line.
    text = yaml.serialize(root, Dumper=_DUMPER, allow_unicode=True, width=2**31 - 1)
    return visible_yaml(text)


def _merged(found: ResourceList | None, manifests: Iterable[Manifest]) -> Iterator[yaml.Node]:
    ours = {_identity(each): each for each in manifests}
    placed = set()
    for item, node in zip(found.items, found.nodes, strict=True) if found else ():
        identity = _identity(item)
        if identity not in ours:
            _set_styles(node)
            yield node
        elif identity not in placed:  # a second item would undo the first
            placed.add(identity)
            yield _node(_annotated(ours[identity], item))
    yield from (_node(each) for identity, each in ours.items() if identity not in placed)


def _identity(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    names = reference(manifest)
    group = names.get("apiVersion", "").rpartition("/")[0]
    return (group, *(names.get(key, "") for key in ("kind", "namespace", "name")))


def reference(manifest: Any) -> dict[str, str]:
    """Return an object's apiVersion, kind, namespace and name, as far as they are text."""
    if not isinstance(manifest, dict):
        return {}
    given = {key: manifest.get(key) for key in ("apiVersion", "kind")}
    given |= {key: metadata_of(manifest).get(key) for key in ("namespace", "name")}
    return {key: text for key, text in given.items() if text and isinstance(text, str)}


def _annotated(manifest: Manifest, item: Mapping[str, Any]) -> Manifest:
    """Copy the annotations by which kustomize and kpt recognise an item."""
    annotations = metadata_of(item).get("annotations")
    kept = {
        key: value
        for key, value in (annotations if isinstance(annotations, dict) else {}).items()
        if f".{key.partition('/')[0]}".endswith(tuple(f".{each}" for each in _ORCHESTRATORS))
    }
    if not kept:
        return manifest
    own = manifest["metadata"]
    return manifest | {"metadata": own | {"annotations": own.get("annotations", {}) | kept}}


def _node(data: Mapping[str, Any]) -> Any:
    return yaml.compose(to_yaml([data]), Loader=_LOADER)


def _set_styles(node: yaml.Node) -> None:
    """Set styles in which PyYAML writes every text unchanged; plain scalars stay plain.

    Tags that YAML doesn't have are left out: they say nothing to kubectl, but may to others.
    """
    seen, rest = set(), [node]
    while rest:
        node = rest.pop()
        if id(node) in seen:  # an alias
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            node.tag = f"{TAG}map"
            rest += [part for pair in node.value for part in pair]
        elif isinstance(node, yaml.SequenceNode):
            node.tag = f"{TAG}seq"
            rest += node.value
        elif isinstance(node, yaml.ScalarNode):
            _set_scalar_style(node)


def _set_scalar_style(node: yaml.ScalarNode) -> None:
    if node.tag not in _SCALAR_TAGS:
        node.tag, node.style = f"{TAG}str", '"'
    elif node.tag not in {f"{TAG}str", f"{TAG}binary"}:
        node.style = None  # a tag makes a number of quoted text; without quotes it is one anyway
    if node.style in {"|", ">"}:
        node.style = "|" if _BLOCK.fullmatch(node.value) else '"'
    elif node.style == "'" and not _QUOTED.fullmatch(node.value):
        node.style = '"'
    elif not node.style and not node.value:
        node.value = "null"
    if has_hidden(node.value):  # which only double quotes can escape
        node.style = '"'
