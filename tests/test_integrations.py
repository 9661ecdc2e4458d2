"""The examples for GitHub, Argo CD, pre-commit and pytest do what they say."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from labbuilder.data import DEFAULT_SITE
from labbuilder.documents import load
from labbuilder.validation.files import check_texts

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
HOOKS = ROOT / ".pre-commit-hooks.yaml"
MINIMAL = (EXAMPLES / "minimal.yaml").read_text(encoding="utf-8")
WRONG = MINIMAL.replace("uid: 4242", "uid: 0", 1)


def example(name: str) -> list[Any]:
    path = EXAMPLES / name
    return [each.data for each in load(path.read_bytes(), name)]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a repository with a user file, and labbuilder on the PATH."""
    programs = tmp_path / "bin"
    programs.mkdir()
    command = programs / "labbuilder"
    code = "from labbuilder.cli import main; main()"
    command.write_text(
        f"#!/bin/sh\nexec '{sys.executable}' -c '{code}' \"$@\"\n", encoding="utf-8"
    )
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    folder = tmp_path / "site"
    (folder / "users").mkdir(parents=True)
    (folder / "users" / "rosalind.yaml").write_text(MINIMAL, encoding="utf-8")
    (folder / "site.yaml").write_text(DEFAULT_SITE, encoding="utf-8")
    return folder


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )


def steps() -> dict[str, str]:
    """Give the commands of the workflow that call labbuilder, by their names."""
    (workflow,) = example("github-workflow.yaml")
    found = workflow["jobs"]["check"]["steps"]
    return {each["name"]: each["run"] for each in found if "name" in each}


def in_bash(folder: Path, step: str) -> subprocess.CompletedProcess[str]:
    return run(folder, "bash", "-e", "-o", "pipefail", "-c", steps()[step])


def test_the_workflow_passes_for_labs_without_fault(site: Path) -> None:
    for step in steps():
        done = in_bash(site, step)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    results = json.loads((site / "labs.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]
    assert results == []
    text = (site / "labs.yaml").read_text(encoding="utf-8")
    assert len(list(yaml.safe_load_all(text))) == 9
    assert "token: '**********'" in text or 'token: "**********"' in text


def test_the_workflow_annotates_and_reports_what_is_wrong(site: Path) -> None:
    (site / "users" / "rosalind.yaml").write_text(WRONG, encoding="utf-8")
    annotated = in_bash(site, "Annotate findings")
    assert annotated.returncode == 1
    assert annotated.stdout.startswith("::error file=users/rosalind.yaml,line=8,")
    assert in_bash(site, "Report to code scanning").returncode == 0
    results = json.loads((site / "labs.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]
    assert [each["ruleId"] for each in results] == ["invalid-id"]
    assert in_bash(site, "Render the labs").returncode == 2


def test_the_workflow_reports_no_trouble_as_done(site: Path) -> None:
    (site / "users" / "rosalind.yaml").unlink()
    done = in_bash(site, "Report to code scanning")
    assert (done.returncode != 0, done.stdout) == (True, "")


def plugin() -> dict[str, Any]:
    config_map, _ = example("argocd-plugin.yaml")
    (document,) = load(config_map["data"]["plugin.yaml"], "plugin.yaml")
    assert document.data["kind"] == "ConfigManagementPlugin"
    spec = document.data["spec"]
    assert isinstance(spec, dict)
    return spec


def test_argo_cd_discovers_and_generates_labs(site: Path) -> None:
    spec = plugin()
    assert list(site.glob(spec["discover"]["fileName"])) == [site / "users" / "rosalind.yaml"]
    done = run(site, *spec["generate"]["command"])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == run(site, "labbuilder", "render", "users/rosalind.yaml").stdout


def test_argo_cd_shows_what_is_wrong(site: Path) -> None:
    (site / "users" / "rosalind.yaml").write_text(WRONG, encoding="utf-8")
    done = run(site, *plugin()["generate"]["command"])
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("users/rosalind.yaml:8:8: user.uid: error:")


@pytest.mark.parametrize("by", ["argo", "check", "render", "hook"])
@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("secrets", {"token": {"file": "../../outside"}}, "file-not-allowed"),
        ("secrets", {"token": {"file": "link"}}, "file-not-allowed"),
        ("secrets", {"token": {"file": "/proc/self/environ"}}, "file-not-allowed"),
        ("secrets", {"token": {"env": "HOME"}}, "variable-not-allowed"),
        ("site", {"discovery": "../../outside"}, "file-not-allowed"),
        ("config", "../../outside", "other-configuration"),
        ("config", yaml.safe_load(DEFAULT_SITE), "other-configuration"),
    ],
)
def test_an_author_of_user_files_reads_nothing_of_the_machine(
    site: Path, by: str, key: str, value: Any, code: str
) -> None:
    (site.parent / "outside").write_text('{"a": "planted-secret"}', encoding="utf-8")
    (site / "users" / "link").symlink_to(site.parent / "outside")
    user = {**yaml.safe_load(MINIMAL), key: value}
    (site / "users" / "rosalind.yaml").write_text(yaml.safe_dump(user), encoding="utf-8")
    (config,) = example("pre-commit-config.yaml")
    hook = ["labbuilder", "check", *config["repos"][0]["hooks"][0]["args"], "users/rosalind.yaml"]
    done = {
        "argo": lambda: run(site, *plugin()["generate"]["command"]),
        "check": lambda: in_bash(site, "Annotate findings"),
        "render": lambda: in_bash(site, "Render the labs"),
        "hook": lambda: run(site, *hook),
    }[by]()
    assert done.returncode != 0
    assert code in done.stdout + done.stderr or by == "check"
    assert "planted-secret" not in done.stdout + done.stderr


def test_the_sidecar_mounts_what_it_has() -> None:
    config_map, deployment = example("argocd-plugin.yaml")
    assert not check_texts({"plugin.yaml": json.dumps(config_map)}).findings
    spec = deployment["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    theirs = {"var-files", "plugins"}  # volumes of the repository server
    mounted = {each["name"] for each in container["volumeMounts"]}
    assert mounted - theirs == {each["name"] for each in spec["volumes"]}
    assert spec["volumes"][-1]["configMap"]["name"] == config_map["metadata"]["name"]


@pytest.mark.skipif(not HOOKS.exists(), reason="this is no checkout")
def test_the_hook_checks_what_is_committed(site: Path) -> None:
    (hook,) = load(HOOKS.read_bytes(), HOOKS.name)[0].data
    (config,) = example("pre-commit-config.yaml")
    (asked,) = config["repos"][0]["hooks"]
    assert asked["id"] == hook["id"] == "labbuilder-check"
    assert re.search(asked["files"], "users/rosalind.yaml")
    assert not re.search(asked["files"], "site.yaml")
    command = [*shlex.split(hook["entry"]), *asked["args"], "users/rosalind.yaml"]
    assert run(site, *command).returncode == 0
    (site / "users" / "rosalind.yaml").write_text(WRONG, encoding="utf-8")
    done = run(site, *command)
    assert done.returncode == 1
    assert "users/rosalind.yaml:8:8: user.uid: error:" in done.stdout


def test_a_sites_own_test_records_its_labs_and_sees_them_change(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # most plugins only cost time here
    text = (EXAMPLES / "test_labs.py").read_text(encoding="utf-8")
    (site / "test_labs.py").write_text(text, encoding="utf-8")
    pytest_here = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "syrupy"]
    assert run(site, *pytest_here, "--snapshot-update", "test_labs.py").returncode == 0
    (recorded,) = site.glob("__snapshots__/**/*.yaml")
    assert "bm90LWEtcmVhbC10b2tlbg" not in recorded.read_text(encoding="utf-8")
    assert run(site, *pytest_here, "test_labs.py").returncode == 0
    user = site / "users" / "rosalind.yaml"
    user.write_text(MINIMAL.replace("w_2026_47", "w_2026_48"), encoding="utf-8")
    done = run(site, *pytest_here, "test_labs.py")
    assert done.returncode == 1
    assert "w_2026_48" in done.stdout
