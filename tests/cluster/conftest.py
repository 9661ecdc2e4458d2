"""Tests against a real API server, whose programs are in the folder of ``KUBEBUILDER_ASSETS``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster.commands import Kubectl, run
from cluster.control_plane import Api, ControlPlane, assets, control_plane

FOLDER = Path(__file__).parent
UNSET = "KUBEBUILDER_ASSETS names no folder with etcd, kube-apiserver and kwok"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(FOLDER):
            item.add_marker("cluster")
            if not assets():
                item.add_marker(pytest.mark.skip(reason=UNSET))


@pytest.fixture(scope="session")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    folder = assets()
    assert folder
    with control_plane(folder, tmp_path_factory.mktemp("control-plane")) as running:
        yield running


@pytest.fixture(scope="session")
def api(plane: ControlPlane) -> Api:
    return plane.api


@pytest.fixture(scope="session")
def kubectl(plane: ControlPlane) -> Kubectl:
    program = (assets() or Path()) / "kubectl"
    if not program.exists():
        pytest.skip("there is no kubectl beside the API server")

    def call(*arguments: str, stdin: str = "") -> str:
        return run([str(program), *arguments], stdin, KUBECONFIG=str(plane.kubeconfig))

    return call
