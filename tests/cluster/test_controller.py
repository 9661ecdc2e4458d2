"""The example of a controller on a real API server: killed half-way, and started again."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from test_controller import expected

from cluster.control_plane import Api, ControlPlane
from cluster.creating import LABS, create, started

TESTS = Path(__file__).parent.parent
SECONDS = 120


def found(api: Api, kind: str) -> dict[str, str]:
    """Give the phases of those objects of a kind that are of these labs, by namespace."""
    items = api.get(kind).body["items"]
    by_namespace = {
        each["metadata"].get("namespace", each["metadata"]["name"]): each["status"]["phase"]
        for each in items
    }
    ours = [f"labs-{username}" for username in LABS]
    return {name: phase for name, phase in by_namespace.items() if name in ours}


def wait(done: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not done():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_fifty_labs_whose_controller_is_killed_are_recovered_or_removed(
    plane: ControlPlane,
) -> None:
    api, kubeconfig = plane.api, str(plane.kubeconfig)
    command = [sys.executable, "-m", "cluster.creating", kubeconfig]
    with subprocess.Popen(command, cwd=TESTS) as controller:
        wait(lambda: len(found(api, "Pod")) >= len(LABS) // 4)
        controller.kill()
    pods = found(api, "Pod")
    assert 0 < len(pods) < len(found(api, "Namespace")) <= len(LABS)
    wait(lambda: set(found(api, "Pod").values()) == {"Running"})
    asyncio.run(recover(api, kubeconfig, {user for user in LABS if f"labs-{user}" in pods}))
    assert found(api, "Namespace") == found(api, "Pod") == {}


async def recover(api: Api, kubeconfig: str, left: set[str]) -> None:
    """Find the labs that are left, make all again, and delete them."""
    states = {username: expected(username, number) for username, number in LABS.items()}
    async with started(kubeconfig) as controller:
        assert await controller.reconcile() == {
            user: states[user] for user in states.keys() & left
        }
        assert found(api, "Namespace").keys() == {f"labs-{user}" for user in left}
        await create(controller, LABS)
        assert await controller.reconcile() == states
        await asyncio.gather(*map(controller.delete, LABS))
