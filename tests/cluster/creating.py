"""A controller to be killed: creates labs at once, through the example's."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from kubernetes_asyncio import config
from kubernetes_asyncio.client import ApiClient, Configuration
from test_controller import BASE_URL, CONFIG, LOGGER, asked, example

from labbuilder.adapter import LabBuilder

LABS = {f"user{number}": number for number in range(50)}
"""The users, and the numbers by which their labs differ."""


@asynccontextmanager
async def started(kubeconfig: str) -> AsyncIterator[Any]:
    """Start a controller, which knows nothing of those before it."""
    connection = Configuration()
    await config.load_kube_config(kubeconfig, client_configuration=connection)
    builder = LabBuilder(
        config=CONFIG, base_url=BASE_URL, discovery_client=example.NoDiscovery(), logger=LOGGER
    )
    async with ApiClient(connection) as api_client:
        yield example.Controller(builder, api_client, poll_seconds=0.2, logger=LOGGER)


async def create(controller: Any, labs: Mapping[str, int]) -> None:
    await asyncio.gather(*(controller.create(**asked(*each)) for each in labs.items()))


async def main(kubeconfig: str) -> None:
    async with started(kubeconfig) as controller:
        await create(controller, LABS)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
