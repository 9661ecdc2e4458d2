"""What a new option of the configuration needs, and what a test names if it is forgotten."""

from __future__ import annotations

import re
from dataclasses import fields
from inspect import getsource
from pathlib import Path
from typing import Any

from labbuilder import LabCompiler, LabConfig
from labbuilder.data import TEMPLATES
from labbuilder.documents import load
from labbuilder.lab import catalog
from labbuilder.lab.arguments import read_inputs
from labbuilder.lab.facts import Facts
from labbuilder.lab.origin import find_input
from labbuilder.lab.storage import Storage

EXAMPLES = Path(__file__).parent.parent / "examples"
(DOCUMENT,) = load((EXAMPLES / "observatory-site.yaml").read_text(encoding="utf-8"), "site.yaml")
SITE: dict[str, Any] = DOCUMENT.data
# Only a controller uses them: they change no manifest.
CONTROLLERS = {"deleteTimeout", "reconcileInterval", "spawnTimeout"}
# What no option decides as a whole; deeper paths have tests of their own.
DECIDED_BY_US = {
    "automountServiceAccountToken", "containers", "initContainers", "restartPolicy",
    "securityContext", "volumes",
}  # fmt: skip


def test_every_key_is_in_the_example() -> None:
    known = {field.alias or name for name, field in LabConfig.model_fields.items()}
    assert known - SITE.keys() - CONTROLLERS == set(), "use them in examples/observatory-site.yaml"


def test_every_fact_is_used() -> None:
    used = set(re.findall(r"\w+", "".join(TEMPLATES.values()) + getsource(catalog)))
    assert {each.name for each in fields(Facts)} - used == set(), "no fragment uses these facts"


def test_it_is_known_which_option_decides_a_field_of_the_pod() -> None:
    given: dict[str, Any] = {
        "site": {"base_url": "https://data.example.org", "discovery": {}},
        "user": {"username": "vera", "uid": 1, "gid": 1, "groups": [{"name": "a", "id": 1}]},
        "lab": {"env": {"JUPYTERHUB_SERVICE_PREFIX": "/"}},
        "image": f"registry.example/lab:w_2026_47@sha256:{'5' * 64}",
        "secrets": {"token": "", "archive-password": "", "archive.pem": ""},
    }
    config = LabConfig.model_validate(SITE)
    inputs, _ = read_inputs(config, **given)
    assert inputs
    pod, storage = LabCompiler(config).compile(**given).pod, Storage(config)
    unknown = {key for key in pod["spec"] if not find_input(("spec", key), pod, storage, inputs)}
    assert unknown - DECIDED_BY_US == set(), "labbuilder/lab/origin.py doesn't know them"
