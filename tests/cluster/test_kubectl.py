"""The commands of the README, between labbuilder and kubectl."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from cluster.commands import Kubectl, labbuilder

USER = Path(__file__).parent.parent.parent / "examples" / "observatory.yaml"


@pytest.fixture(scope="module")
def namespace() -> str:
    rendered = labbuilder("render", str(USER))
    return str(next(yaml.safe_load_all(rendered))["metadata"]["name"])


@pytest.mark.parametrize("options", [("--server-side",), ()], ids=["server-side", "client-side"])
@pytest.mark.parametrize("form", ["yaml", "json"])
def test_what_render_writes_is_applied_as_it_is(
    kubectl: Kubectl, namespace: str, form: str, options: tuple[str, ...]
) -> None:
    rendered = labbuilder("render", str(USER), "-o", form)
    kubectl("create", "namespace", namespace)
    try:
        kubectl("apply", *options, "--validate=strict", "--dry-run=server", "-f", "-",
                stdin=rendered)  # fmt: skip
    finally:
        kubectl("delete", "namespace", namespace)


def test_a_folder_is_applied_in_order_and_its_state_is_read_back(
    kubectl: Kubectl, namespace: str, tmp_path: Path
) -> None:
    folder = tmp_path / "labs"
    labbuilder("render", str(USER), "--output-dir", str(folder))
    first = sorted(folder.rglob("0[12]-*.yaml"))
    kubectl("apply", "--server-side", *(f"--filename={file}" for file in first))
    kubectl("wait", "--for=jsonpath={.status.hard}", "resourcequota", "--all", "-n", namespace)
    kubectl("apply", "--server-side", "-R", "-f", str(folder))
    kubectl("wait", "--for=jsonpath={.status.phase}=Running", "pod", "--all", "-n", namespace)
    objects = kubectl("get", "configmap,resourcequota,pod", "-n", namespace, "-o", "yaml")
    config = yaml.safe_load(USER.read_text(encoding="utf-8"))["config"]
    read = labbuilder("state", "-", "--config", str(USER.parent / config), stdin=objects)
    state = yaml.safe_load(read)
    assert state["status"] == "running"
    assert state["user"]["username"] == namespace.rpartition("-")[2]
    kubectl("delete", "namespace", namespace)
