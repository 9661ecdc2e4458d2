import json
from typing import Any

from labs import lab

KINDS = ("namespaceAnnotations", "extraAnnotations", "nodeSelector", "tolerations", "affinity")


def test_what_is_not_configured_is_left_out() -> None:
    spec = lab(user={"groups": []}).pod["spec"]
    absent = ("affinity", "imagePullSecrets", "nodeSelector", "tolerations")
    assert [key for key in absent if key in spec] == []
    assert spec["securityContext"] == {"seccompProfile": {"type": "RuntimeDefault"}}
    assert lab().quota is None
    empty: dict[str, Any] = {key: {} for key in KINDS if key != "tolerations"}
    assert lab(config={**empty, "tolerations": []}).pod["spec"].keys() == lab().pod["spec"].keys()


def test_the_quota_is_in_cores_and_bytes() -> None:
    quota = {"notebook": {"cpu": 9, "memory": 27}, "api": {"datalinker": 500}}
    found = lab(user={"quota": quota}).quota
    assert found
    assert found["spec"] == {"hard": {"limits.cpu": "9.0", "limits.memory": "28991029248"}}


def test_homes_follow_the_configured_layout() -> None:
    cases: list[tuple[dict[str, str], str]] = [
        ({}, "/home/vera"),
        ({"homedirSchema": "initialThenUsername"}, "/home/v/vera"),
        ({"homedirPrefix": "/u/home/", "homedirSuffix": "/jupyter/"}, "/u/home/vera/jupyter"),
    ]
    for config, home in cases:
        objects = lab(config=config)
        assert objects.pod["spec"]["containers"][0]["workingDir"] == home
        passwd = objects.config_maps[0]["data"]["passwd"]
        assert passwd.endswith(f":{home}:/bin/bash\n")


def test_namespace_annotations_are_rendered_and_the_namespace_has_no_namespace() -> None:
    config = {"namespaceAnnotations": {"example.org/uid": "{{ uid }}/{{ gid + 1 }}"}}
    metadata = lab(config=config).namespace["metadata"]
    assert metadata["annotations"]["example.org/uid"] == "1928/1929"
    assert "namespace" not in metadata


def test_the_pods_annotations_tell_whose_it_is() -> None:
    annotations = lab(config={"extraAnnotations": {"a": "b"}}).pod["metadata"]["annotations"]
    assert json.loads(annotations["nublado.lsst.io/user-groups"]) == [
        {"name": "vera", "id": 1928},
        {"name": "galaxies", "id": 31},
    ]
    assert annotations["nublado.lsst.io/user-name"] == "Vera Rubin"
    assert annotations["a"] == "b"
    nameless = lab(user={"name": None}).pod["metadata"]["annotations"]
    assert "nublado.lsst.io/user-name" not in nameless


def test_scheduling_is_what_the_configuration_says() -> None:
    anything = {"operator": "Exists"}
    timed = {"key": "k", "value": "v", "effect": "NoExecute", "tolerationSeconds": 5}
    term = {"topologyKey": "zone", "labelSelector": {}, "namespaces": []}
    affinity = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    spec = lab(
        config={
            "tolerations": [anything, timed],
            "nodeSelector": {"pool": "labs"},
            "affinity": affinity,
            "pullSecret": "some-secret",
        }
    ).pod["spec"]
    assert spec["tolerations"] == [anything, {**timed, "operator": "Equal"}]
    assert spec["nodeSelector"] == {"pool": "labs"}
    # An empty selector selects everything; an empty list says nothing.
    kept = {"topologyKey": "zone", "labelSelector": {}}
    assert spec["affinity"] == {
        "podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [kept]}
    }
    assert spec["imagePullSecrets"] == [{"name": "pull-secret"}]


def test_every_groups_id_is_a_supplemental_group_in_order() -> None:
    assert lab().pod["spec"]["securityContext"]["supplementalGroups"] == [1928, 31]
