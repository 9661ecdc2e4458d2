from typing import Any

from labs import ARGUMENTS, lab, mounts, notebook

INIT = {"name": "setup", "image": {"repository": "registry.example/setup", "tag": "1"}}
USER_ENV = [
    {"name": "NUBLADO_HOME", "value": "/home/vera"},
    {"name": "NUBLADO_UID", "value": "1928"},
    {"name": "NUBLADO_GID", "value": "1928"},
]


def init_containers(**config: Any) -> list[dict[str, Any]]:
    found = lab(config=config).pod["spec"]["initContainers"]
    assert isinstance(found, list)
    return found


def test_init_containers_come_in_their_order() -> None:
    names = [
        container["name"]
        for container in init_containers(
            standardInithome=True, initContainers=[INIT], env={"RSP_SITE_TYPE": "science"}
        )
    ]
    assert names == [
        "nublado-std-inithome",
        "setup",
        "nublado-std-landingpage",
        "nublado-std-startup",
    ]


def test_landing_pages_are_for_science_sites_only() -> None:
    for env in ({}, {"RSP_SITE_TYPE": "telescope"}):
        assert [found["name"] for found in init_containers(env=env)] == ["nublado-std-startup"]


def test_inithome_is_root_and_sees_the_home_volume_only() -> None:
    inithome = init_containers(standardInithome=True)[0]
    assert inithome["command"] == ["nublado", "inithome"]
    assert inithome["securityContext"]["runAsUser"] == 0
    assert list(mounts(inithome)) == ["/home"]


def test_a_configured_init_container_has_its_own_mounts_only() -> None:
    setup, _ = init_containers(initContainers=[{**INIT, "privileged": True}])
    assert "volumeMounts" not in setup
    assert "command" not in setup
    assert setup["securityContext"]["privileged"] is True
    assert setup["env"] == USER_ENV
    setup, _ = init_containers(initContainers=[{**INIT, "command": ["a", "b"]}])
    assert setup["command"] == ["a", "b"]
    assert setup["securityContext"]["runAsUser"] == 1928


def test_all_containers_have_the_labs_resources_and_environment() -> None:
    objects = lab(config={"standardInithome": True, "initContainers": [INIT]})
    for container in [notebook(objects), *objects.pod["spec"]["initContainers"]]:
        assert container["resources"] == {
            "limits": {"cpu": "1.0", "memory": "4294967296"},
            "requests": {"cpu": "0.5", "memory": "1073741824"},
        }
        assert container["envFrom"] == [{"configMapRef": {"name": "vera-nb-env"}}]


def test_secrets_reach_the_lab_and_its_startup_only() -> None:
    secrets = [
        {"secretName": "s", "secretKey": "password", "env": "PASSWORD"},
        {"secretName": "s", "secretKey": "unnamed"},
    ]
    objects = lab(
        config={"secrets": secrets, "initContainers": [INIT]},
        secrets={"password": ARGUMENTS["secrets"]["token"]},
    )
    setup, startup = objects.pod["spec"]["initContainers"]
    keys = [("ACCESS_TOKEN", "token"), ("NUBLADO_TOKEN", "token"), ("PASSWORD", "password")]
    backed = [
        {
            "name": name,
            "valueFrom": {"secretKeyRef": {"name": "vera-nb", "key": key, "optional": False}},
        }
        for name, key in keys
    ]
    node = {"valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}
    assert setup["env"] == USER_ENV
    assert startup["env"] == USER_ENV + backed
    assert notebook(objects)["env"] == [
        *backed,
        {"name": "KUBERNETES_NODE_NAME", **node},
        {"name": "K8S_NODE_NAME", **node},
    ]


def test_the_notebook_is_the_lab() -> None:
    container = notebook(lab())
    assert container["args"] == ["/opt/lsst/software/jupyterlab/runlab.sh"]
    assert "command" not in container
    assert container["workingDir"] == "/home/vera"
    assert container["imagePullPolicy"] == "IfNotPresent"
    assert container["ports"] == [{"containerPort": 8888, "name": "jupyterlab", "protocol": "TCP"}]


def test_standard_containers_run_the_sites_controller_image() -> None:
    image = {"repository": "registry.example/c", "tag": "2", "pullPolicy": "Always"}
    (startup,) = lab(site={"controller_image": image}).pod["spec"]["initContainers"]
    assert (startup["image"], startup["imagePullPolicy"]) == ("registry.example/c:2", "Always")
