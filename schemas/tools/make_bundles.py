#!/usr/bin/env python3
"""Make the schema bundles from the PyPI package ``kubernetes-validate``, deterministically.

Run ``python schemas/tools/make_bundles.py`` after installing a new version of that package. It
writes ``schemas/v*.json`` and ``schemas/SOURCES.json`` for the newest seven versions, and pins the
package in ``pyproject.toml``. It stops at anything in the source that it does not know, so that no
constraint is lost unseen.

A bundle is ``{"$schema", "$defs", "kinds"}``: ``kinds`` has a schema for each kind that labbuilder
emits or judges, by ``apiVersion/kind``, and ``$defs`` what they refer to. Bundles are tighter than
the source: nothing may be null, an unknown field is an error, and ``apiVersion``, ``kind`` and
``metadata`` are required. They are looser where the source requires a field that an API server
takes as zero or empty if it is missing. Integers carry the bounds of their format; no ``format``
is left, because validators disagree on which of them to assert.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

PACKAGE = "kubernetes-validate"
SCHEMAS = "kubernetes-json-schema"
SOURCE_FOLDER = re.compile(r"v1\.([0-9]+)\.0-local-strict")
CARRIED = 7
DIALECT = "https://json-schema.org/draft/2020-12/schema"
REF = "#/$defs/"

KINDS = {
    **{
        f"v1/{kind}": f"io.k8s.api.core.v1.{kind}"
        for kind in (
            "ConfigMap",
            "LimitRange",
            "Namespace",
            "PersistentVolumeClaim",
            "Pod",
            "ResourceQuota",
            "Secret",
            "Service",
            "ServiceAccount",
        )
    },
    "networking.k8s.io/v1/NetworkPolicy": "io.k8s.api.networking.v1.NetworkPolicy",
}
"""The source's name of each kind that labbuilder emits, or judges beside its own.

The latter are what a namespace decides by about the objects of a lab.
"""

KEPT = {
    "$ref",
    "additionalProperties",
    "enum",
    "required",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-list-type",
    "x-kubernetes-patch-merge-key",
}
"""Keywords that are copied. The last three constrain nothing, but say what identifies an item."""

DROPPED = {
    "description",
    "x-kubernetes-group-version-kind",
    "x-kubernetes-map-type",
    "x-kubernetes-patch-strategy",
    "x-kubernetes-unions",
}

OPTIONAL = {
    "HTTPHeader": {"value"},
    "ISCSIVolumeSource": {"lun"},
    "PreferredSchedulingTerm": {"preference"},
    "ScaleIOVolumeSource": {"secretRef"},
    "SleepAction": {"seconds"},
    "Sysctl": {"value"},
}
"""Fields that the source requires, by type, and that an API server doesn't miss."""

FORMATS = {
    "byte": {},
    "date-time": {},
    "int32": {"minimum": -(2**31), "maximum": 2**31 - 1},
    "int64": {"minimum": -(2**63), "maximum": 2**63 - 1},
}
"""What each ``format`` becomes."""


def types(schema: dict[str, Any]) -> list[str]:
    """List the types except null that a schema allows: its ``type``, or those of its ``oneOf``.

    Parameters
    ----------
    schema
        A schema with one of these keywords. The source uses ``oneOf`` for IntOrString and
        Quantity only, with a plain type in each branch.

    Returns
    -------
    list of str
        The types in alphabetical order.

    Raises
    ------
    ValueError
        If a branch of ``oneOf`` is more than a type.
    """
    if "oneOf" not in schema:
        named = schema["type"]
        return sorted({named} if isinstance(named, str) else set(named) - {"null"})
    if any(branch.keys() != {"type"} for branch in schema["oneOf"]):
        raise ValueError(f"a oneOf of more than types: {schema['oneOf']}")
    return sorted({name for branch in schema["oneOf"] for name in types(branch)})


def tighten(schema: dict[str, Any]) -> dict[str, Any]:
    """Rewrite a schema of the source, and those inside it, for a bundle.

    Parameters
    ----------
    schema
        The schema.

    Returns
    -------
    dict
        A new schema.

    Raises
    ------
    ValueError
        If the schema has a keyword or a format that this script does not know.
    """
    result: dict[str, Any] = {}
    for keyword, value in schema.items():
        match keyword:
            case "type" | "oneOf":
                names = types(schema)
                result["type"] = names[0] if len(names) == 1 else names
            case "properties":
                result[keyword] = {name: tighten(inner) for name, inner in value.items()}
            case "items" | "additionalProperties" if isinstance(value, dict):
                result[keyword] = tighten(value)
            case "format" if value in FORMATS:
                result |= FORMATS[value]
            case _ if keyword in KEPT:
                result[keyword] = value
            case _ if keyword not in DROPPED:
                raise ValueError(f"an unknown keyword or format: {keyword}: {value}")
    if "properties" in result:
        result.setdefault("additionalProperties", False)
    return result


def references(schema: object) -> Iterator[str]:
    """Yield the names in ``$defs`` that a tightened schema refers to.

    Parameters
    ----------
    schema
        The schema, or a part of one.

    Yields
    ------
    str
        A name.

    Raises
    ------
    ValueError
        If a reference leaves the document.
    """
    if isinstance(schema, list):
        for item in schema:
            yield from references(item)
    elif isinstance(schema, dict):
        for keyword, value in schema.items():
            if keyword != "$ref" or not isinstance(value, str):
                yield from references(value)
            elif value.startswith(REF):
                yield value.removeprefix(REF)
            else:
                raise ValueError(f"a reference that leaves the document: {value}")


def root(key: str, definitions: dict[str, Any]) -> dict[str, Any]:
    """Make the schema of a whole manifest.

    Parameters
    ----------
    key
        ``apiVersion/kind``.
    definitions
        The source's schemas by name.

    Returns
    -------
    dict
        The schema, which requires the exact ``apiVersion`` and ``kind``, and metadata.
    """
    schema = tighten(definitions[KINDS[key]])
    api_version, _, kind = key.rpartition("/")
    schema["properties"] |= {
        "apiVersion": {"const": api_version},
        "kind": {"const": kind},
    }
    schema["required"] = sorted({"apiVersion", "kind", "metadata", *schema.get("required", ())})
    return schema


def definition(name: str, source: dict[str, Any]) -> dict[str, Any]:
    """Make the schema of a type.

    Parameters
    ----------
    name
        The type's full name.
    source
        The source's schema of it.

    Returns
    -------
    dict
        The schema.

    Raises
    ------
    ValueError
        If a field in `OPTIONAL` isn't required there.
    """
    schema = tighten(source)
    optional = OPTIONAL.get(name.rpartition(".")[2], set())
    required = schema.get("required", [])
    if not optional <= set(required):
        raise ValueError(f"{name} doesn't require {sorted(optional)}")
    left = [field for field in required if field not in optional]
    if optional and left:
        schema["required"] = left
    elif optional:
        del schema["required"]
    return schema


def bundle(definitions: dict[str, Any]) -> dict[str, Any]:
    """Make the bundle of one Kubernetes version.

    Parameters
    ----------
    definitions
        The source's schemas by name.

    Returns
    -------
    dict
        The bundle.
    """
    kinds = {key: root(key, definitions) for key in KINDS}
    carried: dict[str, Any] = {}
    wanted = set(references(kinds))
    while wanted:
        new = {name: definition(name, definitions[name]) for name in wanted}
        carried |= new
        wanted = set(references(new)) - carried.keys()
    return {"$schema": DIALECT, "$defs": carried, "kinds": kinds}


def to_json(document: dict[str, Any]) -> str:
    """Write a document as JSON that diffs well.

    Parameters
    ----------
    document
        The document.

    Returns
    -------
    str
        JSON with sorted keys.
    """
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def write(folder: Path) -> None:
    """Write the bundles of the newest versions and ``SOURCES.json``, and remove older bundles.

    Parameters
    ----------
    folder
        The folder to write into.
    """
    package = distribution(PACKAGE)
    source = Path(str(package.locate_file(f"kubernetes_validate/{SCHEMAS}")))
    minors = {
        int(found[1]): path
        for path in source.iterdir()
        if (found := SOURCE_FOLDER.fullmatch(path.name))
    }
    files = {}
    bundles = {}
    for minor in sorted(minors)[-CARRIED:]:
        definitions = json.loads((minors[minor] / "_definitions.json").read_bytes())["$defs"]
        name = f"v1.{minor}.json"
        files[name] = to_json(bundle(definitions)).encode()
        bundles[name] = {
            "sha256": hashlib.sha256(files[name]).hexdigest(),
            "source": f"{SCHEMAS}/{minors[minor].name}",
        }
    sources = {
        "bundles": bundles,
        "licence": "Apache-2.0",
        "package": PACKAGE,
        "version": package.version,
    }
    files["SOURCES.json"] = to_json(sources).encode()
    for stale in folder.glob("v*.json"):
        stale.unlink()
    for name, data in files.items():
        (folder / name).write_bytes(data)


def pin(project: Path) -> None:
    """Require the version of the package that the bundles are made of, and no other.

    Parameters
    ----------
    project
        The ``pyproject.toml`` that names the package.
    """
    text = project.read_text(encoding="utf-8")
    pinned = f"{PACKAGE}=={distribution(PACKAGE).version}"
    project.write_text(re.sub(f"{PACKAGE}==[0-9.]+", pinned, text), encoding="utf-8")


def main() -> None:
    """Read the command line and write the bundles."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    here = Path(__file__).resolve().parents[1]
    parser.add_argument("folder", nargs="?", type=Path, default=here, help="default: schemas/")
    folder = parser.parse_args().folder
    write(folder)
    if folder == here:
        pin(here.parent / "pyproject.toml")


if __name__ == "__main__":
    main()
