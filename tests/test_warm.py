"""What a lab costs after the first of its kind, in counts: they can't flake as seconds do."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any
from unittest.mock import patch

import jinja2
import jsonschema_rs
import pytest
import yaml
from labs import arguments

from labbuilder import LabCompiler, documents
from labbuilder.fragments import Fragments, skeleton
from labbuilder.lab.plan import Plan
from labbuilder.validation import rules, schemas

COSTS: dict[str, tuple[Any, str]] = {
    "YAML documents parsed": (yaml.SafeLoader, "get_single_node"),
    "documents loaded": (documents, "load"),
    "renderings parsed": (skeleton, "load"),
    "templates compiled": (jinja2.Environment, "compile"),
    "templates rendered": (jinja2.Template, "render"),
    "fragments rendered": (Fragments, "render"),
    "schemas compiled": (jsonschema_rs, "Draft202012Validator"),
    "plans made": (Plan, "__init__"),
    "manifests held against schemas": (schemas, "check"),
    "labs judged by the rules": (rules, "check"),
}


@contextmanager
def counted() -> Iterator[Counter[str]]:
    costs: Counter[str] = Counter()

    def counting(what: str, action: Any) -> Any:
        @wraps(action)
        def act(*arguments: Any, **options: Any) -> Any:
            costs[what] += 1
            return action(*arguments, **options)

        return act

    with ExitStack() as stack:
        for what, (place, name) in COSTS.items():
            action = counting(what, getattr(place, name))
            stack.enter_context(patch.object(place, name, action))
        yield costs


def lab(**changes: Any) -> dict[str, Any]:
    given = arguments(**changes)
    del given["config"]
    return given


@pytest.fixture(scope="module")
def compiler() -> LabCompiler:
    found = LabCompiler(arguments()["config"])
    found.compile(**lab())
    return found


def test_a_warm_lab_costs_the_filling_of_its_holes(compiler: LabCompiler) -> None:
    with counted() as costs:
        compiler.compile(**lab(user={"username": "caroline", "uid": 7, "gid": 8}))
    assert costs == {}


def test_the_first_lab_of_a_shape_costs_them(compiler: LabCompiler) -> None:
    """Or else the counts would be worth nothing."""
    with counted() as costs:
        LabCompiler(arguments()["config"]).compile(**lab())
    assert costs["plans made"] == costs["labs judged by the rules"] == 1
    manifests = LabCompiler(arguments()["config"]).compile(**lab()).manifests()
    assert costs["fragments rendered"] == len(manifests)
    assert costs["manifests held against schemas"] == len(manifests)
