"""What the rules said of one lab is said of another only if they would say it."""

from typing import Any
from unittest.mock import patch

import pytest
import strategies
from hypothesis import event, given, settings
from hypothesis import strategies as st
from labs import arguments

from labbuilder import Finding, LabBuilderError, LabCompiler
from labbuilder.errors import Severity
from labbuilder.validation import rules

Arguments = dict[str, Any]

WAIVED = {
    "standardInithome": True,
    "volumes": [{"name": "home", "source": {"type": "hostPath", "path": "/home"}}],
    "volumeMounts": [{"containerPath": "/home", "volumeName": "home"}],
    "homeVolumeName": "home",
}


def judged(compiler: LabCompiler, **given_: Any) -> tuple[Finding, ...]:
    try:
        return compiler.compile(**given_).warnings
    except LabBuilderError as error:
        return tuple(error.findings)


def by_the_rules(config: Any, **given_: Any) -> tuple[Finding, ...]:
    return judged(LabCompiler(config, fast=False), **given_)


@st.composite
def labs_of_a_site(draw: st.DrawFn) -> tuple[Arguments, list[Arguments]]:
    """Make a lab, another that differs from it in what labs mostly differ in, and any."""
    config = draw(strategies.configs())
    any_lab: st.SearchStrategy[Arguments] = st.fixed_dictionaries({
        "site": strategies.sites(),
        "user": strategies.users(),
        "lab": strategies.labs(config),
        "image": strategies.images(),
        "secrets": strategies.secrets(config),
        "pull_secret": strategies.pull_secrets(),
    })  # fmt: skip
    first = draw(any_lab)
    user = draw(strategies.users())
    # Without a name or groups it has no such annotation, and is of another shape.
    user |= {each: first["user"].get(each) for each in ("quota", "name")}
    if not (user.get("groups") and first["user"].get("groups")):
        user["groups"] = first["user"].get("groups", [])
    env = {name: draw(strategies.texts) for name in first["lab"]["env"]}
    env["JUPYTERHUB_SERVICE_PREFIX"] = f"/user/{user['username']}/"
    secrets = dict.fromkeys(first["secrets"], "c2VjcmV0")
    alike = {
        **first,
        "user": user,
        "lab": {**first["lab"], "env": env},
        "secrets": draw(st.sampled_from([secrets, first["secrets"]])),
    }
    return config, draw(st.permutations([first, alike, draw(any_lab)]))


@settings(max_examples=200)
@given(labs_of_a_site())
def test_labs_of_a_site_are_judged_as_if_each_were_the_first(
    given_: tuple[Arguments, list[Arguments]],
) -> None:
    config, labs = given_
    compiler = LabCompiler(config)
    for lab in labs:
        with patch.object(rules, "check", wraps=rules.check) as check:
            found = judged(compiler, **lab)
        event("by the rules" if check.called else "by a verdict")
        assert found == by_the_rules(config, **lab)


SITE = arguments()["config"]
WARM = LabCompiler(SITE)


@settings(max_examples=500)
@given(strategies.users(), strategies.labs(SITE), strategies.secrets(SITE))
def test_labs_of_a_small_site_are_judged_as_if_each_were_the_first(
    user: Arguments, request: Arguments, secrets: dict[str, str]
) -> None:
    given_ = lab() | {"user": user, "lab": request, "secrets": secrets}
    assert judged(WARM, **given_) == by_the_rules(SITE, **given_)


def lab(**changes: Any) -> Arguments:
    given_ = arguments(**changes)
    del given_["config"]
    return given_


OTHER = {"username": "caroline", "uid": 7, "gid": 8, "name": "Caroline Herschel"}


def test_the_second_lab_of_a_shape_needs_no_rules() -> None:
    compiler = LabCompiler(arguments(config=WAIVED)["config"])
    first = judged(compiler, **lab())
    with patch.object(rules, "check", side_effect=AssertionError):
        second = judged(compiler, **lab(user=OTHER))
    assert second == by_the_rules(arguments(config=WAIVED)["config"], **lab(user=OTHER))
    assert {each.code for each in first} == {"pod-security-waiver"}
    assert [each.object for each in second] == [
        each.object.replace("vera", "caroline") for each in first
    ]


QUOTA = {"notebook": {"cpu": 0.1, "memory": 0.1}}
JSON = "eyJhdXRocyI6eyJyIjp7fX19"
TOO_LARGE = "x" * (2 * 1024 * 1024)
DIFFERENT: dict[str, tuple[Arguments, str]] = {
    "a quota": ({"user": {**OTHER, "quota": QUOTA}}, "quota-exceeded"),
    "a pull secret that isn't JSON": (
        {"pull_secret": {"data": {".dockerconfigjson": "bm9wZQ=="}}}, "invalid-secret"),
    "a pull secret without its key": (
        {"pull_secret": {"data": {"other": JSON}}}, "invalid-secret"),
    "a pull secret of another type": (
        {"pull_secret": {"type": "kubernetes.io/dockercfg",
                         "data": {".dockerconfigjson": JSON}}}, "invalid-secret"),
    "an environment that is too large": (
        {"lab": {"env": {"JUPYTERHUB_SERVICE_PREFIX": "/user/vera/", "LARGE": TOO_LARGE}}},
        "too-large"),
    "a secret that is too large": (
        {"secrets": {"token": JSON, "large": TOO_LARGE}}, "too-large"),
    "a name that is too large": ({"user": {"name": TOO_LARGE[:300_000]}}, "annotations-too-large"),
}  # fmt: skip


@pytest.mark.parametrize("what", DIFFERENT)
def test_what_is_wrong_with_the_second_lab_only_is_found(what: str) -> None:
    changes, code = DIFFERENT[what]
    volumes = [{"name": "home", "source": {"type": "emptyDir"}}]
    bare = {"pullSecret": "pull-secret", "volumes": volumes}
    config = arguments(config=bare)["config"]
    compiler = LabCompiler(config)
    plain = lab(pull_secret={"data": {".dockerconfigjson": JSON}}, user={"quota": None})
    assert judged(compiler, **plain) == ()
    for _ in range(2):
        found = judged(
            compiler, **{**plain, **lab(**{"pull_secret": plain["pull_secret"], **changes})}
        )
        assert code in {each.code for each in found}
    assert judged(compiler, **plain) == ()


def test_a_verdict_that_names_the_user_is_not_kept() -> None:
    told = Finding("odd", "vera is odd", severity=Severity.WARNING)
    compiler = LabCompiler(arguments()["config"])
    with patch.object(
        rules, "check", side_effect=lambda manifests, _: [[told], *[[]] * (len(manifests) - 1)]
    ):
        judged(compiler, **lab())
        judged(compiler, **lab())
        assert rules.check.call_count == 2  # type: ignore[attr-defined]  # it is a mock


def test_a_sites_own_fragments_are_judged_each_time() -> None:
    config = arguments()["config"]
    compiler = LabCompiler(
        config, templates={"service.yaml": '{% extends "labbuilder/service.yaml" %}'}
    )
    with patch.object(rules, "check", wraps=rules.check) as check:
        judged(compiler, **lab())
        judged(compiler, **lab())
    assert check.call_count == 2
