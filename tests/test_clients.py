import asyncio
import copy
import dataclasses
import functools
import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from labs import ARGUMENTS, lab

from labbuilder import LabBuilderError, LabConfig, LabObjects
from labbuilder.cluster.clients import plain, to_client_model, to_client_models
from labbuilder.cluster.state import recreate_lab_state
from labbuilder.lab.objects import LabStateObjects
from labbuilder.manifest import Manifest

CLIENTS = ["kubernetes_asyncio", "kubernetes"]
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
NEAR = {
    "topologyKey": "kubernetes.io/hostname",
    "namespaceSelector": {},
    "namespaces": ["labs"],
    "labelSelector": {
        "matchLabels": {"a_b": "c"},
        "matchExpressions": [{"key": "app", "operator": "In", "values": ["hub", "proxy"]}],
    },
    "matchLabelKeys": ["release"],
    "mismatchLabelKeys": ["tier"],
}
NODE = {
    "matchExpressions": [{"key": "gpus", "operator": "Gt", "values": ["1"]}],
    "matchFields": [{"key": "metadata.name", "operator": "In", "values": ["node-1"]}],
}
PODS = {REQUIRED: [NEAR], PREFERRED: [{"weight": 5, "podAffinityTerm": NEAR}]}
RICH: dict[str, Any] = {
    "config": {
        "application": "labs",
        "volumes": [
            {"name": "home", "source": {"type": "nfs", "server": "nfs", "serverPath": "/homes",
                                        "readOnly": True}},
            {"name": "data", "source": {"type": "hostPath", "path": "/data"}},
            {"name": "scratch", "source": {
                "type": "persistentVolumeClaim", "accessModes": ["ReadWriteMany"],
                "storageClassName": "fast", "resources": {"requests": {"storage": "10Gi"}}}},
            {"name": "empty", "source": {"type": "emptyDir"}},
            {"name": "shm", "source": {"type": "emptyDir", "medium": "memory", "size": "1Gi"}},
        ],
        "volumeMounts": [
            {"containerPath": "/home", "volumeName": "home", "readOnly": True},
            {"containerPath": "/data", "volumeName": "data", "subPath": "public"},
            {"containerPath": "/scratch", "volumeName": "scratch"},
            {"containerPath": "/empty", "volumeName": "empty"},
            {"containerPath": "/shm", "volumeName": "shm"},
        ],
        "affinity": {
            "nodeAffinity": {REQUIRED: {"nodeSelectorTerms": [NODE]},
                             PREFERRED: [{"weight": 1, "preference": NODE}]},
            "podAffinity": PODS,
            "podAntiAffinity": PODS,
        },
        "tolerations": [
            {"key": "gpus", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 0},
            {"key": "pool", "value": "labs"},
        ],
        "nodeSelector": {"example.org/pool_name": "labs"},
        "files": {"/etc/motd": "Clear skies!\n", "/etc/dask_config.yaml": "a_b: {}\n"},
        "secrets": [{"secretName": "a", "secretKey": "a_key", "env": "A_KEY", "path": "/etc/a"}],
        "pullSecret": "pull",
        "standardInithome": True,
        "initContainers": [{
            "name": "init", "image": {"repository": "registry.example/init", "tag": "1"},
            "command": ["init", "-q"], "privileged": True,
            "volumeMounts": [{"containerPath": "/home", "volumeName": "home"}]}],
        "env": {"a_b": "c"},
        "extraAnnotations": {"example.org/cost_center": "astronomy"},
        "namespaceAnnotations": {"example.org/uid_range": "{{ uid }}/1"},
    },
    "user": {"quota": {"notebook": {"cpu": 9.0, "memory": 27.0}}},
    "secrets": {"a_key": "YQ=="},
    "pull_secret": {"data": {".dockerconfigjson": "eyJhdXRocyI6eyJyIjp7fX19"}},
}  # fmt: skip


@functools.cache
def _rich() -> LabObjects:
    return lab(**RICH)


@pytest.fixture
def rich() -> LabObjects:
    """Give a lab with every part and field that labs can have."""
    return copy.deepcopy(_rich())


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest) -> Any:
    return pytest.importorskip(f"{request.param}.client")


def with_api(client: Any, use: Callable[[Any], Any]) -> Any:
    """Use a client's own serialiser."""

    async def used() -> Any:
        async with client.ApiClient() as api:  # needs a loop, and is to be closed in it
            return use(api)

    if hasattr(client.ApiClient, "__aenter__"):
        return asyncio.run(used())
    with client.ApiClient() as api:
        return use(api)


def serialised(model: Any, client: Any) -> Any:
    return with_api(client, lambda api: api.sanitize_for_serialization(model))


def keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    items = value.values() if isinstance(value, dict) else value
    if isinstance(value, dict | list):
        for item in items:
            yield from keys(item)


# Manifests to models

KINDS = ["Namespace", "ResourceQuota", "ConfigMap", "ConfigMap", "ConfigMap", "Secret", "Secret",
         "PersistentVolumeClaim", "NetworkPolicy", "Service", "Pod"]  # fmt: skip


def test_models_are_of_the_kinds_that_the_client_names(rich: LabObjects, client: Any) -> None:
    models = to_client_models(rich, client).manifests()
    assert [type(model) for model in models] == [getattr(client, f"V1{kind}") for kind in KINDS]


@pytest.mark.parametrize(
    "i", range(len(KINDS)), ids=[f"{i}-{kind}" for i, kind in enumerate(KINDS)]
)
def test_models_hold_all_of_their_manifests(rich: LabObjects, client: Any, i: int) -> None:
    manifest, model = rich.manifests()[i], to_client_models(rich, client).manifests()[i]
    assert plain(model) == manifest
    assert serialised(model, client) == manifest


def test_empty_mappings_survive_since_they_mean_something(rich: LabObjects, client: Any) -> None:
    models = to_client_models(rich, client)
    for written in (plain, functools.partial(serialised, client=client)):
        pod, policy = written(models.pod), written(models.network_policy)
        assert policy["spec"]["ingress"][0]["from"][1]["namespaceSelector"] == {}
        assert {"name": "empty", "emptyDir": {}} in pod["spec"]["volumes"]
        (term,) = pod["spec"]["affinity"]["podAffinity"][REQUIRED]
        assert term["namespaceSelector"] == {}


def test_manifests_are_left_as_they_are_and_what_a_lab_lacks_is_no_model(client: Any) -> None:
    before = lab()
    after = to_client_models(before, client)
    assert before == lab()
    assert after.quota is None
    assert after.pvcs == []
    assert after.warnings == before.warnings


def test_the_objects_of_a_state_are_converted_too(rich: LabObjects, client: Any) -> None:
    parts = LabStateObjects(rich.env_config_map, None, rich.pod)
    models = to_client_models(parts, client)
    assert isinstance(models.pod, client.V1Pod)
    assert models.quota is None
    assert plain(models.env_config_map) == rich.env_config_map


def minimal(**spec: Any) -> Manifest:
    spec = {"containers": [{"name": "a", "image": "b"}]} | spec
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec}


def container(**changes: Any) -> Manifest:
    return minimal(containers=[{"name": "a", "image": "b", **changes}])


@pytest.mark.parametrize(
    ("manifest", "path"),
    [
        pytest.param(minimal(fieldOfTomorrow=1), ("spec", "fieldOfTomorrow"), id="field"),
        pytest.param(
            minimal(node_name="n"), ("spec", "node_name"), id="the client's own spelling"
        ),
        pytest.param(
            container(securityContext={"fieldOfTomorrow": None}),
            ("spec", "containers", 0, "securityContext", "fieldOfTomorrow"),
            id="field deep inside",
        ),
        pytest.param(
            minimal(volumes=[{"name": "a"}, {"name": "b", "sourceOfTomorrow": {}}]),
            ("spec", "volumes", 1, "sourceOfTomorrow"),
            id="field of a list's item",
        ),
        pytest.param(minimal() | {"fieldOfTomorrow": {}}, ("fieldOfTomorrow",), id="at the root"),
        pytest.param(minimal() | {"spec": {}}, ("spec",), id="no containers"),
        pytest.param(minimal() | {"spec": []}, ("spec",), id="a list for a mapping"),
        pytest.param(
            minimal(securityContext="no"), ("spec", "securityContext"), id="text for one"
        ),
        pytest.param(
            container(env=["A=b"]), ("spec", "containers", 0, "env", 0), id="text for an item"
        ),
        pytest.param(
            minimal() | {"metadata": {"name": "p", "creationTimestamp": "yesterday"}},
            ("metadata", "creationTimestamp"),
            id="no date",
        ),
    ],
)
def test_a_field_or_value_that_a_client_has_no_model_for_is_an_error_and_never_lost(
    manifest: Manifest, path: tuple[str | int, ...], client: Any
) -> None:
    with pytest.raises(LabBuilderError) as caught:
        to_client_model(manifest, client)
    (finding,) = caught.value.findings
    assert (finding.code, finding.object, finding.path) == ("no-client-model", "Pod/p", path)


@pytest.mark.parametrize("kind", ["Frobnicator", "", "pod"])
def test_a_kind_that_a_client_does_not_know_is_an_error_too(kind: str, client: Any) -> None:
    with pytest.raises(LabBuilderError, match=f"{kind}/p: .*no-client-model"):
        to_client_model(minimal() | {"kind": kind}, client)


def test_one_such_field_stops_the_whole_lab(rich: LabObjects, client: Any) -> None:
    rich.service["spec"]["fieldOfTomorrow"] = 1
    with pytest.raises(LabBuilderError, match=r"Service/lab: spec\.fieldOfTomorrow: error"):
        to_client_models(rich, client)


# What clients read


NOW = "2026-11-22T20:21:22Z"
MANAGED = {"manager": "controller", "operation": "Update", "apiVersion": "v1", "time": NOW,
           "fieldsType": "FieldsV1", "fieldsV1": {"f:data": {"f:a_b": {}}}}  # fmt: skip
TERM = {"type": "Ready", "status": "True", "lastTransitionTime": NOW}
STATUS = {
    "phase": "Running",
    "startTime": NOW,
    "conditions": [TERM],
    "podIPs": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}],
    "containerStatuses": [{
        "name": "notebook", "image": "i", "imageID": "i", "ready": True, "restartCount": 0,
        "state": {"running": {"startedAt": NOW}}}],
}  # fmt: skip
CONFIG = LabConfig.model_validate({**ARGUMENTS["config"], **RICH["config"]})


def stored() -> dict[str, Manifest]:
    """Give a lab's objects as an API server shows them."""
    rich = copy.deepcopy(_rich())
    assert rich.quota
    hard = {"limits.cpu": "9", "limits.memory": "27Gi"}
    parts = {
        "env_config_map": rich.env_config_map,
        "quota": {**rich.quota, "spec": {"hard": hard}, "status": {"hard": hard, "used": hard}},
        "pod": {**rich.pod, "status": STATUS},
    }
    for part in parts.values():
        part["metadata"] |= {
            "creationTimestamp": NOW, "uid": "c0ffee", "resourceVersion": "7",
            "managedFields": [MANAGED],
        }  # fmt: skip
    return copy.deepcopy(parts)


def recreated(parts: Mapping[str, Any]) -> Any:
    return recreate_lab_state(CONFIG, "vera", LabStateObjects(**parts))


def as_json(part: Manifest) -> Any:
    return json.loads(json.dumps(part))


def as_yaml(part: Manifest) -> Any:
    loaded = yaml.safe_load(yaml.safe_dump(part).replace(f"'{NOW}'", NOW))
    assert isinstance(loaded["metadata"]["creationTimestamp"], datetime)
    return loaded


def received(name: str) -> Callable[[Manifest], Any]:
    """Read what an API server sends as a client does."""

    def form(part: Manifest) -> Any:
        text, kind = json.dumps(part), f"V1{part['kind']}"

        def read(api: Any) -> Any:
            if "response_text" in inspect.signature(api.deserialize).parameters:
                return api.deserialize(text, kind, "application/json")
            return api.deserialize(SimpleNamespace(data=text), kind)

        return with_api(pytest.importorskip(f"{name}.client"), read)

    return form


def from_kr8s(part: Manifest) -> Any:
    objects = pytest.importorskip("kr8s.objects")
    return getattr(objects, part["kind"])(part, api=object())  # it would look for a cluster


def from_kr8s_asyncio(part: Manifest) -> Any:
    objects = pytest.importorskip("kr8s.asyncio.objects")
    return getattr(objects, part["kind"])(part)


def raw_of_kr8s(part: Manifest) -> Any:
    return from_kr8s_asyncio(part).raw


def from_lightkube(part: Manifest) -> Any:
    resources = pytest.importorskip("lightkube.resources.core_v1")
    return getattr(resources, part["kind"]).from_dict(part)


def converted(name: str) -> Callable[[Manifest], Any]:
    return lambda part: to_client_model(part, pytest.importorskip(f"{name}.client"))


FORMS: dict[str, Callable[[Manifest], Any]] = {
    "JSON": as_json,
    "YAML": as_yaml,
    **{name: received(name) for name in CLIENTS},
    "kr8s": from_kr8s,
    "kr8s, async": from_kr8s_asyncio,
    "kr8s, raw": raw_of_kr8s,
    "lightkube": from_lightkube,
    **{f"{name}, converted": converted(name) for name in CLIENTS},
}
forms = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


@forms
def test_a_state_is_the_same_whatever_read_its_objects(form: Callable[[Manifest], Any]) -> None:
    state = recreated(stored())
    assert state.user.name == "Vera Rubin"
    assert state.quota
    assert recreated({name: form(part) for name, part in stored().items()}) == state


def test_a_state_may_be_read_from_objects_of_several_libraries() -> None:
    ways = (received("kubernetes"), from_lightkube, from_kr8s_asyncio)
    parts = {name: form(part) for form, (name, part) in zip(ways, stored().items(), strict=True)}
    assert recreated(parts) == recreated(stored())


def instants(value: Any) -> Any:
    """Make the same of all spellings of an instant."""
    if isinstance(value, dict):
        return {key: instants(item) for key, item in value.items()}
    if isinstance(value, list):
        return [instants(item) for item in value]
    text = isinstance(value, str) and value.startswith(NOW[:-1])
    return datetime.fromisoformat(value).astimezone(UTC) if text else value


@forms
def test_plain_gives_what_the_cluster_holds(form: Callable[[Manifest], Any]) -> None:
    for part in stored().values():
        assert instants(plain(form(part))) == instants(part)


@forms
def test_plain_gives_json_types_and_never_a_clients_own_names(
    form: Callable[[Manifest], Any],
) -> None:
    for part in stored().values():
        found = plain(form(part))
        assert type(found) is dict
        assert json.loads(json.dumps(found)) == found
        theirs = {key for key in keys(part) if "_" in key}
        assert {key for key in keys(found) if "_" in key} == theirs


# Whatever else it may be


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("text", "text"),
        (True, True),
        (1.5, 1.5),
        ((1, [2, (3,)]), [1, [2, [3]]]),
        ({"a": None, "b": {"c": ()}}, {"a": None, "b": {"c": []}}),
        (SimpleNamespace(to_dict=lambda: {"a": (1,)}), {"a": [1]}),
        ([SimpleNamespace(attribute_map={"a_b": "aB", "c": "c"}, a_b=1, c=None)], [{"aB": 1}]),
        (datetime(2026, 11, 22, 20, 21, 22, tzinfo=UTC), "2026-11-22T20:21:22+00:00"),
        (date(2026, 11, 22), "2026-11-22"),
        (b"bytes", b"bytes"),
        (Ellipsis, Ellipsis),
    ],
)
def test_plain_leaves_what_it_does_not_know_as_it_is(value: Any, expected: Any) -> None:
    found = plain(value)
    assert (type(found), found) == (type(expected), expected)


@dataclasses.dataclass
class Unwilling:
    error: Exception

    def to_dict(self) -> Any:
        raise self.error


@pytest.mark.parametrize(
    "error", [RuntimeError("hunter2"), KeyError("hunter2"), RecursionError("hunter2")], ids=repr
)
def test_an_object_that_fails_is_named_without_its_words(error: Exception) -> None:
    with pytest.raises(LabBuilderError) as caught:
        plain(Unwilling(error))
    (finding,) = caught.value.findings
    assert finding.code == "unreadable-object"
    assert finding.message == f"Unwilling can't be read: {type(error).__name__}"
    assert "hunter2" not in f"{caught.value}{caught.value!r}"


def test_an_object_that_fails_deep_inside_is_one_too() -> None:
    with pytest.raises(LabBuilderError, match="unreadable-object"):
        plain({"items": [SimpleNamespace(to_dict=lambda: {"a": Unwilling(RuntimeError())})]})
