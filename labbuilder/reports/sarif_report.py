"""Findings as a SARIF 2.1.0 log, for code hosts and editors."""

from __future__ import annotations

import json
import string
from collections.abc import Sequence
from typing import Any

from labbuilder.errors import Finding, format_path
from labbuilder.escape import visible, visible_json
from labbuilder.reports.context import Context, Explanation, complaint

__all__ = ["report"]

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_IN_URIS = frozenset((string.ascii_letters + string.digits + "-._~/").encode())


def report(findings: Sequence[Finding], context: Context) -> str:
    """Write a SARIF log of one run, in ASCII."""
    found = dict.fromkeys(finding.code for finding in findings)
    codes = {code: index for index, code in enumerate(found)}
    rules = [_rule(code, context.codes.get(code)) for code in codes]
    driver: dict[str, Any] = {"name": "labbuilder", "rules": rules}
    if context.version:
        driver["version"] = context.version
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, codes[finding.code]) for finding in findings],
        "properties": {"skipped": len(context.skipped)},
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return visible_json(json.dumps(log, indent=2)) + "\n"


def _rule(code: str, found: Explanation | None) -> dict[str, Any]:
    if not found:
        return {"id": code}
    return {
        "id": code,
        "shortDescription": {"text": found.meaning},
        "defaultConfiguration": {"level": found.severity.value},
    }


def _result(finding: Finding, index: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": finding.severity.value,
        "message": {"text": visible(complaint(finding))},
    }
    location: dict[str, Any] = {}
    if finding.source:
        source = finding.source
        location["physicalLocation"] = {
            "artifactLocation": {"uri": _uri(source.file)},
            "region": {"startLine": source.line, "startColumn": source.column},
        }
    where = [part for part in (finding.object, format_path(finding.path)) if part]
    if where:
        location["logicalLocations"] = [{"fullyQualifiedName": visible(": ".join(where))}]
    if location:
        result["locations"] = [location]
    return result


def _uri(file: str) -> str:
    """Write a file's path as a URI; urllib's function would import its network code."""
    quoted = "".join(
        chr(byte) if byte in _IN_URIS else f"%{byte:02X}" for byte in file.encode(errors="replace")
    )
    return f"file://{quoted}" if quoted.startswith("/") else quoted
