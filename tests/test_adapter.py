"""What a controller sees of `labbuilder.adapter`."""

from __future__ import annotations

import asyncio
import base64
import builtins
import gc
import io
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import labs
import pytest

from labbuilder import LabBuilderError, compile_lab, models
from labbuilder.adapter import LabBuilder, LabStateObjects
from labbuilder.lab.names import build_object_names

DOCUMENT = {"applications": ["portal"], "services": {"ui": {}}}
VARIABLES = [
    "NUBLADO_CONTROLLER_REPOSITORY", "NUBLADO_CONTROLLER_TAG", "NUBLADO_CONTROLLER_PULL_POLICY",
    "REPERTOIRE_BASE_URL",
]  # fmt: skip
SECRET = "aHVudGVyMg=="  # noqa: S105 (made up)


class Discovery:
    """A discovery client that does what it is told to."""

    def __init__(self, document: Any = DOCUMENT) -> None:
        self.document = document

    async def build_nublado_dict(self) -> dict[str, Any]:
        if callable(self.document):
            self.document = await self.document()
        return self.document  # type: ignore[no-any-return]  # what a broken client gives


class Recorder:
    """A logger in the style of structlog."""

    def __init__(self, events: list[tuple[str, str, dict[str, Any]]], **bound: Any) -> None:
        self.events = events
        self.bound = bound

    def bind(self, **bound: Any) -> Recorder:
        return Recorder(self.events, **self.bound, **bound)

    def warning(self, event: str, **details: Any) -> None:
        self.events.append(("warning", event, {**self.bound, **details}))

    def error(self, event: str, **details: Any) -> None:
        self.events.append(("error", event, {**self.bound, **details}))


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def builder(document: Any = DOCUMENT, logger: Any = None, **changes: Any) -> LabBuilder:
    return LabBuilder(
        config=changes.pop("config", labs.arguments()["config"]),
        base_url=changes.pop("base_url", "https://data.example.org"),
        discovery_client=Discovery(document),
        logger=logger or Recorder([]),
    )


def request(**changes: Any) -> dict[str, Any]:
    """Give what `LabBuilder.build_lab` takes."""
    arguments = labs.arguments(**changes)
    return {name: arguments[name] for name in ("user", "lab", "image", "secrets")} | {
        name: value for name, value in changes.items() if name == "pull_secret"
    }


def complaints(error: LabBuilderError) -> list[tuple[str, str]]:
    return [(finding.code, ".".join(map(str, finding.path))) for finding in error.findings]


def test_it_builds_what_the_compiler_compiles() -> None:
    built = asyncio.run(builder().build_lab(**request()))
    assert built == compile_lab(**labs.arguments(site={"discovery": DOCUMENT}))


def test_names_and_url() -> None:
    lab_builder = builder()
    assert lab_builder.build_object_names("vera") == build_object_names("labs", "vera")
    url = lab_builder.build_internal_url("vera", {"JUPYTERHUB_SERVICE_PREFIX": "/nb/user/vera/"})
    assert url == "http://lab.labs-vera:8888/nb/user/vera/"


@pytest.mark.parametrize("env", [{}, {"JUPYTERHUB_SERVICE_PREFIX": "@evil.example/"}])
def test_a_url_needs_the_path_of_one(env: dict[str, str]) -> None:
    with pytest.raises(LabBuilderError) as caught:
        builder().build_internal_url("vera", env)
    assert complaints(caught.value) == [("invalid-prefix", "env.JUPYTERHUB_SERVICE_PREFIX")]


@pytest.mark.parametrize("username", ["a@evil.example#", "", "a.b", "Vera", "a\n", None])
def test_a_method_takes_no_text_for_a_username(username: Any) -> None:
    lab_builder, env = builder(), {"JUPYTERHUB_SERVICE_PREFIX": "/user/vera/"}
    for call in (
        lambda: lab_builder.build_internal_url(username, env),
        lambda: lab_builder.build_object_names(username),
    ):
        with pytest.raises(LabBuilderError) as caught:
            call()
        assert complaints(caught.value) == [("invalid-username", "username")]


# What the environment tells


def standard_image(objects: Any) -> tuple[str, str]:
    container = objects.pod["spec"]["initContainers"][-1]
    return container["image"], container["imagePullPolicy"]


def test_without_variables_the_standard_image_is_the_default() -> None:
    built = asyncio.run(builder().build_lab(**request()))
    default = models.Site.model_fields["controller_image"].default
    assert standard_image(built) == (default.reference, "IfNotPresent")
    assert "REPERTOIRE_BASE_URL" not in built.env_config_map["data"]


def test_variables_are_read_once_when_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    values = ["registry.example/controller", "1.2", "Always", "https://data.example.org/r"]
    for name, value in zip(VARIABLES, values, strict=True):
        monkeypatch.setenv(name, value)
    lab_builder = builder()
    for name in VARIABLES:
        monkeypatch.setenv(name, "changed")
    built = asyncio.run(lab_builder.build_lab(**request()))
    assert standard_image(built) == ("registry.example/controller:1.2", "Always")
    assert built.env_config_map["data"]["REPERTOIRE_BASE_URL"] == "https://data.example.org/r"


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.setenv(name, "")
    assert asyncio.run(builder().build_lab(**request())).pod


def test_everything_wrong_with_a_site_is_said_when_it_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in zip(VARIABLES, ["A B", "a/b", "Sometimes", "nowhere"], strict=True):
        monkeypatch.setenv(name, value)
    with pytest.raises(LabBuilderError) as caught:
        builder(config={"sizes": []}, base_url="nowhere")
    assert complaints(caught.value) == [
        ("missing-field", "config.namespacePrefix"),
        ("empty-list", "config.sizes"),
        ("unknown-volume", "config.homeVolumeName"),
        ("invalid-url", "site.base_url"),
        ("invalid-url", "environment.REPERTOIRE_BASE_URL"),
        ("invalid-image", "environment.NUBLADO_CONTROLLER_REPOSITORY"),
        ("invalid-image", "environment.NUBLADO_CONTROLLER_TAG"),
        ("invalid-value", "environment.NUBLADO_CONTROLLER_PULL_POLICY"),
    ]


# Discovery


async def fail() -> Any:
    raise ConnectionError("no route to host")


@pytest.mark.parametrize(
    ("document", "code", "message"),
    [
        (fail, "discovery-failed", "ConnectionError [discovery-failed]"),
        (None, "invalid-discovery", "invalid JSON: site.discovery"),
        ([], "invalid-discovery", "invalid JSON: site.discovery"),
        ("{}", "invalid-discovery", "invalid JSON: site.discovery"),
        ({"a": {"b": object()}}, "invalid-discovery", "invalid JSON: site.discovery.a.b"),
        ({"a": float("nan")}, "invalid-discovery", "invalid JSON: site.discovery"),
        ({1: 2}, "invalid-discovery", "invalid JSON: site.discovery"),
    ],
)
def test_discovery_that_gives_no_json_is_one_clear_error(
    document: Any, code: str, message: str
) -> None:
    with pytest.raises(LabBuilderError) as caught:
        asyncio.run(builder(document).build_lab(**request()))
    assert complaints(caught.value) == [(code, "site.discovery")]
    assert message in str(caught.value)


def test_a_client_that_cannot_be_awaited_is_one_clear_error() -> None:
    lab_builder = builder()
    lab_builder._discovery_client = SimpleNamespace(build_nublado_dict=dict)  # noqa: SLF001 (what a caller without types may give)
    with pytest.raises(LabBuilderError, match="discovery-failed"):
        asyncio.run(lab_builder.build_lab(**request()))


def test_cancelling_passes_through_discovery_that_hangs() -> None:
    async def hang() -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        async with asyncio.timeout(0.01):
            await builder(hang).build_lab(**request())

    with pytest.raises(TimeoutError):
        asyncio.run(main())


def test_every_lab_gets_the_document_of_its_time() -> None:
    client = Discovery()
    lab_builder = builder()
    lab_builder._discovery_client = client  # noqa: SLF001 (changed under way)
    first = asyncio.run(lab_builder.build_lab(**request()))
    client.document = {"later": 1}
    second = asyncio.run(lab_builder.build_lab(**request()))
    assert "portal" in first.config_maps[1]["data"]["discovery-v1-json"]
    assert "later" in second.config_maps[1]["data"]["discovery-v1-json"]


# Foreign arguments


def test_foreign_objects_with_the_same_attributes_do() -> None:
    plain = request()
    user = SimpleNamespace(
        **{**plain["user"], "groups": [SimpleNamespace(**g) for g in plain["user"]["groups"]]},
        email="vera@example.org",
        quota=None,
        supplemental_groups=[1928, 31],
    )
    digest = f"sha256:{'5' * 64}"
    image = SimpleNamespace(
        registry="registry.example", repository="lab/notebook", tag="w_2026_47", digest=digest,
        display_name="Weekly 2026_47", size=None, aliases=set(), cycle=None,
    )  # fmt: skip
    options = SimpleNamespace(
        image_list="x", image_dropdown=None, image_class=None, image_tag=None, size="small",
        enable_debug=False, reset_user_env=False,
    )  # fmt: skip
    lab = SimpleNamespace(options=options, env=plain["lab"]["env"])
    foreign = {"user": user, "image": image, "lab": lab, "secrets": plain["secrets"]}
    expected = asyncio.run(builder().build_lab(**plain))
    assert asyncio.run(builder().build_lab(**foreign)) == expected


LOGIN = base64.b64encode(b'{"auths": {"registry.example": {}}}').decode()
PULL_SECRET = {"data": {".dockerconfigjson": LOGIN}, "type": "kubernetes.io/dockerconfigjson"}
MANIFEST = {
    **PULL_SECRET,
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "pull", "namespace": "controller", "uid": "1"},
}


def client_secret(library: str) -> Any:
    client = pytest.importorskip(library)
    metadata = client.V1ObjectMeta(name="pull", namespace="controller", uid="1")
    return client.V1Secret(metadata=metadata, **PULL_SECRET)


@pytest.mark.parametrize(
    "give",
    [
        lambda: PULL_SECRET,
        lambda: MANIFEST,
        lambda: SimpleNamespace(**PULL_SECRET),
        lambda: models.PullSecret.model_validate(PULL_SECRET),
        lambda: client_secret("kubernetes.client"),
        lambda: client_secret("kubernetes_asyncio.client"),
        lambda: client_secret("kubernetes.client").to_dict(),
    ],
    ids=["dict", "manifest", "object", "model", "kubernetes", "kubernetes_asyncio", "to_dict"],
)
def test_any_pull_secret_does(give: Callable[[], Any]) -> None:
    config = labs.arguments(config={"pullSecret": "pull-secret"})["config"]
    lab_builder = builder(config=config)
    built = asyncio.run(lab_builder.build_lab(**request(pull_secret=give())))
    (_, secret) = built.secrets
    assert secret["metadata"]["name"] == "pull-secret"
    assert {key: secret[key] for key in PULL_SECRET} == PULL_SECRET
    assert set(secret) == {"apiVersion", "kind", "metadata", "data", "type", "immutable"}


def test_everything_wrong_with_a_request_is_said_at_once() -> None:
    wrong = request(user={"uid": 0}, lab={"env": {}}, secrets={"token": SECRET + "!"})
    with pytest.raises(LabBuilderError) as caught:
        asyncio.run(builder().build_lab(**wrong))
    assert complaints(caught.value) == [
        ("invalid-id", "user.uid"),
        ("missing-field", "lab.env"),
        ("invalid-base64", "secrets.token"),
    ]
    assert SECRET not in str(caught.value)


# What is logged


CONFIG_WITH_WARNINGS = {"pullSecret": "pull-secret"}


def test_warnings_are_logged_with_the_user_and_those_about_the_site_once() -> None:
    events: list[tuple[str, str, dict[str, Any]]] = []
    config = labs.arguments(config=CONFIG_WITH_WARNINGS)["config"]
    lab_builder = builder(config=config, logger=Recorder(events))
    assert not events
    for logged in (1, 0):
        built = asyncio.run(lab_builder.build_lab(**request()))
        assert len(events) == logged
        codes = {warning.code for warning in built.warnings}
        assert {"missing-pull-secret", "pod-security-waiver"} <= codes
        for level, event, details in events:
            assert (level, event, details["user"]) == ("warning", "Lab has warnings", "vera")
            assert all(code in details["error"] for code in codes)
        events.clear()


def test_a_warning_about_one_lab_is_logged_each_time() -> None:
    events: list[tuple[str, str, dict[str, Any]]] = []
    lab_builder = builder(logger=Recorder(events))
    pull_secret = {"type": "Opaque", "data": {}}
    for _ in range(2):
        asyncio.run(lab_builder.build_lab(**request(), pull_secret=pull_secret))
        ((_, _, details),) = events
        events.clear()
        assert "unused-pull-secret" in details["error"]


class Broken:
    """A logger that raises, whatever it is asked for."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


class BrokenOnCall(Recorder):
    """A logger that raises when it writes."""

    def bind(self, **bound: Any) -> BrokenOnCall:
        return BrokenOnCall(self.events, **bound)

    def warning(self, event: str, **_details: Any) -> None:
        raise OSError(28, event)

    error = warning


@pytest.mark.parametrize("make", [Broken, lambda: BrokenOnCall([])])
def test_a_logger_that_raises_loses_no_lab(make: Callable[[], Any]) -> None:
    source = {"type": "hostPath", "path": "/data"}
    config = labs.arguments()["config"] | {"volumes": [{"name": "home", "source": source}]}
    lab_builder = builder(config=config, logger=make())
    built = asyncio.run(lab_builder.build_lab(**request()))
    assert built.warnings
    objects = LabStateObjects(env_config_map={}, quota=None, pod={})
    assert asyncio.run(lab_builder.recreate_lab_state("vera", objects)) is None


def test_the_standard_librarys_loggers_do(caplog: pytest.LogCaptureFixture) -> None:
    config = labs.arguments(config=CONFIG_WITH_WARNINGS)["config"]
    lab_builder = builder(config=config, logger=logging.getLogger("controller"))
    asyncio.run(lab_builder.build_lab(**request()))
    gone = LabStateObjects(env_config_map=None, quota=None, pod=None)
    assert asyncio.run(lab_builder.recreate_lab_state("vera", gone)) is None
    lab, state = caplog.records
    assert [record.levelname for record in (lab, state)] == ["WARNING", "ERROR"]
    assert "(user=vera)" in lab.getMessage()
    assert vars(state)["user"] == "vera"


def test_no_objects_are_no_lab_and_nothing_to_log() -> None:
    events: list[tuple[str, str, dict[str, Any]]] = []
    lab_builder = builder(logger=Recorder(events))
    assert asyncio.run(lab_builder.recreate_lab_state("vera", None)) is None
    assert not events


# The loop


def test_nothing_is_awaited_but_discovery() -> None:
    steps = builder().build_lab(**request()).__await__()
    with pytest.raises(StopIteration) as finished:
        next(steps)
    assert finished.value.value.pod["metadata"]["name"] == "vera-nb"


def test_no_file_is_read_and_no_thread_started_after_construction(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lab_builder = builder()

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError

    with monkeypatch.context() as patch:
        for module, name in (
            (builtins, "open"), (io, "open"), (os, "open"), (os, "getenv"), (Path, "open"),
            (threading.Thread, "start"), (os, "stat"),
        ):  # fmt: skip
            patch.setattr(module, name, refuse)
        patch.setattr(os, "environ", None)
        steps = lab_builder.build_lab(**request()).__await__()
        with pytest.raises(StopIteration):
            next(steps)


LABS = 1000


def test_a_thousand_labs_at_once_take_turns_and_leave_no_memory_behind() -> None:
    lab_builder = builder()
    built_labs, longest = 0, 0.0

    async def build(i: int) -> None:
        nonlocal built_labs, longest
        arguments = request(user={"username": f"vera{i}z", "uid": 1000 + i})
        before = time.thread_time()
        built = await lab_builder.build_lab(**arguments)
        longest = max(longest, time.thread_time() - before)
        built_labs += 1
        assert built.pod["metadata"]["name"] == f"vera{i}z-nb"

    async def build_all() -> int:
        await asyncio.gather(*(build(i) for i in range(LABS)))
        gc.collect()
        return sys.getallocatedblocks()

    asyncio.run(lab_builder.build_lab(**request()))
    first = asyncio.run(build_all())
    second = asyncio.run(build_all())
    assert built_labs == 2 * LABS
    assert longest < 0.5, "one lab keeps the loop, in seconds of CPU time"
    assert second - first < LABS, "more than a block of memory a lab is kept"
