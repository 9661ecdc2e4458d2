#!/usr/bin/env python3
"""A small controller of labs, to copy: labbuilder with ``kubernetes_asyncio``.

``python controller.py CONFIG BASE_URL`` logs the state of each lab in the cluster, and deletes
labs that were created only in part.
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

from labbuilder import (
    Image,
    LabBuilderError,
    LabSpecification,
    PullSecret,
    SecretData,
    User,
)
from labbuilder.adapter import LabBuilder, LabObjectNames, LabState, LabStateObjects
from labbuilder.output import to_yaml

USER = "nublado.lsst.io/user"
LABS = f"nublado.lsst.io/category=lab,{USER}"
REQUEST_TIMEOUT_S = 30  # a connection can break without an error
API_ERRORS = (ApiException, ClientError, TimeoutError)


class LabError(Exception):
    """A lab isn't in the requested state."""


class Controller:
    """Creates and deletes labs, and finds them after a restart.

    Operations on one lab run one after another; different labs don't wait for each other. Errors
    of the API server are raised as the client's ``ApiException``.

    Parameters
    ----------
    builder
        Compiles labs.
    api_client
        The connection to the cluster, which the caller closes.
    create_seconds, delete_seconds
        Time in which a pod must run, and a namespace must be gone.
    poll_seconds
        Interval at which either is checked.
    logger
        Logs the labs that `reconcile` deletes or can't read.
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
        """Create a lab and wait until it runs. One that fails is kept for inspection.

        Parameters
        ----------
        user, lab, image, secrets, pull_secret
            As `LabBuilder.build_lab` takes them.

        Returns
        -------
        str
            URL of the lab inside the cluster.

        Raises
        ------
        LabBuilderError
            If an argument is wrong; then nothing is created.
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
                    message = f"quota {names.quota} has no status"
                    await self._wait(lambda: self._counts(names), self._create_seconds, message)
                await self._apply(manifest)
            message = f"pod {names.pod} isn't running"
            await self._wait(lambda: self._is_running(names), self._create_seconds, message)
        return self._builder.build_internal_url(username, objects.env_config_map["data"])

    async def delete(self, username: str) -> None:
        """Delete a lab, if there is one, and wait until it is gone.

        Parameters
        ----------
        username
            The username.

        Raises
        ------
        LabError
            If it isn't gone in time.
        """
        async with self._locks[username]:
            await self._delete(self._builder.build_object_names(username))

    async def reconcile(self) -> dict[str, LabState]:
        """Find the labs in the cluster, and delete those that were created only in part.

        No other controller may create labs at the same time.

        Returns
        -------
        dict
            The state of each user's lab. A lab that can't be read is omitted, with an error in the
            log, and kept: its user may be working in it.
        """
        found = await self._core.list_namespace(
            label_selector=LABS, _request_timeout=REQUEST_TIMEOUT_S
        )
        states = await asyncio.gather(*map(self._recover, found.items))
        return {state.user.username: state for state in states if state}

    async def _recover(self, found: Any) -> LabState | None:
        try:
            names = self._builder.build_object_names(found.metadata.labels[USER])
        except LabBuilderError:  # anybody may label a namespace
            return None
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
            # ValueError is raised for an object that the client can't read.
            except (*API_ERRORS, LabError, ValueError):
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
            # The client's own JSON has \ud83d\ude80 for a rocket, which isn't valid YAML.
            body=to_yaml([manifest]).encode(),
            field_manager="labbuilder-controller",
            force=True,
            _content_type="application/apply-patch+yaml; charset=utf-8",
            _request_timeout=REQUEST_TIMEOUT_S,
        )

    async def _counts(self, names: LabObjectNames) -> bool:
        """Return whether the quota has a status; until then, pods are refused."""
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
        message = f"namespace {names.namespace} isn't deleted"
        await self._wait(lambda: self._is_gone(names), self._delete_seconds, message)

    async def _wait(
        self, done: Callable[[], Awaitable[bool]], seconds: float, message: str
    ) -> None:
        last_error: Exception | None = None
        try:
            async with asyncio.timeout(seconds):
                while True:
                    try:
                        if await done():
                            return
                        last_error = None
                    except API_ERRORS as error:  # an API server may be restarting
                        last_error = error
                    await asyncio.sleep(self._poll_seconds)
        except TimeoutError:
            raise LabError(f"{message} after {seconds:g} s") from last_error


async def _ask(method: Callable[..., Awaitable[Any]], *names: str) -> Any:
    """Call the API server; None if there is no such object."""
    try:
        return await method(*names, _request_timeout=REQUEST_TIMEOUT_S)
    except ApiException as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return None
        raise


class NoDiscovery:
    """The discovery client of a site without service discovery."""

    async def build_nublado_dict(self) -> dict[str, Any]:
        """Return an empty document."""
        return {}


async def main(site: dict[str, Any], base_url: str) -> None:
    """Reconcile once, and log the states of the labs."""
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
