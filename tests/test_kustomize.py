"""The KRM function as kustomize itself runs it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from labbuilder.output import to_yaml
from labbuilder.users.compile import UserFiles, read_documents

EXAMPLES = Path(__file__).parent.parent / "examples"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "labbuilder"


def kustomize() -> str | None:
    """Find kustomize: where one is told, as .ci/kustomize leaves it, or on the PATH."""
    built = sorted(str(path) for path in CACHE.glob("kustomize-*/kustomize"))
    return os.environ.get("LABBUILDER_KUSTOMIZE") or (
        built[-1] if built else shutil.which("kustomize")
    )


KUSTOMIZE = kustomize() or ""
pytestmark = pytest.mark.skipif(not KUSTOMIZE, reason="there is no kustomize: run .ci/kustomize")

Manifest = dict[str, Any]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a copy of the example, with labbuilder on the PATH."""
    programs = tmp_path / "bin"
    programs.mkdir()
    command = programs / "labbuilder"
    run = f"exec '{sys.executable}' -c 'from labbuilder.cli import main; main()' \"$@\""
    command.write_text(f"#!/bin/sh\n{run}\n", encoding="utf-8")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    copy = tmp_path / "kustomize"
    shutil.copytree(EXAMPLES / "kustomize", copy)
    return copy


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [KUSTOMIZE, "build", "--enable-alpha-plugins", "--enable-exec", str(folder)]
    return subprocess.run(
        command, cwd=folder.parent, capture_output=True, text=True, check=False, timeout=60
    )


def built(folder: Path) -> list[Manifest]:
    done = build(folder)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def edit(path: Path, *edits: tuple[str, str]) -> None:
    text = path.read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def rendered(name: str) -> list[Manifest]:
    (document,) = read_documents(str(EXAMPLES / f"{name}.yaml"))
    manifests = UserFiles().compile(document).manifests()
    return list(yaml.safe_load_all(to_yaml(manifests)))


def test_a_generator_gives_what_render_writes(folder: Path) -> None:
    assert built(folder) == rendered("minimal")


def test_a_path_and_its_arguments_do_as_well_as_the_script(folder: Path) -> None:
    script, arguments = "path: ./labbuilder-krm", "path: labbuilder\n        args: [krm]"
    edit(folder / "rosalind.yaml", (script, arguments))
    assert built(folder) == rendered("minimal")


def test_a_transformer_replaces_its_own_and_leaves_the_others(folder: Path) -> None:
    other = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "other"}}
    other |= {"data": {"a": "x\n  y\n", "no": "on"}}
    old = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "lab-rosalind"}}
    old["metadata"]["labels"] = {"old": "yes"}  # type: ignore[index]
    (folder / "resources.yaml").write_text(to_yaml([old, other]), encoding="utf-8")
    changed = ("generators:", "resources: [resources.yaml]\ntransformers:")
    edit(folder / "kustomization.yaml", changed)
    namespace, *rest = rendered("minimal")
    assert built(folder) == [namespace, other, *rest]


def test_files_are_relative_to_the_kustomization(folder: Path) -> None:
    observatory = yaml.safe_load((EXAMPLES / "observatory.yaml").read_text(encoding="utf-8"))
    shutil.copy(EXAMPLES / observatory.pop("config"), folder / "site.yaml")
    shutil.copy(EXAMPLES / "observatory-discovery.json", folder)
    lab = yaml.safe_load((folder / "rosalind.yaml").read_text(encoding="utf-8"))
    (folder / "rosalind.yaml").write_text(to_yaml([lab | {"spec": observatory}]), encoding="utf-8")
    assert built(folder) == rendered("observatory")


def test_what_is_outside_of_the_kustomization_is_not_read(folder: Path) -> None:
    (folder.parent / "secret").write_text("planted-secret", encoding="utf-8")
    edit(folder / "rosalind.yaml", ("token: not-a-real-token", "token: {file: ../secret}"))
    done = build(folder)
    assert (done.returncode != 0, done.stdout) == (True, "")
    assert "[file-not-allowed]" in done.stderr
    edit(folder / "labbuilder-krm", ("site.yaml", "site.yaml --allow-files .."))
    assert "cGxhbnRlZC1zZWNyZXQ=" in build(folder).stdout


def test_a_lab_brings_no_site_of_its_own(folder: Path) -> None:
    edit(folder / "rosalind.yaml", ("spec:\n", "spec:\n  config: {namespacePrefix: kube}\n"))
    assert "[other-configuration]" in build(folder).stderr


def test_what_is_wrong_is_told_and_nothing_is_built(folder: Path) -> None:
    edit(folder / "rosalind.yaml", ("uid: 4242", "uid: 0"), ("username: rosalind", "username: R"))
    done = build(folder)
    assert done.returncode != 0
    assert done.stdout == ""
    assert "functionConfig.spec.user.uid: error: " in done.stderr
    assert "functionConfig.spec.user.username: error: " in done.stderr
