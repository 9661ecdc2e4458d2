"""Judges manifests: by the schemas of Kubernetes, then by the rules.

The only place where the two meet. A manifest passes the schemas if they find nothing in it. The
rules judge what passes, and only that, because they rely on the types that the schemas require.
A rule that finds something missing is ignored unless everything passes: what it misses may be in a
manifest that doesn't.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches

from labbuilder.errors import Finding, Path, Severity, shown
from labbuilder.manifest import Manifest
from labbuilder.validation import rules, schemas
from labbuilder.validation.rules import Target

__all__ = ["Verdict", "check_accepted", "judge", "lab_severity"]

Verdict = list[tuple[int, Finding]]
"""Findings, each with the index of the manifest that it is about."""


def judge(
    manifests: Sequence[Manifest], target: Target, *, complete: bool = True
) -> Iterator[tuple[int, Finding]]:
    """Judge manifests for a cluster, each by itself and all together.

    The findings are yielded as they are made.

    `complete` says whether what they refer to must be among them. The findings of the schemas come
    first, then those of the rules. Null is no value, but in our own labs, which have none.
    """
    manifests = list(manifests)
    passed = []
    for i, manifest in enumerate(manifests):
        findings = schemas.check(manifest, target.version)
        if findings and not target.for_our_labs:
            manifests[i] = schemas.without_nulls(manifest, target.version)
            findings = schemas.check(manifests[i], target.version)
        if findings:
            yield from ((i, finding) for finding in findings)
        else:
            passed.append(i)
    complete = complete and len(passed) == len(manifests)
    by_rules = rules.check([manifests[i] for i in passed], target)
    for i, findings in zip(passed, by_rules, strict=True):
        for finding in findings:
            rule = rules.RULES.get(finding.code)
            if rule and finding.code in target.accepted:
                finding = replace(finding, severity=Severity.WARNING)  # noqa: PLW2901 (the same one)
            if complete or not (rule and rule.about_absence):
                yield i, finding


def check_accepted(codes: Collection[str], path: Path = ("accept",)) -> list[Finding]:
    """Return what is wrong with codes of findings that a site accepts in its labs."""
    if isinstance(codes, str):
        message = "must be a list of codes, not a string"
        return [Finding("wrong-type", message, path, f"write [{codes!a}]")]
    known = [code for code, rule in rules.RULES.items() if rule.can_be_accepted]
    findings = []
    for i, code in enumerate(codes):
        if code not in known:
            message = f"{shown(code)} is not the code of something that a cluster refuses"
            if code in rules.RULES:
                message = f"{shown(code)} can't be accepted, because no cluster refuses it"
            close = get_close_matches(str(code), known, n=1)
            hint = f"did you mean {close[0]}?" if close else "use a code such as quota-exceeded"
            findings.append(Finding("unknown-code", message, (*path, i), hint))
    return findings


def lab_severity(finding: Finding, *, own_fragments: bool) -> Severity:
    """Return the severity of a finding about a lab that labbuilder compiles.

    A site that has fragments of its own may break some rules on purpose.
    """
    rule = rules.RULES.get(finding.code)
    tolerated = rule and rule.only_own_fragments and own_fragments
    return Severity.WARNING if tolerated else finding.severity
