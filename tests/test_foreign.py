"""Nublado's own objects, handed over as they are, and what hubs and Gafaelfawr send."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from enum import Enum
from typing import Annotated, Any, Literal

import labs
import pytest
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from test_adapter import Recorder, builder, complaints, request

from labbuilder import LabBuilderError, LabConfig, LabObjects, compile_lab
from labbuilder.adapter import LabBuilder
from labbuilder.validation.schemas import VERSIONS

# Models in the shape of Nublado's: enums that are no text, aliases that differ from the names,
# and fields without any alias.


class TaintEffect(Enum):
    NO_SCHEDULE = "NoSchedule"


class TolerationOperator(Enum):
    EQUAL = "Equal"
    EXISTS = "Exists"


class LabSize(str, Enum):  # noqa: UP042 (as Nublado has it)
    SMALL = "small"


class HomedirSchema(Enum):
    INITIAL_THEN_USERNAME = "initialThenUsername"


class PullPolicy(Enum):
    ALWAYS = "Always"


class Nublado(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", populate_by_name=True)


class Toleration(BaseModel):
    effect: TaintEffect | None = None
    key: str | None = None
    operator: TolerationOperator = TolerationOperator.EQUAL
    toleration_seconds: int | None = None
    value: str | None = None


class Requirement(Nublado):
    key: str
    operator: str
    values: list[str] = []


class Term(Nublado):
    match_expressions: list[Requirement] = []
    match_fields: list[Requirement] = []


class NodeSelector(Nublado):
    node_selector_terms: list[Term] = []


class PreferredTerm(Nublado):
    preference: Term
    weight: int


class NodeAffinity(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    preferred: Annotated[
        list[PreferredTerm], Field(alias="preferredDuringSchedulingIgnoredDuringExecution")
    ] = []
    required: Annotated[
        NodeSelector | None, Field(alias="requiredDuringSchedulingIgnoredDuringExecution")
    ] = None


class Affinity(Nublado):
    node_affinity: NodeAffinity | None = None
    pod_affinity: Any = None


class Amount(Nublado):
    cpu: float
    memory: int


class Resources(Nublado):
    limits: Amount
    requests: Amount


class SizeDefinition(Nublado):
    size: LabSize
    resources: Resources


class ContainerImage(Nublado):
    repository: str
    pull_policy: PullPolicy = PullPolicy.ALWAYS
    tag: str


class NfsSource(Nublado):
    type: Literal["nfs"] = "nfs"
    server: str
    server_path: str
    read_only: bool = False


class ClaimResources(Nublado):
    requests: dict[str, str]


class ClaimSource(Nublado):
    type: Literal["persistentVolumeClaim"] = "persistentVolumeClaim"
    access_modes: list[str]
    storage_class_name: str
    resources: ClaimResources
    read_only: bool = False


class Volume(Nublado):
    name: str
    source: NfsSource | ClaimSource


class Mount(Nublado):
    container_path: str
    sub_path: str | None = None
    read_only: bool = False
    volume_name: str


class InitContainer(Nublado):
    name: str
    image: ContainerImage
    privileged: bool = False
    volume_mounts: list[Mount] = []


class Config(Nublado):
    activity_interval: timedelta = timedelta(hours=1)
    affinity: Affinity | None = None
    application: str | None = None
    default_size: LabSize | None = None
    env: dict[str, str] = {}
    homedir_schema: HomedirSchema = HomedirSchema.INITIAL_THEN_USERNAME
    init_containers: list[InitContainer] = []
    namespace_prefix: str
    pull_secret: str | None = None
    sizes: list[SizeDefinition]
    spawn_timeout: timedelta = timedelta(minutes=10)
    tolerations: list[Toleration] = []
    volumes: list[Volume] = []
    volume_mounts: list[Mount] = []


class NewerConfig(Config):
    warp_factor: int = 9
    sizes: list[Any]


class Controller(Nublado):
    base_url: str = "http://127.0.0.1:8080"
    lab: Config


REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
TERM = {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a", "b"]}]}
AFFINITY = {
    "nodeAffinity": {
        REQUIRED: {"nodeSelectorTerms": [TERM]},
        PREFERRED: [{"weight": 7, "preference": TERM}],
    }
}
TOLERATIONS = [
    {"effect": "NoSchedule", "key": "labs", "operator": "Equal", "value": "yes"},
    {"key": "gpu", "operator": "Exists"},
]
CLAIM: dict[str, Any] = {
    "type": "persistentVolumeClaim",
    "accessModes": ["ReadWriteMany"],
    "storageClassName": "fast",
    "resources": {"requests": {"storage": "1Gi"}},
}
CONTENT: dict[str, Any] = {
    "activityInterval": 5400,
    "affinity": AFFINITY,
    "env": {"RSP_SITE_TYPE": "science"},
    "homedirSchema": "initialThenUsername",
    "initContainers": [
        {
            "name": "prepare",
            "image": {"repository": "registry.example/a", "tag": "1", "pullPolicy": "Always"},
            "volumeMounts": [{"containerPath": "/scratch", "volumeName": "scratch"}],
        }
    ],
    "namespacePrefix": "labs",
    "sizes": [
        {
            "size": "small",
            "resources": {
                "limits": {"cpu": 1.5, "memory": 4 * 1024**3},
                "requests": {"cpu": 0.5, "memory": 1024**3},
            },
        }
    ],
    "spawnTimeout": 60,
    "tolerations": TOLERATIONS,
    "volumes": [
        {"name": "home", "source": {"type": "nfs", "server": "nfs", "serverPath": "/homes"}},
        {"name": "scratch", "source": CLAIM},
    ],
    "volumeMounts": [{"containerPath": "/home", "volumeName": "home", "subPath": "a"}],
}


def build(lab_builder: LabBuilder, **changes: Any) -> LabObjects:
    return asyncio.run(lab_builder.build_lab(**request(**changes)))


@pytest.mark.parametrize("given", [Config(**CONTENT), Controller(lab=Config(**CONTENT))])
def test_nublados_configuration_object_does_what_its_file_does(given: BaseModel) -> None:
    events: list[Any] = []
    lab_builder = builder(config=given, logger=Recorder(events))
    assert not events
    built = build(lab_builder)
    assert built == build(builder(config=CONTENT))
    assert built.pod["spec"]["affinity"] == AFFINITY
    assert built.pod["spec"]["tolerations"] == TOLERATIONS
    assert built.env_config_map["data"]["JUPYTERHUB_ACTIVITY_INTERVAL"] == "5400"
    assert compile_lab(**{**labs.arguments(), "config": given}).pod == built.pod
    assert LabConfig.model_validate(given) == LabConfig.model_validate(CONTENT)


@pytest.mark.parametrize("logger", ["structlog", "logging"])
def test_settings_of_a_newer_nublado_are_logged_and_ignored(
    logger: str, caplog: pytest.LogCaptureFixture
) -> None:
    events: list[Any] = []
    (size,) = CONTENT["sizes"]
    given = NewerConfig(**{**CONTENT, "sizes": [{**size, "gpus": 1}]})
    log = Recorder(events) if logger == "structlog" else logging.getLogger("controller")
    lab_builder = builder(config=given, logger=log)
    said = "sizes[0].gpus; warpFactor"
    if logger == "structlog":
        assert events == [("warning", "Configuration has unknown settings", {"error": said})]
    else:
        assert caplog.messages == [f"Configuration has unknown settings: {said}"]
    assert build(lab_builder) == build(builder(config=CONTENT))


def test_what_is_wrong_with_nublados_configuration_is_said_with_its_path() -> None:
    bad = {**CONTENT, "namespacePrefix": "A B", "tolerations": [{"key": "a", "value": "a b"}]}
    with pytest.raises(LabBuilderError) as caught:
        builder(config=Config(**bad))
    assert [path for _, path in complaints(caught.value)] == [
        "config.namespacePrefix",
        "config.tolerations.0.value",
    ]


class Broken(BaseModel):
    def model_dump(self, **_: Any) -> Any:
        raise RuntimeError("not-for-logs")


def test_a_model_that_cannot_be_serialized_is_one_clear_error() -> None:
    with pytest.raises(LabBuilderError) as caught:
        builder(config=Broken())
    assert complaints(caught.value) == [("unreadable-object", "")]
    assert "not-for-logs" not in str(caught.value)


# What hubs and Gafaelfawr send

WITH_MORE: dict[str, Any] = {
    "user": {
        "state": "active",
        "groups": [{"name": "vera", "id": 1928, "kind": "personal"}],
        "quota": {
            "api": {"datalinker": 500},
            "notebook": {"cpu": 4, "memory": 16, "spawn": True, "gpus": 1},
        },
    },
    "lab": {
        "version": 2,
        "options": {"size": ["small"], "enable_debug": ["true"], "theme": ["dark"]},
    },
}


def test_unknown_keys_from_a_hub_or_gafaelfawr_are_ignored() -> None:
    user = {"groups": [{"name": "vera", "id": 1928}]}
    quota = {"notebook": {"cpu": 4, "memory": 16}}
    options = {"size": "small", "enable_debug": True}
    expected = build(builder(), user={**user, "quota": quota}, lab={"options": options})
    assert build(builder(), **WITH_MORE) == expected
    assert expected.quota


def test_compilers_and_other_arguments_stay_strict() -> None:
    for name, change in WITH_MORE.items():
        with pytest.raises(LabBuilderError) as caught:
            compile_lab(**labs.arguments(**{name: change}))
        assert {code for code, _ in complaints(caught.value)} == {"unknown-field"}
    image = {"registry": "registry.example", "repository": "a", "tag": "b",
             "digest": f"sha256:{'5' * 64}", "size": 5}  # fmt: skip
    for changes in ({"image": image}, {"pull_secret": {"data": {}, "kind_of": 1}}):
        with pytest.raises(LabBuilderError, match="unknown-field"):
            build(builder(), **changes)
    with pytest.raises(LabBuilderError, match="unknown-field"):
        builder(config={**labs.arguments()["config"], "warpFactor": 9})


def test_what_else_is_wrong_beside_an_unknown_key_is_said() -> None:
    wrong = {"user": {"state": "active", "uid": 0}, "lab": {"options": {"theme": 1, "size": 5}}}
    with pytest.raises(LabBuilderError) as caught:
        build(builder(), **wrong)
    assert complaints(caught.value) == [
        ("invalid-id", "user.uid"),
        ("invalid-value", "lab.options.size"),
    ]


# A site's own fragments and Kubernetes version


def test_templates_and_the_version_are_the_compilers() -> None:
    service = "apiVersion: v1\nkind: Service\nmetadata: {name: lab, namespace: '{{ namespace }}'}"
    config = labs.arguments()["config"]

    def make(**options: Any) -> LabBuilder:
        return LabBuilder(
            config=config,
            base_url="https://data.example.org",
            discovery_client=builder()._discovery_client,  # noqa: SLF001 (any will do)
            logger=Recorder([]),
            **options,
        )

    built = build(make(templates={"service.yaml": service + "\nspec: {ports: [{port: 1}]}"}))
    assert built.service["spec"] == {"ports": [{"port": 1}]}
    with pytest.raises(LabBuilderError, match="unknown-kubernetes-version"):
        make(kubernetes_version="1.2")
    with pytest.raises(LabBuilderError) as caught:
        make(kubernetes_version="1.2", templates={"service.yaml": "{% if %}"})
    assert len(caught.value.findings) == 2
    assert build(make(kubernetes_version=VERSIONS[0])).pod == build(builder()).pod


class Odd(dict[str, Any]):
    """A mapping that raises when it is read."""

    def keys(self) -> Any:
        raise ValueError("planted")

    items = values = __iter__ = keys


@pytest.mark.parametrize("argument", ["lab", "secrets", "user", "site", "pull_secret"])
def test_what_a_mapping_raises_is_not_quoted(argument: str) -> None:
    for odd in (Odd(a=1), {"env": Odd(a=1), "data": Odd(a=1), "discovery": Odd(a=1)}):
        with pytest.raises(LabBuilderError) as caught:
            compile_lab(**{**labs.ARGUMENTS, argument: odd})
        assert "planted" not in str(caught.value)
