"""A small lab for tests to vary."""

import copy
from typing import Any

from labbuilder import LabObjects, compile_lab

ARGUMENTS: dict[str, Any] = {
    "config": {
        "namespacePrefix": "labs",
        "sizes": [
            {
                "size": "small",
                "resources": {
                    "limits": {"cpu": 1, "memory": "4Gi"},
                    "requests": {"cpu": 0.5, "memory": "1Gi"},
                },
            },
            {
                "size": "large",
                "resources": {
                    "limits": {"cpu": 4, "memory": "16Gi"},
                    "requests": {"cpu": 1, "memory": "4Gi"},
                },
            },
        ],
        "volumes": [
            {"name": "home", "source": {"type": "nfs", "server": "nfs", "serverPath": "/homes"}}
        ],
        "volumeMounts": [{"containerPath": "/home", "volumeName": "home"}],
    },
    "site": {"base_url": "https://data.example.org", "discovery": {}},
    "user": {
        "username": "vera",
        "name": "Vera Rubin",
        "uid": 1928,
        "gid": 1928,
        "groups": [{"name": "vera", "id": 1928}, {"name": "galaxies", "id": 31}],
    },
    "lab": {"env": {"JUPYTERHUB_SERVICE_PREFIX": "/user/vera/"}},
    "image": f"registry.example/lab/notebook:w_2026_47@sha256:{'5' * 64}",
    "secrets": {"token": "bm90LWEtcmVhbC10b2tlbg=="},
}


def arguments(**changes: Any) -> dict[str, Any]:
    """Give the lab's arguments; a mapping that is given is merged into the argument's own."""
    found = copy.deepcopy(ARGUMENTS)
    for name, change in changes.items():
        known = found.get(name)
        both = isinstance(change, dict) and isinstance(known, dict)
        found[name] = {**known, **change} if both and known else change
    return found


def lab(**changes: Any) -> LabObjects:
    """Compile the lab with changes."""
    return compile_lab(**arguments(**changes))


def notebook(objects: LabObjects) -> dict[str, Any]:
    """Give the pod's one container that isn't an init container."""
    (container,) = objects.pod["spec"]["containers"]
    assert isinstance(container, dict)
    return container


def mounts(container: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Give a container's mounts by path."""
    return {mount["mountPath"]: mount for mount in container["volumeMounts"]}


def volumes(objects: LabObjects) -> dict[str, dict[str, Any]]:
    """Give the pod's volumes by name."""
    return {volume["name"]: volume for volume in objects.pod["spec"]["volumes"]}
