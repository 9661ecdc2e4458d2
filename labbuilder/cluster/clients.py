"""Objects of Kubernetes' client libraries ↔ plain dicts, without importing any of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date, datetime
from typing import Any, TypeVar

from labbuilder.errors import Finding, LabBuilderError, Path
from labbuilder.lab.objects import LabObjects, LabStateObjects
from labbuilder.manifest import Manifest

__all__ = ["plain", "to_client_model", "to_client_models"]

Objects = TypeVar("Objects", LabObjects, LabStateObjects)

_MANY = re.compile(r"list\[(.+)\]", re.IGNORECASE)
_BY_KEY = re.compile(r"dict[(\[]str, (.+)[)\]]", re.IGNORECASE)


def plain(value: Any) -> Any:
    """Give what a cluster holds in plain types, with the keys that ``kubectl`` shows.

    Parameters
    ----------
    value
        An object of ``kubernetes_asyncio``, ``kubernetes``, kr8s or lightkube, or what was
        loaded from ``kubectl get -o json`` or ``-o yaml``.

    Returns
    -------
    object
        Dicts, lists, text, numbers, booleans and None. A model's fields that are None are left
        out. What is none of these stays as it is.

    Raises
    ------
    LabBuilderError
        If an object fails when it is asked for its content.
    """
    try:
        return _plain(value)
    except Exception as error:  # noqa: BLE001 (foreign code, whose words may be anything)
        message = f"{type(value).__name__} can't be read: {type(error).__name__}"
        finding = Finding("unreadable-object", message, hint="give it as plain dicts")
        raise LabBuilderError([finding]) from None


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    # A generated client's own to_dict() would give Python's names, not Kubernetes'.
    attributes = getattr(value, "attribute_map", None)
    if isinstance(attributes, Mapping):
        found = {key: getattr(value, name) for name, key in attributes.items()}
        return {key: _plain(item) for key, item in found.items() if item is not None}
    to_dict = getattr(value, "to_dict", None)
    return _plain(to_dict()) if callable(to_dict) else value


def to_client_models(objects: Objects, client: Any) -> Objects:
    """Convert a lab's manifests to a client's models.

    Parameters
    ----------
    objects
        The manifests.
    client
        ``kubernetes_asyncio.client`` or ``kubernetes.client``.

    Returns
    -------
    LabObjects or LabStateObjects
        The same, with a model in the place of every manifest.

    Raises
    ------
    LabBuilderError
        As `to_client_model` raises it.
    """

    def converted(value: Any) -> Any:
        if isinstance(value, list):
            return [converted(item) for item in value]
        return to_client_model(value, client) if isinstance(value, dict) else value

    parts = {field.name: converted(getattr(objects, field.name)) for field in fields(objects)}
    return replace(objects, **parts)


def to_client_model(manifest: Manifest, client: Any) -> Any:
    """Convert a manifest to a client's model, with all its fields.

    Parameters
    ----------
    manifest
        A Kubernetes object of the core or networking API in JSON types.
    client
        ``kubernetes_asyncio.client`` or ``kubernetes.client``.

    Returns
    -------
    object
        Such as ``V1Pod``.

    Raises
    ------
    LabBuilderError
        If the client doesn't know the kind or one of the fields, or refuses a value.
    """
    kind = manifest.get("kind")
    try:
        if not hasattr(client, f"V1{kind}"):
            raise _no_model("the client has no such kind", ("kind",))
        return _model(manifest, f"V1{kind}", client, ())
    except LabBuilderError as error:
        metadata = manifest.get("metadata")
        name = metadata.get("name") if isinstance(metadata, Mapping) else None
        raise LabBuilderError(
            [replace(finding, object=f"{kind}/{name}") for finding in error.findings]
        ) from None


def _model(value: Any, kind: str, client: Any, path: Path) -> Any:
    many, by_key = _MANY.fullmatch(kind), _BY_KEY.fullmatch(kind)
    if many and isinstance(value, list):
        return [_model(item, many[1], client, (*path, i)) for i, item in enumerate(value)]
    if by_key and isinstance(value, dict):
        return {key: _model(item, by_key[1], client, (*path, key)) for key, item in value.items()}
    if kind == "datetime" and isinstance(value, str):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            raise _no_model("is no time", path) from None
    model: Any = getattr(client, kind, None)
    if not hasattr(model, "attribute_map"):
        return value
    if not isinstance(value, dict):
        raise _no_model(f"{kind} is a mapping", path)
    names = {key: name for name, key in model.attribute_map.items()}
    unknown = [key for key in value if key not in names]
    if unknown:
        raise _no_model(
            f"this version of the client doesn't know {unknown[0]}", (*path, unknown[0])
        )
    arguments = {
        names[key]: _model(item, model.openapi_types[names[key]], client, (*path, key))
        for key, item in value.items()
    }
    try:
        return model(**arguments)
    except ValueError as error:
        raise _no_model(f"the client refuses it: {type(error).__name__}", path) from None


def _no_model(message: str, path: Path) -> LabBuilderError:
    hint = "use a client of the cluster's version, or apply the plain manifest"
    return LabBuilderError([Finding("no-client-model", message, path, hint)])
