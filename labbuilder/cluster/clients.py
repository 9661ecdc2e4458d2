"""Objects of Kubernetes' client libraries ↔ plain dicts, without importing any of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date, datetime
from typing import Any, TypeVar

from labbuilder.errors import Finding, LabBuilderError, Path
from labbuilder.lab.objects import LabObjects, LabStateObjects
from labbuilder.manifest import Manifest, metadata_of
from labbuilder.sealed import sealed

__all__ = ["plain", "to_client_model", "to_client_models"]

Objects = TypeVar("Objects", LabObjects, LabStateObjects)

_MANY = re.compile(r"list\[(.+)\]", re.IGNORECASE)
_BY_KEY = re.compile(r"dict[(\[]str, (.+)[)\]]", re.IGNORECASE)


@sealed
def plain(value: Any) -> Any:
    """Convert an object of a cluster to plain types, with the keys that ``kubectl`` shows.

    Parameters
    ----------
    value
        An object of ``kubernetes_asyncio``, ``kubernetes``, kr8s or lightkube, or the data of
        ``kubectl get -o json`` or ``-o yaml``.

    Returns
    -------
    object
        Dicts, lists, text, numbers, booleans and None, without a model's fields that are None.
        A value of any other type is returned as it is.

    Raises
    ------
    LabBuilderError
        If an object raises an error when it is read.
    """
    try:
        return _plain(value)
    except Exception as error:  # noqa: BLE001 (foreign code)
        message = f"{type(value).__name__} can't be read: {type(error).__name__}"
        finding = Finding("unreadable-object", message, hint="pass plain dicts instead")
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
    # A generated client's own to_dict() has Python's names instead of Kubernetes'.
    attributes = getattr(value, "attribute_map", None)
    if isinstance(attributes, Mapping):
        found = {key: getattr(value, name) for name, key in attributes.items()}
        return {key: _plain(item) for key, item in found.items() if item is not None}
    to_dict = getattr(value, "to_dict", None)
    return _plain(to_dict()) if callable(to_dict) else value


@sealed
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
        The same, with a model in place of each manifest.

    Raises
    ------
    LabBuilderError
        As `to_client_model` does.
    """

    def converted(value: Any) -> Any:
        if isinstance(value, list):
            return [converted(item) for item in value]
        return to_client_model(value, client) if isinstance(value, dict) else value

    parts = {field.name: converted(getattr(objects, field.name)) for field in fields(objects)}
    return replace(objects, **parts)


@sealed
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
        If the client doesn't know the kind or a field, or doesn't accept a value.
    """
    kind = manifest.get("kind")
    try:
        if not hasattr(client, f"V1{kind}"):
            raise _no_model("the client has no model of this kind", ("kind",))
        return _model(manifest, f"V1{kind}", client, ())
    except LabBuilderError as error:
        title = f"{kind}/{metadata_of(manifest).get('name')}"
        found = [replace(finding, object=title) for finding in error.findings]
        raise LabBuilderError(found) from None


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
            raise _no_model("is not a valid time", path) from None
    model: Any = getattr(client, kind, None)
    if not hasattr(model, "attribute_map"):
        return value
    if not isinstance(value, dict):
        raise _no_model(f"must be a mapping, as {kind} is", path)
    names = {key: name for name, key in model.attribute_map.items()}
    unknown = [key for key in value if key not in names]
    if unknown:
        raise _no_model("this version of the client doesn't have this field", (*path, unknown[0]))
    arguments = {
        names[key]: _model(item, model.openapi_types[names[key]], client, (*path, key))
        for key, item in value.items()
    }
    try:
        return model(**arguments)
    except ValueError as error:
        raise _no_model(f"the client doesn't accept it: {type(error).__name__}", path) from None


def _no_model(message: str, path: Path) -> LabBuilderError:
    hint = "use a client of the cluster's version, or apply the plain manifest"
    return LabBuilderError([Finding("no-client-model", message, path, hint)])
