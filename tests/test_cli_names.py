import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from labs import ARGUMENTS
from typer.testing import CliRunner

from labbuilder import compile_lab
from labbuilder.cli import app

CLAIM = {
    "type": "persistentVolumeClaim",
    "accessModes": ["ReadWriteMany"],
    "resources": {"requests": {"storage": "1Gi"}},
}
CONFIG = {
    **ARGUMENTS["config"],
    "volumes": [{"name": "home", "source": CLAIM}, {"name": "unused", "source": CLAIM}],
    "pullSecret": "registry",
}


@pytest.fixture(autouse=True)
def _beside_a_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("site.yaml").write_text(yaml.safe_dump(CONFIG), encoding="utf-8")


def names(*arguments: str, stdin: str | bytes | None = None) -> Any:
    return CliRunner().invoke(app, ["names", *arguments], input=stdin)


def codes(result: Any) -> list[str]:
    """Give the place and the code of each complaint."""
    found = (line.split() for line in result.stderr.splitlines())
    return [f"{words[0]} {words[-1]}" for words in found]


def test_names_are_those_that_the_compiler_gives() -> None:
    user = {**ARGUMENTS["user"], "quota": {"notebook": {"cpu": 4, "memory": 16}}}
    pull_secret = {"data": {".dockerconfigjson": "eyJhdXRocyI6eyJyIjp7fX19"}}
    lab = compile_lab(**{**ARGUMENTS, "config": CONFIG, "user": user}, pull_secret=pull_secret)
    made = [f"{each['kind']}/{each['metadata']['name']}" for each in lab.manifests()]
    (found,) = json.loads(names("vera", "--config", "site.yaml", "-o", "json").stdout)
    kinds = {
        "namespace": "Namespace", "quota": "ResourceQuota", "envConfigMap": "ConfigMap",
        "nssConfigMap": "ConfigMap", "filesConfigMap": "ConfigMap", "secret": "Secret",
        "pullSecret": "Secret", "networkPolicy": "NetworkPolicy", "service": "Service",
        "pod": "Pod",
    }  # fmt: skip
    claims = found.pop("persistentVolumeClaims")
    assert claims == {"home": "vera-nb-pvc-home"}
    assert found.pop("username") == "vera"
    told = [f"{kinds[key]}/{name}" for key, name in found.items()]
    assert sorted([*told, "PersistentVolumeClaim/vera-nb-pvc-home"]) == sorted(made)


def test_of_one_user_each_name_is_a_line() -> None:
    result = names("vera", "--config", "site.yaml")
    assert (result.exit_code, result.stderr) == (0, "")
    rows = dict(line.split() for line in result.stdout.splitlines())
    assert rows["namespace"] == "labs-vera"
    assert rows["persistentVolumeClaims.home"] == "vera-nb-pvc-home"
    assert rows["service"] == "lab"


def test_of_several_users_it_is_a_table() -> None:
    result = names("vera", "henrietta")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "vera       lab-vera\nhenrietta  lab-henrietta\n"


def test_a_configuration_without_pull_secret_names_none() -> None:
    (found,) = json.loads(names("vera", "-o", "json").stdout)
    assert "pullSecret" not in found


def test_complaints_come_all_at_once_with_the_position() -> None:
    long = "a" * 60
    result = names("vera", "Vera", "maria", "vera", long, "u1", "")
    assert result.exit_code == 1
    assert result.stdout == "vera   lab-vera\nmaria  lab-maria\n"
    assert codes(result) == [
        "<arguments>:2:1: [invalid-username]",
        "<arguments>:4:1: [duplicate-user]",
        "<arguments>:5:1: [name-too-long]",
        "<arguments>:6:1: [invalid-username]",
        "<arguments>:7:1: [invalid-username]",
    ]
    assert "namespace lab-vera is already used by <arguments>:1" in result.stderr


def test_a_name_a_line_is_read_from_standard_input() -> None:
    result = names("-", stdin="vera\r\n\n  maria\nA b\nvera\n")
    assert result.exit_code == 1
    assert result.stdout == "vera   lab-vera\nmaria  lab-maria\n"
    assert codes(result) == ["<stdin>:4:1: [invalid-username]", "<stdin>:5:1: [duplicate-user]"]
    assert codes(names("vera", "-", stdin="vera\n")) == ["<stdin>:1:1: [duplicate-user]"]


def test_json_holds_those_that_are_well() -> None:
    result = names("Vera", "maria", "-o", "json")
    assert result.exit_code == 1
    assert [each["namespace"] for each in json.loads(result.stdout)] == ["lab-maria"]
    result = names("Vera", "-o", "json")
    assert (result.exit_code, json.loads(result.stdout)) == (1, [])


def test_hostile_names_are_refused_in_a_line_each() -> None:
    result = names("-", stdin=b"\xff\xfe\n\x1b[31mred\nvera\0\n../../etc\n")
    assert (result.exit_code, result.stdout) == (1, "")
    assert codes(result) == [f"<stdin>:{i}:1: [invalid-username]" for i in range(1, 5)]
    assert "\x1b" not in result.stderr


def test_a_line_without_end_is_refused() -> None:
    result = names("-", stdin="a" * 10_000)
    assert (result.exit_code, result.stdout) == (2, "")
    assert codes(result) == ["<stdin>:1:1: [too-large]"]


def test_nobody_is_trouble() -> None:
    for result in (names("-", stdin="\n"), names()):
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr


def test_a_bad_configuration_is_told_with_its_place() -> None:
    Path("bad.yaml").write_text("namespacePrefix: A\nsizes: 1\nhome: 2\n", encoding="utf-8")
    result = names("vera", "--config", "bad.yaml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "bad.yaml:1:18: namespacePrefix: error:" in result.stderr
    assert "bad.yaml:3:1: home: error: unknown field" in result.stderr
    Path("bad.yaml").write_text("lab: {sizes: 1}\n", encoding="utf-8")
    assert "bad.yaml:1:14: lab.sizes: error:" in names("vera", "--config", "bad.yaml").stderr
    for text, code in (("a: 1\n---\nb: 2\n", "several-documents"), ("# no\n", "empty-file")):
        Path("bad.yaml").write_text(text, encoding="utf-8")
        result = names("vera", "--config", "bad.yaml")
        assert result.exit_code == 2
        assert f"[{code}]" in result.stderr
    assert names("vera", "--config", "absent.yaml").exit_code == 2


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells it there")
def test_a_hundred_thousand_names_fit_in_little_memory() -> None:
    code = """
import pathlib, re, sys
from labbuilder.cli.names import names
names(usernames=["-"])
status = pathlib.Path("/proc/self/status").read_text()
print(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1], file=sys.stderr)
"""
    users = "".join(f"user{i}x\n" for i in range(100_000))
    done = subprocess.run(
        [sys.executable, "-c", code], input=users, capture_output=True, text=True, check=True
    )
    assert done.stdout.count("\n") == 100_000
    assert int(done.stderr) < 200 * 1024  # KiB, of which Python and pydantic take most


def test_help_has_an_example_and_the_exit_codes() -> None:
    text = " ".join(names("--help").stdout.split())
    assert "For example: labbuilder names rosalind" in text
    assert "Exits with 0" in text
