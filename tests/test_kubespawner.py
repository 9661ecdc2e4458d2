"""The example of a JupyterHub configuration, with the real KubeSpawner and no cluster."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from labbuilder import LabBuilderError
from labbuilder.adapter import plain
from labbuilder.output import to_yaml
from labbuilder.validation.files import check_texts

kubespawner = pytest.importorskip("kubespawner")

from fake_api import FakeApi, RefusedError  # noqa: E402 (needs aiohttp, as KubeSpawner does)
from kubernetes_asyncio import client  # noqa: E402 (as above)
from traitlets.config.loader import Config, PyFileConfigLoader  # noqa: E402 (as above)

EXAMPLES = Path(__file__).parent.parent / "examples"
NAMESPACE = "/api/v1/namespaces/lab-rosalind"
FIRST, NEXT = "the first API token", "the next one"
STATE = {
    "uid": 4242,
    "gid": 4242,
    "groups": [{"name": "rosalind", "id": 4242}],
    "token": "not-a-real-token",
}


class Cluster(FakeApi):
    """A cluster in which things other than namespaces can be deleted too."""

    def _delete(self, path: str) -> dict[str, Any]:
        if path not in self.objects:
            raise RefusedError(HTTPStatus.NOT_FOUND)
        return self.objects.pop(path)


def in_a_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Make a test of a coroutine."""

    @functools.wraps(test)
    def run(**fixtures: Any) -> None:
        asyncio.run(test(**fixtures))

    return run


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch) -> Config:
    """Load the example as JupyterHub does."""
    monkeypatch.setattr("kubespawner.spawner.load_config", lambda **_: None)
    found = PyFileConfigLoader("jupyterhub_config.py", str(EXAMPLES)).load_config()
    assert isinstance(found, Config)
    return found


def spawner_of(config: Config, name: str = "rosalind", state: Any = STATE, **options: Any) -> Any:
    async def get_auth_state() -> Any:
        return state

    user = SimpleNamespace(
        name=name, escaped_name=name, id=1, url=f"/user/{name}/", get_auth_state=get_auth_state
    )
    hub = SimpleNamespace(
        public_host="", url="http://hub:8081/hub/", base_url="/hub/", api_url="http://hub/hub/api"
    )
    made = config.JupyterHub.spawner_class(
        user=user, hub=hub, config=config, api_token=FIRST, user_options=options
    )
    made.server = SimpleNamespace(base_url=f"/user/{name}/")
    return made


async def pod_of(spawner: Any) -> dict[str, Any]:
    spawner.lab = await spawner.compile_lab()
    pod = plain(await spawner.get_pod_manifest())
    assert isinstance(pod, dict)
    return pod


@in_a_loop
async def test_the_pod_is_the_one_that_labbuilder_compiles(config: Config) -> None:
    spawner = spawner_of(config)
    pod = await pod_of(spawner)
    ours = spawner.lab.pod
    assert {**pod, "metadata": ours["metadata"]} == ours
    for part in ("labels", "annotations"):
        assert ours["metadata"][part].items() <= pod["metadata"][part].items()


@in_a_loop
async def test_kube_spawner_finds_the_pod_by_its_names_and_labels(config: Config) -> None:
    spawner = spawner_of(config)
    metadata = (await pod_of(spawner))["metadata"]
    assert metadata["name"] == spawner.pod_name == "rosalind-nb"
    assert metadata["namespace"] == spawner.namespace == "lab-rosalind"
    labels = metadata["labels"]
    assert labels["component"] == spawner.component_label == "singleuser-server"
    assert labels["hub.jupyter.org/username"] == "rosalind"
    assert "hub.jupyter.org/kubespawner-version" in metadata["annotations"]


@pytest.mark.parametrize("name", ["1st", "a" * 59, "long-" * 8 + "name", "ab-1"])
@in_a_loop
async def test_names_agree_for_every_username_that_labbuilder_takes(
    config: Config, name: str
) -> None:
    spawner = spawner_of(config, name)
    metadata = (await pod_of(spawner))["metadata"]
    assert (spawner.pod_name, spawner.namespace) == (metadata["name"], metadata["namespace"])


@in_a_loop
async def test_the_lab_has_the_hubs_variables(config: Config) -> None:
    spawner = spawner_of(config)
    await pod_of(spawner)
    env = spawner.lab.env_config_map["data"]
    assert env["JUPYTERHUB_API_TOKEN"] == FIRST
    assert env["JUPYTERHUB_API_URL"] == "http://hub/hub/api"
    assert env["JUPYTERHUB_SERVICE_PREFIX"] == "/user/rosalind/"
    assert env["JUPYTERHUB_SERVICE_URL"] == "http://0.0.0.0:8888/user/rosalind/"
    assert env["JUPYTERHUB_USER"] == "rosalind"
    theirs = {name for name in spawner.get_env() if name.startswith("JUPYTERHUB_")}
    assert theirs <= env.keys()


@in_a_loop
async def test_the_pod_listens_where_the_proxy_is_sent(config: Config) -> None:
    spawner = spawner_of(config)
    pod = await pod_of(spawner)
    (container,) = pod["spec"]["containers"]
    assert container["ports"][0]["containerPort"] == spawner.port
    assert spawner.get_pod_url(spawner, pod) == "http://lab.lab-rosalind:8888"
    assert spawner.lab.service["metadata"]["name"] == "lab"


@in_a_loop
async def test_other_labs_are_not_let_in(config: Config) -> None:
    """KubeSpawner's own labels would make every lab look like the hub."""
    spawner = spawner_of(config)
    labels = (await pod_of(spawner))["metadata"]["labels"]
    _, hub = spawner.lab.network_policy["spec"]["ingress"][0]["from"]
    assert not hub["podSelector"]["matchLabels"].items() <= labels.items()
    assert spawner.common_labels["app"] == "jupyterhub"


@in_a_loop
async def test_a_cluster_would_take_all_of_it(config: Config) -> None:
    spawner = spawner_of(config, size=["large"])
    pod = await pod_of(spawner)
    manifests = [*spawner.lab.manifests()[:-1], pod]
    assert not check_texts({"lab.yaml": to_yaml(manifests)}).findings
    assert spawner.lab.env_config_map["data"]["CPU_LIMIT"] == "4.0"


@pytest.mark.parametrize("state", [None, {}, {**STATE, "uid": "4242"}])
@in_a_loop
async def test_a_user_of_whom_too_little_is_known_gets_no_lab(config: Config, state: Any) -> None:
    with pytest.raises(LabBuilderError):
        await spawner_of(config, state=state).compile_lab()


@asynccontextmanager
async def connected(cluster: Cluster) -> AsyncIterator[None]:
    before = client.Configuration.get_default_copy()
    async with cluster.serving() as url:
        client.Configuration.set_default(client.Configuration(host=url))
        try:
            yield
        finally:
            client.Configuration.set_default(before)
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                if "close_client_task" in repr(task):
                    task.cancel()
                    await asyncio.gather(task, return_exceptions=True)


@in_a_loop
async def test_all_but_the_pod_is_made_before_it(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    cluster = Cluster()
    async with connected(cluster):
        spawner = spawner_of(config)
        await spawner.run_pre_spawn_hook()
        assert len(cluster.objects) == len(spawner.lab.manifests()) - 1
        assert cluster.names("Pod") == []
        assert cluster.objects[f"{NAMESPACE}/configmaps/rosalind-nb-env"]["immutable"] is True


@in_a_loop
async def test_the_next_lab_has_its_own_token_and_the_same_volumes(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    cluster = Cluster()
    claim = f"{NAMESPACE}/persistentvolumeclaims/rosalind-nb-pvc-home"
    async with connected(cluster):
        spawner = spawner_of(config)
        await spawner.run_pre_spawn_hook()
        cluster.objects[claim]["metadata"]["uid"] = "kept"
        spawner.api_token = NEXT
        await spawner.run_pre_spawn_hook()
    env = cluster.objects[f"{NAMESPACE}/configmaps/rosalind-nb-env"]
    assert env["data"]["JUPYTERHUB_API_TOKEN"] == NEXT
    assert cluster.objects[claim]["metadata"]["uid"] == "kept"


@in_a_loop
async def test_what_the_cluster_refuses_ends_the_spawn(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    def refuse(_request: Any) -> None:
        raise RefusedError(HTTPStatus.FORBIDDEN)

    cluster = Cluster(on_request=refuse)
    async with connected(cluster):
        with pytest.raises(client.ApiException):
            await spawner_of(config).run_pre_spawn_hook()
