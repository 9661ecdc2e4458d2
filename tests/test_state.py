import asyncio
import copy
import functools
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from labs import ARGUMENTS, arguments, lab

from labbuilder import LabBuilderError, LabConfig, LabSpecification
from labbuilder.adapter import LabBuilder, LabState, LabStateObjects
from labbuilder.cluster.state import recreate_lab_state
from labbuilder.errors import format_path
from labbuilder.models.lab import LabOptions
from labbuilder.models.state import LabStatus

Parts = dict[str, Any]
Change = Callable[[Parts], object]

CONFIG = LabConfig.model_validate(ARGUMENTS["config"])
PREFIX = ARGUMENTS["lab"]["env"]
QUOTA = {"quota": {"notebook": {"cpu": 9.0, "memory": 27.0}}}
GIB = 1024**3
TIME = "2026-11-26T04:00:00+00:00"
GROUPS_KEY = "nublado.lsst.io/user-groups"
SECRET = "hunter2"  # noqa: S105 (what must never be told)
GROUPS = "pod metadata annotations nublado.lsst.io/user-groups"
NAME = "pod metadata annotations nublado.lsst.io/user-name"


def cluster(phase: str = "Running", **changes: Any) -> Parts:
    """Give what a cluster holds of the lab, as the arguments of LabStateObjects."""
    objects = lab(**changes)
    pod = {**objects.pod, "status": {"phase": phase}}
    return {"env_config_map": objects.env_config_map, "quota": objects.quota, "pod": pod}


@functools.cache
def _whole() -> Parts:
    return cluster(user=QUOTA)


def changed(*changes: Change) -> Parts:
    """Give what a cluster holds of a lab with quota, and change it."""
    parts = copy.deepcopy(_whole())
    for change in changes:
        change(parts)
    return parts


def recreated(parts: Parts, config: LabConfig = CONFIG) -> LabState:
    return recreate_lab_state(config, "vera", LabStateObjects(**parts))


def refused(parts: Parts) -> LabBuilderError:
    with pytest.raises(LabBuilderError) as caught:
        recreated(parts)
    return caught.value


def asked(logger: Any, parts: Parts | None, username: Any = "vera") -> LabState | None:
    """Ask the adapter."""
    builder = LabBuilder(
        config=CONFIG,
        base_url="https://data.example.org",
        discovery_client=Silent(),
        logger=logger,
    )
    objects = None if parts is None else LabStateObjects(**parts)
    return asyncio.run(builder.recreate_lab_state(username, objects))


class Silent:
    async def build_nublado_dict(self) -> dict[str, Any]:
        raise AssertionError("no state needs discovery")


@dataclass(frozen=True)
class Recorder:
    """A logger of structlog's kind, as far as labbuilder knows of it."""

    bound: dict[str, Any] = field(default_factory=dict)
    events: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def bind(self, **values: Any) -> "Recorder":
        return Recorder({**self.bound, **values}, self.events)

    def error(self, event: str, **values: Any) -> None:
        self.events.append(("error", event, {**self.bound, **values}))

    def warning(self, event: str, **values: Any) -> None:
        self.events.append(("warning", event, {**self.bound, **values}))

    def info(self, event: str, **values: Any) -> None:
        self.events.append(("info", event, {**self.bound, **values}))


# Whole states

FLAGGED = {
    "env": PREFIX,
    "options": {"enable_debug": True, "reset_user_env": True, "size": "LARGE"},
}
SMALL: dict[str, Any] = {
    "limits": {"cpu": 1, "memory": 4 * GIB},
    "requests": {"cpu": 0.5, "memory": GIB},
}
LARGE: dict[str, Any] = {
    "limits": {"cpu": 4, "memory": 16 * GIB},
    "requests": {"cpu": 1, "memory": 4 * GIB},
}


def state(phase: LabStatus = LabStatus.RUNNING, **changes: Any) -> dict[str, Any]:
    """Write out the state of the small lab; a mapping is merged into the state's own."""
    whole: dict[str, Any] = {
        "user": ARGUMENTS["user"],
        "options": {
            "size": "small",
            "enable_debug": False,
            "reset_user_env": False,
            "image": ARGUMENTS["image"],
        },
        "status": phase.value,
        "internal_url": "http://lab.labs-vera:8888/user/vera/",
        "resources": SMALL,
        "quota": None,
    }
    for name, change in changes.items():
        merged = name in {"user", "options"}
        whole[name] = {**whole[name], **change} if merged else change
    return whole


@pytest.mark.parametrize(
    ("phase", "status"),
    [
        ("Pending", LabStatus.PENDING),
        ("Running", LabStatus.RUNNING),
        ("Succeeded", LabStatus.TERMINATED),
        ("Failed", LabStatus.TERMINATED),
        ("Unknown", LabStatus.FAILED),
    ],
)
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, {}, id="plain"),
        pytest.param(
            {"user": QUOTA}, {"quota": {"cpu": 9.0, "memory": 27 * GIB}}, id="with a quota"
        ),
        pytest.param({"user": {"name": None}}, {"user": {"name": None}}, id="without a name"),
        pytest.param(
            {"user": {"name": 'Véra "V" ☄'}}, {"user": {"name": 'Véra "V" ☄'}}, id="any name"
        ),
        pytest.param({"user": {"groups": []}}, {"user": {"groups": []}}, id="without groups"),
        pytest.param(
            {"user": {"uid": 2**31 - 1, "gid": 7}},
            {"user": {"uid": 2**31 - 1, "gid": 7}},
            id="other ids",
        ),
        pytest.param(
            {"lab": FLAGGED},
            {
                "options": {"size": "large", "enable_debug": True, "reset_user_env": True},
                "resources": LARGE,
            },
            id="other choices",
        ),
        pytest.param(
            {"lab": {"env": {"JUPYTERHUB_SERVICE_PREFIX": "/nb/user/vera/"}}},
            {"internal_url": "http://lab.labs-vera:8888/nb/user/vera/"},
            id="another prefix",
        ),
    ],
)
def test_a_state_tells_what_its_lab_was_built_from(
    changes: dict[str, Any], expected: dict[str, Any], phase: str, status: LabStatus
) -> None:
    found = recreated(cluster(phase, **changes))
    assert found.model_dump(mode="json") == state(status, **expected)


def test_the_adapter_gives_the_same_state_and_logs_nothing() -> None:
    parts, logger = changed(), Recorder()
    assert asked(logger, parts) == recreated(parts)
    assert logger.events == []


def test_a_lab_without_objects_has_no_state_and_that_is_no_error() -> None:
    logger = Recorder()
    assert asked(logger, None) is None
    assert logger.events == []


def test_objects_are_left_as_they_are() -> None:
    parts = changed()
    recreated(parts)
    assert parts == changed()


# What others add, and may be anything


def containers(*before: Any, after: tuple[Any, ...] = ()) -> Change:
    def change(parts: Parts) -> None:
        spec = parts["pod"]["spec"]
        spec["containers"] = [*before, *spec["containers"], *after]

    return change


SIDECAR = {"name": "istio-proxy", "image": "registry.example/proxy"}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(containers(after=(SIDECAR,)), id="after it, without securityContext"),
        pytest.param(containers(SIDECAR), id="before it"),
        pytest.param(containers(SIDECAR, after=({"name": "other"},)), id="both"),
        pytest.param(
            containers({**SIDECAR, "securityContext": {"runAsUser": 1337, "runAsGroup": 1337}}),
            id="with other ids",
        ),
        pytest.param(
            containers({**SIDECAR, "securityContext": {"runAsUser": "?"}}), id="with odd ids"
        ),
        pytest.param(containers({**SIDECAR, "securityContext": None}), id="with null"),
        pytest.param(
            lambda parts: parts["pod"]["spec"].update(initContainers=[{"name": "notebook"}]),
            id="init container of the same name",
        ),
    ],
)
def test_containers_beside_the_notebook_do_no_harm(change: Change) -> None:
    assert recreated(changed(change)) == recreated(changed())


def test_what_else_a_cluster_adds_does_no_harm() -> None:
    parts = changed()
    for part in parts.values():
        part["metadata"].update(managedFields=[None], finalizers={}, uid=["odd"])
        part["status"] = {**part.get("status", {}), "conditions": "odd"}
    parts["pod"]["metadata"]["annotations"]["cni.example.org/status"] = ["odd"]
    parts["quota"]["spec"]["hard"].update({"pods": None, "requests.cpu": "lots"})
    groups = json.dumps([{"name": "vera", "id": 1928, "more": 1}])
    put(groups, GROUPS)(parts)
    found = recreated(parts)
    assert found.quota == recreated(changed()).quota
    assert [group.model_dump() for group in found.user.groups] == [{"name": "vera", "id": 1928}]


@pytest.mark.parametrize("change", [
    pytest.param(lambda parts: parts["pod"]["metadata"]["annotations"].pop(GROUPS_KEY), id="one"),
    pytest.param(lambda parts: parts["pod"]["metadata"].pop("annotations"), id="all"),
    pytest.param(lambda parts: parts["pod"]["metadata"].update(annotations=None), id="null"),
])  # fmt: skip
def test_a_pod_without_the_annotation_has_no_groups(change: Change) -> None:
    """A controller deletes a lab that has no state."""
    assert recreated(changed(change)).user.groups == ()


@pytest.mark.parametrize("phase", ["Pending", "Running", "Succeeded", "Failed", "Unknown"])
def test_a_pod_that_is_being_deleted_is_terminating(phase: str) -> None:
    parts = cluster(phase)
    parts["pod"]["metadata"] = {**parts["pod"]["metadata"], "deletionTimestamp": TIME}
    assert recreated(parts).status is LabStatus.TERMINATING
    parts["pod"]["metadata"]["deletionTimestamp"] = datetime.fromisoformat(TIME)
    assert recreated(parts).status is LabStatus.TERMINATING
    parts["pod"]["metadata"]["deletionTimestamp"] = None  # as a client has it
    assert recreated(parts).status is not LabStatus.TERMINATING


@pytest.mark.parametrize(
    "keys", [("kind", "apiVersion"), ("labels",), ("namespace",), ("kind", "labels", "namespace")]
)
def test_what_clients_leave_out_of_all_objects_does_no_harm(keys: tuple[str, ...]) -> None:
    def change(parts: Parts) -> None:
        for each in parts.values():
            for key in keys:
                (each if key in each else each["metadata"]).pop(key)

    assert recreated(changed(change)) == recreated(changed())


NO_USERNAMES = ["", "a@evil.example#", "Vera", "a/../b", "a\nb", "v" * 64, "1", None, 7, b"vera"]


@pytest.mark.parametrize("username", NO_USERNAMES, ids=ascii)
def test_only_a_user_has_a_state(username: Any) -> None:
    objects = LabStateObjects(**changed())
    with pytest.raises(LabBuilderError) as caught:
        recreate_lab_state(CONFIG, username, objects)
    assert [each.code for each in caught.value.findings] == ["invalid-username"]
    logger = Recorder()
    assert asked(logger, changed(), username) is None
    ((level, _, values),) = logger.events
    assert level == "error"
    assert "invalid-username" in values["error"]
    assert values["user"].isprintable()


# Broken clusters


def holder(parts: Parts, path: str) -> tuple[Any, str | int]:
    """Find what holds the last step of a path; there are spaces between its steps."""
    *steps, last = (int(step) if step.isdecimal() else step for step in path.split())
    found: Any = parts
    for step in steps:
        found = found[step]
    return found, last


def put(value: Any, path: str) -> Change:
    def change(parts: Parts) -> None:
        found, last = holder(parts, path)
        found[last] = value

    return change


def drop(path: str) -> Change:
    def change(parts: Parts) -> None:
        found, last = holder(parts, path)
        del found[last]

    return change


def both(*changes: Change) -> Change:
    return lambda parts: [change(parts) for change in changes]


# What foreign code can do when it is asked for anything


class Properties:
    @property
    def attribute_map(self) -> Any:
        raise RuntimeError(SECRET)


class Attributes:
    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(SECRET)


class Unwilling:
    def to_dict(self) -> Any:
        raise KeyError(SECRET)


class Lazy(Mapping[str, Any]):
    def __getitem__(self, key: str) -> Any:
        raise OSError(SECRET)

    def __iter__(self) -> Iterator[str]:
        raise OSError(SECRET)

    def __len__(self) -> int:
        return 1


class Everything:
    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(SECRET)


NOTEBOOK = "pod spec containers 0"
CONTEXT = f"{NOTEBOOK} securityContext"
ENV = "env_config_map data"
HARD = "quota spec hard"
IN_GROUPS = 'pod.metadata.annotations["nublado.lsst.io/user-groups"]'
IN_NAME = 'pod.metadata.annotations["nublado.lsst.io/user-name"]'
IN_CONTAINERS = "pod.spec.containers"
IN_CONTEXT = "pod.spec.containers[0].securityContext"
IN_HARD = "quota.spec.hard"
VARIABLES = [
    "JUPYTER_IMAGE_SPEC",
    "JUPYTERHUB_SERVICE_PREFIX",
    "CPU_LIMIT",
    "CPU_GUARANTEE",
    "MEM_LIMIT",
    "MEM_GUARANTEE",
]
NO_AMOUNTS = {
    "words": "lots", "empty": "", "negative": "-1", "nan": "nan", "inf": "inf",
    "a large exponent": "1e999", "more than Kubernetes counts": str(2**63),
    "hundreds of digits": "9" * 400, "a huge number": 10**400, "a huger one": 10**5000,
    "unit of another": "4GiB", "boolean": True, "list": ["1"], "null": None,
    "number that isn't one": float("nan"),
}  # fmt: skip
NO_PREFIXES = {
    "no slash": "user/vera/", "another host": "@host/", "a port": ":80/", "empty": "",
    "a line": "/user/\nvera/", "a space": "/user/ vera/",
}  # fmt: skip

IN_LABEL = 'metadata.labels["nublado.lsst.io/user"]'
LABEL = "metadata labels nublado.lsst.io/user"
OTHERS: list[tuple[str, str, Any, str, str]] = [
    ("of another kind", "kind", "Secret", "kind", "other-user"),
    ("of no kind", "kind", ["Pod"], "kind", "other-user"),
    ("of another API", "apiVersion", "example.org/v1", "kind", "other-user"),
    ("of another name", "metadata name", "mallory-nb", "metadata.name", "other-user"),
    ("without a name", "metadata name", None, "metadata.name", "other-user"),
    ("in another namespace", "metadata namespace", "labs-mallory", "metadata.namespace",
     "other-namespace"),
    ("in a namespace like the user's", "metadata namespace", "labs-b-vera", "metadata.namespace",
     "other-namespace"),
    ("alone without a namespace", "metadata namespace", None, "metadata.namespace",
     "other-namespace"),
    ("labelled for another user", LABEL, "mallory", IN_LABEL, "other-user"),
    ("labelled for nobody", LABEL, "", IN_LABEL, "other-user"),
    ("labelled with a list", LABEL, ["vera"], IN_LABEL, "other-user"),
    ("with labels of no type", "metadata labels", ["vera"], IN_LABEL, "other-user"),
]  # fmt: skip

BROKEN: dict[str, tuple[Change, list[str]]] = {
    "no metadata": (drop("pod metadata"), ["pod.metadata missing-field"]),
    "annotations are a list": (put([], "pod metadata annotations"),
                               ["pod.metadata.annotations wrong-type"]),
    "groups are no JSON": (put("vera", GROUPS), [f"{IN_GROUPS} invalid-value"]),
    "groups are empty": (put("", GROUPS), [f"{IN_GROUPS} invalid-value"]),
    "groups are no text": (put([], GROUPS), [f"{IN_GROUPS} invalid-value"]),
    "groups are nested deeply": (put("[" * 9999, GROUPS), [f"{IN_GROUPS} invalid-value"]),
    "groups are a mapping": (put("{}", GROUPS), [f"{IN_GROUPS} wrong-type"]),
    "groups are null": (put("null", GROUPS), [f"{IN_GROUPS} wrong-type"]),
    "group is no mapping": (put("[1]", GROUPS), [f"{IN_GROUPS} wrong-type"]),
    "group without id": (put('[{"name": "vera"}]', GROUPS), [f"{IN_GROUPS} missing-field"]),
    "group with its id in quotes": (put('[{"name": "vera", "id": "1"}]', GROUPS),
                                    [f"{IN_GROUPS} wrong-type"]),
    "group with a boolean id": (put('[{"name": "vera", "id": true}]', GROUPS),
                                [f"{IN_GROUPS} wrong-type"]),
    "group with a null name": (put('[{"name": null, "id": 1}]', GROUPS),
                               [f"{IN_GROUPS} wrong-type"]),
    **{
        f"group {what}": (put(json.dumps([{"name": name, "id": 31}]), GROUPS),
                          [f"{IN_GROUPS} invalid-group"])
        for what, name in {
            "with a line break": "admins\nroot:x:0:", "with a colon": "a:b", "of a sign": "+",
            "of a comment": "#a", "with a soft hyphen": "a\u00adb", "without a name": "",
        }.items()
    },
    "group with half a character": (put('[{"name": "\\ud800", "id": 31}]', GROUPS),
                                    [f"{IN_GROUPS} invalid-value"]),
    **{
        f"group of the id {number}": (put(json.dumps([{"name": "a", "id": number}]), GROUPS),
                                      [f"{IN_GROUPS} invalid-id"])
        for number in (0, -1, 2**31, 2**70)
    },
    "name with NUL": (put("a\0", NAME), [f"{IN_NAME} invalid-text"]),
    "two bad groups": (put('[{}, {"name": "vera", "id": 1.5}]', GROUPS),
                       [f"{IN_GROUPS} missing-field", f"{IN_GROUPS} missing-field",
                        f"{IN_GROUPS} wrong-type"]),
    "name is no text": (put(["Vera"], NAME), [f"{IN_NAME} wrong-type"]),
    "no status": (drop("pod status"), ["pod.status missing-field"]),
    "null status": (put(None, "pod status"), ["pod.status wrong-type"]),
    "no phase": (drop("pod status phase"), ["pod.status.phase missing-field"]),
    "unknown phase": (put("Zombie", "pod status phase"), ["pod.status.phase invalid-value"]),
    "phase in lower case": (put("running", "pod status phase"),
                            ["pod.status.phase invalid-value"]),
    "phase is a list": (put(["Running"], "pod status phase"), ["pod.status.phase invalid-value"]),
    "null phase": (put(None, "pod status phase"), ["pod.status.phase invalid-value"]),
    "no spec": (drop("pod spec"), ["pod.spec missing-field"]),
    "spec is a list": (put([], "pod spec"), ["pod.spec wrong-type"]),
    "no containers": (drop("pod spec containers"), [f"{IN_CONTAINERS} missing-field"]),
    "null containers": (put(None, "pod spec containers"), [f"{IN_CONTAINERS} wrong-type"]),
    "containers are a mapping": (put({"notebook": {}}, "pod spec containers"),
                                 [f"{IN_CONTAINERS} wrong-type"]),
    "empty containers": (put([], "pod spec containers"), [f"{IN_CONTAINERS} missing-field"]),
    "only sidecars": (put([SIDECAR, SIDECAR], "pod spec containers"),
                      [f"{IN_CONTAINERS} missing-field"]),
    "two notebooks": (containers({"name": "notebook"}), [f"{IN_CONTAINERS} missing-field"]),
    "null container": (containers(None), [f"{IN_CONTAINERS}[0] wrong-type"]),
    "container without a name": (containers(after=({"image": "a"},)),
                                 [f"{IN_CONTAINERS}[1].name missing-field"]),
    "container with a number for a name": (containers({"name": 1}),
                                           [f"{IN_CONTAINERS}[0].name wrong-type"]),
    "no securityContext": (drop(CONTEXT), [f"{IN_CONTEXT} missing-field"]),
    "null securityContext": (put(None, CONTEXT), [f"{IN_CONTEXT} missing-field"]),
    "empty securityContext": (put({}, CONTEXT), [f"{IN_CONTEXT}.runAsUser missing-field",
                                                 f"{IN_CONTEXT}.runAsGroup missing-field"]),
    "securityContext is text": (put("1928", CONTEXT), [f"{IN_CONTEXT} wrong-type"]),
    "no securityContext, behind a sidecar": (
        both(drop(CONTEXT), containers(SIDECAR)),
        ["pod.spec.containers[1].securityContext missing-field"],
    ),
    **{
        f"{name} missing": (drop(f"{CONTEXT} {name}"), [f"{IN_CONTEXT}.{name} missing-field"])
        for name in ("runAsUser", "runAsGroup")
    },
    **{
        f"{name} {what}": (put(value, f"{CONTEXT} {name}"), [f"{IN_CONTEXT}.{name} wrong-type"])
        for name in ("runAsUser", "runAsGroup")
        for what, value in {"text": "1928", "boolean": True, "fraction": 1.5, "float": 1928.0,
                            "null": None, "list": [1928]}.items()
    },
    **{
        f"{name} {value}": (put(value, f"{CONTEXT} {name}"), [f"{IN_CONTEXT}.{name} invalid-id"])
        for name in ("runAsUser", "runAsGroup")
        for value in (0, -1, 2**31, 2**70)
    },
    **{
        f"{part} {what}": (put(value, f"{part} {field}"), [f"{part}.{place} {code}"])
        for part in ("env_config_map", "quota", "pod")
        for what, field, value, place, code in OTHERS
    },
    "everything in another namespace": (
        both(*(put("lab-mallory", f"{part} metadata namespace")
               for part in ("env_config_map", "quota", "pod"))),
        [f"{part}.metadata.namespace other-namespace"
         for part in ("env_config_map", "quota", "pod")],
    ),
    "no env ConfigMap": (put(None, "env_config_map"), ["env_config_map missing-field"]),
    "env ConfigMap is a list": (put([], "env_config_map"), ["env_config_map wrong-type"]),
    "env without data": (drop(ENV), ["env_config_map.data missing-field"]),
    "env with null data": (put(None, ENV), ["env_config_map.data wrong-type"]),
    "env with empty data": (put({}, ENV),
                            [f"env_config_map.data.{name} missing-field" for name in VARIABLES]),
    **{
        f"{name} missing": (drop(f"{ENV} {name}"), [f"env_config_map.data.{name} missing-field"])
        for name in VARIABLES
    },
    **{
        f"{name} {what}": (put(value, f"{ENV} {name}"), [f"env_config_map.data.{name} wrong-type"])
        for name in ("JUPYTER_IMAGE_SPEC", "JUPYTERHUB_SERVICE_PREFIX", "CONTAINER_SIZE", "DEBUG",
                     "RESET_USER_ENV")
        for what, value in {"list": ["/"], "boolean": True, "number": 1}.items()
    },
    "empty image": (put("", f"{ENV} JUPYTER_IMAGE_SPEC"),
                    ["env_config_map.data.JUPYTER_IMAGE_SPEC invalid-value"]),
    **{
        f"prefix with {what}": (put(value, f"{ENV} JUPYTERHUB_SERVICE_PREFIX"),
                                ["env_config_map.data.JUPYTERHUB_SERVICE_PREFIX invalid-prefix"])
        for what, value in NO_PREFIXES.items()
    },
    **{
        f"{name} {what}": (put(value, f"{ENV} {name}"),
                           [f"env_config_map.data.{name} invalid-quantity"])
        for name in VARIABLES[2:]
        for what, value in NO_AMOUNTS.items()
    },
    "quota is a list": (put([], "quota"), ["quota wrong-type"]),
    "quota is empty": (put({}, "quota"), ["quota.spec missing-field"]),
    "quota without spec": (drop("quota spec"), ["quota.spec missing-field"]),
    "quota with null spec": (put(None, "quota spec"), ["quota.spec wrong-type"]),
    "quota without hard": (drop(HARD), [f"{IN_HARD} missing-field"]),
    "quota without cpu": (drop(f"{HARD} limits.cpu"), [f'{IN_HARD}["limits.cpu"] missing-field']),
    "quota without limits": (put({"pods": "1"}, HARD), [
        f'{IN_HARD}["limits.cpu"] missing-field', f'{IN_HARD}["limits.memory"] missing-field']),
    **{
        f"quota {name} {what}": (put(value, f"{HARD} {name}"),
                                 [f'{IN_HARD}["{name}"] invalid-quantity'])
        for name in ("limits.cpu", "limits.memory")
        for what, value in NO_AMOUNTS.items()
    },
    "pod is text": (put("vera-nb", "pod"), ["pod wrong-type"]),
    "pod is a list": (put([], "pod"), ["pod wrong-type"]),
    "pod is empty": (put({}, "pod"), [f"pod.{part} missing-field"
                                      for part in ("metadata", "spec", "status")]),
    "no pod": (put(None, "pod"), ["pod missing-field"]),
    "nothing at all": (lambda parts: parts.update(env_config_map=None, quota=None, pod=None),
                       ["env_config_map missing-field", "pod missing-field"]),
    "everything empty": (lambda parts: parts.update(env_config_map={}, quota={}, pod={}),
                         ["env_config_map.data missing-field", "pod.metadata missing-field",
                          "pod.spec missing-field", "pod.status missing-field",
                          "quota.spec missing-field"]),
    "a bit of each": (
        both(drop(f"{ENV} MEM_LIMIT"), put("Zombie", "pod status phase"), put([], HARD)),
        ["env_config_map.data.MEM_LIMIT missing-field", "pod.status.phase invalid-value",
         f"{IN_HARD} wrong-type"],
    ),
    "ids and environment": (
        both(drop(f"{ENV} CPU_LIMIT"), drop(f"{CONTEXT} runAsUser"), drop("quota spec")),
        ["env_config_map.data.CPU_LIMIT missing-field", f"{IN_CONTEXT}.runAsUser missing-field",
         "quota.spec missing-field"],
    ),
    **{
        f"{part} raises: {kind.__name__}": (put(kind(), part), [f"{part} unreadable-object"])
        for part in ("env_config_map", "quota", "pod")
        for kind in (Properties, Attributes, Unwilling, Lazy, Everything)
    },
    "everything raises": (
        lambda parts: parts.update(
            env_config_map=Attributes(), quota=Attributes(), pod=Attributes()
        ),
        [f"{part} unreadable-object" for part in ("env_config_map", "pod", "quota")],
    ),
    "an object deep inside raises": (put(Attributes(), CONTEXT),
                                     [f"{IN_CONTEXT} unreadable-object"]),
    "metadata of nobody's type": (put(Attributes(), "pod metadata"), ["pod.metadata wrong-type"]),
}  # fmt: skip

broken = pytest.mark.parametrize(
    ("change", "expected"),
    [pytest.param(change, expected, id=name) for name, (change, expected) in BROKEN.items()],
)


@broken
def test_every_complaint_about_a_broken_lab_is_made_and_placed(
    change: Change, expected: list[str]
) -> None:
    error = refused(changed(change))
    found = [f"{format_path(each.path)} {each.code}" for each in error.findings]
    assert sorted(found) == sorted(expected)
    assert all(each.message and not each.hint for each in error.findings)
    assert SECRET not in f"{error}{error!r}"  # not even in foreign code's words


@broken
def test_a_broken_lab_has_no_state_and_makes_one_error_event_of_its_user(
    change: Change, expected: list[str]
) -> None:
    logger = Recorder()
    assert asked(logger, changed(change)) is None
    ((level, _, values),) = logger.events
    assert (level, values["user"]) == ("error", "vera")
    assert all(where in values["error"] for line in expected for where in line.split())


@broken
def test_a_broken_lab_makes_one_record_of_logging_with_its_user(
    change: Change, expected: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert asked(logging.getLogger("labs"), changed(change)) is None
    (record,) = caplog.records
    message = record.getMessage()
    assert record.levelno == logging.ERROR
    assert "user=vera" in message
    assert all(where in message for line in expected for where in line.split())


# What is never told


@dataclass(frozen=True)
class Shown:
    text: str


EACH_VALUE: dict[str, Callable[[str], Any]] = {
    "text": str,
    "path": "/{}\n".format,
    "list": lambda text: [text],
    "mapping": lambda text: {text: text},
    "object": Shown,
}
IN_ANNOTATION: dict[str, str] = {
    "no JSON": SECRET,
    "cut off": f'[{{"name": "{SECRET}',
    "no list": f'{{"{SECRET}": "{SECRET}"}}',
    "no groups": f'["{SECRET}"]',
    "no ids": f'[{{"name": "{SECRET}", "id": "{SECRET}"}}]',
    "other keys": f'[{{"{SECRET}": "{SECRET}"}}]',
}


@pytest.mark.parametrize("annotation", IN_ANNOTATION.values(), ids=IN_ANNOTATION)
@pytest.mark.parametrize("given", EACH_VALUE.values(), ids=EACH_VALUE)
def test_no_complaint_and_no_log_line_tells_a_value(
    given: Callable[[str], Any], annotation: str, caplog: pytest.LogCaptureFixture
) -> None:
    def spoil(parts: Parts) -> None:
        data = parts["env_config_map"]["data"]
        data.update({name: given(f"{SECRET}-{i}") for i, name in enumerate(data)})
        put(annotation, GROUPS)(parts)
        put([SECRET], NAME)(parts)
        put(SECRET, "pod status phase")(parts)
        put({"limits.cpu": SECRET, "limits.memory": [SECRET]}, HARD)(parts)

    parts, logger = changed(spoil), Recorder()
    error = refused(parts)
    assert len(error.findings) >= 9
    asked(logger, parts)
    asked(logging.getLogger("labs"), parts)
    assert len(logger.events) == len(caplog.records) == 1
    for told in (str(error), repr(error), repr(error.findings), str(logger.events), caplog.text):
        assert SECRET not in told


def test_what_is_shown_of_objects_and_state_holds_no_token() -> None:
    tokens = {"JUPYTERHUB_API_TOKEN": SECRET, "JPY_API_TOKEN": f"{SECRET}-too"}
    parts = cluster(lab={"env": {**PREFIX, **tokens}}, user=QUOTA)
    assert SECRET in str(parts["env_config_map"])
    for shown in (LabStateObjects(**parts), recreated(parts)):
        assert SECRET not in f"{shown!r}{shown}"


# Sizes


def sized(*sizes: tuple[str, str, str, str, str]) -> dict[str, Any]:
    def amount(cpu: str, memory: str) -> dict[str, str]:
        return {"cpu": cpu, "memory": memory}

    return {
        "sizes": [
            {"size": size, "resources": {"limits": amount(*most), "requests": amount(*least)}}
            for size, *amounts in sizes
            for most, least in [(amounts[:2], amounts[2:])]
        ]
    }


TWINS = sized(
    ("tiny", "1", "4Gi", "250m", "1Gi"),
    ("small", "1", "4Gi", "500m", "1Gi"),
    ("medium", "1.0", "4096Mi", "0.5", "1024Mi"),
    ("large", "2", "4Gi", "500m", "1Gi"),
    ("huge", "1", "8Gi", "500m", "1Gi"),
    ("colossal", "1", "4Gi", "500m", "2Gi"),
)


def configured(**changes: Any) -> LabConfig:
    return LabConfig.model_validate(arguments(config=changes)["config"])


@pytest.mark.parametrize("size", ["tiny", "small", "medium", "large", "huge", "colossal"])
def test_a_state_has_the_size_that_was_chosen_even_if_others_have_its_resources(size: str) -> None:
    parts = cluster(config=TWINS, lab={"env": PREFIX, "options": {"size": size}})
    assert recreated(parts, configured(**TWINS)).options.size == size


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(drop(f"{ENV} CONTAINER_SIZE"), id="none named"),
        pytest.param(put("", f"{ENV} CONTAINER_SIZE"), id="empty"),
        pytest.param(put("Enormous (1 CPU)", f"{ENV} CONTAINER_SIZE"), id="unknown one named"),
        pytest.param(put("Large (2.0 CPU, 4Gi RAM)", f"{ENV} CONTAINER_SIZE"), id="other named"),
    ],
)
def test_of_sizes_with_the_same_resources_the_first_is_taken_if_none_is_named(
    change: Change,
) -> None:
    assert recreated(changed(change), configured(**TWINS)).options.size == "small"


@pytest.mark.parametrize(
    ("name", "text"),
    [("CPU_LIMIT", "2"), ("MEM_LIMIT", "16Gi"), ("CPU_GUARANTEE", "1"), ("MEM_GUARANTEE", "4Gi")],
)
def test_a_lab_that_differs_from_every_size_in_one_number_is_custom(name: str, text: str) -> None:
    assert recreated(changed(put(text, f"{ENV} {name}"))).options.size == "custom"


@pytest.mark.parametrize(
    ("name", "text", "part", "amount"),
    [
        ("CPU_LIMIT", "0", "limits", {"cpu": 0}),
        ("CPU_LIMIT", "400m", "limits", {"cpu": 0.4}),  # less than is guaranteed
        ("MEM_LIMIT", "0", "limits", {"memory": 0}),
        ("MEM_GUARANTEE", "5Gi", "requests", {"memory": 5 * GIB}),  # more than the limit
    ],
)
def test_resources_that_no_site_could_configure_are_told_as_they_are(
    name: str, text: str, part: str, amount: dict[str, float]
) -> None:
    found = recreated(changed(put(text, f"{ENV} {name}")))
    assert found.options.size == "custom"
    assert found.resources.model_dump() == {**SMALL, part: {**SMALL[part], **amount}}


# Flags


@pytest.mark.parametrize(
    ("name", "option"), [("DEBUG", "enable_debug"), ("RESET_USER_ENV", "reset_user_env")]
)
@pytest.mark.parametrize(
    ("value", "flag"),
    [
        ("TRUE", True),
        ("1", False),
        ("true", False),
        ("True", False),
        ("", False),
        ("FALSE", False),
    ],
)
@pytest.mark.parametrize("options", [{}, {"size": "small"}, LabOptions()], ids=repr)
def test_a_flag_that_the_environment_sets_counts_as_asked_for(
    name: str,
    option: str,
    value: str,
    flag: bool,  # noqa: FBT001
    options: Any,
) -> None:
    request = {"env": {**PREFIX, name: value}, "options": options}
    built = LabSpecification.model_validate(request).options
    found = recreated(cluster(lab=request)).options
    assert getattr(built, option) is getattr(found, option) is flag
    other = {"enable_debug", "reset_user_env"} - {option}
    assert not any(getattr(each, name) for each in (built, found) for name in other)


@pytest.mark.parametrize("value", ["TRUE", "1", ""])
def test_a_flag_that_was_chosen_is_set_whatever_the_environment_says(value: str) -> None:
    options = {"enable_debug": ["true"], "reset_user_env": True}
    request = {"env": {**PREFIX, "DEBUG": value, "RESET_USER_ENV": value}, "options": options}
    found = recreated(cluster(lab=request)).options
    assert found.enable_debug
    assert found.reset_user_env


# Quantities, as API servers write them

CPU = {
    "9": 9, "9.0": 9, "9000m": 9, "9k": 9000, "9e0": 9, "9E3": 9000, "0.5": 0.5, "500m": 0.5,
    "250m": 0.25, "1500m": 1.5, "100u": 1e-4, "100n": 1e-7, "1e-07": 1e-7, "1e3": 1000,
    ".5": 0.5, "+2": 2, "5.": 5,
}  # fmt: skip
MEMORY = {
    "27Gi": 27 * GIB, "28991029248": 27 * GIB, "28311552Ki": 27 * GIB, "3G": 3 * 10**9,
    "1048576k": 1048576000, "1e3": 1000, "12E2": 1200, "1.5Gi": 3 * GIB // 2, "0.5": 1,
    "1500m": 2, "128974848000m": 128974848, "1M": 10**6, "2Ti": 2 * 1024**4, "1P": 10**15,
    "1Ei": 2**60, str(2**63 - 1): 2**63 - 1,
}  # fmt: skip


@pytest.mark.parametrize(("text", "cores"), CPU.items(), ids=CPU)
def test_cores_are_read_in_any_of_their_forms(text: str, cores: float) -> None:
    names = (f"{HARD} limits.cpu", f"{ENV} CPU_LIMIT", f"{ENV} CPU_GUARANTEE")
    found = recreated(changed(*(put(text, name) for name in names)))
    assert found.quota
    amounts = [found.quota, found.resources.limits, found.resources.requests]
    assert [(type(amount.cpu), amount.cpu) for amount in amounts] == 3 * [(float, cores)]


@pytest.mark.parametrize(("text", "size"), MEMORY.items(), ids=MEMORY)
def test_bytes_are_read_in_any_of_their_forms_and_rounded_up(text: str, size: int) -> None:
    names = (f"{HARD} limits.memory", f"{ENV} MEM_LIMIT", f"{ENV} MEM_GUARANTEE")
    found = recreated(changed(*(put(text, name) for name in names)))
    assert found.quota
    amounts = [found.quota, found.resources.limits, found.resources.requests]
    assert [(type(amount.memory), amount.memory) for amount in amounts] == 3 * [(int, size)]


@pytest.mark.parametrize(
    "texts",
    [
        ("1", "4Gi", "0.5", "1Gi"),
        ("1000m", "4096Mi", "500m", "1048576Ki"),
        ("1e0", "4294967296", "5e-1", "1073741824000m"),
        (1, 4294967296, 0.5, 1073741824),  # as a hand-written ConfigMap may have them
    ],
    ids=str,
)
def test_a_size_is_known_in_whatever_form_its_amounts_come(texts: tuple[Any, ...]) -> None:
    names = ("CPU_LIMIT", "MEM_LIMIT", "CPU_GUARANTEE", "MEM_GUARANTEE")
    changes = [put(text, f"{ENV} {name}") for text, name in zip(texts, names, strict=True)]
    assert recreated(changed(*changes)) == recreated(changed())
