"""Checks of a lab's manifests together; importing the package registers all of them."""

from importlib import import_module
from pkgutil import iter_modules

from labbuilder.validation.rules.rule import JUDGES

__all__ = ["JUDGES"]

for _name in sorted(module.name for module in iter_modules(__path__)):
    import_module(f"{__name__}.{_name}")
