"""The table of the yardsticks, at the end of a run."""

from __future__ import annotations

import platform

import pytest

TABLE = pytest.StashKey[list[tuple[str, str, str]]]()


@pytest.fixture(scope="session")
def table(pytestconfig: pytest.Config) -> list[tuple[str, str, str]]:
    return pytestconfig.stash.setdefault(TABLE, [])


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if rows := config.stash.get(TABLE, []):
        terminalreporter.section(f"Python {platform.python_version()}, {platform.machine()}")
        terminalreporter.line("| what, and the yardstick | measured | bar |")
        terminalreporter.line("|---|---|---|")
        for row in rows:
            terminalreporter.line(f"| {' | '.join(row)} |")
