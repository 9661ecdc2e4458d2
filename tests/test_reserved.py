"""What a configuration can't name is what labs are built with, no more and no less."""

from typing import Any

from labs import arguments, lab, mounts, notebook, volumes

from labbuilder import LabObjects
from labbuilder.models import LabConfig, reserved
from labbuilder.models.complaints import validated
from labbuilder.names import normal_path

EVERYTHING: dict[str, Any] = {
    "config": {"standardInithome": True, "env": {"RSP_SITE_TYPE": "science"}},
    "site": {"repertoire_base_url": "https://data.example.org/repertoire"},
    "lab": {
        "env": {"JUPYTERHUB_SERVICE_PREFIX": "/user/vera/"},
        "options": {"enable_debug": True, "reset_user_env": True},
    },
}


def built() -> LabObjects:
    return lab(**EVERYTHING)


def test_variables() -> None:
    objects = built()
    containers = [notebook(objects), *objects.pod["spec"]["initContainers"]]
    found = {variable["name"] for container in containers for variable in container["env"]}
    found |= objects.env_config_map["data"].keys()
    asked_for = {"RSP_SITE_TYPE"}
    of_the_hub = {name for name in found if name.startswith(reserved.HUB_ENV_PREFIX)}
    assert of_the_hub == {"JUPYTERHUB_SERVICE_PREFIX", "JUPYTERHUB_ACTIVITY_INTERVAL"}
    unset = {"JPY_API_TOKEN"}  # JupyterHub sets it
    assert not reserved.RESERVED_ENV & reserved.REPLACEABLE_ENV
    assert found - asked_for - of_the_hub | unset == (
        reserved.RESERVED_ENV | reserved.REPLACEABLE_ENV
    )


def test_volumes_and_containers() -> None:
    objects = built()
    home = arguments()["config"]["volumes"][0]["name"]
    assert volumes(objects).keys() - {home} == set(reserved.VOLUMES)
    containers = [notebook(objects), *objects.pod["spec"]["initContainers"]]
    assert {container["name"] for container in containers} == set(reserved.CONTAINERS)


def test_paths() -> None:
    found = {path: mount["name"] for path, mount in mounts(notebook(built())).items()}
    assert found == {
        "/home": "home",
        reserved.PASSWD_PATH: reserved.PASSWD,
        reserved.GROUP_PATH: reserved.GROUP,
        reserved.TMP_PATH: reserved.TMP,
        reserved.DISCOVERY_PATH: reserved.DISCOVERY,
        reserved.STARTUP_PATH: reserved.LAB_STARTUP,
        **{f"/etc/nublado/{path}": name for name, path in reserved.RUNTIME_FOLDERS.items()},
    }
    assert all(path == normal_path(path) for path in found)


def test_every_path_of_a_lab_is_refused() -> None:
    for path in mounts(notebook(built())).keys() - {"/home"}:
        mount = {"containerPath": path, "volumeName": "home"}
        home = arguments()["config"]["volumeMounts"][0]
        config = {**arguments()["config"], "volumeMounts": [home, mount]}
        codes = [each.code for each in validated(LabConfig, config, ())[1]]
        assert codes == ["reserved-path"], path
