"""Part of a jupyterhub_config.py, to copy: KubeSpawner spawns labs that labbuilder compiles.

Every user has a namespace that holds the claims of their volumes, and stays when the lab stops.
JupyterHub's service account needs a ClusterRole that can get, list, watch, create, patch and
delete the kinds that ``labbuilder render`` prints for one of your users, and get, list and watch
events.
"""

from __future__ import annotations

import base64
import re
from http import HTTPStatus
from pathlib import Path
from typing import Any

import yaml
from kubernetes_asyncio import client
from kubespawner import KubeSpawner
from kubespawner.clients import shared_client

from labbuilder import LabCompiler, LabObjects
from labbuilder.adapter import to_client_model

SITE = yaml.safe_load((Path(__file__).parent / "jupyterhub-site.yaml").read_text())
BASE_URL = "https://data.example.org"  # the site's URL
IMAGE = f"registry.example/lab/notebook:w_2026_47@sha256:{'5' * 64}"
FIELD_MANAGER = "jupyterhub"

compiler = LabCompiler(SITE)  # raises when JupyterHub starts, if the configuration is wrong


class LabSpawner(KubeSpawner):  # type: ignore[misc]
    """Spawns labs from labbuilder's objects; KubeSpawner watches and stops their pods."""

    lab: LabObjects

    async def compile_lab(self) -> LabObjects:
        """Compile the user's lab; an error ends the spawn."""
        # The authenticator's state of the user: here uid, gid, groups and a token.
        state = await self.user.get_auth_state() or {}
        lab = compiler.compile(
            site={"base_url": BASE_URL, "discovery": {}},
            user={
                "username": self.user.name,
                "uid": state.get("uid"),
                "gid": state.get("gid"),
                "groups": state.get("groups", []),
            },
            # JupyterHub's variables: API token, URLs, and the prefix and port of the server.
            lab={"env": self.get_env(), "options": {"size": self.user_options.get("size")}},
            image=IMAGE,
            secrets={"token": base64.b64encode(str(state.get("token", "")).encode()).decode()},
        )
        for warning in lab.warnings:
            self.log.warning("Lab of %s: %s", self.user.name, warning)
        return lab

    async def make_objects(self) -> None:
        """Create everything that the pod needs, before KubeSpawner creates the pod."""
        self.lab = await self.compile_lab()
        for manifest in self.lab.manifests():
            if manifest["kind"] in {"ConfigMap", "Secret"}:  # immutable, and left by the last lab
                await self.call("delete", manifest)
            if manifest["kind"] != "Pod":
                await self.call("patch", manifest)

    async def call(self, verb: str, manifest: dict[str, Any]) -> None:
        """Apply an object by server-side apply, or delete it."""
        kind = re.sub(r"\B([A-Z])", r"_\1", manifest["kind"]).lower()  # ConfigMap: config_map
        metadata = manifest["metadata"]
        names = [metadata[key] for key in ("name", "namespace") if key in metadata]
        scope = "namespaced_" if "namespace" in metadata else ""
        api = shared_client("NetworkingV1Api" if kind == "network_policy" else "CoreV1Api")
        options: dict[str, Any] = {"_request_timeout": 30}
        if verb == "patch":
            options |= {"body": manifest, "field_manager": FIELD_MANAGER, "force": True}
            options |= {"_content_type": "application/apply-patch+yaml"}
        try:
            await getattr(api, f"{verb}_{scope}{kind}")(*names, **options)
        except client.ApiException as error:
            if verb != "delete" or error.status != HTTPStatus.NOT_FOUND:
                raise

    async def get_pod_manifest(self) -> Any:
        """Return the lab's pod, with the labels and annotations by which KubeSpawner finds it."""
        theirs = (await super().get_pod_manifest()).metadata
        metadata = self.lab.pod["metadata"]
        # The network policy admits `app: jupyterhub`: with it, every lab could reach every other.
        labels = {key: value for key, value in theirs.labels.items() if key != "app"}
        metadata = {
            **metadata,
            "labels": labels | metadata["labels"],
            "annotations": theirs.annotations | metadata["annotations"],
        }
        return to_client_model({**self.lab.pod, "metadata": metadata}, client)


async def before_spawn(spawner: LabSpawner) -> None:
    """Create the lab's objects; JupyterHub waits for this."""
    await spawner.make_objects()


def lab_url(spawner: LabSpawner, _pod: dict[str, Any]) -> str:
    """Return the URL for JupyterHub's proxy: the lab's service."""
    return f"http://lab.{spawner.namespace}:{spawner.port}"


c = get_config()  # type: ignore[name-defined] # noqa: F821 (JupyterHub defines it)
c.JupyterHub.spawner_class = LabSpawner
c.JupyterHub.allow_named_servers = False  # one lab per user
c.LabSpawner.pre_spawn_hook = before_spawn
c.LabSpawner.get_pod_url = lab_url
# The same names as labbuilder's, which refuses the usernames that KubeSpawner would escape.
c.LabSpawner.pod_name_template = "{unescaped_username}-nb"
c.LabSpawner.enable_user_namespaces = True
c.LabSpawner.user_namespace_template = f"{SITE['namespacePrefix']}-{{unescaped_username}}"
c.LabSpawner.port = 8888
