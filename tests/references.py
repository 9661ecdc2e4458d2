"""Tables of what people look up, made from the code: the generated parts of the READMEs."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import reference_commands
import reference_fragments
import reference_keys
from tables import table
from typer.testing import CliRunner

import labbuilder
from labbuilder.cli import app
from labbuilder.validation.rules import RULES
from labbuilder.validation.schemas import VERSIONS

ROOT = Path(__file__).parent.parent
PACKAGE = Path(labbuilder.__file__).parent
NEGATIVE = Path("tests/rules/negative")

MAX_EXAMPLE_LENGTH = 80
# What breaks a rule of a whole lab, whose tests compile one.
EXAMPLES = {
    "egress-cut-off": "`policyTypes: [Egress]` and no rule for egress",
    "hub-locked-out": "an ingress rule without the pods labelled `app: jupyterhub`",
    "lab-locked-out": "an ingress rule without the namespaces of the user's lab",
    "invalid-pod-security": "`pod-security.kubernetes.io/enforce: high` on a namespace",
    "limit-range-exceeded": "a container with a limit of 2 GiB beside a limit range of 1 GiB",
    "memory-volumes-exceed-limit": "two `emptyDir` volumes in memory, each as large as the limit",
    "notebook-exposed": "`ingress: [{}]`, which lets in everyone",
    "off-by-default": "`stopSignal: SIGTERM` in a container's lifecycle",
    "pod-security-baseline": "`privileged: true` in a manifest that is checked",
    "pod-security-restricted": "no `seccompProfile` in a pod whose containers set none",
    "pod-security-waiver": "`standardInithome: true`, or `privileged: true` in `initContainers`",
    "quota-exceeded": "a pod with a limit of 8 cores beside a quota of 4",
    "quota-needs-resources": "a container without `limits.memory` beside a quota that limits it",
    "too-many-policies": "500 labs of one namespace, and 500 policies that select all but one lab",
}


def parts() -> dict[str, Callable[[], str]]:
    """Give what makes each generated part, by its name."""
    options = {
        f"options of {name}": lambda name=name: reference_commands.options(name)
        for name in reference_commands.callbacks()
    }
    return {
        "commands": reference_commands.commands,
        **options,
        "configuration keys": reference_keys.config_keys,
        "user file keys": reference_keys.user_keys,
        "fragments": reference_fragments.fragments,
        "variables": reference_fragments.variables,
        "rules": rules,
        "rooms": rooms,
        "versions": versions,
    }


def rules() -> str:
    """List the findings that mirror a validation of Kubernetes."""
    return table(
        "code|severity|what is wrong|who enforces it|mirrors|example",
        (
            [
                f"`{code}`",
                rule.severity.value,
                rule.meaning,
                str(rule.stop.value),
                rule.mirrors,
                EXAMPLES.get(code) or example(code),
            ]
            for code, rule in sorted(RULES.items())
        ),
    )


def example(code: str) -> str:
    """Show the line of a test's manifest that a rule complains about, and link the manifest."""
    path = manifests(code)[0]
    checked = CliRunner().invoke(app, ["check", "-o", "json", str(ROOT / path)])
    line = next(
        each["line"] for each in json.loads(checked.stdout)["findings"] if each["code"] == code
    )
    text = (ROOT / path).read_text(encoding="utf-8").splitlines()[line - 1].strip()
    shown = text if len(text) <= MAX_EXAMPLE_LENGTH else f"{text[: MAX_EXAMPLE_LENGTH - 1]}…"
    return f"[`{shown}`](../../{path.as_posix()})"


def manifests(code: str) -> list[Path]:
    """List the tests' manifests that break a rule, the plainest first."""
    others = sorted((ROOT / NEGATIVE).glob(f"{code}-*.yaml"))
    paths = [path for path in (ROOT / NEGATIVE / f"{code}.yaml", *others) if path.exists()]
    return [path.relative_to(ROOT) for path in paths]


def rooms() -> str:
    """List the packages and modules, downwards as they may import each other."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = project["tool"]["importlinter"]["contracts"]
    names = [name.strip(" ()") for layer in contract["layers"] for name in layer.split(":")]
    return table("room|what it does|its modules", filter(None, map(room, names)))


def room(name: str) -> list[str] | None:
    folder = PACKAGE / name
    if folder.is_dir():
        inside = sorted(path.relative_to(folder) for path in folder.rglob("*.py"))
        modules = [path for path in inside if path.name != "__init__.py"]
        links = ", ".join(f"[{path.with_suffix('')}]({name}/{path})" for path in modules)
        return [f"[`{name}/`]({name})", docstring(folder / "__init__.py"), links]
    if not folder.with_suffix(".py").exists():
        return None
    return [f"[`{name}`]({name}.py)", docstring(folder.with_suffix(".py")), ""]


def docstring(path: Path) -> str:
    text = re.match('"""(.*?)(?:\n\n|""")', path.read_text(encoding="utf-8"), re.DOTALL)
    return text[1] if text else ""


def versions() -> str:
    """Name the Kubernetes versions, and where their schemas come from."""
    sources = json.loads((ROOT / "schemas/SOURCES.json").read_bytes())
    return (
        f"Kubernetes {VERSIONS[0]} to {VERSIONS[-1]}, from {sources['package']} "
        f"{sources['version']} ({sources['licence']}); {VERSIONS[-1]} unless you ask for another."
    )
