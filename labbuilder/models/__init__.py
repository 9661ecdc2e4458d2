"""Input models, in the names of Kubernetes, JupyterHub and Nublado."""

from labbuilder.models.config import LabConfig
from labbuilder.models.image import ContainerImage, Image
from labbuilder.models.lab import LabOptions, LabSpecification
from labbuilder.models.secret import PullSecret, SecretData
from labbuilder.models.site import Site
from labbuilder.models.size import LabResources, LabSize, ResourceQuantity
from labbuilder.models.user import Group, User

# Built now rather than at first use, since building reads the process's environment.
for _model in (Image, LabConfig, LabSpecification, PullSecret, SecretData, Site, User):
    _model.model_rebuild()

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
