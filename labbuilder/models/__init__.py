"""Input models, one file a noun, in Kubernetes', JupyterHub's and Nublado's names."""

from labbuilder.models.config import LabConfig
from labbuilder.models.image import ContainerImage, Image
from labbuilder.models.lab import LabOptions, LabSpecification
from labbuilder.models.secret import PullSecret, SecretData
from labbuilder.models.site import Site
from labbuilder.models.size import LabResources, LabSize, ResourceQuantity
from labbuilder.models.user import Group, User

__all__ = [
    "ContainerImage",
    "Group",
    "Image",
    "LabConfig",
    "LabOptions",
    "LabResources",
    "LabSize",
    "LabSpecification",
    "PullSecret",
    "ResourceQuantity",
    "SecretData",
    "Site",
    "User",
]
