"""Checks of a lab's manifests together; importing the package registers all of them."""

from importlib import import_module

from labbuilder.validation.rules.rule import JUDGES

__all__ = ["JUDGES"]

for _name in ("references", "reach", "capacity", "pod_security"):  # in the order of findings
    import_module(f"{__name__}.{_name}")
