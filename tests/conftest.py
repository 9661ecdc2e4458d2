"""Settings that all tests share."""

from __future__ import annotations

import os
from inspect import signature

from hypothesis import settings
from typer.testing import CliRunner

settings.register_profile(
    "labbuilder", deadline=None, print_blob=True, derandomize="CI" in os.environ
)
settings.load_profile("labbuilder")

# With the lowest Typer that we allow comes a Click whose runner mixes standard error into
# standard output, unless told otherwise; newer ones have no such parameter.
if list(signature(CliRunner.__init__).parameters)[-1] == "mix_stderr":
    CliRunner.__init__.__defaults__ = (*CliRunner.__init__.__defaults__[:-1], False)  # type: ignore[index] # it has defaults
