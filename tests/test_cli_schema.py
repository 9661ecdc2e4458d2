import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from labs import ARGUMENTS
from pydantic.alias_generators import to_snake
from typer.testing import CliRunner

from labbuilder.cli import app
from labbuilder.documents import load
from labbuilder.errors import LabBuilderError
from labbuilder.models import LabConfig
from labbuilder.models.complaints import validated
from labbuilder.models.jsonschema import config_schema, user_schema

HERE = Path(__file__).parent
EXAMPLES = HERE.parent / "examples"
NEGATIVE = HERE / "negative"
SCHEMAS = {"config": config_schema(), "user": user_schema()}
CONFIG = Draft202012Validator(SCHEMAS["config"])
USER = Draft202012Validator(SCHEMAS["user"])
IMAGE = ARGUMENTS["image"]
LEAST = {
    "user": {"username": "vera", "uid": 1, "gid": 1},
    "image": IMAGE,
    "secrets": {"token": "not-a-real-token"},
}


def schema(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["schema", *arguments])


def documents(path: Path) -> list[Any]:
    return [document.data for document in load(path.read_bytes(), path.name)]


def config(**changes: Any) -> dict[str, Any]:
    return {**ARGUMENTS["config"], **changes}


@pytest.mark.parametrize("kind", SCHEMAS)
def test_the_command_writes_a_schema_of_its_dialect(kind: str) -> None:
    result = schema(kind)
    assert (result.exit_code, result.stderr) == (0, "")
    found = json.loads(result.stdout)
    assert found == SCHEMAS[kind]
    assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(found)
    assert schema(kind).stdout == result.stdout


def test_other_kinds_are_refused() -> None:
    for arguments in ([], ["lab"]):
        result = schema(*arguments)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr


def users() -> Iterator[Path]:
    for path in sorted(EXAMPLES.rglob("*.yaml")):
        if any(isinstance(each, dict) and "user" in each for each in documents(path)):
            yield path


@pytest.mark.parametrize("path", list(users()), ids=lambda path: path.name)
def test_user_files_of_the_examples_are_valid(path: Path) -> None:
    for each in documents(path):
        USER.validate(each)


@pytest.mark.parametrize("path", sorted(EXAMPLES.rglob("*-site.yaml")), ids=lambda path: path.name)
def test_configurations_of_the_examples_are_valid(path: Path) -> None:
    (found,) = documents(path)
    CONFIG.validate(found)
    if "lab" not in found:
        CONFIG.validate({"lab": found, "fileserver": {"enabled": False}})


def fields() -> Iterator[tuple[str, str, Any]]:
    for name, definition in SCHEMAS["user"]["$defs"].items():
        for field, found in definition.get("properties", {}).items():
            yield name, field, found


@pytest.mark.parametrize(("name", "field", "found"), list(fields()))
def test_each_field_has_a_title_and_a_description(name: str, field: str, found: Any) -> None:
    assert found["title"], (name, field)
    assert re.fullmatch(r"[^`\n]*(?:`[^`\n]+`[^`\n]*)*\.", found["description"])


def test_each_part_of_a_user_file_has_a_description() -> None:
    assert all(part["description"] for part in SCHEMAS["user"]["properties"].values())


def test_defaults_are_those_of_the_models_as_files_have_them() -> None:
    properties = SCHEMAS["config"]["$defs"]["LabConfig"]["properties"]
    defaults = {name: each["default"] for name, each in properties.items() if "default" in each}
    given = {**config(), **{name: value for name, value in defaults.items() if value != []}}
    given["volumes"] = ARGUMENTS["config"]["volumes"]
    found, findings = validated(LabConfig, given, ())
    assert not findings
    plain, _ = validated(LabConfig, config(), ())
    assert found == plain


def test_both_spellings_are_accepted_and_camel_case_is_offered() -> None:
    def snake(value: Any) -> Any:
        if isinstance(value, dict):
            return {to_snake(key): snake(each) for key, each in value.items()}
        return [snake(each) for each in value] if isinstance(value, list) else value

    CONFIG.validate(snake(config()))
    assert not CONFIG.is_valid(snake(config(volumeMounts=[{"containerPath": "/home"}])))
    offered = SCHEMAS["config"]["$defs"]["LabConfig"]["properties"]
    assert not [name for name in offered if "_" in name]
    for options in ({"enable_debug": True}, {"enableDebug": True}):
        USER.validate({**LEAST, "lab": {"options": options}})


@pytest.mark.parametrize(
    "changes",
    [
        {"config": None, "site": None, "lab": None, "pullSecret": None},
        {"config": "site.yaml", "site": {"baseUrl": "https://a.example"}},
        {"config": config()},
        {"config": {"lab": config(), "fileserver": {}}},
        {"site": {"discovery": "discovery.json"}},
        {"site": {"discovery": {"a": [1, None]}}},
        {"lab": {"options": None, "env": None}},
        {"lab": {"options": {"size": ["Small"], "enable_debug": ["true"], "image_tag": []}}},
        {"lab": {"options": {"size": "LARGE", "resetUserEnv": "False"}}},
        {"secrets": {"token": {"env": "A"}, "a": {"file": "b"}, "b": {"base64": "Zg=="}}},
        {"pullSecret": {"type": "a/b", "data": {"a": {"file": "b"}, "b": "Zg=="}}},
        {"image": {"registry": "r", "repository": "l", "tag": "w", "digest": IMAGE[-71:]}},
        {"user": {**LEAST["user"], "name": "", "quota": {"api": {}, "notebook": None}}},
    ],
)
def test_forms_that_user_files_take_are_valid(changes: dict[str, Any]) -> None:
    USER.validate({**LEAST, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"activityInterval": each}
        for each in (90, 1.5, "90", "2h", "1h30m", "3 days", "1 week 2d", " 5 mins ")
    ]
    + [
        {"emptyDirSource": "disk", "pullSecret": "", "application": None},
        {"secrets": [{"secretName": "a", "secretKey": "b", "env": "", "path": ""}]},
        {"defaultSize": "Large"},
    ]
    + [
        {"sizes": [{"size": "tiny", "resources": {"limits": each, "requests": each}}]}
        for each in (
            {"cpu": 0.5, "memory": 1024},
            {"cpu": "500m", "memory": "0.75Gi"},
            {"cpu": "1.25", "memory": "250M"},
            {"cpu": 1, "memory": "64mi"},
            {"cpu": 1, "memory": "12MiB"},
            {"cpu": 1, "memory": "0.5GB"},
            {"cpu": 1, "memory": "64mb"},
        )
    ],
)
def test_forms_that_configurations_take_are_valid(changes: dict[str, Any]) -> None:
    _, findings = validated(LabConfig, config(**changes), ())
    assert not [each for each in findings if each.code != "unknown-size"]
    CONFIG.validate(config(**changes))


def expected_codes(path: Path) -> set[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return {line.split()[3] for line in lines if line.startswith("# expect: ")}


def refused(path: Path) -> bool:
    """Tell whether an editor would underline anything, in the file or in what it names."""
    for found in documents(path):
        if not USER.is_valid(found):
            return True
        named = found.get("config")
        if isinstance(named, str) and (path.parent / named).is_file():
            with_config = documents(path.parent / named)
            if not all(CONFIG.is_valid(each) for each in with_config):
                return True
    return False


def readable() -> Iterator[Path]:
    for path in sorted(NEGATIVE.glob("*.yaml")):
        try:
            documents(path)
        except LabBuilderError:
            continue
        yield path


BY_SCHEMA = {"wrong-type", "unknown-field", "missing-field", "invalid-value", "invalid-duration"}
BEYOND = {"discovery-file-a-list.yaml"}  # the type of what stands in yet another file


def test_bad_types_and_missing_and_unknown_fields_are_refused() -> None:
    wrong = [path for path in readable() if expected_codes(path) & BY_SCHEMA]
    assert len(wrong) >= 70
    assert {path.name for path in wrong if not refused(path)} == BEYOND


def test_what_is_wrong_in_no_such_way_may_pass() -> None:
    """And what is refused is wrong: each file is, and none of them in a way that is ours alone."""
    for name in ("files-twice.yaml", "limits-zero.yaml", "namespace-too-long.yaml"):
        assert not refused(NEGATIVE / name)


def test_help_has_an_example_and_the_exit_codes() -> None:
    text = " ".join(schema("--help").stdout.split())
    assert "For example: labbuilder schema user" in text
    assert "# yaml-language-server: $schema=user.schema.json" in text
    assert "Exits with 0" in text
