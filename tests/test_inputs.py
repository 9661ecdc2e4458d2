from typing import Any

import pytest
from labs import arguments
from pydantic import BaseModel

from labbuilder.errors import Finding, LabBuilderError, Path, Severity
from labbuilder.lab.arguments import raise_on_error, read_inputs
from labbuilder.models import (
    Image,
    LabConfig,
    LabSpecification,
    PullSecret,
    SecretData,
    Site,
    User,
)

PULL_SECRET = {"data": {".dockerconfigjson": "eyJhdXRocyI6eyJyIjp7fX19"}}
MODELS: dict[str, type[BaseModel]] = {
    "site": Site,
    "user": User,
    "lab": LabSpecification,
    "image": Image,
    "secrets": SecretData,
    "pull_secret": PullSecret,
}


def config(**changes: Any) -> LabConfig:
    return LabConfig.model_validate({**arguments()["config"], **changes})


def inputs(**changes: Any) -> dict[str, Any]:
    return {name: value for name, value in arguments(**changes).items() if name != "config"}


def complaint(known: LabConfig | None, **changes: Any) -> Finding:
    made, (finding,) = read_inputs(known, **inputs(**changes))
    assert (made is None) == (finding.severity is Severity.ERROR)
    return finding


def test_plain_arguments_become_models() -> None:
    made, findings = read_inputs(config(pullSecret="p"), **inputs(pull_secret=PULL_SECRET))
    assert made
    assert findings == []
    assert {name: type(getattr(made, name)) for name in MODELS} == MODELS


def test_models_pass_as_they_are() -> None:
    plain = inputs(pull_secret=PULL_SECRET)
    given = {name: model.model_validate(plain[name]) for name, model in MODELS.items()}
    made, findings = read_inputs(config(pullSecret="p"), **given)
    assert made
    assert findings == []
    assert all(getattr(made, name) is model for name, model in given.items())


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"user": {"username": "v" * 59}}, "name-too-long", ("user", "username")),
        ({"lab": {"options": {"size": "huge"}}}, "unknown-size", ("lab", "options", "size")),
        ({"secrets": {"key": ""}}, "missing-secret", ("secrets", "Butler")),
    ],
)
def test_what_does_not_fit_the_configuration_is_an_error(
    changes: dict[str, Any], code: str, path: Path
) -> None:
    wanted = [{"secretName": "butler", "secretKey": "Butler", "env": "BUTLER"}]
    known = config(secrets=wanted if code == "missing-secret" else [])
    found = complaint(known, **changes)
    assert (found.code, found.path, found.severity) == (code, path, Severity.ERROR)
    assert found.hint
    _, findings = read_inputs(None, **inputs(**changes))
    assert findings == []


def test_a_namespace_may_have_63_characters() -> None:
    made, findings = read_inputs(config(), **inputs(user={"username": "v" * 58}))
    assert made
    assert findings == []


def test_an_unknown_size_comes_with_the_known_ones() -> None:
    hint = complaint(config(), lab={"options": {"size": "huge"}}).hint
    assert hint == "choose one of small, large"


@pytest.mark.parametrize(
    ("use", "complains"), [({"env": "A"}, True), ({"path": "/p"}, True), ({}, False)]
)
def test_a_secret_must_be_given_if_it_is_used(use: dict[str, str], complains: bool) -> None:  # noqa: FBT001
    known = config(secrets=[{"secretName": "a", "secretKey": "a", **use}])
    _, findings = read_inputs(known, **inputs())
    assert [finding.code for finding in findings] == ["missing-secret"] * complains
    _, findings = read_inputs(known, **inputs(secrets={"a": ""}))
    assert findings == []


def test_every_wrong_argument_is_told_with_what_can_be_held_against_the_rest() -> None:
    wrong = {name: 5 for name in MODELS if name != "lab"}
    given = inputs(**wrong, lab={"options": {"size": "huge"}})
    made, findings = read_inputs(config(pullSecret="p"), **given)
    assert made is None
    assert {finding.path[0]: finding.code for finding in findings} == {
        **dict.fromkeys(wrong, "wrong-type"),
        "lab": "unknown-size",
    }


@pytest.mark.parametrize("name", [name for name in MODELS if name != "pull_secret"])
def test_every_argument_but_the_pull_secret_must_be_given(name: str) -> None:
    found = complaint(config(), **{name: None})
    assert (found.code, found.path) == ("missing-field", (name,))


def test_errors_are_raised_with_all_findings_and_warnings_are_not() -> None:
    warning = Finding("odd", "is odd", severity=Severity.WARNING)
    raise_on_error([warning])
    with pytest.raises(LabBuilderError) as raised:
        raise_on_error([warning, Finding("bad", "is bad")])
    assert [finding.code for finding in raised.value.findings] == ["odd", "bad"]
