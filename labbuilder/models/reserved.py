"""What labs have themselves, so that a configuration can't name it: names, variables and paths.

The models refuse these, and `labbuilder.lab` builds labs with them.
"""

from __future__ import annotations

from labbuilder.models.lab import FLAGS
from labbuilder.names import NOTEBOOK_CONTAINER

__all__ = [  # and the constants of which these are made
    "CONTAINERS",
    "REPLACEABLE_ENV",
    "RESERVED_ENV",
    "VOLUMES",
    "standard_container",
]

VOLUMES = (PASSWD, GROUP, DISCOVERY, SECRETS, ENV, TMP, RUNTIME, LAB_STARTUP) = (
    "passwd", "group", "discovery-v1-json", "secrets", "env", "tmp", "runtime", "lab-startup",
)  # fmt: skip
"""The volumes of every lab."""

PASSWD_PATH, GROUP_PATH, TMP_PATH = "/etc/passwd", "/etc/group", "/tmp"  # noqa: S108 (the lab's)
DISCOVERY_FILE = "v1.json"
DISCOVERY_PATH = f"/etc/nublado/discovery/{DISCOVERY_FILE}"
STARTUP_PATH = "/etc/nublado/startup"
RUNTIME_FOLDERS = {SECRETS: "secrets", ENV: "environment", RUNTIME: "runtime"}
"""The volumes below ``runtimeMountsDir``, each with the name of its folder."""

TOKEN_KEY = "token"  # noqa: S105 (a key's name)
"""The key of the lab's Secret that holds the user's token."""

INIT_HOME, LANDING_PAGE, STARTUP = _STANDARD = ("inithome", "landingpage", "startup")


def standard_container(function: str) -> str:
    """Name the standard init container that has a function."""
    return f"nublado-std-{function}"


CONTAINERS = (NOTEBOOK_CONTAINER, *map(standard_container, _STANDARD))
"""The containers of a lab that no configuration names."""

HUB_ENV_PREFIX = "JUPYTERHUB_"
"""What the variables that JupyterHub sets begin with."""
RESERVED_ENV = {
    *FLAGS.values(), "ACCESS_TOKEN", "CONTAINER_SIZE", "CPU_GUARANTEE", "CPU_LIMIT",
    "EXTERNAL_INSTANCE_URL", "IMAGE_DESCRIPTION", "IMAGE_DIGEST", "JPY_API_TOKEN", "JUPYTER_IMAGE",
    "JUPYTER_IMAGE_SPEC", "KUBERNETES_NODE_NAME", "MEM_GUARANTEE", "MEM_LIMIT",
}  # fmt: skip
"""The variables that no configuration sets."""
REPLACEABLE_ENV = {
    "JUPYTERLAB_CONFIG_DIR", "JUPYTERLAB_START_COMMAND", "K8S_NODE_NAME", "NUBLADO_GID",
    "NUBLADO_HOME", "NUBLADO_RUNTIME_MOUNTS_DIR", "NUBLADO_TOKEN", "NUBLADO_UID",
    "REPERTOIRE_BASE_URL",
}  # fmt: skip
"""More variables of labs, which a configuration's ``env`` may set but no secret may hide."""
