"""labbuilder compiles a JupyterLab user into the Kubernetes manifests of that user's lab."""

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
