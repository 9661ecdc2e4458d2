#!/usr/bin/env python3
"""A small controller of labs, to copy: labbuilder at work with ``kubernetes_asyncio``.

``python controller.py CONFIG BASE_URL`` tells the state of every lab in the cluster, and deletes
what is left of labs that were only half made.
"""

from __future__ import annotations

import asyncio
import logging
import re
import sys
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

import yaml
from aiohttp import ClientError
from kubernetes_asyncio import config
from kubernetes_asyncio.client import ApiClient, ApiException, CoreV1Api, NetworkingV1Api

from labbuilder import Image, LabSpecification, PullSecret, SecretData, User
from labbuilder.adapter import LabBuilder, LabObjectNames, LabState, LabStateObjects
from labbuilder.output import to_yaml

USER = "nublado.lsst.io/user"
LABS = f"nublado.lsst.io/category=lab,{USER}"
REQUEST_SECONDS = 30  # a connection may die without a word
TROUBLE = (ApiException, ClientError, TimeoutError)


class LabError(Exception):
    """A lab isn't what was asked for."""


class Controller:
    """Creates and deletes labs, and finds them again after a restart.

    A lab has one operation at a time; different labs don't wait for each other. What the API
    server refuses is raised as the client's ``ApiException``.

    Parameters
    ----------
    builder
        What compiles labs.
    api_client
        The connection to the cluster, which the caller closes.
    create_seconds, delete_seconds
        How long a pod may take to run, and a namespace to go.
    poll_seconds
        The pause between two looks at either.
    logger
        Hears of the labs that `reconcile` deletes or can't read.
    """

    def __init__(
        self,
        builder: LabBuilder,
        api_client: ApiClient,
        *,
        create_seconds: float = 600,
        delete_seconds: float = 300,
        poll_seconds: float = 1,
        logger: logging.Logger,
    ) -> None:
        self._builder = builder
        self._core: Any = CoreV1Api(api_client)
        self._networking: Any = NetworkingV1Api(api_client)
        self._create_seconds = create_seconds
        self._delete_seconds = delete_seconds
        self._poll_seconds = poll_seconds
        self._logger = logger
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._readers = asyncio.Semaphore(10)
        # At DEBUG the client logs whole responses, with the labs' secrets.
        logging.getLogger("kubernetes_asyncio.client.rest").setLevel(logging.INFO)

    async def create(
        self,
        user: User | Mapping[str, Any],
        lab: LabSpecification | Mapping[str, Any],
        image: Image | Mapping[str, Any] | str,
        secrets: SecretData | Mapping[str, str],
        pull_secret: PullSecret | Mapping[str, Any] | None = None,
    ) -> str:
        """Create a lab and wait until it runs. One that fails stays, to be looked at.

        Parameters
        ----------
        user, lab, image, secrets, pull_secret
            As `LabBuilder.build_lab` takes them.

        Returns
        -------
        str
            Where the lab is reached inside the cluster.

        Raises
        ------
        LabBuilderError
            If anything is wrong with the arguments; nothing is made then.
        LabError
            If the pod ends, is deleted or doesn't run in time.
        """
        objects = await self._builder.build_lab(
            user=user, lab=lab, image=image, secrets=secrets, pull_secret=pull_secret
        )
        username = objects.namespace["metadata"]["labels"][USER]
        names = self._builder.build_object_names(username)
        async with self._locks[username]:
            for manifest in objects.manifests():
                if manifest is objects.pod and objects.quota:
                    complaint = f"quota {names.quota} doesn't count"
                    await self._wait(lambda: self._counts(names), self._create_seconds, complaint)
                await self._apply(manifest)
            complaint = f"pod {names.pod} doesn't run"
            await self._wait(lambda: self._is_running(names), self._create_seconds, complaint)
        return self._builder.build_internal_url(username, objects.env_config_map["data"])

    async def delete(self, username: str) -> None:
        """Delete a lab, if there is one, and wait until it is gone.

        Parameters
        ----------
        username
            Whose lab it is.

        Raises
        ------
        LabError
            If it isn't gone in time.
        """
        async with self._locks[username]:
            await self._delete(self._builder.build_object_names(username))

    async def reconcile(self) -> dict[str, LabState]:
        """Find the labs in the cluster, and delete those that were only half made.

        No other controller may be creating labs meanwhile.

        Returns
        -------
        dict
            The state of each user's lab. One that can't be read is left out, with an error in the
            log, and left alone: somebody may be working in it.
        """
        found = await self._core.list_namespace(
            label_selector=LABS, _request_timeout=REQUEST_SECONDS
        )
        states = await asyncio.gather(*map(self._recover, found.items))
        return {state.user.username: state for state in states if state}

    async def _recover(self, found: Any) -> LabState | None:
        names = self._builder.build_object_names(found.metadata.labels[USER])
        # Another controller's labs have another prefix.
        if names.namespace != found.metadata.name or found.metadata.deletion_timestamp:
            return None
        async with self._locks[names.username]:
            try:
                async with self._readers:
                    objects = await self._read(names)
                if not objects.pod:
                    self._logger.warning("Deleting %s, which has no pod", names.namespace)
                    await self._delete(names)
                    return None
            except (*TROUBLE, LabError, ValueError):  # the last: a model that the client refuses
                self._logger.exception("Cannot reconcile %s", names.namespace)
                return None
        return await self._builder.recreate_lab_state(names.username, objects)

    async def _read(self, names: LabObjectNames) -> LabStateObjects:
        core, namespace = self._core, names.namespace
        return LabStateObjects(
            await _ask(core.read_namespaced_config_map, names.env_config_map, namespace),
            await _ask(core.read_namespaced_resource_quota, names.quota, namespace),
            await _ask(core.read_namespaced_pod, names.pod, namespace),
        )

    async def _apply(self, manifest: dict[str, Any]) -> None:
        metadata = manifest["metadata"]
        kind = re.sub(r"\B([A-Z])", r"_\1", manifest["kind"]).lower()  # ConfigMap: config_map
        scope = "namespaced_" if "namespace" in metadata else ""
        api = self._networking if kind == "network_policy" else self._core
        await getattr(api, f"patch_{scope}{kind}")(
            *(metadata[key] for key in ("name", "namespace") if key in metadata),
            # Left to itself the client writes JSON, with \ud83d\ude80 for a rocket: no YAML.
            body=to_yaml([manifest]).encode(),
            field_manager="labbuilder-controller",
            force=True,
            _content_type="application/apply-patch+yaml; charset=utf-8",
            _request_timeout=REQUEST_SECONDS,
        )

    async def _counts(self, names: LabObjectNames) -> bool:
        """Tell whether the quota has a status: until then pods are refused."""
        quota = await _ask(self._core.read_namespaced_resource_quota, names.quota, names.namespace)
        return bool(quota and quota.status and quota.status.hard)

    async def _is_running(self, names: LabObjectNames) -> bool:
        pod = await _ask(self._core.read_namespaced_pod, names.pod, names.namespace)
        if not pod:
            raise LabError(f"pod {names.pod} was deleted")
        status = pod.status
        if status.phase in {"Failed", "Succeeded"}:
            why = status.message or status.reason or status.phase
            raise LabError(f"pod {names.pod} has ended: {why}")
        return bool(status.phase == "Running")

    async def _is_gone(self, names: LabObjectNames) -> bool:
        return not await _ask(self._core.read_namespace, names.namespace)

    async def _delete(self, names: LabObjectNames) -> None:
        await _ask(self._core.delete_namespace, names.namespace)
        complaint = f"namespace {names.namespace} doesn't go"
        await self._wait(lambda: self._is_gone(names), self._delete_seconds, complaint)

    async def _wait(
        self, done: Callable[[], Awaitable[bool]], seconds: float, complaint: str
    ) -> None:
        trouble: Exception | None = None
        try:
            async with asyncio.timeout(seconds):
                while True:
                    try:
                        if await done():
                            return
                        trouble = None
                    except TROUBLE as error:  # an API server that restarts comes back
                        trouble = error
                    await asyncio.sleep(self._poll_seconds)
        except TimeoutError:
            raise LabError(f"{complaint} within {seconds:g} s") from trouble


async def _ask(method: Callable[..., Awaitable[Any]], *names: str) -> Any:
    """Call the API server; None if there is no such object."""
    try:
        return await method(*names, _request_timeout=REQUEST_SECONDS)
    except ApiException as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return None
        raise


class NoDiscovery:
    """The discovery client of a site without service discovery."""

    async def build_nublado_dict(self) -> dict[str, Any]:
        """Give an empty document."""
        return {}


async def main(site: dict[str, Any], base_url: str) -> None:
    """Reconcile once, and tell the labs' states."""
    logger = logging.getLogger("controller")
    builder = LabBuilder(
        config=site, base_url=base_url, discovery_client=NoDiscovery(), logger=logger
    )
    await config.load_config()
    async with ApiClient() as api_client:
        labs = await Controller(builder, api_client, logger=logger).reconcile()
    for username, state in labs.items():
        logger.info("%s: %s at %s", username, state.status, state.internal_url)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    _, config_file, base_url = sys.argv
    asyncio.run(main(yaml.safe_load(Path(config_file).read_text()), base_url))
