"""A KRM function that adds a lab to a ResourceList, as kustomize and kpt run it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from labbuilder.documents import Document
from labbuilder.errors import Finding, LabBuilderError, Path, format_path
from labbuilder.escape import line
from labbuilder.krm.resourcelist import (
    ResourceList,
    read_resource_list,
    reference,
    write_resource_list,
)
from labbuilder.lab.objects import LabObjects
from labbuilder.manifest import Manifest

__all__ = ["refuse", "run"]

_SPEC: Path = ("functionConfig", "spec")
_HINT = "put the content of a user file under the functionConfig's spec"


def run(
    text: str | bytes, file: str, compile_user: Callable[[Document], LabObjects]
) -> tuple[str, Sequence[Finding]]:
    """Add a user's lab to a ResourceList, which findings call `file`.

    Its functionConfig has the content of a user file under ``spec``. `compile_user` compiles that,
    as `labbuilder.users.compile.UserFiles.compile` does.

    It returns the resulting ResourceList, with the lab and its warnings, or with the items
    unchanged and everything that is wrong; and the findings in its results.
    """
    found: ResourceList | None = None
    manifests: list[Manifest] = []
    findings: Iterable[Finding]
    try:
        found = read_resource_list(text, file)
        lab = compile_user(_user(found.document))
        manifests, findings = lab.manifests(), lab.warnings
    except LabBuilderError as error:
        findings = error.findings
    placed = [_placed(each, file) for each in findings] if found else list(findings)
    return write_resource_list(found, manifests, _results(placed, found)), placed


def refuse(findings: Sequence[Finding]) -> str:
    """Write a ResourceList of findings only, for input that can't be read."""
    return write_resource_list(None, (), _results(findings, None))


def _user(document: Document) -> Document:
    """Return the user's document in a ResourceList, with its place there."""
    data, mark = document.data, document.mark
    for step in _SPEC:
        if not isinstance(data, dict) or data.get(step) is None:
            raise _refusal(document, "missing-field", f"{step} is missing")
        data, mark = data[step], mark.child(step) or mark
    if not isinstance(data, dict):
        raise _refusal(document, "wrong-type", "must be a mapping")
    return Document(data, document.file, mark)


def _refusal(document: Document, code: str, message: str) -> LabBuilderError:
    # The path is that of the user's document, as in the compiler's findings.
    return LabBuilderError([Finding(code, message, hint=_HINT, source=document.source(_SPEC))])


def _placed(finding: Finding, file: str) -> Finding:
    """Extend a path in the user's document to one in the ResourceList."""
    if not finding.source or finding.source.file != file:
        return finding
    if finding.object:
        return replace(finding, cause=_SPEC + finding.cause)
    return replace(finding, path=_SPEC + finding.path)


def _results(findings: Iterable[Finding], found: ResourceList | None) -> list[dict[str, Any]]:
    """Convert findings to results, as the specification of KRM functions defines them."""
    function = reference(found.document.data.get("functionConfig") if found else None)
    if not {"apiVersion", "kind", "name"} <= function.keys():  # all are required
        function = {}
    return [_result(each, function) for each in findings]


def _result(finding: Finding, function: dict[str, str]) -> dict[str, Any]:
    at = finding.cause if finding.object else finding.path
    inside = at[: len(_SPEC)] == _SPEC
    # A result's field is in the functionConfig; any other place goes into the message.
    where = [] if inside or not finding.source else [str(finding.source)]
    if finding.object or not inside:
        where += [finding.object, format_path(finding.path)]
    message = ": ".join([*filter(None, where), finding.message])
    message += f"; {finding.hint}" if finding.hint else ""
    result: dict[str, Any] = {"message": line(message), "severity": finding.severity.value}
    if function:
        result["resourceRef"] = function
        if inside:
            result["field"] = {"path": format_path(at[1:])}
    if finding.source and not inside:
        result["file"] = {"path": finding.source.file}
    return {**result, "tags": {"code": finding.code}}
