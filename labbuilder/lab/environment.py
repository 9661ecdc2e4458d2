"""Decisions about the lab's environment variables, ``passwd`` and ``group``."""

from __future__ import annotations

import json
import shlex

from labbuilder import models
from labbuilder.lab.accounts import base_groups, base_users, needs_primary_group
from labbuilder.models.lab import FLAGS
from labbuilder.models.size import LabSizeDefinition
from labbuilder.names import printable

__all__ = ["group_file", "groups_json", "lab_environment", "passwd_file"]


def lab_environment(
    config: models.LabConfig,
    site: models.Site,
    lab: models.LabSpecification,
    image: models.Image,
    size: LabSizeDefinition,
) -> dict[str, str]:
    """Collect the variables of the environment ConfigMap.

    Those of the request come first, then those that the builder sets, then the configuration's; a
    later one replaces an earlier one.
    """
    flags = {name: "TRUE" for option, name in FLAGS.items() if getattr(lab.options, option)}
    env = {
        **lab.env,
        **flags,
        "JUPYTER_IMAGE": image.reference_with_digest,
        "JUPYTER_IMAGE_SPEC": image.reference_with_digest,
        "IMAGE_DESCRIPTION": image.description,
        "IMAGE_DIGEST": image.digest,
        **size.environment,
        "JUPYTERHUB_ACTIVITY_INTERVAL": str(int(config.activity_interval.total_seconds())),
        "EXTERNAL_INSTANCE_URL": site.base_url,
        "JUPYTERLAB_CONFIG_DIR": config.jupyterlab_config_dir,
        "JUPYTERLAB_START_COMMAND": shlex.join(config.lab_start_command),
        "NUBLADO_RUNTIME_MOUNTS_DIR": config.runtime_mounts_dir,
    }
    if site.repertoire_base_url:
        env["REPERTOIRE_BASE_URL"] = site.repertoire_base_url
    return env | config.env


def passwd_file(base: str, user: models.User, home: str) -> str:
    """Write ``passwd``: the site's lines, then the user's, unless the site has it."""
    if user.username in base_users(base).ids:
        return _lines(base)
    name = printable(user.name or "")
    return f"{_lines(base)}{user.username}:x:{user.uid}:{user.gid}:{name}:{home}:/bin/bash\n"


def group_file(base: str, user: models.User) -> str:
    """Write ``group``: the site's lines, then those of the user's groups that it lacks.

    A primary group that nothing names has the username.
    """
    known = base_groups(base)
    lines = [
        f"{group.name}:x:{group.id}:{'' if group.id == user.gid else user.username}\n"
        for group in user.groups
        if group.name not in known.ids
    ]
    if needs_primary_group(known, user):
        lines.append(f"{user.username}:x:{user.gid}:\n")
    return _lines(base) + "".join(lines)


def groups_json(user: models.User) -> str:
    """Write the user's groups for the annotation from which the state of the lab is recreated."""
    return json.dumps([{"name": group.name, "id": group.id} for group in user.groups])


def _lines(base: str) -> str:
    return f"{base}\n" if base and not base.endswith("\n") else base
