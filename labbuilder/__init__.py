"""labbuilder compiles a JupyterLab user into the Kubernetes manifests of that user's lab.

Names are imported when they are first used, so that the command line can print its help, its
version and completions without the compiler.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labbuilder.compiler import LabCompiler, compile_lab
    from labbuilder.errors import Finding, LabBuilderError, Severity, Source
    from labbuilder.lab.names import LabObjectNames, build_object_names
    from labbuilder.lab.objects import LabObjects
    from labbuilder.models import (
        Image,
        LabConfig,
        LabSpecification,
        PullSecret,
        SecretData,
        Site,
        User,
    )

__all__ = [
    "Finding",
    "Image",
    "LabBuilderError",
    "LabCompiler",
    "LabConfig",
    "LabObjectNames",
    "LabObjects",
    "LabSpecification",
    "PullSecret",
    "SecretData",
    "Severity",
    "Site",
    "Source",
    "User",
    "build_object_names",
    "compile_lab",
]

_MODULES = ("errors", "models", "lab.names", "lab.objects", "compiler")

if not TYPE_CHECKING:  # or every name would pass for one of ours

    def __getattr__(name: str) -> object:
        if name in {"compiler", "errors", "models", "names", "output"}:
            return import_module(f"labbuilder.{name}")
        for module in _MODULES if name in __all__ else ():
            found = getattr(import_module(f"labbuilder.{module}"), name, None)
            if found:
                return globals().setdefault(name, found)
        raise AttributeError(f"module 'labbuilder' has no attribute {name!r}")

    def __dir__() -> list[str]:
        return __all__
