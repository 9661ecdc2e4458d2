"""Manifests are compared by what they mean, and secrets are never shown."""

import base64
import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from labs import lab

from labbuilder.diff.compare import Change, Difference, compare
from labbuilder.diff.shape import shape
from labbuilder.errors import Item, format_path
from labbuilder.manifest import MASK
from labbuilder.output import redact

POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "p", "namespace": "n"},
    "spec": {
        "containers": [
            {
                "name": "a",
                "env": [{"name": "X", "value": "1"}, {"name": "Y", "value": "$(X)"}],
                "ports": [{"containerPort": 8888}],
                "volumeMounts": [
                    {"name": "v", "mountPath": "/x"},
                    {"name": "v", "mountPath": "/y"},
                ],
                "resources": {"limits": {"memory": "1Gi", "cpu": 1}},
            }
        ],
        "volumes": [{"name": "v"}, {"name": "w", "emptyDir": {"sizeLimit": "1024"}}],
        "tolerations": [{"key": "a", "value": "b"}, {"key": "c", "operator": "Exists"}],
    },
}
SECRET = "a-value-that-nobody-may-see"  # noqa: S105 (none)
OTHER = "bmV3LXRva2Vu"
ENCODED = base64.b64encode(SECRET.encode()).decode()


def pod(*path: str | int, value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(POD)
    at: Any = changed
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return changed


def difference(old: Any, new: Any) -> list[tuple[str, Any, Any]]:
    return [(each.path, each.old, each.new) for each in compare([old], [new]).changes]


def secret(**data: str) -> dict[str, Any]:
    metadata = {"name": "s", "namespace": "n"}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data}


def test_a_lab_is_no_other_than_itself() -> None:
    assert compare(lab().manifests(), lab().manifests()) == Difference(())


CONTAINER = ("spec", "containers", 0)
SAME = {
    "order of keys": dict(reversed(POD.items())),
    "quantities": pod(
        *CONTAINER, "resources", value={"limits": {"cpu": "1000m", "memory": 1024**3}}
    ),
    "size limit": pod("spec", "volumes", 1, "emptyDir", "sizeLimit", value="1Ki"),
    "null": pod("spec", "hostname", value=None),
    "order of mounts": pod(
        *CONTAINER, "volumeMounts", value=POD["spec"]["containers"][0]["volumeMounts"][::-1]
    ),
    "order of volumes": pod("spec", "volumes", value=POD["spec"]["volumes"][::-1]),
    "order of tolerations": pod("spec", "tolerations", value=POD["spec"]["tolerations"][::-1]),
    "status": {**POD, "status": {"phase": "Running"}},
    "what a server sets": {
        **POD,
        "metadata": {
            **POD["metadata"],
            "uid": "u",
            "resourceVersion": "1",
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "generation": 1,
            "managedFields": [{}],
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"},
        },
    },
}


@pytest.mark.parametrize("name", SAME)
def test_what_means_the_same_is_the_same(name: str) -> None:
    assert difference(SAME[name], POD) == []
    assert difference(POD, SAME[name]) == []


def test_what_means_something_else_is_not() -> None:
    env = POD["spec"]["containers"][0]["env"]
    for changed, found in (
        (pod(*CONTAINER, "tty", value=True), ("spec.containers[a].tty", None, True)),
        (
            pod(*CONTAINER, "env", value=env[::-1]),
            ("spec.containers[a].env", ["X", "Y"], ["Y", "X"]),
        ),
        (
            pod(*CONTAINER, "env", 0, "value", value="1.0"),
            ("spec.containers[a].env[X].value", "1", "1.0"),
        ),
        (
            pod(*CONTAINER, "ports", 0, "name", value="web"),
            ("spec.containers[a].ports[8888/TCP].name", None, "web"),
        ),
        (
            pod(*CONTAINER, "volumeMounts", 1, "readOnly", value=True),
            ("spec.containers[a].volumeMounts[/y].readOnly", None, True),
        ),
        (
            pod(*CONTAINER, "resources", "limits", "memory", value="2Gi"),
            ("spec.containers[a].resources.limits.memory", "1Gi", "2Gi"),
        ),
        (
            pod(*CONTAINER, "resources", "limits", "memory", value="lots"),
            ("spec.containers[a].resources.limits.memory", "1Gi", "lots"),
        ),
        (
            pod("spec", "tolerations", 0, "operator", value="Lt"),
            ("spec.tolerations[a=b:]", {"key": "a", "value": "b"}, None),
        ),
        (
            pod("metadata", "finalizers", value=["example.org/f"]),
            ("metadata.finalizers", None, ["example.org/f"]),
        ),
    ):
        assert difference(POD, changed)[0] == found
    assert difference(*(pod("spec", "x", value=value) for value in (1, True))) == [
        ("spec.x", 1, True)
    ]


def test_items_without_names_of_their_own_go_by_their_index() -> None:
    twice = [{"name": "v"}, {"name": "v"}]
    assert difference(pod("spec", "volumes", value=twice), POD)[0][0] == "spec.volumes[1].name"
    odd_lists: list[Any] = [[1], [{"name": {}}], ["v"]]
    for odd in odd_lists:
        paths = [path for path, _, _ in difference(pod("spec", "volumes", value=odd), POD)]
        assert paths[0].startswith("spec.volumes[0]")
    finalizers = [pod("metadata", "finalizers", value=each) for each in (["a", "b"], ["b", "c"])]
    assert difference(*finalizers) == [
        ("metadata.finalizers[a]", "a", None),
        ("metadata.finalizers[c]", None, "c"),
    ]


def test_objects_that_are_added_and_removed_are_whole() -> None:
    other = {**POD, "metadata": {"name": "p", "namespace": "m"}}
    removed, added = compare([POD], [other]).changes
    assert (removed.object, removed.namespace, removed.path) == ("Pod/p", "n", "")
    assert (removed.old, removed.new) == (POD, None)
    assert (added.namespace, added.old, added.new) == ("m", None, other)


def test_another_version_of_an_api_is_the_same_object() -> None:
    policy = {**POD, "kind": "NetworkPolicy", "apiVersion": "networking.k8s.io/v1"}
    found = compare([{**policy, "apiVersion": "networking.k8s.io/v1beta1"}], [policy]).changes
    assert [each.path for each in found] == ["apiVersion"]


def test_secrets_are_compared_and_never_shown() -> None:
    old, new = secret(token=ENCODED, gone=ENCODED), secret(token=OTHER, more=ENCODED)
    assert difference(old, new) == [
        ("data.token", MASK, MASK),
        ("data.gone", MASK, None),
        ("data.more", None, MASK),
    ]
    config_map = {**secret(A_TOKEN=SECRET, A="a"), "kind": "ConfigMap"}
    changed = {**secret(A_TOKEN=OTHER, A="b"), "kind": "ConfigMap"}
    assert difference(config_map, changed) == [("data.A_TOKEN", MASK, MASK), ("data.A", "a", "b")]
    everywhere = [
        compare([old], []), compare([], [old]),
        compare([{**old, "data": SECRET}], [new]),
        compare([{**old, "stringData": {"token": SECRET}}], [new]),
        compare([old, pod("spec", "hostname", value=f"x{ENCODED}")], [new, POD]),
        compare([old, pod("spec", "x", value=[{"y": ENCODED}])], [new, POD]),
    ]  # fmt: skip
    for found in everywhere:
        assert found.changes
        assert SECRET not in repr(found)
        assert ENCODED not in repr(found)


def test_hidden_values_are_taken_for_the_same_and_counted() -> None:
    old = [redact(each) for each in lab().manifests()]
    assert compare(old, lab().manifests()) == Difference((), hidden=1)
    found = compare([secret(token=MASK)], [secret(token=ENCODED, more=ENCODED)])
    assert [(each.path, each.old) for each in found.changes] == [("data.more", None)]
    # It is only where secrets are hidden that asterisks hide anything.
    config_map = {**secret(a=MASK), "kind": "ConfigMap"}
    assert len(compare([config_map], [{**config_map, "data": {"a": "b"}}]).changes) == 1
    assert len(compare([secret(token=ENCODED)], [secret(token=MASK)]).changes) == 1


def test_what_json_does_not_know_is_text() -> None:
    (change,) = compare([pod("spec", "x", value=float("nan"))], [POD]).changes
    assert change.old == "nan"


def test_the_arguments_are_left_as_they_are() -> None:
    old, new = secret(token=ENCODED), pod("spec", "x", value={"y": [1]})
    before = copy.deepcopy((old, new))
    for change in compare([old], [new]).changes:
        for value in (change.old, change.new):
            if value:
                value.clear()
    assert (old, new) == before


def test_paths_show_names_of_items() -> None:
    assert format_path(("spec", Item("a"), 0, "b.c")) == 'spec[a][0]["b.c"]'
    assert format_path((Item("a]\n"), Item("x" * 999))) == f'["a]\\n"]["{"x" * 300}..."]'
    assert format_path(()) == ""


def test_changes_name_their_object() -> None:
    assert Change(
        "Pod", "p", "n", "", None, None, compare([POD], []).changes[0].impact
    ).object == ("Pod/p")


def test_there_is_a_shape_for_what_has_a_schema() -> None:
    assert shape("v1/Pod").child("spec").child("overhead").child("cpu").is_quantity
    assert shape("apps/v1/Deployment").child("spec").names([{"name": "a"}]) is None


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "env", "image", "spec", "containers", "tolerations", "key"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(VALUES, VALUES, st.sampled_from(["Pod", "Secret", "Service", "PersistentVolumeClaim"]))
def test_anything_may_be_stored(old: Any, new: Any, kind: str) -> None:
    both = [
        {
            **POD,
            "kind": kind,
            "spec": {"initContainers": value, "tolerations": value},
            "data": value,
        }
        for value in (old, new)
    ]
    assert all(each.path for each in compare(both[:1], both[1:]).changes)
    assert not compare(both[:1], copy.deepcopy(both[:1])).changes or "nan" in repr(old)
