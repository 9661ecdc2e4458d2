"""The law of state: what is read back from a cluster is what was asked for."""

from __future__ import annotations

import copy
import importlib.util
import json
from decimal import Decimal
from typing import Any

import pytest
import strategies
from hypothesis import given, settings

from labbuilder import LabObjects, compile_lab, models
from labbuilder.cluster.clients import plain, to_client_models
from labbuilder.cluster.state import recreate_lab_state
from labbuilder.lab.objects import LabStateObjects
from labbuilder.quantity import parse_cpu, parse_memory

Manifest = dict[str, Any]

GIB = 1024**3
CLIENTS = [
    importlib.import_module(f"{name}.client")
    for name in ("kubernetes", "kubernetes_asyncio")
    if importlib.util.find_spec(name)
]


def asked(arguments: dict[str, Any]) -> Manifest:
    """Read the state off the arguments, as a form or a program wrote them."""
    config, user, lab = arguments["config"], arguments["user"], arguments["lab"]
    options = {
        key: value[0] if isinstance(value, list) else value
        for key, value in lab.get("options", {}).items()
    }
    env = lab["env"]
    size = options.get("size") or config.get("defaultSize") or config["sizes"][0]["size"]
    (resources,) = (s["resources"] for s in config["sizes"] if s["size"].lower() == size.lower())
    quota = (user.get("quota") or {}).get("notebook")
    image = arguments["image"]
    namespace = f"{config['namespacePrefix']}-{user['username']}"
    return {
        "user": {
            "username": user["username"],
            "name": user.get("name") or None,
            "uid": user["uid"],
            "gid": user["gid"],
            "groups": list(user.get("groups", [])),
        },
        "options": {
            "size": size.lower(),
            "enable_debug": told(options.get("enable_debug"), env.get("DEBUG")),
            "reset_user_env": told(options.get("reset_user_env"), env.get("RESET_USER_ENV")),
            "image": image
            if isinstance(image, str)
            else "{registry}/{repository}:{tag}@{digest}".format(**image),
        },
        "status": "running",
        "internal_url": f"http://lab.{namespace}:8888{env['JUPYTERHUB_SERVICE_PREFIX']}",
        "resources": {
            kind: {"cpu": parse_cpu(amount["cpu"]), "memory": parse_memory(amount["memory"])}
            for kind, amount in resources.items()
        },
        "quota": quota and {"cpu": quota["cpu"], "memory": int(quota["memory"] * GIB)},
    }


def told(option: object, variable: str | None) -> bool:
    return option in (True, "true") or variable == "TRUE"


def in_a_cluster(lab: LabObjects, phase: str = "Running") -> LabStateObjects:
    pod = {**lab.pod, "status": {"phase": phase}}
    return LabStateObjects(lab.env_config_map, lab.quota, pod)


def stored(objects: LabStateObjects) -> LabStateObjects:
    """Rewrite every amount as an API server does, and as JSON text carries it."""
    env, quota, pod = copy.deepcopy([objects.env_config_map, objects.quota, objects.pod])
    amounts = [env["data"]] + ([quota["spec"]["hard"]] if quota else [])
    spec = pod["spec"]
    for container in [*spec["initContainers"], *spec["containers"]]:
        amounts += container["resources"].values()
    keys = {"cpu", "memory", "limits.cpu", "limits.memory", "CPU_LIMIT", "CPU_GUARANTEE"}
    for mapping in amounts:
        for key in keys & set(mapping):
            mapping[key] = canonical(mapping[key])
    return LabStateObjects(*json.loads(json.dumps([env, quota, pod])))


def canonical(text: str) -> str:
    """Write a decimal amount as ``resource.Quantity`` does: no fraction, the largest suffix."""
    amount = Decimal(text)
    for power, suffix in zip(range(18, -10, -3), ["E", "P", "T", "G", "M", "k", "", "m", "u", "n"],
                             strict=False):  # fmt: skip
        number = amount.scaleb(-power)
        if number == number.to_integral_value():
            return f"{int(number)}{suffix}" if amount else "0"
    raise AssertionError(f"{text} is more exact than Kubernetes is")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("9.0", "9"), ("0.25", "250m"), ("1048576000", "1048576k"), ("28991029248", "28991029248"),
        ("1.234", "1234m"), ("0.0", "0"), ("3000", "3k"), ("1e-07", "100n"),
    ],
)  # fmt: skip
def test_amounts_are_rewritten_as_an_api_server_rewrites_them(text: str, written: str) -> None:
    assert canonical(text) == written


@settings(max_examples=500)
@given(arguments=strategies.arguments())
def test_state_that_is_recreated_is_what_was_asked_for(arguments: dict[str, Any]) -> None:
    """From the objects as they were built, as a server stores them, and as clients hold them."""
    config = models.LabConfig.model_validate(arguments["config"])
    objects = in_a_cluster(compile_lab(**arguments))
    forms = [objects, stored(objects)]
    for client in CLIENTS:
        held = to_client_models(stored(objects), client)
        back = LabStateObjects(plain(held.env_config_map), plain(held.quota), plain(held.pod))
        forms += [held, back]
    expected = asked(arguments)
    for form in forms:
        state = recreate_lab_state(config, arguments["user"]["username"], form)
        assert state.model_dump(mode="json") == expected
