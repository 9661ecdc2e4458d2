import json
import pickle
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from pathlib import Path as FolderPath
from types import SimpleNamespace
from typing import Any

import pytest
from labs import arguments
from pydantic import BaseModel, SecretStr, ValidationError

import labbuilder
from labbuilder import LabBuilderError, compile_lab
from labbuilder.errors import Finding, Path
from labbuilder.models import (
    Group,
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
from labbuilder.models.image import ContainerImage
from labbuilder.models.tag import display_name
from labbuilder.models.volume import Volume, VolumeMount

CONFIG: dict[str, Any] = arguments()["config"]
DIGEST = f"sha256:{'5' * 64}"
PREFIX = {"JUPYTERHUB_SERVICE_PREFIX": "/user/vera/"}
SNAKE = {
    "namespace_prefix": "labs",
    "sizes": CONFIG["sizes"],
    "volumes": [
        {"name": "home", "source": {"type": "nfs", "server": "nfs", "server_path": "/homes"}}
    ],
    "volume_mounts": [{"container_path": "/home", "volume_name": "home"}],
}


def complaints(model: type[BaseModel], value: object) -> list[Finding]:
    made, findings = validated(model, value, ("x",))
    assert made is None
    return findings


def refusals(model: type[BaseModel], value: object) -> list[tuple[str, Path]]:
    findings = complaints(model, value)
    assert all(finding.message for finding in findings)
    return [(finding.code, finding.path[1:]) for finding in findings]


def config(**changes: Any) -> LabConfig:
    return LabConfig.model_validate({**CONFIG, **changes})


def bad_config(**changes: Any) -> list[tuple[str, Path]]:
    return refusals(LabConfig, {**CONFIG, **changes})


# Defaults and spelling

DEFAULTS: dict[str, Any] = {
    "activity_interval": timedelta(hours=1),
    "affinity": None,
    "application": None,
    "default_size": None,
    "empty_dir_source": "memory",
    "env": {},
    "extra_annotations": {},
    "files": {},
    "homedir_prefix": "/home",
    "homedir_schema": "username",
    "homedir_suffix": "",
    "home_volume_name": "home",
    "init_containers": (),
    "jupyterlab_config_dir": "/opt/lsst/software/jupyterlab",
    "lab_start_command": ("/opt/lsst/software/jupyterlab/runlab.sh",),
    "namespace_annotations": {},
    "node_selector": {},
    "pull_secret": None,
    "runtime_mounts_dir": "/etc/nublado",
    "secrets": (),
    "standard_inithome": False,
    "tolerations": (),
    "delete_timeout": timedelta(minutes=1),
    "reconcile_interval": timedelta(minutes=5),
    "spawn_timeout": timedelta(minutes=10),
}
REQUIRED = {"namespace_prefix", "sizes", "volumes", "volume_mounts", "nss"}


def test_configurations_have_the_documented_fields_and_defaults() -> None:
    made = config()
    assert {name: getattr(made, name) for name in DEFAULTS} == DEFAULTS
    assert made.nss.base_passwd == "root:x:0:0:root:/root:/bin/bash\n"  # noqa: S105
    assert made.nss.base_group == "root:x:0\n"
    assert LabConfig.model_fields.keys() == DEFAULTS.keys() | REQUIRED


def test_keys_are_camel_case_or_snake_case() -> None:
    assert LabConfig.model_validate(SNAKE) == config()
    dumped = config(secrets=[{"secretName": "a", "secretKey": "b"}])
    for by_alias in (True, False):
        assert LabConfig.model_validate(dumped.model_dump(by_alias=by_alias)) == dumped


@pytest.mark.parametrize(
    ("model", "value", "defaults"),
    [
        (ContainerImage, {"repository": "registry.example/a", "tag": "1"},
         {"pull_policy": "IfNotPresent"}),
        (VolumeMount, {"containerPath": "/a", "volumeName": "a"},
         {"sub_path": None, "read_only": False}),
        (User, {"username": "vera", "uid": 1, "gid": 1},
         {"name": None, "email": None, "groups": (), "quota": None}),
        (LabOptions, {}, {"image_list": None, "image_dropdown": None, "image_class": None,
                          "image_tag": None, "size": None, "enable_debug": False,
                          "reset_user_env": False}),
        (LabSpecification, {"env": PREFIX}, {"options": LabOptions()}),
        (PullSecret, {"data": {}}, {"type": "kubernetes.io/dockerconfigjson"}),
        (Site, {"baseUrl": "https://a.example", "discovery": {}}, {"repertoire_base_url": None}),
    ],
)  # fmt: skip
def test_parts_have_defaults(
    model: type[BaseModel], value: object, defaults: dict[str, Any]
) -> None:
    made = model.model_validate(value)
    assert {name: getattr(made, name) for name in defaults} == defaults


@pytest.mark.parametrize(
    ("model", "value"),
    [
        (LabConfig, {**CONFIG, "zzz": 1}),
        (User, {"username": "vera", "uid": 1, "gid": 1, "zzz": 1}),
        (LabOptions, {"zzz": 1}),
        (Image, {"registry": "registry.example", "repository": "a", "tag": "1",
                 "digest": DIGEST, "zzz": 1}),
    ],
)  # fmt: skip
def test_unknown_keys_are_errors(model: type[BaseModel], value: object) -> None:
    assert refusals(model, value) == [("unknown-field", ("zzz",))]


def test_parts_of_a_users_quota_that_are_not_the_notebooks_are_unused() -> None:
    quota = {"api": {"datalinker": 500}, "tap": {}, "notebook": {"cpu": 1, "memory": 0.5}}
    user = User.model_validate({"username": "vera", "uid": 1, "gid": 1, "quota": quota})
    assert user.quota
    assert user.quota.notebook
    assert user.quota.notebook.memory_bytes == 512 * 1024**2
    assert user.quota.notebook.spawn


@pytest.mark.parametrize(
    "model",
    [
        config(),
        LabOptions(),
        User(username="vera", uid=1, gid=1),
        SecretData({"token": SecretStr("")}),
    ],
)
def test_models_are_frozen(model: BaseModel) -> None:
    name = next(iter(type(model).model_fields))
    with pytest.raises(ValidationError):
        setattr(model, name, getattr(model, name))


# A whole controller's configuration


def test_the_lab_section_of_a_whole_configuration_is_taken_and_the_rest_left_alone() -> None:
    whole = {"baseUrl": "https://a.example", "images": {"lab": 1}, "fsadmin": None, "lab": CONFIG}
    assert LabConfig.model_validate(whole) == config()
    changed = arguments(config={"namespacePrefix": "B"})["config"]
    with pytest.raises(LabBuilderError) as raised:
        compile_lab(**{**arguments(), "config": {**whole, "lab": changed}})
    assert [f.path for f in raised.value.findings] == [("config", "lab", "namespacePrefix")]


# Durations


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2h", 7200),
        ("90m", 5400),
        ("1h30m", 5400),
        ("3d", 259200),
        ("1w2d3h4m5s", 788645),
        ("2 weeks", 1209600),
        ("1 hour 30 minutes", 5400),
        (" 45 ", 45),
        ("45", 45),
        (45, 45),
        (1.5, 1.5),
        (timedelta(minutes=2), 120),
    ],
)
def test_durations_are_text_or_seconds(value: object, seconds: float) -> None:
    assert config(activityInterval=value).activity_interval == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "value",
    [
        *(
            "",
            " ",
            "h",
            "0",
            "0s",
            "1.5h",
            "-1",
            "-1h",
            "+1h",
            "1x",
            "1m1h",
            "1h 1h",
            "1e3",
            "nan",
        ),
        *(
            "٣h",
            "9" * 400,
            "9" * 20 + "d",
            0,
            -1,
            -0.5,
            0.5,
            1e300,
            10**400,
            float("nan"),
            float("inf"),
        ),
        *(True, None, [], {}, timedelta(), timedelta(seconds=-1)),
    ],
)
@pytest.mark.parametrize("field", ["activityInterval", "spawn_timeout"])
def test_what_is_no_duration_is_refused(field: str, value: object) -> None:
    assert bad_config(**{field: value}) == [("invalid-duration", (field,))]


# What a form posts


class Choice(str, Enum):  # noqa: UP042 (as others' models have it)
    SIZE = "large"
    IMAGE = "w_2077_43"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"size": "small"}, {"size": "small"}),
        ({"size": "Small"}, {"size": "small"}),
        ({"size": ["Small"]}, {"size": "small"}),
        ({"size": ("LARGE",)}, {"size": "large"}),
        ({"size": Choice.SIZE}, {"size": "large"}),
        ({"size": [Choice.SIZE]}, {"size": "large"}),
        ({"size": []}, {"size": None}),
        ({"size": None}, {"size": None}),
        *(({"enable_debug": value}, {"enable_debug": True})
          for value in (True, "true", "True", "TRUE", ["true"], [True], ("True",))),
        *(({"resetUserEnv": value}, {"reset_user_env": False})
          for value in (False, "false", "False", ["false"], [False], [], None)),
        ({"image_tag": ["w_2077_43"]}, {"image_tag": "w_2077_43"}),
        ({"image_class": Choice.IMAGE}, {"image_class": "w_2077_43"}),
        ({"image_list": ["a"], "image_dropdown": ["b"]},
         {"image_list": "a", "image_dropdown": "b"}),
    ],
)  # fmt: skip
def test_options_are_taken_as_forms_post_them(
    options: dict[str, Any], expected: dict[str, Any]
) -> None:
    made = LabSpecification.model_validate({"options": options, "env": PREFIX}).options
    assert {name: getattr(made, name) for name in expected} == expected
    assert all(type(made.model_dump(mode="json")[name]) in (str, bool, type(None))
               for name in expected)  # fmt: skip


@pytest.mark.parametrize(
    ("options", "code", "name"),
    [
        ({"size": ["small", "large"]}, "several-values", "size"),
        ({"enable_debug": ["true", "true"]}, "several-values", "enable_debug"),
        ({"enable_debug": "yes"}, "wrong-type", "enable_debug"),
        ({"enable_debug": 1}, "wrong-type", "enable_debug"),
        ({"size": "custom"}, "invalid-size", "size"),
        ({"size": "immense"}, "invalid-value", "size"),
        ({"size": 1}, "invalid-value", "size"),
        ({"image_tag": "a", "image_class": "b"}, "several-images", "image_tag"),
        ({"image_tag": 5}, "wrong-type", "image_tag"),
    ],
)
def test_other_options_are_refused(options: dict[str, Any], code: str, name: str) -> None:
    assert refusals(LabOptions, options) == [(code, (name,))]


@pytest.mark.parametrize(
    ("prefix", "path"),
    [
        (None, ()),
        ("", ("JUPYTERHUB_SERVICE_PREFIX",)),
        ("@host/", ("JUPYTERHUB_SERVICE_PREFIX",)),
        ("user/vera/", ("JUPYTERHUB_SERVICE_PREFIX",)),
        ("/a b", ("JUPYTERHUB_SERVICE_PREFIX",)),
        ("/a\n", ("JUPYTERHUB_SERVICE_PREFIX",)),
    ],
)
def test_the_service_prefix_must_be_a_path(prefix: str | None, path: Path) -> None:
    env = {} if prefix is None else {"JUPYTERHUB_SERVICE_PREFIX": prefix}
    code = "invalid-prefix" if path else "missing-field"
    assert refusals(LabSpecification, {"env": env}) == [(code, ("env", *path))]


# Others' objects


@dataclass
class OthersGroup:
    name: str
    id: int


class OthersUser(BaseModel):
    username: str = "vera"
    name: str | None = None
    email: str | None = "vera@example.org"
    uid: int = 1
    gid: int = 2
    groups: list[Any] = []
    quota: Any = None
    shell: str = "unused"


class OthersImage(SimpleNamespace):
    reference = "unused"


def test_users_are_read_by_attributes() -> None:
    quota = SimpleNamespace(notebook=SimpleNamespace(cpu=9.0, memory=27.0, spawn=True), api={})
    groups = [OthersGroup("vera", 2), SimpleNamespace(name="g", id=3), {"name": "h", "id": 4}]
    found = User.model_validate(OthersUser(groups=groups, quota=quota))
    assert found == User.model_validate(
        {
            "username": "vera",
            "email": "vera@example.org",
            "uid": 1,
            "gid": 2,
            "groups": [{"name": "vera", "id": 2}, {"name": "g", "id": 3}, {"name": "h", "id": 4}],
            "quota": {"notebook": {"cpu": 9, "memory": 27}},
        }
    )
    assert User.model_validate({"username": Choice.SIZE, "uid": 1, "gid": 2}).username == "large"


def test_requests_images_and_pull_secrets_are_read_by_attributes() -> None:
    options = SimpleNamespace(size=Choice.SIZE, image_tag="a", enable_debug=True, size_title=1)
    lab = LabSpecification.model_validate(SimpleNamespace(options=options, env=PREFIX))
    assert lab.options == LabOptions.model_validate(
        {"size": "large", "image_tag": "a", "enable_debug": True}
    )
    parts = {"registry": "registry.example", "repository": "a/b", "tag": "w", "digest": DIGEST}
    image = Image.model_validate(OthersImage(**parts, display_name="W", date=None))
    assert image == Image.model_validate({**parts, "displayName": "W"})
    secret = SimpleNamespace(api_version="v1", data={"a": "e30="}, type="Opaque", metadata=None)
    assert PullSecret.model_validate(secret) == PullSecret.model_validate(
        {"data": {"a": "e30="}, "type": "Opaque"}
    )


# Users


@pytest.mark.parametrize("number", [1, 2**31 - 1])
def test_ids_are_what_kubernetes_takes(number: int) -> None:
    group = {"name": "g", "id": number}
    value = {"username": "vera", "uid": number, "gid": number, "groups": [group]}
    user = User.model_validate(value)
    assert {user.uid, user.gid, user.groups[0].id} == {number}


@pytest.mark.parametrize("number", [0, -1, 2**31, 10**30, "1", 1.0, True, None])
def test_other_ids_are_refused(number: object) -> None:
    value = {"username": "vera", "uid": number, "gid": number}
    found = refusals(User, {**value, "groups": [{"name": "g", "id": number}]})
    assert [path for _, path in found] == [("uid",), ("gid",), ("groups", 0, "id")]


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"username": "Vera"}, "invalid-username", ("username",)),
        ({"name": "a\0"}, "invalid-text", ("name",)),
        ({"name": "\ud800"}, "invalid-text", ("name",)),
        ({"groups": [{"name": "", "id": 1}]}, "invalid-group", ("groups", 0, "name")),
        ({"groups": [{"name": "a:b", "id": 1}]}, "invalid-group", ("groups", 0, "name")),
        ({"groups": [{"name": "a\n", "id": 1}]}, "invalid-group", ("groups", 0, "name")),
        (
            {"quota": {"notebook": {"cpu": 1, "memory": 1, "spawn": False}}},
            "spawn-forbidden",
            ("quota", "notebook", "spawn"),
        ),
    ],
)
def test_other_users_are_refused(change: dict[str, Any], code: str, path: Path) -> None:
    assert refusals(User, {"username": "vera", "uid": 1, "gid": 1, **change}) == [(code, path)]


# Secrets

VALUE = "aHVzaC1odXNoLWh1c2g="
HOLDERS = [
    SecretData.model_validate({"token": VALUE}),
    PullSecret.model_validate({"data": {"a": VALUE}}),
]


@pytest.mark.parametrize("holder", HOLDERS)
def test_secrets_are_never_shown(holder: BaseModel) -> None:
    shown = [
        repr(holder),
        str(holder),
        f"{holder}",
        repr([holder]),
        repr(vars(holder)),
        repr(dict(holder)),
        repr(holder.model_dump()),
        repr(holder.model_copy(deep=True)),
        holder.model_dump_json(),
        json.dumps(holder.model_dump(mode="json")),
        repr(list(holder.__repr_args__())),
        json.dumps(type(holder).model_json_schema()),
    ]
    assert [text for text in shown if VALUE in text] == []


@pytest.mark.parametrize(
    "secrets",
    [
        {"token": f"{VALUE}!"},
        {"a": VALUE},
        {"token": VALUE, "a/b": VALUE},
        {"token": [VALUE]},
        [VALUE],
        VALUE,
    ],
)
def test_errors_never_show_secrets(secrets: Any) -> None:
    with pytest.raises(ValidationError) as invalid:
        SecretData.model_validate(secrets)
    with pytest.raises(LabBuilderError) as raised:
        compile_lab(**{**arguments(), "secrets": secrets})
    error = raised.value
    assert (error.__cause__, error.__context__) == (None, None)
    shown = [str(invalid.value), repr(invalid.value), str(error), repr(error), repr(vars(error))]
    assert [text for text in shown if VALUE in text] == []


@pytest.mark.parametrize(
    ("secrets", "code", "path"),
    [
        ({}, "missing-field", ()),
        ({"Token": ""}, "missing-field", ()),
        ({"token": "a"}, "invalid-base64", ("token",)),
        ({"token": "YQ==\n"}, "invalid-base64", ("token",)),
        ({"token": "é"}, "invalid-base64", ("token",)),
        ({"token": "", "..": ""}, "invalid-key", ("..",)),
    ],
)
def test_secrets_are_base64_text_with_a_token(
    secrets: dict[str, str], code: str, path: Path
) -> None:
    assert refusals(SecretData, secrets) == [(code, path)]


# Images


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("w_2077_43", "Weekly 2077_43"),
        ("d_2077_10_23", "Daily 2077_10_23"),
        ("r22_0_1", "Release r22.0.1"),
        ("r23_0_0_rc1", "Release Candidate r23.0.0-rc1"),
        ("exp_w_2021_22_nosudo", "Experimental Weekly 2021_22 [nosudo]"),
        ("w_2077_43_c0020.001", "Weekly 2077_43 (SAL Cycle 0020, Build 001)"),
        ("w_2077_43_rsp19", "Weekly 2077_43 (RSP Build 19)"),
        ("w_2077_43_some_rest", "Weekly 2077_43 [some_rest]"),
        ("w_2077_43-amd64", "Weekly 2077_43 [amd64]"),
        ("r23_0_0_rc10_rsp19-amd64", "Release Candidate r23.0.0-rc10 (RSP Build 19) [amd64]"),
        (
            "exp_w_2077_43_c0020.001_rsp19_no-sudo_2-amd64",
            (
                "Experimental Weekly 2077_43 (SAL Cycle 0020, Build 001) (RSP Build 19)"
                " [no-sudo_2] [amd64]"
            ),
        ),
        ("w_2077_43_c0020", "Weekly 2077_43 [c0020]"),
        ("w_2077_43_rsp", "Weekly 2077_43 [rsp]"),
        ("w_2077_43_rsp19x", "Weekly 2077_43 [rsp19x]"),
        ("r22_0_1_rc", "Release r22.0.1 [rc]"),
        ("r22_0_1_nosudo", "Release r22.0.1 [nosudo]"),
        ("exp_random", "Experimental random"),
        ("w_2026_30_c0044.002", "Weekly 2026_30 (SAL Cycle 0044, Build 002)"),
        ("recommended_c0044", "recommended (SAL Cycle 0044)"),
        ("latest_c0027-arm64", "latest (SAL Cycle 0027) [arm64]"),
        ("w_2077_43_foo-bar", "Weekly 2077_43 [foo] [bar]"),
        ("r22_00_01", "Release r22.0.1"),
        ("r170", "Release r17.0.0"),
        ("d_2021_13_01-amd64", "d_2021_13_01 [amd64]"),
        ("w_2077_43_rsp19_c0020.001", "Weekly 2077_43 (RSP Build 19) [c0020.001]"),
        # The tail's parts in their order; whatever isn't in it is text.
        ("d_2026_11_26_c04.02_rsp19", "Daily 2026_11_26 (SAL Cycle 04, Build 02) (RSP Build 19)"),
        ("w_2077_43_c0020.001x", "Weekly 2077_43 [c0020.001x]"),
        ("w_2077_43_C0020.001", "Weekly 2077_43 [C0020.001]"),
        ("w_2077_43_RSP19", "Weekly 2077_43 [RSP19]"),
        ("w_2077_43_a_b-c-d", "Weekly 2077_43 [a_b-c] [d]"),
        ("w_2077_43_a-B", "Weekly 2077_43 [a-B]"),
        ("w_2077_43_c1.2_c3.4", "Weekly 2077_43 (SAL Cycle 1, Build 2) [c3.4]"),
        ("w_2077_43-riscv64", "Weekly 2077_43 [riscv64]"),
        # Zeros
        ("r022_00_001_rc01", "Release Candidate r22.0.1-rc01"),
        ("r23_0_0_rc1_c0040.003", "Release Candidate r23.0.0-rc1 (SAL Cycle 0040, Build 003)"),
        ("r23_0_0_rc1x", "Release r23.0.0 [rc1x]"),
        ("w_02077_05", "Weekly 02077_05"),
        ("d_2077_1_2", "Daily 2077_1_2"),
        # Weeks and days, of which some don't exist
        ("w_2026_53", "Weekly 2026_53"),
        ("w_2025_53", "w_2025_53"),
        ("w_2026_0", "w_2026_0"),
        ("w_0001_01", "Weekly 0001_01"),
        ("w_9999_52", "Weekly 9999_52"),
        ("w_0_1", "w_0_1"),
        ("w_10000_1", "w_10000_1"),
        (f"w_{'9' * 100}_1", f"w_{'9' * 100}_1"),
        ("w_2077_54_c0020", "w_2077_54 (SAL Cycle 0020)"),
        ("w_2077_54_c0020.001", "w_2077_54_c0020.001"),
        ("d_2024_02_29", "Daily 2024_02_29"),
        ("d_2023_02_29_nosudo-arm64", "d_2023_02_29_nosudo [arm64]"),
        # Three digits, and not more or fewer
        ("r17", "r17"),
        ("r1700", "r1700"),
        ("r170_nosudo", "r170_nosudo"),
        ("r170-amd64", "r170 [amd64]"),
        # Experimental, which stacks
        ("exp_r22_0_1", "Experimental Release r22.0.1"),
        ("exp_recommended_c0044-arm64", "Experimental recommended (SAL Cycle 0044) [arm64]"),
        ("exp_exp_", "Experimental exp_"),
        ("exp_" * 31 + "a", "Experimental " * 31 + "a"),
        ("exp-arm64", "exp [arm64]"),
        # Any other
        ("a_c1_c2", "a_c1 (SAL Cycle 2)"),
        ("a-b-c", "a-b [c]"),
        ("latest_c0027-ARM64", "latest_c0027-ARM64"),
        ("latest_c", "latest_c"),
        ("exp_exp_d_2077_10_23", "Experimental Experimental Daily 2077_10_23"),
        *((tag, tag) for tag in (
            "recommended", "latest_weekly", "11.1.1", "exp_", "exp", "w_2077", "w_2077_43_",
            "w_2077_43x", "w_2077_43.1", "d_2077_10", "r22", "r22_0", "xw_2077_43", "W_2077_43",
            "w_2077_43-", "-amd64", "w_", "w_2077_54", "foo-Bar",
        )),
    ],
)  # fmt: skip
def test_tags_are_read_by_their_grammar(tag: str, name: str) -> None:
    assert display_name(tag) == name
    image = {"registry": "registry.example", "repository": "a", "tag": tag, "digest": DIGEST}
    if tag != "-amd64":
        assert Image.model_validate(image).description == name
        assert Image.model_validate({**image, "display_name": "Mine"}).description == "Mine"


@pytest.mark.parametrize(
    ("registry", "repository", "tag", "digest"),
    [
        ("registry.example", "lab/notebook", "w_2077_43", DIGEST),
        ("registry.example:5000", "a", "1.0-RC_x", DIGEST),
        ("xn--bcher-kva.example:5000", "lab/notebook", "w", DIGEST),
        ("[::1]:5000", "a", "b", f"sha384:{'a' * 96}"),
        ("localhost", "a/b/c", "_", f"sha512:{'a' * 128}"),
        ("REGISTRY.example", "a.b_c__d-e--f/0", "t" * 128, DIGEST),
    ],
)
def test_references_are_taken_apart_and_put_together(
    registry: str, repository: str, tag: str, digest: str
) -> None:
    reference = f"{registry}/{repository}:{tag}"
    image = Image.model_validate(f"{reference}@{digest}")
    assert (image.registry, image.repository) == (registry, repository)
    assert (image.tag, image.digest) == (tag, digest)
    assert image.reference == reference
    assert image.reference_with_digest == f"{reference}@{digest}"


@pytest.mark.parametrize(
    "reference",
    [
        "",
        "registry.example/a",
        "registry.example/a:1",
        f"registry.example/a@{DIGEST}",
        f"a:1@{DIGEST}",
        f"/a:1@{DIGEST}",
        f"registry.example/:1@{DIGEST}",
        f"registry.example/a:@{DIGEST}",
        f"registry.example/A:1@{DIGEST}",
        f"registry.example/a//b:1@{DIGEST}",
        f"registry.example/a/:1@{DIGEST}",
        f"registry.example/a___b:1@{DIGEST}",
        f"registry.example/a:-1@{DIGEST}",
        f"registry.example/a:{'1' * 129}@{DIGEST}",
        f"registry.example/{'a' * 256}:1@{DIGEST}",
        f"registry.example/a:1:2@{DIGEST}",
        f"registry.example:/a:1@{DIGEST}",
        f"https://registry.example/a:1@{DIGEST}",
        f"-registry.example/a:1@{DIGEST}",
        f" registry.example/a:1@{DIGEST}",
        f"registry.example/a:1@{DIGEST} ",
        f"registry.example/a:1@{DIGEST}\n",
        f"registry.example/a:1@{DIGEST}5",
        f"registry.example/a:1@{DIGEST[:-1]}",
        f"registry.example/a:1@{DIGEST.upper()}",
        f"registry.example/a:1@sha256:{'A' * 64}",
        "registry.example/a:1@md5:55555555555555555555555555555555",
        f"registry.example/a:1@{DIGEST}@{DIGEST}",
    ],
)
def test_other_references_are_refused(reference: str) -> None:
    assert {code for code, _ in refusals(Image, reference)} == {"invalid-image"}


@pytest.mark.parametrize(
    ("image", "path"),
    [
        ({"repository": "registry.example/a:1"}, ("repository",)),
        ({"repository": "Upper"}, ("repository",)),
        ({"repository": "registry.example/"}, ("repository",)),
        ({"repository": ""}, ("repository",)),
        ({"tag": "a/b"}, ("tag",)),
        ({"tag": ""}, ("tag",)),
    ],
)
def test_images_of_init_containers_are_checked(image: dict[str, str], path: Path) -> None:
    value = {"repository": "registry.example/a", "tag": "1", **image}
    assert refusals(ContainerImage, value) == [("invalid-image", path)]


# A configuration's fields


@pytest.mark.parametrize(
    ("changes", "field", "kept"),
    [
        ({"homedirPrefix": "/u/home//"}, "homedir_prefix", "/u/home"),
        ({"homedirSuffix": "/jupyter/lab/"}, "homedir_suffix", "jupyter/lab"),
        ({"homedirSuffix": "/"}, "homedir_suffix", ""),
        ({"runtimeMountsDir": "/opt/nublado/"}, "runtime_mounts_dir", "/opt/nublado"),
        ({"defaultSize": "Large"}, "default_size", "large"),
        ({"emptyDirSource": "disk"}, "empty_dir_source", "disk"),
        ({"homedirSchema": "initialThenUsername"}, "homedir_schema", "initialThenUsername"),
    ],
)
def test_fields_are_kept_in_one_form(changes: dict[str, Any], field: str, kept: object) -> None:
    assert getattr(config(**changes), field) == kept


@pytest.mark.parametrize(
    ("default", "found"), [(None, "small"), ("large", "large")]
)  # fmt: skip
def test_the_first_size_is_the_default_unless_there_is_another(
    default: str | None, found: str
) -> None:
    made = config(defaultSize=default)
    sizes = [made.size(None), made.size("large"), made.size("huge")]
    assert [size and size.size for size in sizes] == [found, "large", None]


def size(name: str = "small", **resources: Any) -> dict[str, Any]:
    amounts = {"cpu": 1, "memory": "1Gi"}
    return {"size": name, "resources": {"limits": amounts, "requests": amounts, **resources}}


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"homedirPrefix": "home"}, "invalid-path", ()),
        ({"homedirPrefix": "/"}, "invalid-path", ()),
        ({"homedirPrefix": "//"}, "invalid-path", ()),
        ({"homedirPrefix": ""}, "invalid-path", ()),
        ({"homedirPrefix": "/a/../b"}, "invalid-path", ()),
        ({"homedirPrefix": "/a:b"}, "invalid-path", ()),
        ({"homedirSuffix": "a/../b"}, "invalid-path", ()),
        ({"homedirSuffix": "a:b"}, "invalid-path", ()),
        ({"homedirSuffix": "a\n"}, "invalid-path", ()),
        ({"homeVolumeName": "elsewhere"}, "unknown-volume", ()),
        ({"homeVolumeName": "Home"}, "invalid-name", ()),
        ({"namespacePrefix": "a.b"}, "invalid-name", ()),
        ({"application": "a b"}, "invalid-label-value", ()),
        ({"jupyterlabConfigDir": "a"}, "invalid-path", ()),
        ({"runtimeMountsDir": "a"}, "invalid-path", ()),
        ({"labStartCommand": ["a\0"]}, "invalid-text", (0,)),
        ({"pullSecret": "a b"}, "invalid-text", ()),
        ({"nodeSelector": {"a": "b c"}}, "invalid-label-value", ("a",)),
        ({"nodeSelector": {"a b": "c"}}, "invalid-label-key", ("a b",)),
        ({"extraAnnotations": {"a b": "c"}}, "invalid-annotation-key", ("a b",)),
        ({"namespaceAnnotations": {"": "c"}}, "invalid-annotation-key", ("",)),
        ({"env": {"a b": "c"}}, "invalid-key", ("a b",)),
        ({"nss": {"basePasswd": "a\0"}}, "invalid-text", ("basePasswd",)),
        ({"sizes": []}, "empty-list", ()),
        ({"sizes": [size(), size("Small")]}, "duplicate-size", (1, "size")),
        ({"sizes": [size("custom")]}, "invalid-size", (0, "size")),
        ({"sizes": [size("vast")]}, "invalid-value", (0, "size")),
        ({"sizes": [size(limits={"cpu": "1x", "memory": 1})]}, "invalid-cpu",
         (0, "resources", "limits", "cpu")),
        ({"sizes": [size(requests={"cpu": 1, "memory": "1m"})]}, "invalid-memory",
         (0, "resources", "requests", "memory")),
        ({"sizes": [size(requests={"cpu": "1001m", "memory": 0})]}, "invalid-resources",
         (0, "resources", "requests", "cpu")),
        ({"sizes": [size(requests={"cpu": 0, "memory": 1024**3 + 1})]}, "invalid-resources",
         (0, "resources", "requests", "memory")),
        ({"sizes": [size(limits={"cpu": 1, "memory": 0})]}, "invalid-resources",
         (0, "resources", "limits", "memory")),
        ({"defaultSize": "huge"}, "unknown-size", ()),
        ({"defaultSize": "custom"}, "invalid-size", ()),
    ],
)  # fmt: skip
def test_other_fields_are_refused(changes: dict[str, Any], code: str, path: Path) -> None:
    assert bad_config(**changes) == [(code, (*changes, *path))]


# Volumes

CLAIM = {
    "type": "persistentVolumeClaim",
    "accessModes": ["ReadWriteMany"],
    "resources": {"requests": {"storage": "10Gi"}},
}


@pytest.mark.parametrize(
    "source",
    [
        {"type": "hostPath", "path": "/a"},
        {"type": "nfs", "server": "nfs.example", "serverPath": "/a", "readOnly": True},
        CLAIM,
        {**CLAIM, "accessModes": ["ReadOnlyMany"], "storageClassName": "fast", "readOnly": True},
        {"type": "emptyDir"},
        {"type": "emptyDir", "medium": "memory", "size": "1Gi"},
    ],
)
def test_volumes_have_a_source_by_type(source: dict[str, Any]) -> None:
    made = Volume.model_validate({"name": "a", "source": source})
    assert made.source.type == source["type"]
    assert Volume.model_validate(made.model_dump()) == made


@pytest.mark.parametrize(
    ("source", "code", "path"),
    [
        ({"type": "hostPath", "path": "a"}, "invalid-path", ("path",)),
        ({"type": "nfs", "server": "", "serverPath": "/a"}, "invalid-text", ("server",)),
        ({"type": "nfs", "server": "a", "serverPath": "a"}, "invalid-path", ("serverPath",)),
        ({**CLAIM, "accessModes": []}, "empty-list", ("accessModes",)),
        ({**CLAIM, "accessModes": ["ReadWriteOnce"]}, "invalid-value", ("accessModes", 0)),
        ({**CLAIM, "accessModes": ["ReadWriteOncePod"]}, "invalid-value", ("accessModes", 0)),
        ({**CLAIM, "resources": {"requests": {"storage": "10gb"}}}, "invalid-storage",
         ("resources", "requests", "storage")),
        ({**CLAIM, "resources": {}}, "missing-field", ("resources", "requests")),
        ({**CLAIM, "storageClassName": "A"}, "invalid-name", ("storageClassName",)),
        ({"type": "emptyDir", "medium": "tape"}, "invalid-value", ("medium",)),
        ({"type": "emptyDir", "size": "1m"}, "invalid-memory", ("size",)),
    ],
)  # fmt: skip
def test_other_sources_are_refused(source: dict[str, Any], code: str, path: Path) -> None:
    assert refusals(Volume, {"name": "a", "source": source}) == [(code, ("source", *path))]


@pytest.mark.parametrize("path", ["", "a", "./a", "/a/../b", "/..", "/a:b", "/a\n", "/a\0"])
def test_mounts_are_at_absolute_paths(path: str) -> None:
    value = {"containerPath": path, "volumeName": "a"}
    assert refusals(VolumeMount, value) == [("invalid-path", ("containerPath",))]


@pytest.mark.parametrize("path", ["/a", "..", "a/../b", "a\n"])
def test_mounts_stay_below_the_root_of_the_volume(path: str) -> None:
    value = {"containerPath": "/a", "volumeName": "a", "subPath": path}
    assert refusals(VolumeMount, value) == [("invalid-path", ("subPath",))]


# Checks of several fields or items

OWN_ENV = """
    ACCESS_TOKEN DEBUG CONTAINER_SIZE CPU_GUARANTEE CPU_LIMIT EXTERNAL_INSTANCE_URL IMAGE_DIGEST
    IMAGE_DESCRIPTION JPY_API_TOKEN JUPYTER_IMAGE JUPYTER_IMAGE_SPEC KUBERNETES_NODE_NAME
    MEM_GUARANTEE MEM_LIMIT RESET_USER_ENV JUPYTERHUB_ JUPYTERHUB_ACTIVITY_INTERVAL
""".split()  # noqa: SIM905
OWN_SECRET_ENV = """
    NUBLADO_TOKEN K8S_NODE_NAME JUPYTERLAB_CONFIG_DIR JUPYTERLAB_START_COMMAND
    NUBLADO_RUNTIME_MOUNTS_DIR REPERTOIRE_BASE_URL
""".split()  # noqa: SIM905
OWN_PATHS = """
    /etc/group /etc/passwd /tmp /tmp/ //tmp /./tmp /etc//passwd /etc/nublado/secrets
    /etc/nublado/secrets/token /etc/nublado/environment /etc/nublado/runtime /etc/nublado/startup
    /etc/nublado/discovery/v1.json
""".split()  # noqa: SIM905


def secret(key: str = "a", **use: str) -> dict[str, str]:
    return {"secretName": "a", "secretKey": key, **use}


def mount(path: str, volume: str = "home") -> dict[str, str]:
    return {"containerPath": path, "volumeName": volume}


def init(name: str = "a", *mounts: dict[str, str]) -> dict[str, Any]:
    image = {"repository": "registry.example/a", "tag": "1"}
    return {"name": name, "image": image, "volumeMounts": list(mounts)}


def volume(name: str) -> dict[str, Any]:
    return {"name": name, "source": {"type": "hostPath", "path": "/a"}}


@pytest.mark.parametrize("name", OWN_ENV)
def test_the_labs_own_variables_are_reserved(name: str) -> None:
    assert bad_config(env={name: ""}) == [("reserved-env", ("env", name))]
    assert bad_config(secrets=[secret(env=name)]) == [("reserved-env", ("secrets", 0, "env"))]


@pytest.mark.parametrize("name", OWN_SECRET_ENV)
def test_more_variables_are_reserved_from_secrets(name: str) -> None:
    assert bad_config(secrets=[secret(env=name)]) == [("reserved-env", ("secrets", 0, "env"))]
    assert config(env={name: "a"}).env == {name: "a"}


@pytest.mark.parametrize("path", OWN_PATHS)
def test_the_labs_own_paths_are_reserved(path: str) -> None:
    mounts = [mount(path)]
    at = (0, "containerPath")
    assert bad_config(volumeMounts=mounts) == [("reserved-path", ("volumeMounts", *at))]
    assert bad_config(secrets=[secret(path=path)]) == [("reserved-path", ("secrets", 0, "path"))]
    found = bad_config(initContainers=[init("a", *mounts)])
    assert found == [("reserved-path", ("initContainers", 0, "volumeMounts", *at))]
    if not path.endswith("/"):
        assert bad_config(files={path: ""}) == [("reserved-path", ("files", path))]


def test_reserved_paths_follow_the_runtime_mounts_dir() -> None:
    moved = {"runtimeMountsDir": "/opt/nublado/"}
    mounts = [mount("/opt/nublado/secrets/"), mount("/etc/nublado/secrets")]
    found = bad_config(**moved, volumeMounts=mounts)
    assert found == [("reserved-path", ("volumeMounts", 0, "containerPath"))]


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"volumes": [volume("home"), volume("home")]}, "duplicate-volume", (1, "name")),
        *(
            ({"volumes": [volume("home"), volume(name)]}, "reserved-volume", (1, "name"))
            for name in ("passwd", "group", "discovery-v1-json", "secrets", "env", "tmp",
                         "runtime", "lab-startup")
        ),
        ({"volumeMounts": [mount("/a", "b")]}, "unknown-volume", (0, "volumeName")),
        ({"volumeMounts": [mount("/a"), mount("//a/")]}, "duplicate-path", (1, "containerPath")),
        ({"files": {"/a/b": "", "/a//b": ""}}, "duplicate-path", ("/a//b",)),
        ({"files": {"/home": ""}}, "duplicate-path", ("/home",)),
        ({"files": {"a": ""}}, "invalid-path", ("a",)),
        ({"files": {"/a/": ""}}, "invalid-path", ("/a/",)),
        ({"files": {"/a/.": ""}}, "invalid-path", ("/a/.",)),
        ({"files": {"/a/..b": ""}}, "invalid-path", ("/a/..b",)),
        ({"secrets": [secret("token")]}, "reserved-secret", (0, "secretKey")),
        ({"secrets": [secret(), secret()]}, "duplicate-secret", (1, "secretKey")),
        ({"secrets": [secret(env="A"), secret("b", env="A")]}, "duplicate-variable", (1, "env")),
        ({"secrets": [secret(path="/p"), secret("b", path="/p/")]}, "duplicate-path",
         (1, "path")),
        ({"secrets": [secret(path="/home")]}, "duplicate-path", (0, "path")),
        ({"secrets": [secret("a/b")]}, "invalid-key", (0, "secretKey")),
        ({"secrets": [secret(env="1a")]}, "invalid-env-name", (0, "env")),
        ({"initContainers": [init(), init()]}, "duplicate-container", (1, "name")),
        *(
            ({"initContainers": [init(name)]}, "reserved-container", (0, "name"))
            for name in ("notebook", "nublado-std-inithome", "nublado-std-landingpage",
                         "nublado-std-startup")
        ),
        ({"initContainers": [init("a", mount("/a", "b"))]}, "unknown-volume",
         (0, "volumeMounts", 0, "volumeName")),
        ({"initContainers": [init("a", mount("/a"), mount("/a"))]}, "duplicate-path",
         (0, "volumeMounts", 1, "containerPath")),
        *(
            ({"extraAnnotations": {key: ""}}, "reserved-annotation", (key,))
            for key in ("nublado.lsst.io/user-groups", "nublado.lsst.io/user-name")
        ),
    ],
)  # fmt: skip
def test_what_is_taken_or_unknown_is_refused(
    changes: dict[str, Any], code: str, path: Path
) -> None:
    assert bad_config(**changes) == [(code, (*changes, *path))]


def test_a_secret_cannot_lie_where_a_file_does() -> None:
    found = bad_config(files={"/p/q": ""}, secrets=[secret(path="/p//q")])
    assert found == [("duplicate-path", ("secrets", 0, "path"))]


def test_no_check_complains_of_a_field_that_another_finding_explains() -> None:
    found = bad_config(volumes=5, volumeMounts=[mount("/a", "b")], defaultSize="huge", sizes=[])
    assert found == [("empty-list", ("sizes",)), ("wrong-type", ("volumes",))]


def test_a_home_volume_is_needed_even_by_default() -> None:
    found = bad_config(volumes=[volume("a")], volumeMounts=[])
    assert [code for code, _ in found] == ["unknown-volume"]


# Sites


@pytest.mark.parametrize(
    "url", ["", "data.example.org", "ftp://a", "https://", "https://a b", "//a", "https://a\n"]
)
def test_other_urls_are_refused(url: str) -> None:
    site = {"base_url": url, "discovery": {}, "repertoire_base_url": url}
    found = [("invalid-url", ("base_url",)), ("invalid-url", ("repertoire_base_url",))]
    assert refusals(Site, site) == found


@pytest.mark.parametrize("value", [float("nan"), [float("inf")]])
def test_the_discovery_document_is_json(value: object) -> None:
    site = {"base_url": "https://a.example", "discovery": {"a": value}}
    assert refusals(Site, site) == [("invalid-json", ("discovery",))]


def test_models_survive_pickling() -> None:
    for model in (config(), *HOLDERS):
        assert pickle.loads(pickle.dumps(model)) == model  # noqa: S301


def test_hints_tell_what_to_write() -> None:
    (finding,) = complaints(LabConfig, {**CONFIG, "defaultSize": "huge"})
    assert finding.hint == "choose one of small, large"
    (finding,) = complaints(LabConfig, {**CONFIG, "homeVolumeName": "a"})
    assert finding.hint == "add it, or set homeVolumeName to one of home"


UNSEEN = "\u00ad\u034f\u115f\u180b\u180e\u200b\u200d\u202e\u2060\u2066\u2800\u3164\ufe0f\ufeff"


@pytest.mark.parametrize(
    "name", ["+", "-a", "#a", *(f"a{c}b" for c in UNSEEN), "\U000e0061a", "\U000e0100"], ids=ascii
)
def test_a_group_has_a_name_that_can_be_seen_and_begins_no_other_line(name: str) -> None:
    _, findings = validated(Group, {"name": name, "id": 1}, ("group",))
    assert [(each.code, each.path) for each in findings] == [("invalid-group", ("group", "name"))]


@pytest.mark.parametrize(
    "name", ["a+", "a-b", "a#", "g_astro", "李", "Jose\u0301", "a b", "\ue000"]
)
def test_other_names_of_groups_stay(name: str) -> None:
    assert Group(name=name, id=1).name == name


def test_no_lock_is_shared_that_a_forked_child_may_find_held() -> None:
    """As `functools.cached_property` has one in Python 3.11, for all instances."""
    folder = FolderPath(labbuilder.__file__).parent
    texts = [path.read_text(encoding="utf-8") for path in folder.rglob("*.py")]
    assert not [text for text in texts if "import cached_property" in text]
    size = config().sizes[0]
    assert size.environment is size.environment
    assert size == config().sizes[0]
    assert set(size.model_dump()) == {"size", "resources"}
