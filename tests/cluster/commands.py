"""Commands that tests run: labbuilder, and kubectl against their own API server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

__all__ = ["Kubectl", "labbuilder", "run"]

Kubectl = Callable[..., str]

LABBUILDER = [sys.executable, "-c", "from labbuilder.cli import main; main()"]


def run(command: list[str], stdin: str = "", **environment: str) -> str:
    """Run a command that must succeed, and return its output."""
    changed = {**os.environ, **environment}
    result = subprocess.run(
        command, input=stdin, capture_output=True, text=True, env=changed, check=False
    )
    assert result.returncode == 0, f"{result.stdout}\n{result.stderr}"
    return result.stdout


def labbuilder(*arguments: str, stdin: str = "") -> str:
    return run([*LABBUILDER, *arguments], stdin)
