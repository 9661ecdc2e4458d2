"""The example of a controller and the client that it uses, against an API server in miniature."""

from __future__ import annotations

import asyncio
import functools
import importlib.util
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from http import HTTPStatus
from itertools import groupby
from pathlib import Path
from typing import Any

import labs
import pytest

from labbuilder import LabBuilderError
from labbuilder.adapter import LabBuilder, LabState

client = pytest.importorskip("kubernetes_asyncio.client")

from fake_api import FakeApi, RefusedError, Request  # noqa: E402 (needs aiohttp, as the client does)

CONTROLLER = Path(__file__).parent.parent / "examples" / "controller.py"
CONFIG = labs.arguments(
    config={
        "pullSecret": "pull-secret",
        "volumes": [
            {
                "name": "home",
                "source": {
                    "type": "persistentVolumeClaim",
                    "accessModes": ["ReadWriteMany"],
                    "resources": {"requests": {"storage": "1Gi"}},
                },
            }
        ],
    }
)["config"]
BASE_URL = "https://data.example.org"
TOKEN = labs.ARGUMENTS["secrets"]["token"]
LOGGER = logging.getLogger("controller")


def load(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


example = load(CONTROLLER)


def in_a_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Make a test of a coroutine."""

    @functools.wraps(test)
    def run(**fixtures: Any) -> None:
        asyncio.run(test(**fixtures))

    return run


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return FakeApi()


@asynccontextmanager
async def started(api: FakeApi, **options: Any) -> AsyncIterator[Any]:
    """Start a controller, which knows nothing of those before it."""
    options = {"create_seconds": 30, "delete_seconds": 30, "poll_seconds": 0, **options}
    discovery = example.NoDiscovery()
    builder = LabBuilder(
        config=CONFIG, base_url=BASE_URL, discovery_client=discovery, logger=LOGGER
    )
    async with (
        api.serving() as url,
        client.ApiClient(client.Configuration(host=url)) as api_client,
    ):
        yield example.Controller(builder, api_client, logger=LOGGER, **options)


def logged(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str, str | None]]:
    """Give level, message and user of what the controller and its builder have logged."""
    return [
        (record.levelname, record.getMessage(), vars(record).get("user"))
        for record in caplog.records
        if record.name == LOGGER.name
    ]


def asked(username: str = "vera", number: int = 0) -> dict[str, Any]:
    """Give what `create` takes; the number makes labs differ."""
    arguments = labs.arguments(
        user={
            "username": username,
            "uid": 2000 + number,
            "quota": {"notebook": {"cpu": 9, "memory": 27}} if number % 3 == 0 else None,
        },
        lab={
            "env": {
                "JUPYTERHUB_SERVICE_PREFIX": f"/user/{username}/",
                "GREETING": "Lift off 🚀\x7f",
            },
            "options": {
                "size": CONFIG["sizes"][number % 2]["size"],
                "enable_debug": number % 4 == 0,
                "reset_user_env": number % 5 == 0,
            },
        },
    )
    data = {".dockerconfigjson": "eyJhdXRocyI6eyJyIjp7fX19"}
    return {
        **{name: arguments[name] for name in ("user", "lab", "image", "secrets")},
        "pull_secret": {"type": "kubernetes.io/dockerconfigjson", "data": data},
    }


def expected(username: str = "vera", number: int = 0) -> LabState:
    """Give the state of what was asked for."""
    arguments = asked(username, number)
    user, options = arguments["user"], arguments["lab"]["options"]
    return LabState.model_validate(
        {
            "user": {key: user[key] for key in ("username", "name", "uid", "gid", "groups")},
            "options": {**options, "image": arguments["image"]},
            "status": "running",
            "internal_url": f"http://lab.labs-{username}:8888/user/{username}/",
            "resources": CONFIG["sizes"][number % 2]["resources"],
            "quota": {"cpu": 9, "memory": "27Gi"} if user["quota"] else None,
        }
    )


# Create


@in_a_loop
async def test_the_manifests_are_applied_in_order_with_server_side_apply(api: FakeApi) -> None:
    async with started(api) as controller:
        assert await controller.create(**asked()) == "http://lab.labs-vera:8888/user/vera/"
    applied = [request for request in api.requests if request.method == "PATCH"]
    assert [r.body for r in applied] == labs.lab(config=CONFIG, **asked()).manifests()
    assert len({request.body["kind"] for request in applied}) == 8
    for request in applied:
        assert request.content_type == "application/apply-patch+yaml"
        assert request.query == {"fieldManager": "labbuilder-controller", "force": "True"}


@in_a_loop
async def test_create_waits_until_the_pod_runs_and_can_be_repeated(api: FakeApi) -> None:
    api.phases = ("Pending", "Unknown", "Pending", "Running")
    async with started(api) as controller:
        await controller.create(**asked())
        reads = [each for each in api.requests if each.method == "GET" and "/pods/" in each.path]
        assert len(reads) == len(api.phases)
        stored = dict(api.objects)
        await controller.create(**asked())
        assert api.objects == stored


@pytest.mark.parametrize("phase", ["Failed", "Succeeded"])
@in_a_loop
async def test_a_pod_that_ends_is_an_error_and_stays_to_be_looked_at(
    api: FakeApi, phase: str
) -> None:
    api.phases = ("Pending", phase)
    async with started(api) as controller:
        with pytest.raises(example.LabError, match=f"^pod vera-nb has ended: {phase}$"):
            await controller.create(**asked())
    assert api.names("Pod") == ["vera-nb"]


@in_a_loop
async def test_a_pod_that_is_deleted_is_an_error(api: FakeApi) -> None:
    def delete(request: Request) -> None:
        if request.method == "GET" and "/pods/" in request.path:
            del api.objects[request.path]

    api.on_request = delete
    async with started(api) as controller:
        with pytest.raises(example.LabError, match="pod vera-nb was deleted"):
            await controller.create(**asked())


@in_a_loop
async def test_a_pod_that_does_not_run_in_time_is_an_error(api: FakeApi) -> None:
    api.phases = ("Pending",)
    async with started(api, create_seconds=0.05) as controller:
        with pytest.raises(example.LabError, match=r"^pod vera-nb isn't running after 0\.05 s$"):
            await controller.create(**asked())


@in_a_loop
async def test_what_is_wrong_is_said_before_the_cluster_hears_of_it(api: FakeApi) -> None:
    async with started(api) as controller:
        with pytest.raises(LabBuilderError):
            await controller.create(**{**asked(), "secrets": {}})
    assert not api.requests


def refuse(status: HTTPStatus, method: str, times: int = 1) -> Callable[[Request], None]:
    """Make the server refuse some requests."""
    left = iter(range(times))

    def on_request(request: Request) -> None:
        if request.method == method and next(left, None) is not None:
            raise RefusedError(status)

    return on_request


@in_a_loop
async def test_an_api_server_that_is_away_for_a_moment_is_waited_for(api: FakeApi) -> None:
    async with started(api) as controller:
        api.on_request = refuse(HTTPStatus.SERVICE_UNAVAILABLE, "GET", times=3)
        await controller.create(**asked())
        api.on_request = refuse(HTTPStatus.SERVICE_UNAVAILABLE, "GET", times=3)
        await controller.delete("vera")
    assert not api.objects


@in_a_loop
async def test_no_secret_is_logged_or_told(api: FakeApi, caplog: pytest.LogCaptureFixture) -> None:
    for logger in ("", "kubernetes_asyncio.client.rest"):
        caplog.set_level(logging.DEBUG, logger)
    async with started(api) as controller:
        await controller.create(**asked())
        api.on_request = refuse(HTTPStatus.FORBIDDEN, "PATCH")
        with pytest.raises(client.ApiException, match="Forbidden") as caught:
            await controller.create(**asked())
        await controller.reconcile()
    assert TOKEN not in caplog.text + str(caught.value)


@in_a_loop
async def test_a_lab_has_one_operation_at_a_time(api: FakeApi) -> None:
    async with started(api) as controller:
        await asyncio.gather(
            controller.create(**asked()), controller.delete("vera"), controller.create(**asked())
        )
    methods = [request.method for request in api.requests if request.method != "GET"]
    assert [method for method, _ in groupby(methods)] == ["PATCH", "DELETE", "PATCH"]


# Delete


@in_a_loop
async def test_delete_waits_until_the_lab_is_gone(api: FakeApi) -> None:
    api.lingering = 3
    async with started(api) as controller:
        await controller.create(**asked())
        api.requests.clear()
        await controller.delete("vera")
    assert [request.method for request in api.requests] == ["DELETE", "GET", "GET", "GET", "GET"]
    assert not api.objects


@in_a_loop
async def test_delete_is_fine_when_nothing_is_there(api: FakeApi) -> None:
    async with started(api) as controller:
        await controller.delete("vera")


@in_a_loop
async def test_a_lab_that_does_not_go_in_time_is_an_error(api: FakeApi) -> None:
    api.lingering = float("inf")
    async with started(api, delete_seconds=0.05) as controller:
        await controller.create(**asked())
        with pytest.raises(example.LabError, match="namespace labs-vera isn't deleted after"):
            await controller.delete("vera")


# Reconcile


@in_a_loop
async def test_a_new_controller_finds_what_was_asked_for(api: FakeApi) -> None:
    async with started(api) as controller:
        for number, username in enumerate(["vera", "annie"]):
            await controller.create(**asked(username, number))
    hard = api.objects["/api/v1/namespaces/labs-vera/resourcequotas/vera-nb"]["spec"]["hard"]
    assert hard["limits.cpu"] == "9", "the fake writes amounts as a server does, not as they came"
    async with started(api) as controller:
        found = await controller.reconcile()
    assert found == {"vera": expected("vera", 0), "annie": expected("annie", 1)}
    assert found["annie"].quota is None


def change(api: FakeApi, kind: str, path: str, value: Any) -> None:
    """Change one field of the one object of a kind."""
    (found,) = [each for each in api.objects.values() if each["kind"] == kind]
    *steps, last = path.split(" ")
    for step in steps:
        found = found[step]
    found[last] = value


@in_a_loop
async def test_a_half_made_lab_is_removed(api: FakeApi) -> None:
    def kill(request: Request) -> None:
        if request.body["kind"] == "Service":
            task.cancel()

    api.on_request = kill
    async with started(api) as controller:
        task = asyncio.create_task(controller.create(**asked()))
        await asyncio.wait([task])
    assert api.names("Service")
    assert not api.names("Pod")
    api.on_request = lambda _: None
    async with started(api) as controller:
        assert await controller.reconcile() == {}
    assert not api.objects


@in_a_loop
async def test_a_half_made_lab_that_does_not_go_stops_nobody(
    api: FakeApi, caplog: pytest.LogCaptureFixture
) -> None:
    api.lingering = float("inf")
    async with started(api, delete_seconds=0.05) as controller:
        await controller.create(**asked("vera"))
        await controller.create(**asked("annie", 1))
        del api.objects["/api/v1/namespaces/labs-vera/pods/vera-nb"]
        assert list(await controller.reconcile()) == ["annie"]
    assert logged(caplog) == [
        ("WARNING", "Deleting labs-vera, which has no pod", None),
        ("ERROR", "Cannot reconcile labs-vera", None),
    ]


@in_a_loop
async def test_an_unreadable_lab_is_left_alone(
    api: FakeApi, caplog: pytest.LogCaptureFixture
) -> None:
    async with started(api) as controller:
        await controller.create(**asked())
    change(api, "Pod", "metadata annotations nublado.lsst.io/user-groups", "[")
    stored = dict(api.objects)
    async with started(api) as controller:
        assert await controller.reconcile() == {}
    assert api.objects == stored
    ((level, message, user),) = logged(caplog)
    assert (level, user) == ("ERROR", "vera")
    assert "user-groups" in message


@in_a_loop
async def test_labs_that_the_client_fails_to_read_are_left_alone(
    api: FakeApi, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse_pod(request: Request) -> None:
        if request.path.endswith("/vera-nb") and "/pods/" in request.path:
            raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE)

    async with started(api) as controller:
        for username in ("annie", "vera"):
            await controller.create(**asked(username))
        api.objects["/api/v1/namespaces/labs-annie/pods/annie-nb"]["spec"]["containers"] = None
        api.on_request = refuse_pod
        assert await controller.reconcile() == {}
    assert api.names("Pod") == ["annie-nb", "vera-nb"]
    assert sorted(logged(caplog)) == [
        ("ERROR", "Cannot reconcile labs-annie", None),
        ("ERROR", "Cannot reconcile labs-vera", None),
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("metadata deletionTimestamp", "2026-11-22T10:00:00Z"),
        ("metadata name", "test-vera"),
        ("metadata labels", {"nublado.lsst.io/category": "lab"}),
        ("metadata labels", {"nublado.lsst.io/category": "fileserver", example.USER: "vera"}),
        ("metadata labels", {"nublado.lsst.io/category": "lab", example.USER: "Vera.R"}),
    ],
    ids=["goes already", "another controller's", "nobody's", "no lab", "no user's"],
)
@in_a_loop
async def test_other_namespaces_are_left_alone(
    api: FakeApi, caplog: pytest.LogCaptureFixture, field: str, value: Any
) -> None:
    async with started(api) as controller:
        await controller.create(**asked())
        change(api, "Namespace", field, value)
        api.requests.clear()
        assert await controller.reconcile() == {}
    assert [request.method for request in api.requests] == ["GET"]
    assert not logged(caplog)


@in_a_loop
async def test_fifty_labs_whose_controller_is_killed_are_recovered_or_removed(
    api: FakeApi,
) -> None:
    """Each is killed at another of its requests, the last of them at none."""
    numbers = {f"user{number}": number for number in range(50)}
    lives = {username: 1 + number % 15 for username, number in numbers.items()}
    tasks: dict[str, asyncio.Task[str]] = {}

    def kill(request: Request) -> None:
        username = request.path.split("/labs-")[1].split("/")[0]
        lives[username] -= 1
        if not lives[username]:
            tasks[username].cancel()

    async with started(api) as controller:
        api.on_request = kill
        for username, number in numbers.items():
            tasks[username] = asyncio.create_task(controller.create(**asked(username, number)))
        ends = await asyncio.gather(*tasks.values(), return_exceptions=True)
    assert {type(end) for end in ends} == {str, asyncio.CancelledError}
    api.on_request = lambda _: None
    api.phases = ("Running",)  # time passes without a controller
    with_pod = [username for username in numbers if f"{username}-nb" in api.names("Pod")]
    assert 0 < len(with_pod) < len(api.names("Namespace")) == len(numbers)

    async with started(api) as controller:
        assert await controller.reconcile() == {
            username: expected(username, numbers[username]) for username in with_pod
        }
        assert api.names("Namespace") == sorted(f"labs-{username}" for username in with_pod)
        await asyncio.gather(*map(controller.delete, numbers))
    assert not api.objects


@in_a_loop
async def test_the_command_tells_states(
    api: FakeApi, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def load_config() -> None:
        """Find no cluster but the one that is set."""

    caplog.set_level(logging.INFO)
    monkeypatch.setattr(example.config, "load_config", load_config)
    async with started(api) as controller:
        await controller.create(**asked())
    async with api.serving() as url:
        monkeypatch.setattr(client.Configuration, "_default", client.Configuration(host=url))
        await example.main(CONFIG, BASE_URL)
    assert "vera: running at http://lab.labs-vera:8888/user/vera/" in caplog.messages
