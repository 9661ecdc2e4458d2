import base64
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from labs import ARGUMENTS, arguments, lab
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel, to_snake

from labbuilder import Image, LabConfig, LabSpecification, PullSecret, SecretData, Site, User
from labbuilder.compiler import LabCompiler
from labbuilder.facts import derive
from labbuilder.inputs import read_inputs
from labbuilder.models import ContainerImage, LabOptions, LabSize
from labbuilder.models.config import lab_section
from labbuilder.models.duration import Duration
from labbuilder.models.image import display_name
from labbuilder.models.volume import Volume
from labbuilder.storage import Storage

Dict = dict[str, Any]
DIGEST = f"sha256:{'5' * 64}"
SIZES: list[Dict] = ARGUMENTS["config"]["sizes"]
VOLUMES: list[Dict] = ARGUMENTS["config"]["volumes"]
LEAST: Dict = {"namespacePrefix": "labs", "sizes": SIZES, "volumes": VOLUMES}

FULL: Dict = {
    **LEAST,
    "activityInterval": "2h",
    "affinity": {"podAntiAffinity": {}},
    "application": "labs",
    "defaultSize": "large",
    "emptyDirSource": "disk",
    "env": {"LANG": "C"},
    "extraAnnotations": {"example.org/a": "b"},
    "files": {"/etc/motd": "hello"},
    "homedirPrefix": "/users/",
    "homedirSchema": "initialThenUsername",
    "homedirSuffix": "/lab/",
    "homeVolumeName": "home",
    "initContainers": [
        {
            "name": "setup",
            "image": {"repository": "registry.example/a", "tag": "1", "pullPolicy": "Always"},
            "command": ["run"],
            "privileged": True,
            "volumeMounts": [{"containerPath": "/h", "volumeName": "home"}],
        }
    ],
    "jupyterlabConfigDir": "/opt/lab",
    "labStartCommand": ["/opt/start", "-v"],
    "namespaceAnnotations": {"example.org/uid": "{{ uid }}"},
    "nodeSelector": {"pool": "labs"},
    "nss": {"basePasswd": "a", "baseGroup": "b"},
    "pullSecret": "pull",
    "runtimeMountsDir": "/run/lab",
    "secrets": [{"secretName": "s", "secretKey": "k", "env": "K", "path": "/etc/k"}],
    "standardInithome": True,
    "tolerations": [{"key": "a", "operator": "Exists"}],
    "volumeMounts": [
        {"containerPath": "/d", "volumeName": "home", "subPath": "a/b", "readOnly": True}
    ],
    "deleteTimeout": 5,
    "reconcileInterval": "1m",
    "spawnTimeout": "90s",
}


def respelled(value: Any, spelling: Any) -> Any:
    """Spell the names of fields another way, and leave other keys alone."""
    free = ("env", "extraAnnotations", "files", "namespaceAnnotations", "nodeSelector")
    if isinstance(value, dict):
        return {
            spelling(key): item if key in free else respelled(item, spelling)
            for key, item in value.items()
        }
    return [respelled(item, spelling) for item in value] if isinstance(value, list) else value


def test_what_a_site_leaves_out_has_the_documented_default() -> None:
    config = LabConfig.model_validate(LEAST)
    required = {"namespace_prefix", "sizes", "volumes"}
    assert config.model_dump(exclude=required) == {
        "activity_interval": timedelta(hours=1),
        "affinity": None,
        "application": None,
        "default_size": None,
        "delete_timeout": timedelta(minutes=1),
        "empty_dir_source": "memory",
        "env": {},
        "extra_annotations": {},
        "files": {},
        "home_volume_name": "home",
        "homedir_prefix": "/home",
        "homedir_schema": "username",
        "homedir_suffix": "",
        "init_containers": (),
        "jupyterlab_config_dir": "/opt/lsst/software/jupyterlab",
        "lab_start_command": ("/opt/lsst/software/jupyterlab/runlab.sh",),
        "namespace_annotations": {},
        "node_selector": {},
        "nss": {"base_passwd": "root:x:0:0:root:/root:/bin/bash\n", "base_group": "root:x:0\n"},
        "pull_secret": None,
        "reconcile_interval": timedelta(minutes=5),
        "runtime_mounts_dir": "/etc/nublado",
        "secrets": (),
        "spawn_timeout": timedelta(minutes=10),
        "standard_inithome": False,
        "tolerations": (),
        "volume_mounts": (),
    }


def test_every_field_of_a_configuration_is_known_in_both_spellings() -> None:
    camel = LabConfig.model_validate(FULL)
    assert camel.model_fields_set == set(LabConfig.model_fields)
    assert LabConfig.model_validate(respelled(FULL, to_snake)) == camel
    assert LabConfig.model_validate(respelled(FULL, to_camel)) == camel


def test_a_configuration_keeps_what_it_says() -> None:
    config = LabConfig.model_validate(FULL)
    assert config.activity_interval == timedelta(hours=2)
    assert config.default_size is LabSize.LARGE
    assert (config.homedir_prefix, config.homedir_suffix) == ("/users", "lab")
    assert config.init_containers[0].image.reference == "registry.example/a:1"
    assert config.volume_mounts[0].sub_path == "a/b"
    assert config.delete_timeout == timedelta(seconds=5)
    assert config.tolerations[0].operator == "Exists"


def test_a_model_validates_as_itself() -> None:
    config = LabConfig.model_validate(FULL)
    assert LabConfig.model_validate(config) is config
    assert LabConfig.model_validate(config.model_dump()) == config


def test_of_a_whole_controllers_configuration_the_lab_section_is_taken() -> None:
    whole = {"lab": FULL, "images": {"source": {"type": "docker"}}, "logLevel": 7, "x": object()}
    assert LabConfig.model_validate(whole) == LabConfig.model_validate(FULL)
    assert lab_section(whole) == (FULL, ("lab",))
    assert lab_section(FULL) == (FULL, ())


def test_an_unknown_field_is_an_error_in_the_lab_section_too() -> None:
    for given_config in ({**LEAST, "image": 1}, {"lab": {**LEAST, "image": 1}}):
        with pytest.raises(ValidationError, match="image"):
            LabConfig.model_validate(given_config)


def test_the_default_size_is_the_configured_or_the_first() -> None:
    small, large = LabConfig.model_validate(LEAST).sizes
    assert LabConfig.model_validate(LEAST).size(None) == small
    assert LabConfig.model_validate({**LEAST, "defaultSize": "Large"}).size(None) == large
    assert LabConfig.model_validate(LEAST).size("large") == large
    assert LabConfig.model_validate(LEAST).size("tiny") is None


def test_every_size_but_custom_can_be_configured() -> None:
    names = ["fine", "diminutive", "tiny", "small", "medium", "large", "huge", "gargantuan",
             "colossal"]  # fmt: skip
    sizes = [{**SIZES[0], "size": name} for name in names]
    assert [size.size for size in LabConfig.model_validate({**LEAST, "sizes": sizes}).sizes] == names
    with pytest.raises(ValidationError):
        LabConfig.model_validate({**LEAST, "sizes": [{**SIZES[0], "size": "custom"}]})


def test_a_size_tells_people_what_it_is() -> None:
    small, large = LabConfig.model_validate(LEAST).sizes
    assert small.description == "Small (1.0 CPU, 4Gi RAM)"
    assert large.description == "Large (4.0 CPU, 16Gi RAM)"


@pytest.mark.parametrize("resource", [{"cpu": 1, "memory": 1}, {"cpu": 0, "memory": 0}])
def test_requests_may_be_as_much_as_the_limits_or_nothing(resource: Dict) -> None:
    size = {"size": "tiny", "resources": {"limits": {"cpu": 1, "memory": 1}, "requests": resource}}
    assert LabConfig.model_validate({**LEAST, "sizes": [size]}).sizes[0].size == "tiny"


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("2h", 7200),
        ("90m", 5400),
        ("1h30m", 5400),
        ("3d", 259200),
        ("45", 45),
        (45, 45),
        (0.5, 0.5),
        ("1w2d", 777600),
        ("1 hour 5 minutes", 3900),
        (" 10s ", 10),
        (timedelta(minutes=2), 120),
    ],
)
def test_durations(written: Any, seconds: float) -> None:
    found: timedelta = TypeAdapter(Duration).validate_python(written)
    assert found.total_seconds() == seconds


@pytest.mark.parametrize(
    "written",
    ["", " ", "h", "2x", "-2h", "30m1h", "1h1h", "1.5h", 0, "0s", -1, float("nan"), float("inf"),
     10**400, "9" * 500, "9" * 50 + "w", True, None, [], timedelta(0), "٣h", "PT1H", "1:30"],
)  # fmt: skip
def test_what_is_no_duration(written: Any) -> None:
    with pytest.raises(ValidationError, match="refused"):
        TypeAdapter(Duration).validate_python(written)


@pytest.mark.parametrize(
    "source",
    [
        {"type": "hostPath", "path": "/data"},
        {"type": "nfs", "server": "nfs", "serverPath": "/data", "readOnly": True},
        {
            "type": "persistentVolumeClaim",
            "accessModes": ["ReadOnlyMany", "ReadWriteMany"],
            "storageClassName": "fast",
            "resources": {"requests": {"storage": "1Gi"}},
            "readOnly": True,
        },
        {"type": "emptyDir", "medium": "memory", "size": "1Gi"},
    ],
)
def test_every_source_of_volumes_is_known_in_both_spellings(source: Dict) -> None:
    volume = Volume.model_validate({"name": "data", "source": source})
    assert volume.source.type == source["type"]
    assert volume.source.model_fields_set == set(type(volume.source).model_fields)
    snake = {"name": "data", "source": respelled(source, to_snake)}
    assert Volume.model_validate(snake) == volume


def test_what_a_source_of_volumes_may_leave_out() -> None:
    resources = {"requests": {"storage": 5}}
    claim = {
        "type": "persistentVolumeClaim",
        "accessModes": ["ReadWriteMany"],
        "resources": resources,
    }
    for source in ({"type": "emptyDir"}, claim):
        Volume.model_validate({"name": "data", "source": source})


@pytest.mark.parametrize("mode", ["ReadWriteOnce", "ReadWriteOncePod"])
def test_a_claim_that_one_node_alone_can_use_is_refused(mode: str) -> None:
    resources = {"requests": {"storage": "5Gi"}}
    source = {"type": "persistentVolumeClaim", "accessModes": [mode], "resources": resources}
    with pytest.raises(ValidationError, match="ReadOnlyMany"):
        Volume.model_validate({"name": "data", "source": source})


def test_a_folder_that_is_normally_reserved_is_free_when_the_runtime_lies_elsewhere() -> None:
    config = {**LEAST, "runtimeMountsDir": "/run/lab/"}
    LabConfig.model_validate({**config, "files": {"/etc/nublado/secrets/x": ""}})
    for path in ("/run/lab/secrets/x", "/run/lab/environment", "/run//lab/runtime/limits_cpu"):
        with pytest.raises(ValidationError, match="refused"):
            LabConfig.model_validate({**config, "files": {path: ""}})


USER: Dict = {
    "username": "vera",
    "name": "Vera Rubin",
    "email": "vera@example.org",
    "uid": 1928,
    "gid": 1929,
    "groups": [{"name": "vera", "id": 1929}],
    "quota": {
        "notebook": {"cpu": 9, "memory": 27.5, "spawn": True},
        "api": {"datalinker": 500},
        "tap": {"qserv": {"concurrent": 10}},
    },
}


def test_a_user_is_kept_and_the_other_parts_of_a_quota_are_not() -> None:
    user = User.model_validate(USER)
    assert user.groups[0].id == 1929
    assert user.quota
    assert user.quota.notebook
    assert user.quota.notebook.cpu == 9
    assert user.quota.notebook.memory_bytes == 27.5 * 1024**3
    assert "api" not in user.quota.model_dump()


def test_what_a_user_may_lack() -> None:
    user = User.model_validate({"username": "vera", "uid": 1, "gid": 2**31 - 1})
    assert (user.name, user.email, user.groups, user.quota) == (None, None, (), None)
    assert User.model_validate({**USER, "quota": {"api": {}}}).quota is not None


@pytest.mark.parametrize("bad", [0, -1, 2**31, 10**30, True, "1928", 1928.0, 1.5, None])
@pytest.mark.parametrize("field_name", ["uid", "gid"])
def test_ids_are_numbers_that_kubernetes_takes_and_never_roots(field_name: str, bad: Any) -> None:
    with pytest.raises(ValidationError):
        User.model_validate({**USER, field_name: bad})
    with pytest.raises(ValidationError):
        User.model_validate({**USER, "groups": [{"name": "a", "id": bad}]})


def test_a_user_who_may_not_spawn_is_refused() -> None:
    with pytest.raises(ValidationError) as caught:
        User.model_validate({**USER, "quota": {"notebook": {"cpu": 1, "memory": 1, "spawn": False}}})
    (error,) = caught.value.errors()
    assert error["loc"] == ("quota", "notebook", "spawn")


@dataclass
class ForeignGroup:
    name: str
    id: int


@dataclass
class ForeignUser:
    username: str
    uid: int
    gid: int
    name: str | None = None
    email: str | None = None
    groups: list[ForeignGroup] = field(default_factory=list)
    quota: None = None
    something_else: str = "that we don't know"


class PeersGroup(BaseModel):
    name: str
    id: int


class PeersUser(BaseModel):
    username: str
    uid: int
    gid: int
    groups: list[PeersGroup] = []


@pytest.mark.parametrize(
    "foreign",
    [
        ForeignUser("vera", 1928, 1929, groups=[ForeignGroup("vera", 1929)]),
        SimpleNamespace(
            username="vera", uid=1928, gid=1929, groups=[SimpleNamespace(name="vera", id=1929)]
        ),
        PeersUser(username="vera", uid=1928, gid=1929, groups=[PeersGroup(name="vera", id=1929)]),
    ],
)
def test_any_object_with_the_attributes_of_a_user_is_one(foreign: Any) -> None:
    wanted = {"username": "vera", "uid": 1928, "gid": 1929}
    groups = [{"name": "vera", "id": 1929}]
    assert User.model_validate(foreign) == User.model_validate({**wanted, "groups": groups})


class PeersSize(Enum):
    LARGE = "large"


class PeersOptions(BaseModel):
    image_list: str | None = "registry.example/lab:1"
    image_dropdown: str | None = None
    image_class: str | None = None
    image_tag: str | None = None
    size: PeersSize = PeersSize.LARGE
    enable_debug: bool = True
    reset_user_env: bool = False


class PeersLab(BaseModel):
    options: PeersOptions = PeersOptions()
    env: dict[str, str] = {"JUPYTERHUB_SERVICE_PREFIX": "/user/vera/"}


def test_a_peers_request_and_its_enums_are_understood() -> None:
    spec = LabSpecification.model_validate(PeersLab())
    assert spec.options.size is LabSize.LARGE
    assert spec.options.enable_debug is True
    assert spec.options.image_list == "registry.example/lab:1"


def test_a_peers_image_and_pull_secret_are_understood() -> None:
    image = SimpleNamespace(
        registry="registry.example",
        repository="lab/notebook",
        tag="w_2077_43",
        digest=DIGEST,
        display_name="Recommended",
        size=5,
    )
    assert Image.model_validate(image).description == "Recommended"
    data = {".dockerconfigjson": "e30="}
    secret = SimpleNamespace(data=data, type="kubernetes.io/dockerconfigjson", metadata=None)
    assert PullSecret.model_validate(secret) == PullSecret.model_validate({"data": data})


def test_a_form_posts_lists_of_one_and_words() -> None:
    options = LabOptions.model_validate(
        {
            "image_list": ["registry.example/lab:1"],
            "image_dropdown": ["use_image_from_dropdown"],
            "size": ["Large"],
            "enable_debug": ["true"],
            "reset_user_env": ["False"],
        }
    )
    assert options.image_list == "registry.example/lab:1"
    assert options.size is LabSize.LARGE
    assert (options.enable_debug, options.reset_user_env) == (True, False)


@pytest.mark.parametrize("value", [True, "true", "True", "TRUE", ["true"], [True], ("True",)])
def test_what_a_form_posts_for_yes(value: Any) -> None:
    assert LabOptions.model_validate({"enable_debug": value}).enable_debug is True


@pytest.mark.parametrize("value", [False, "false", "False", ["false"], [False], [], None])
def test_what_a_form_posts_for_no(value: Any) -> None:
    assert LabOptions.model_validate({"enable_debug": value}).enable_debug is False


@pytest.mark.parametrize("value", ["yes", "1", 1, 0, ["true", "true"], {}, [[True]], "on"])
def test_what_is_neither_yes_nor_no(value: Any) -> None:
    with pytest.raises(ValidationError):
        LabOptions.model_validate({"enable_debug": value})


@pytest.mark.parametrize("size", ["small", "Small", "SMALL", ["Small"], LabSize.SMALL])
def test_sizes_are_taken_in_any_letter_case(size: Any) -> None:
    assert LabOptions.model_validate({"size": size}).size is LabSize.SMALL


@pytest.mark.parametrize("name", ["image_list", "image_dropdown", "image_class", "image_tag"])
def test_an_image_can_be_asked_for_in_each_way(name: str) -> None:
    assert LabOptions.model_validate({name: ["x"]}).model_dump()[name] == "x"


@pytest.mark.parametrize(
    "prefix", ["user/vera/", "@host/", "", "http://evil.example/", "/a b", "/a\nb", " /a"]
)
def test_the_service_prefix_is_a_path(prefix: str) -> None:
    with pytest.raises(ValidationError):
        LabSpecification.model_validate({"env": {"JUPYTERHUB_SERVICE_PREFIX": prefix}})
    with pytest.raises(ValidationError):
        LabSpecification.model_validate({"env": {}})


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("w_2077_43", "Weekly 2077_43"),
        ("d_2077_10_23", "Daily 2077_10_23"),
        ("r22_0_1", "Release r22.0.1"),
        ("r23_0_0_rc1", "Release Candidate r23.0.0-rc1"),
        ("exp_w_2021_22_nosudo", "Experimental Weekly 2021_22 [nosudo]"),
        ("w_2077_43_c0020.001", "Weekly 2077_43 (SAL Cycle 0020, Build 001)"),
        ("r29_0_0_rsp19", "Release r29.0.0 (RSP Build 19)"),
        ("w_2077_43-amd64", "Weekly 2077_43 [amd64]"),
        (
            "w_2077_43_c0020.001_rsp19_test-amd64",
            "Weekly 2077_43 (SAL Cycle 0020, Build 001) (RSP Build 19) [test] [amd64]",
        ),
        ("d_2077_10_23_c0020.001", "Daily 2077_10_23 (SAL Cycle 0020, Build 001)"),
        ("r23_0_0_rc1_rsp2", "Release Candidate r23.0.0-rc1 (RSP Build 2)"),
        ("exp_w_2021_22", "Experimental Weekly 2021_22"),
        ("exp_random", "Experimental random"),
        ("recommended", "recommended"),
        ("latest", "latest"),
        ("w_2077", "w_2077"),
        ("w_2077_43x", "w_2077_43x"),
        ("W_2077_43", "W_2077_43"),
        ("", ""),
    ],
)
def test_a_tag_tells_people_what_it_is(tag: str, name: str) -> None:
    assert display_name(tag) == name


@given(st.text("wdrexp_cs0123.-amd64", max_size=40) | st.text(max_size=20))
def test_every_tag_has_a_name_of_one_word_at_least(tag: str) -> None:
    assert bool(display_name(tag)) is bool(tag)


def test_an_image_reference_has_all_its_parts() -> None:
    reference = f"registry.example:5000/lab/sub/notebook:w_2077_43@{DIGEST}"
    image = Image.model_validate(reference)
    assert image.registry == "registry.example:5000"
    assert image.repository == "lab/sub/notebook"
    assert image.tag == "w_2077_43"
    assert image.digest == DIGEST
    assert image.reference == "registry.example:5000/lab/sub/notebook:w_2077_43"
    assert image.reference_with_digest == reference
    assert image.description == "Weekly 2077_43"


@pytest.mark.parametrize(
    "reference",
    [
        "",
        "notebook",
        "registry.example/lab",
        "registry.example/lab:1",
        f"registry.example/lab@{DIGEST}",
        f"lab:1@{DIGEST}",
        f"registry.example/lab:1@{DIGEST}\n",
        f"registry.example/Lab:1@{DIGEST}",
        f"registry.example//lab:1@{DIGEST}",
        f"registry.example/lab:1@{DIGEST}@{DIGEST}",
        f"registry.example/lab:1@{DIGEST.upper()}",
        f"https://registry.example/lab:1@{DIGEST}",
        f"registry.example/../lab:1@{DIGEST}",
        f"registry.example/lab:{'a' * 129}@{DIGEST}",
    ],
)
def test_what_is_no_whole_image_reference(reference: str) -> None:
    with pytest.raises(ValidationError):
        Image.model_validate(reference)


@pytest.mark.parametrize(
    ("repository", "legal"),
    [
        ("registry.example/tools/init", True),
        ("localhost:5000/init", True),
        ("localhost/init", True),
        ("library/init", True),
        ("init", True),
        ("registry.example/a__b", True),
        ("registry.example/A", False),
        ("registry.example/a:1", False),
        ("registry.example/", False),
        ("a b", False),
        ("", False),
    ],
)
def test_the_repository_of_a_containers_image(repository: str, *, legal: bool) -> None:
    image = {"repository": repository, "tag": "1"}
    if legal:
        assert ContainerImage.model_validate(image).reference == f"{repository}:1"
    else:
        with pytest.raises(ValidationError):
            ContainerImage.model_validate(image)


def test_a_site_has_urls_and_a_document() -> None:
    site = Site.model_validate(
        {"baseUrl": "https://data.example.org", "discovery": {"b": [1], "a": {"é": None}}}
    )
    assert site.discovery_json == '{\n  "a": {\n    "\\u00e9": null\n  },\n  "b": [\n    1\n  ]\n}'
    assert site.repertoire_base_url is None
    for url in ("data.example.org", "ftp://data.example.org", "https://", "https://a b", 5):
        with pytest.raises(ValidationError):
            Site.model_validate({"baseUrl": url, "discovery": {}})


@pytest.mark.parametrize(
    "model", [LabConfig, User, LabSpecification, LabOptions, Image, SecretData, PullSecret, Site]
)
def test_models_are_frozen(model: type[BaseModel]) -> None:
    values: dict[type[BaseModel], Any] = {
        LabConfig: FULL,
        User: USER,
        LabSpecification: ARGUMENTS["lab"],
        LabOptions: {},
        Image: ARGUMENTS["image"],
        SecretData: ARGUMENTS["secrets"],
        PullSecret: {"data": {}},
        Site: ARGUMENTS["site"],
    }
    made = model.model_validate(values[model])
    for name in model.model_fields:
        with pytest.raises(ValidationError, match="frozen"):
            setattr(made, name, None)


SECRET = "Zm9yLW5vYm9keXMtZXllcw=="  # noqa: S105 (nobody's)
PLAIN = base64.b64decode(SECRET).decode()


def hidden(*texts: object) -> None:
    for text in texts:
        for shown in (str(text), repr(text), f"{text}"):
            assert SECRET not in shown
            assert PLAIN not in shown


def test_no_model_and_no_result_shows_a_secret() -> None:
    given_arguments = arguments(
        secrets={"token": SECRET}, pull_secret={"data": {".dockerconfigjson": SECRET}}
    )
    config = given_arguments["config"]
    objects = lab(secrets={"token": SECRET}, pull_secret={"data": {"a": SECRET}})
    assert objects.secrets[0]["data"]["token"] == SECRET
    del given_arguments["config"]
    inputs, findings = read_inputs(None, **given_arguments)
    assert inputs
    model = LabConfig.model_validate(config)
    facts = derive(Storage(model), inputs, model.sizes[0], {})
    hidden(inputs, inputs.secrets, inputs.pull_secret, inputs.secrets.root, objects, facts, findings)
    hidden(inputs.secrets.model_dump(), inputs.secrets.model_dump_json(), vars(inputs.secrets))
    hidden(facts.secrets, LabCompiler(config).compile(**given_arguments).warnings)


@pytest.mark.parametrize(
    "data",
    [
        {"token": SECRET + "!"},
        {"token": SECRET[:-1]},
        {"token": SECRET, "a b": SECRET},
        {"password": SECRET},
        {"token": [SECRET]},
        {"token": {"env": SECRET}},
        {"token": SECRET.encode()},
        {"token": SECRET + "\ud800"},
        [SECRET],
        SECRET,
        {"token": SECRET, "x": 5},
    ],
)
def test_no_error_about_a_secret_shows_it(data: Any) -> None:
    given_arguments = {key: value for key, value in arguments().items() if key != "config"}
    for name, value in (("secrets", data), ("pull_secret", {"data": data, "type": SECRET + " "})):
        inputs, findings = read_inputs(None, **{**given_arguments, name: value})
        assert inputs is None
        hidden(*findings)
    with pytest.raises(ValidationError) as caught:
        SecretData.model_validate(data)
    hidden(caught.value)
