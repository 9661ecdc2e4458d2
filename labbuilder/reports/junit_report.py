"""Findings as JUnit's XML, which CI systems show as tests."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from labbuilder.errors import Finding, Severity
from labbuilder.escape import visible
from labbuilder.reports.context import Context, Subject

__all__ = ["report"]


def report(findings: Sequence[Finding], context: Context) -> str:
    """Write one test case for each subject, and for each file or input with findings of its own.

    Errors are the failure of a case, warnings its output.
    """
    cases: dict[Subject, list[Finding]] = {subject: [] for subject in context.subjects}
    for finding in findings:
        subject = Subject(finding.source.file if finding.source else "", finding.object)
        cases.setdefault(subject, []).append(finding)
    tests = len(cases) + len(context.skipped)
    suite = ET.Element("testsuite", {"name": "labbuilder", "tests": str(tests)})
    for subject, found in cases.items():
        suite.append(_case(subject, found))
    for subject in context.skipped:
        case = _case(subject, ())
        ET.SubElement(case, "skipped")
        suite.append(case)
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("errors", "0")
    suite.set("skipped", str(len(context.skipped)))
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _case(subject: Subject, findings: Sequence[Finding]) -> ET.Element:
    file = subject.file or "labbuilder"
    names = {"classname": visible(file), "name": visible(subject.object or file)}
    case = ET.Element("testcase", names)
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    warnings = [finding for finding in findings if finding.severity is Severity.WARNING]
    if errors:  # one failure for all: many readers show only the first
        first = {"message": visible(errors[0].message), "type": errors[0].code}
        ET.SubElement(case, "failure", first).text = _listed(errors)
    if warnings:
        ET.SubElement(case, "system-out").text = _listed(warnings)
    return case


def _listed(findings: Sequence[Finding]) -> str:
    return "\n".join(map(str, findings))  # which are visible, and so allowed in XML
