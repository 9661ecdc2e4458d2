"""Settings that all tests share."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile(
    "labbuilder", deadline=None, print_blob=True, derandomize="CI" in os.environ
)
settings.load_profile("labbuilder")
