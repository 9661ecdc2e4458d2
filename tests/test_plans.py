"""A lab's shape, rendered once and filled for each lab, is the lab."""

from copy import copy
from typing import Any
from unittest.mock import patch

import pytest
import strategies
from hypothesis import given, settings
from labs import arguments

from labbuilder import LabBuilderError, LabCompiler, LabObjects, compile_lab
from labbuilder.fragments import Fragments

OWN = {"uid": 7, "gid": 8, "username": "caroline"}


def by_the_fragments(**given_: Any) -> LabObjects:
    """Compile a lab without a plan."""
    about = {name: given_.pop(name) for name in ("templates", "accept") if name in given_}
    compiler = LabCompiler(given_.pop("config"), **about, fast=False)
    return compiler.compile(**given_)


@settings(max_examples=500)
@given(strategies.arguments())
def test_a_filled_plan_is_what_the_fragments_make(given_: dict[str, Any]) -> None:
    expected = by_the_fragments(**copy(given_))
    compiler = LabCompiler(given_.pop("config"), accept=given_.pop("accept"))
    for _ in range(3):  # the first by a walk, the others by a function
        assert compiler.compile(**given_) == expected


def test_the_second_lab_of_a_shape_renders_nothing() -> None:
    first, second = arguments(), arguments(user=OWN)
    compiler = LabCompiler(first.pop("config"))
    del second["config"]
    compiler.compile(**first)
    with patch.object(Fragments, "render", side_effect=AssertionError):
        objects = compiler.compile(**second)
    assert objects == by_the_fragments(**arguments(user=OWN))
    assert objects.pod["metadata"]["name"] == "caroline-nb"


def test_labs_of_one_plan_share_nothing_mutable() -> None:
    given_ = arguments()
    compiler = LabCompiler(given_.pop("config"))
    first, second = compiler.compile(**given_), compiler.compile(**given_)
    first.env_config_map["data"]["MINE"] = "1"
    first.pod["spec"]["containers"][0]["args"].append("--mine")
    first.pod["metadata"]["labels"]["mine"] = "1"
    first.pod["spec"]["securityContext"]["supplementalGroups"].append(1)
    assert second == compiler.compile(**given_)


def test_a_value_that_is_put_in_two_places_is_copied() -> None:
    metadata = "{name: {{ name }}, namespace: {{ namespace }}, annotations: {{ data }}}"
    text = f"{{apiVersion: v1, kind: ConfigMap, metadata: {metadata}, data: {{{{ data }}}}}}"
    given_ = arguments()
    compiler = LabCompiler(given_.pop("config"), templates={"config-map.yaml": text})
    for _ in range(2):
        env = compiler.compile(**given_).env_config_map
        assert env["metadata"]["annotations"] == env["data"]
        assert env["metadata"]["annotations"] is not env["data"]


LOOKING = {
    "a condition": "{% if uid > 1000 %}a{% else %}b{% endif %}",
    "truth": "{% if uid %}a{% else %}b{% endif %}",
    "not": "{{ 'a' if not names.username else 'b' }}",
    "or": "{{ quota or uid }}",
    "a comparison": "{{ names.username == 'vera' }}",
    "in a list": "{{ names.username in ['vera', 'caroline'] }}",
    "in text": "{{ 'ver' in names.username }}",
    "a test of type": "{{ uid is number }}",
    "a test of text": "{{ names.username is string }}",
    "a mapping": "{{ env is mapping }}",
    "none": "{{ uid is none }}",
    "even": "{{ uid is even }}",
    "the same": "{{ uid is sameas uid }}",
    "a part": "{{ names.username[0] }}",
    "a method": "{{ names.username.upper() }}",
    "a key": "{{ env.EXTERNAL_INSTANCE_URL }}",
    "an item": "{{ env['EXTERNAL_INSTANCE_URL'] }}",
    "a loop": "{% for key in env | sort %}{% if loop.first %}{{ key }}{% endif %}{% endfor %}",
    "its length": "{{ names.username | length }}",
    "a filter": "{{ names.username | upper }}",
    "a default": "{{ uid | default(1) }}",
    "a number": "{{ uid | int(5) }}",
    "a sum": "{{ uid + 1 }}",
    "a sum of a list": "{{ [uid, gid] | sum }}",
    "joined text": "labs-{{ names.username }}",
    "joined": "{{ names.username ~ '-x' }}",
    "a joined list": "{{ [names.username, 'x'] | join('-') }}",
    "mapped": "{{ [uid] | map('int') | list }}",
    "selected": "{{ [uid, names.username] | select('string') | list }}",
    "sorted": "{{ [names.pod, names.username] | sort }}",
    "the greatest": "{{ [uid, gid] | max }}",
    "a range": "{{ range(gid - gid + 2) | list }}",
    "a dict": "{{ dict(a=uid) }}",
    "a key of its own": "{ {{ names.username }}: 1 }",
    "negated": "{{ -uid }}",
    "a call": "{{ 'x'.replace('x', names.username) }}",
}


@pytest.mark.parametrize("what", LOOKING)
def test_a_fragment_that_looks_into_a_value_is_rendered_for_each_lab(what: str) -> None:
    metadata = "{name: {{ name }}, namespace: {{ namespace }}}"
    text = f"{{apiVersion: v1, kind: ConfigMap, metadata: {metadata}, looked: {LOOKING[what]}}}"

    def made(compiler: LabCompiler, **changes: Any) -> Any:
        given_ = arguments(**changes)
        del given_["config"]
        with patch("labbuilder.compiler.judge", return_value=[]):
            return compiler.compile(**given_)

    config, templates = arguments()["config"], {"config-map.yaml": text}
    warm = LabCompiler(config, templates=templates)
    for changes in ({}, {"user": OWN}, {}):
        plainly = made(LabCompiler(config, templates=templates, fast=False), **changes)
        assert made(warm, **changes) == plainly
        assert "looked" in plainly.env_config_map


def test_what_is_wrong_with_a_fragment_is_told_as_if_there_were_no_plans() -> None:
    wrong = {"service.yaml": "a: {{ nothing }}"}
    with pytest.raises(LabBuilderError) as caught:
        compile_lab(**arguments(), templates=wrong)
    with pytest.raises(LabBuilderError) as plainly:
        by_the_fragments(**arguments(), templates=wrong)
    assert caught.value.findings == plainly.value.findings
