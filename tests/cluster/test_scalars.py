"""Scalars that YAML's versions read differently: as kubectl and an API server read them.

``SCALARS=200 pytest --dist=no`` of this file tries all.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cluster.control_plane import Api, ControlPlane, assets
from cluster.test_rules import made
from labbuilder.documents import load_manifests
from labbuilder.errors import LabBuilderError, Severity
from labbuilder.validation import schemas
from labbuilder.validation.judge import judge
from labbuilder.validation.rules import Target

USUAL = 20
COUNT = int(os.environ.get("SCALARS", USUAL))
NAMESPACE = "scalars"
SCALARS = [
    # Words of YAML 1.1, and some that only look like them.
    "no", "n", "N", "y", "Y", "yes", "Yes", "YES", "No", "NO", "on", "On", "ON", "off", "Off",
    "OFF", "true", "True", "TRUE", "false", "False", "FALSE", "yEs", "tRUE", "oN", "nO", "None",
    "nil", "null", "Null", "NULL", "nULL", "~", "", "~~", "Infinity", "inf", ".inf", ".Inf",
    "-.inf", "+.inf", "-.INF", ".nan", ".NaN", ".NAN", "NaN", ".iNF",
    # Integers in several bases, and with underscores.
    "0", "-0", "+0", "1", "+1", "-1", "00", "01", "-01", "+07", "08", "09", "010", "0644",
    "0o14", "0O14", "0o8", "-0o7", "0x1F", "0X1f", "0x", "+0x1", "-0x1F", "0x1g", "0b11", "0B11",
    "0b2", "-0b11", "0b-11", "0b+1", "1_000", "1__0", "_1", "1_", "0_7", "0x_1", "0x1_F", "0b1_0",
    "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
    "18446744073709551615", "18446744073709551616", "100000000000000000000",
    "0xFFFFFFFFFFFFFFFF", "0x10000000000000000",
    # Floats.
    "1.0", "1.", ".5", "-.5", "+.5", "0.", "1.5", "1_0.5", "1.5_0", "._5", "1e3", "1E3", "1e+3",
    "1e-3", "1.e2", "0.5e1", "12e03", "0e0", "1e", "e1", ".e1", "1e1_0", "-0.0", "0.10", "1.10",
    "1e20", "1e21", "1e22", "1e400", "-1e400", "1e-400", "0.000001", "1e-7", "123456789.125",
    "00.5", "01.5", "0.1e-6", "16777217.0", "1.2.3", "0x1.8p1",
    # Minutes, dates and versions.
    "1:30", "12:30:45", "190:20:30", "-1:30", "1:60", "1:3.5", "2001-01-01", "2001-1-1",
    "2001-12-14T21:59:43.10-05:00", "2001-12-14 21:59:43", "12-14-2001", "1.10.1", "v1", "1Gi",
    "128m", "1,000", "1'000", "1-2", "1/2", "50%",
    # Quotes and tags.
    "'no'", '"no"', "'0644'", '"1"', "'~'", '"null"', "''", '""', r'"\/"', r'"\x41"',
    r'"\u00e9"', r'"a\nb"', r'"\e"', r'"\q"', "'it''s'", "!!str no", "!!str 1", "!!str", "! no",
    "! 1", "!mine 1", '!!int "1"', "!!int 1", "!!int no", '!!bool "yes"', "!!bool yes",
    "!!bool 1", "!!float 1", "!!null ''", "!!binary YQ==", "!!binary 'a b'",
    "!!timestamp 2001-01-01",
    # Indicators, and what isn't a scalar.
    "=", "<<", "-", "--", "- a", "?", ":", "a:", ":a", "a:b", "a: b", "a #b", "a#b", "#", "@a",
    "%a", "`a`", "&a", "&a 1", "*a", "!", "|", ">", ",", "[]", "{}", "[1]", "{a: 1}", '"a', "'a",
    ".", "..", "é", "٣", "１", "\u00a01", "\t1", "1\t", "a\tb",
    "'a\u2028b'", "a\u2028  b", '"a\x85b"', "'\u2029'", "1\u2028", "'\x9e'", "'\x7f'",
]  # fmt: skip


class Place(NamedTuple):
    """Where a scalar is put: a manifest around it, and its path."""

    manifest: str
    path: tuple[str | int, ...]
    default: object = None


HEAD = "apiVersion: v1\nkind: {kind}\nmetadata: {{name: {name}, labels: {{case: '{case}'}}}}\n"
PLACES = {
    "string": Place(
        HEAD.replace("{kind}", "Secret") + "type: {scalar}\n", ("type",), default="Opaque"
    ),
    "boolean": Place(HEAD.replace("{kind}", "Secret") + "immutable: {scalar}\n", ("immutable",)),
    "integer": Place(
        HEAD.replace("{kind}", "Pod")
        + "spec:\n"
        "  containers: [{{name: notebook, image: a}}]\n"
        "  tolerations:\n"
        "  - operator: Exists\n"
        "    effect: NoExecute\n"
        "    tolerationSeconds: {scalar}\n",
        ("spec", "tolerations", 0, "tolerationSeconds"),
    ),
    "data": Place(HEAD.replace("{kind}", "ConfigMap") + "data:\n  a: {scalar}\n", ("data", "a")),
    "label": Place(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  labels:\n"
        "    case: '{case}'\n    a: {scalar}\n",
        ("metadata", "labels", "a"),
    ),
    "name": Place(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  labels: {{case: '{case}'}}\n"
        "  name: {scalar}\n",
        ("metadata", "name"),
    ),
}  # fmt: skip
REFUSED = "refused"


def at(value: Any, path: tuple[str | int, ...], default: object) -> Any:
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError):
            return default
    return value


def read(text: str, place: Place) -> object:
    """Return the value as labbuilder reads it for an API server."""
    try:
        (document,) = load_manifests(text, "scalar.yaml")
    except LabBuilderError:
        return REFUSED
    manifest = document.data
    assert isinstance(manifest, dict)
    if any(found.severity is Severity.ERROR for _, found in judge([manifest], Target())):
        return REFUSED
    read = at(schemas.without_nulls(manifest, schemas.NEWEST), place.path, place.default)
    return read or place.default if place.default else read


@pytest.fixture(scope="module")
def answers(plane: ControlPlane, api: Api, tmp_path_factory: pytest.TempPathFactory) -> Json:
    """Have kubectl create all, a file each, in a dry run of the server's."""
    made(api, NAMESPACE)
    folder = tmp_path_factory.mktemp("scalars")
    for case, text in written().items():
        (folder / f"{case}.yaml").write_text(text, encoding="utf-8")
    program = (assets() or Path()) / "kubectl"
    options = ["--dry-run=server", "-o", "json", "-n", NAMESPACE, "-f", str(folder)]
    environment = {**os.environ, "KUBECONFIG": str(plane.kubeconfig)}
    result = subprocess.run(
        [str(program), "create", *options],
        capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    decoder, rest, found = json.JSONDecoder(), result.stdout.lstrip(), {}
    while rest:
        value, end = decoder.raw_decode(rest)
        rest = rest[end:].lstrip()
        for each in value["items"] if value["kind"] == "List" else [value]:
            found[each["metadata"]["labels"]["case"]] = each
    return found


Json = Mapping[str, Any]


def scalars() -> list[str]:
    """Give the scalars to try: all, or every so many of them."""
    return SCALARS if len(SCALARS) <= COUNT else SCALARS[:: len(SCALARS) // COUNT]


def written() -> dict[str, str]:
    """Write each scalar in each place, by a name of both."""
    return {
        f"{SCALARS.index(scalar)}-{name}": place.manifest.format(
            name=f"s{SCALARS.index(scalar)}", case=f"{SCALARS.index(scalar)}-{name}", scalar=scalar
        )
        for scalar in scalars()
        for name, place in PLACES.items()
    }


@pytest.mark.parametrize("place", PLACES)
def test_a_scalar_is_what_kubectl_reads(answers: Json, place: str) -> None:
    differing = []
    for scalar in scalars():
        case = f"{SCALARS.index(scalar)}-{place}"
        ours = read(written()[case], PLACES[place])
        theirs = REFUSED
        if case in answers:
            theirs = at(answers[case], PLACES[place].path, PLACES[place].default)
        if (ours, type(ours)) != (theirs, type(theirs)):
            differing.append((scalar, ours, theirs))
    assert differing == []


def test_there_are_treacherous_scalars_enough() -> None:
    assert len(set(SCALARS)) == len(SCALARS) >= 200
