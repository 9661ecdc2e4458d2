"""Checks of single types and fields; importing the package registers all of them."""

from importlib import import_module
from pkgutil import iter_modules

from labbuilder.validation.rules.rule import checks_of

__all__ = ["checks_of"]

for _name in sorted(module.name for module in iter_modules(__path__)):
    import_module(f"{__name__}.{_name}")
