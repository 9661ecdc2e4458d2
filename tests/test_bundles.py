"""The schema bundles: where they come from, and what they never contain."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import labbuilder
from labbuilder.validation.schemas import VERSIONS

ROOT = Path(__file__).parents[1]
INSTALLED = Path(labbuilder.__file__).with_name("_schemas")
FOLDER = INSTALLED if INSTALLED.is_dir() else ROOT / "schemas"
SCRIPT = ROOT / "schemas" / "tools" / "make_bundles.py"
SOURCES: dict[str, Any] = json.loads((FOLDER / "SOURCES.json").read_bytes())
KINDS = {
    "networking.k8s.io/v1/NetworkPolicy",
    "v1/ConfigMap",
    "v1/LimitRange",
    "v1/Namespace",
    "v1/PersistentVolumeClaim",
    "v1/Pod",
    "v1/ResourceQuota",
    "v1/Secret",
    "v1/Service",
    "v1/ServiceAccount",
}
CONSTRAINTS = {
    "$ref",
    "additionalProperties",
    "const",
    "items",
    "maximum",
    "minimum",
    "properties",
    "required",
    "type",
}
ANNOTATIONS = {
    "x-kubernetes-list-map-keys",
    "x-kubernetes-list-type",
    "x-kubernetes-patch-merge-key",
}


@pytest.fixture(params=VERSIONS, scope="module")
def bundle(request: pytest.FixtureRequest) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((FOLDER / f"v{request.param}.json").read_bytes())
    return loaded


def subschemas(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a schema and those inside it; names of properties are not keywords."""
    yield schema
    for inner in schema.get("properties", {}).values():
        yield from subschemas(inner)
    for keyword in ("items", "additionalProperties"):
        if isinstance(schema.get(keyword), dict):
            yield from subschemas(schema[keyword])


def schemas(bundle: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for schema in (*bundle["kinds"].values(), *bundle["$defs"].values()):
        yield from subschemas(schema)


def test_the_seven_newest_versions_are_carried_and_accounted_for() -> None:
    assert len(VERSIONS) == 7
    names = {f"v{version}.json" for version in VERSIONS}
    assert {path.name for path in FOLDER.glob("v*.json")} == names
    assert SOURCES["bundles"].keys() == names
    assert (SOURCES["package"], SOURCES["licence"]) == ("kubernetes-validate", "Apache-2.0")
    assert "Apache License" in (FOLDER / "LICENSE").read_text(encoding="utf-8")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_bundle_is_what_its_source_was_recorded_for(version: str) -> None:
    data = (FOLDER / f"v{version}.json").read_bytes()
    recorded = SOURCES["bundles"][f"v{version}.json"]
    assert hashlib.sha256(data).hexdigest() == recorded["sha256"]
    assert recorded["source"] == f"kubernetes-json-schema/v{version}.0-local-strict"
    assert len(data) < 250_000


def test_only_keywords_that_validators_agree_on(bundle: dict[str, Any]) -> None:
    # So no $id, no format, no description, and no oneOf whose errors are hard to explain.
    assert bundle.keys() == {"$schema", "$defs", "kinds"}
    used = {keyword for schema in schemas(bundle) for keyword in schema}
    assert used == CONSTRAINTS | ANNOTATIONS


def test_every_reference_stays_inside_and_everything_is_referred_to(
    bundle: dict[str, Any],
) -> None:
    references = {schema["$ref"] for schema in schemas(bundle) if "$ref" in schema}
    assert references == {f"#/$defs/{name}" for name in bundle["$defs"]}


def test_nothing_may_be_null(bundle: dict[str, Any]) -> None:
    for schema in schemas(bundle):
        assert schema.keys() & {"type", "$ref", "const"}
        assert "null" not in schema.get("type", "")


def test_unknown_fields_are_refused_wherever_fields_are_declared(bundle: dict[str, Any]) -> None:
    assert all(
        schema["additionalProperties"] is False
        for schema in schemas(bundle)
        if "properties" in schema
    )


def test_properties_named_like_keywords_are_kept(bundle: dict[str, Any]) -> None:
    name = "io.k8s.api.core.v1.TypedLocalObjectReference"
    assert bundle["$defs"][name]["required"] == ["kind", "name"]
    assert "type" in bundle["$defs"]["io.k8s.api.core.v1.HostPathVolumeSource"]["properties"]
    items = bundle["$defs"]["io.k8s.api.core.v1.ConfigMapVolumeSource"]["properties"]["items"]
    assert items["x-kubernetes-list-type"] == "atomic"


def test_kinds_need_version_kind_and_metadata(
    bundle: dict[str, Any],
) -> None:
    assert bundle["kinds"].keys() == KINDS
    for key, schema in bundle["kinds"].items():
        api_version, _, kind = key.rpartition("/")
        assert {"apiVersion", "kind", "metadata"} <= set(schema["required"])
        assert schema["properties"]["apiVersion"] == {"const": api_version}
        assert schema["properties"]["kind"] == {"const": kind}


def test_the_source_makes_these_bytes(tmp_path: Path) -> None:
    pytest.importorskip("kubernetes_validate")
    subprocess.run([sys.executable, SCRIPT, tmp_path], check=True)
    assert {path.name for path in tmp_path.iterdir()} == {*SOURCES["bundles"], "SOURCES.json"}
    for made in tmp_path.iterdir():
        assert made.read_bytes() == (FOLDER / made.name).read_bytes()
