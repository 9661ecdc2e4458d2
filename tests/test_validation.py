from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from labs import arguments
from pydantic import BaseModel

from labbuilder.errors import Finding, Path, Severity
from labbuilder.models import (
    Image,
    LabConfig,
    LabOptions,
    LabSpecification,
    PullSecret,
    SecretData,
    Site,
    User,
)
from labbuilder.models.complaints import validated

CONFIG: dict[str, Any] = arguments()["config"]
USER: dict[str, Any] = {"username": "vera", "uid": 1, "gid": 1}
SITE: dict[str, Any] = {"base_url": "https://data.example.org", "discovery": {}}
NFS: dict[str, Any] = {"type": "nfs", "server": "nfs", "serverPath": "/homes"}
LOOP: dict[str, Any] = {}
LOOP["loop"] = LOOP

TEXT = ("must be a string", "put the value in quotes")
WHOLE = ("must be a whole number", "write digits without quotes")
NUMBER = ("must be a number", "write a number without quotes")
FLAG = ("must be true or false", "write true or false without quotes")
MAPPING = ("must be a mapping", "write keys and values")
LIST = ("must be a list", 'write items after "- " or in brackets')


def complaints(model: type[BaseModel], value: object) -> list[Finding]:
    made, findings = validated(model, value, ("x",))
    assert made is None
    assert findings
    assert {finding.severity for finding in findings} == {Severity.ERROR}
    return findings


def complaint(model: type[BaseModel], value: object) -> Finding:
    (finding,) = complaints(model, value)
    assert finding.path[0] == "x"
    return finding


def source(**fields: Any) -> dict[str, Any]:
    return {**CONFIG, "volumes": [{"name": "home", "source": fields}]}


def test_a_model_passes_as_it_is() -> None:
    user = User(**USER)
    assert validated(User, user, ("user",)) == (user, [])
    assert validated(User, user, ("user",))[0] is user


def test_what_is_not_given_is_missing() -> None:
    made, findings = validated(User, None, ("user",))
    assert made is None
    message = "required field is missing"
    assert findings == [Finding("missing-field", message, ("user",), "add user")]


@pytest.mark.parametrize(
    ("model", "value", "path", "message_and_hint"),
    [
        (User, {**USER, "username": 5}, ("username",), TEXT),
        (LabConfig, {**CONFIG, "env": {"A": 1}}, ("env", "A"), TEXT),
        (LabConfig, {**CONFIG, "env": {1: "a"}}, ("env", 1), TEXT),
        (User, {**USER, "uid": "1"}, ("uid",), WHOLE),
        (User, {**USER, "uid": 1.0}, ("uid",), WHOLE),
        (User, {**USER, "uid": True}, ("uid",), WHOLE),
        (User, {**USER, "uid": None}, ("uid",), ("must be a whole number, not null", "")),
        (
            User,
            {**USER, "quota": {"notebook": {"cpu": [], "memory": 1}}},
            ("quota", "notebook", "cpu"),
            ("must be a number, not a list", ""),
        ),
        (
            User,
            {**USER, "quota": {"notebook": {"cpu": "x", "memory": 1}}},
            ("quota", "notebook", "cpu"),
            NUMBER,
        ),
        (LabConfig, {**CONFIG, "standardInithome": "perhaps"}, ("standardInithome",), FLAG),
        (LabConfig, {**CONFIG, "standard_inithome": []}, ("standard_inithome",),
         ("must be true or false, not a list", "")),
        (LabConfig, {**CONFIG, "files": "x"}, ("files",), MAPPING),
        (LabConfig, {**CONFIG, "nss": 3}, ("nss",), MAPPING),
        (LabConfig, source(**NFS) | {"nodeSelector": [1]}, ("nodeSelector",), MAPPING),
        (LabConfig, {**CONFIG, "volumes": [{"name": "home", "source": 3}], "volumeMounts": []},
         ("volumes", 0, "source"), MAPPING),
        (LabConfig, {**CONFIG, "sizes": {}}, ("sizes",), LIST),
        (LabConfig, {**CONFIG, "tolerations": "x"}, ("tolerations",), LIST),
        (SecretData, {"token": None}, ("token",), ("must be a string, not null", "")),
        *((model, value, (), MAPPING) for model in (User, PullSecret, Image, Site)
          for value in (5, 1.5, True, [1])),
        *((SecretData, value, (), MAPPING) for value in (5, "dG9rZW4=", [("token", "")])),
    ],
)  # fmt: skip
def test_wrong_types_are_told_in_plain_words(
    model: type[BaseModel], value: object, path: Path, message_and_hint: tuple[str, str]
) -> None:
    message, hint = message_and_hint
    assert complaint(model, value) == Finding("wrong-type", message, ("x", *path), hint)


@pytest.mark.parametrize(
    ("model", "value", "path"),
    [
        (User, {"username": "vera", "uid": 1}, ("gid",)),
        (User, {**USER, "groups": [{"name": "a"}]}, ("groups", 0, "id")),
        (User, {**USER, "groups": [SimpleNamespace(name="a")]}, ("groups", 0, "id")),
        (User, SimpleNamespace(username="vera", uid=1), ("gid",)),
        (LabConfig, {**CONFIG, "secrets": [{"secretKey": "a"}]}, ("secrets", 0, "secretName")),
        (LabConfig, source(type="nfs", server="a"), ("volumes", 0, "source", "serverPath")),
        (LabConfig, source(server="a"), ("volumes", 0, "source", "type")),
        (PullSecret, {}, ("data",)),
    ],
)
def test_missing_fields_are_named_in_place(
    model: type[BaseModel], value: object, path: Path
) -> None:
    message = "required field is missing"
    assert complaint(model, value) == Finding(
        "missing-field", message, ("x", *path), f"add {path[-1]}"
    )


@pytest.mark.parametrize(
    ("model", "value", "path", "hint"),
    [
        (LabConfig, {**CONFIG, "sizez": 1}, ("sizez",), "did you mean sizes?"),
        (
            LabConfig,
            {**CONFIG, "home_volume_nam": 1},
            ("home_volume_nam",),
            "did you mean homeVolumeName?",
        ),
        (LabConfig, {**CONFIG, "nss": {"basePaswd": ""}}, ("nss", "basePaswd"),
         "did you mean basePasswd?"),
        (LabConfig, {**CONFIG, "nss": {"passwd": ""}}, ("nss", "passwd"),
         "did you mean basePasswd?"),
        (LabConfig, {**CONFIG, "nss": {"zzz": ""}}, ("nss", "zzz"),
         "use one of baseGroup, basePasswd"),
        (LabConfig, source(**NFS, readonly=True), ("volumes", 0, "source", "readonly"),
         "did you mean readOnly?"),
        (LabConfig, source(**NFS, zzz=True), ("volumes", 0, "source", "zzz"),
         "use one of readOnly, server, serverPath, type"),
        (LabConfig, {**CONFIG, "site": 1}, ("site",), "see labbuilder schema config"),
        (User, {**USER, "groups": [{"name": "a", "id": 1, "gid": 1}]}, ("groups", 0, "gid"),
         "did you mean id?"),
        (User, {**USER, "UID": 1}, ("UID",), "did you mean uid?"),
        (LabOptions, {"images": "a"}, ("images",), "did you mean imageList?"),
    ],
)  # fmt: skip
def test_unknown_fields_come_with_the_nearest_known_one(
    model: type[BaseModel], value: object, path: Path, hint: str
) -> None:
    assert complaint(model, value) == Finding("unknown-field", "unknown field", ("x", *path), hint)


def test_a_field_in_both_spellings_is_one_field() -> None:
    found = complaint(LabConfig, {**CONFIG, "namespace_prefix": "b"})
    assert found.path == ("x", "namespace_prefix")
    assert (found.message, found.hint) == (
        "is the same field as namespacePrefix",
        "keep one of them",
    )


@pytest.mark.parametrize(
    ("value", "given"), [({"a": "b"}, "a mapping"), (["b"], "a list"), (None, "null")]
)
@pytest.mark.parametrize(
    ("model", "field", "expected"),
    [
        (User, "username", "a string"),
        (User, "uid", "a whole number"),
        (LabConfig, "standardInithome", "true or false"),
    ],
)
def test_quotes_are_suggested_for_scalars_only(
    model: type[BaseModel], field: str, expected: str, value: object, given: str
) -> None:
    valid = USER if model is User else CONFIG
    found = complaint(model, {**valid, field: value})
    assert (found.message, found.hint) == (f"must be {expected}, not {given}", "")


def test_a_quota_of_memory_is_a_number_of_gibibytes() -> None:
    found = complaint(User, {**USER, "quota": {"notebook": {"cpu": 1, "memory": "16Gi"}}})
    assert (found.code, found.path[-1]) == ("wrong-type", "memory")
    assert found.message == "must be a number of GiB, such as 16"


@pytest.mark.parametrize("size", ["none", 1, None, ["small"]])
def test_an_unknown_size_is_told_the_sizes_that_can_be_chosen(size: object) -> None:
    sizes = [{**CONFIG["sizes"][0], "size": size}]
    found = complaint(LabConfig, {**CONFIG, "sizes": sizes})
    assert found.code == "invalid-value"
    assert "fine" in found.message
    assert "custom" not in found.message


@pytest.mark.parametrize(
    ("model", "value", "path", "message"),
    [
        (LabConfig, {**CONFIG, "homedirSchema": "x"}, ("homedirSchema",),
         "must be 'username' or 'initialThenUsername'"),
        (LabConfig, source(type="nfz"), ("volumes", 0, "source", "type"),
         "must be one of 'hostPath', 'nfs', 'persistentVolumeClaim', 'emptyDir'"),
        (User, {**USER, "quota": {"notebook": {"cpu": -1, "memory": 1}}},
         ("quota", "notebook", "cpu"), "must be greater than or equal to 0"),
        (User, {**USER, "quota": {"notebook": {"cpu": 1, "memory": float("nan")}}},
         ("quota", "notebook", "memory"), "must be a finite number"),
        (Site, {**SITE, "discovery": {"a": [object()]}}, ("discovery", "a", 0),
         "input was not a valid JSON value"),
        (Site, {**SITE, "discovery": LOOP}, ("discovery", "loop", "loop"),
         "Recursion error - cyclic reference detected"),
    ],
)  # fmt: skip
def test_values_out_of_range_are_invalid(
    model: type[BaseModel], value: object, path: Path, message: str
) -> None:
    assert complaint(model, value) == Finding("invalid-value", message, ("x", *path))


def test_all_that_is_wrong_is_told_at_once() -> None:
    findings = complaints(User, {"username": "Vera", "uid": "1", "shell": "zsh"})
    assert {finding.path[1]: finding.code for finding in findings} == {
        "username": "invalid-username",
        "uid": "wrong-type",
        "gid": "missing-field",
        "shell": "unknown-field",
    }


def mount(**fields: Any) -> dict[str, Any]:
    return {**{name: known for name, known in CONFIG.items() if name != "volumeMounts"}, **fields}


@dataclass
class Mount:
    container_path: Any = "/x"
    volume_name: Any = "home"


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (mount(volumeMounts=[{"containerPath": 5, "volumeName": "home"}]),
         ("volumeMounts", 0, "containerPath")),
        (mount(volume_mounts=[{"container_path": 5, "volume_name": "home"}]),
         ("volume_mounts", 0, "container_path")),
        (mount(volume_mounts=(Mount(container_path=5),)), ("volume_mounts", 0, "container_path")),
        (mount(volumeMounts=[{"containerPath": "/x", "volumeName": "no"}]),
         ("volumeMounts", 0, "volumeName")),
        (mount(volume_mounts=[{"container_path": "/x", "volume_name": "no"}]),
         ("volume_mounts", 0, "volume_name")),
        (mount(volume_mounts=[Mount(volume_name="no")]), ("volume_mounts", 0, "volume_name")),
        (mount(init_containers=[{
            "name": "a",
            "image": {"repository": "registry.example/a", "tag": "1"},
            "volume_mounts": [{"container_path": "/tmp", "volume_name": "home"}],  # noqa: S108
        }]), ("init_containers", 0, "volume_mounts", 0, "container_path")),
        (mount(secrets=[{"secret_name": "a", "secret_key": "token"}]),
         ("secrets", 0, "secret_key")),
    ],
)  # fmt: skip
def test_paths_are_spelled_as_the_input_spells_them(value: object, path: Path) -> None:
    assert complaint(LabConfig, value).path == ("x", *path)


def test_no_path_holds_the_tag_of_a_union_though_a_key_is_called_the_same() -> None:
    wrong = source(type="nfs", nfs={"server": "nfs", "serverPath": "/homes"})
    found = {finding.path[4:]: finding.code for finding in complaints(LabConfig, wrong)}
    assert found == {
        ("server",): "missing-field",
        ("serverPath",): "missing-field",
        ("nfs",): "unknown-field",
    }


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"a": value}
    return value


def test_endless_nesting_is_a_finding() -> None:
    assert complaint(Site, {**SITE, "discovery": nested(5000)}).path[:2] == ("x", "discovery")


HIDDEN = "hush-hush-hush"


class Guarded:
    username = "vera"
    gid = 1

    @property
    def uid(self) -> int:
        raise ValueError(HIDDEN)


@pytest.mark.parametrize(
    ("model", "value"),
    [
        *((model, HIDDEN) for model in (User, LabSpecification, PullSecret, SecretData, Image)),
        (User, {**USER, "uid": HIDDEN, "groups": HIDDEN, "quota": HIDDEN, "zzz": HIDDEN}),
        (
            User,
            {**USER, "quota": {"notebook": {"cpu": HIDDEN, "memory": HIDDEN, "spawn": HIDDEN}}},
        ),
        (User, Guarded()),
        (SecretData, {"token": HIDDEN}),
        (SecretData, {"token": "", "other": [HIDDEN]}),
        (SecretData, {"other": HIDDEN}),
        (SecretData, [HIDDEN]),
        (PullSecret, {"data": HIDDEN}),
        (PullSecret, {"data": {"a": HIDDEN}, "type": f"{HIDDEN} ", "date": HIDDEN}),
        (Site, {**SITE, "discovery": {"a": {HIDDEN}}}),
        (LabSpecification, {"env": {"A": HIDDEN, "JUPYTERHUB_SERVICE_PREFIX": HIDDEN}}),
        (LabSpecification, {"env": HIDDEN, "options": {"size": HIDDEN, "enable_debug": HIDDEN}}),
        (LabConfig, {"files": HIDDEN, "env": {"A": [HIDDEN]}, "homedirSchema": HIDDEN}),
        (LabConfig, {"nss": HIDDEN, "spawnTimeout": HIDDEN, "standardInithome": HIDDEN}),
        (LabConfig, source(type=HIDDEN)),
    ],
)
def test_no_finding_shows_a_value(model: type[BaseModel], value: object) -> None:
    found = complaints(model, value)
    assert HIDDEN not in repr(found)
    assert HIDDEN not in "".join(map(str, found))
