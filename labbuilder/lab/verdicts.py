"""When what the schemas and rules said of one lab holds for another of the same shape.

The schemas look at types and formats, the rules at names, keys, references, amounts and sizes.
Two labs of one plan (see `labbuilder.lab.plan`) differ in their own values only, and of these they
say the same if

- whatever they compare, count or read is the same in both: that is the key;
- every other value is harmless: of the type that its place takes, and of a form to which no rule
  objects wherever our fragments put it.

What isn't harmless is judged by the schemas and the rules themselves, each time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace

from labbuilder.errors import Finding, Path, Severity, format_path
from labbuilder.lab.plan import Plan
from labbuilder.lab.values import Particulars
from labbuilder.manifest import Manifest, object_name
from labbuilder.names import is_dns_label, is_dns_subdomain
from labbuilder.validation import rules, schemas

__all__ = ["Verdicts"]

_MOST = 1024
"""Verdicts that are kept."""

Verdict = list[tuple[int, Finding]]
"""What is wrong, each with the number of the manifest that it is about."""

_HOME = re.compile(r"(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)+")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")
_MAX_ID = 2**31 - 1
_MAX_ANNOTATIONS = 256 * 1024
_MAX_DATA = 1024 * 1024
_WIDEST = 4  # bytes of a character in UTF-8


class Verdicts:
    """Judges the labs of one site.

    Parameters
    ----------
    version
        The Kubernetes version.
    files
        Characters in the site's files.
    ours
        Whether all fragments are our own, so that a verdict on one lab may hold for another.
    """

    def __init__(self, version: str, files: int, *, ours: bool) -> None:
        self._version = version
        self._files = files
        self._ours = ours
        self._known: dict[Hashable, Verdict] = {}

    def judge(
        self,
        manifests: Sequence[Manifest],
        plan: Plan | None,
        own: Particulars,
        cause: Callable[[Path, Manifest], Path],
    ) -> list[Finding]:
        """Judge a lab, by the schemas and by the rules.

        Parameters
        ----------
        manifests
            Its manifests.
        plan
            What they are made by, if they are made by a plan.
        own
            The lab's own values.
        cause
            Finds what in the inputs decides a value of a manifest.

        Returns
        -------
        list of Finding
            Everything that is wrong.
        """
        if not self._ours or not plan or not _harmless(own, self._files):
            return [each for _, each in self._verdict(manifests, cause)]
        key = (plan, _key(own))
        if key not in self._known:
            verdict = self._verdict(manifests, cause)
            if _speaks_of(verdict, own):
                return [each for _, each in verdict]
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[key] = verdict
        known = self._known[key]
        names = {i: object_name(manifests[i]) for i in {i for i, _ in known}}
        return [each.about(names[i]) for i, each in known]

    def _verdict(
        self, manifests: Sequence[Manifest], cause: Callable[[Path, Manifest], Path]
    ) -> Verdict:
        found = [schemas.check(manifest, self._version) for manifest in manifests]
        if not any(found):
            found = rules.check(manifests, self._version)
        return [
            (
                i,
                replace(
                    each,
                    cause=cause(each.path, manifests[i]),
                    severity=self._severity(each),
                ),
            )
            for i, complaints in enumerate(found)
            for each in complaints
        ]

    def _severity(self, finding: Finding) -> Severity:
        rule = rules.RULES.get(finding.code)
        tolerated = rule and (rule.tolerated or (rule.only_own_fragments and not self._ours))
        return Severity.WARNING if tolerated else finding.severity


def _speaks_of(verdict: Verdict, own: Particulars) -> bool:
    """Tell whether a verdict names one of the lab's own values."""
    values = (own.names.username, own.uid_text, own.gid_text)
    texts = [f"{each.message} {each.hint} {format_path(each.path)}" for _, each in verdict]
    return any(value in text for value in values for text in texts)


def _key(own: Particulars) -> Hashable:
    """Tell what of a lab's own values the rules may compare, count or read.

    Parameters
    ----------
    own
        The lab's own values.

    Returns
    -------
    hashable
        Equal for labs of which, if they are harmless and of one plan, the rules say the same.
    """
    return (
        own.image,
        own.controller_image,
        own.controller_pull_policy,
        own.quota_cpu,
        own.quota_memory,
        tuple(own.env),
        tuple(own.secrets),
        tuple(own.pod_annotations),
        tuple(own.namespace_annotations),
        # Which stands for what the rules read, without keeping it.
        hash(tuple((own.pull_secret or {}).items())),
    )


def _harmless(own: Particulars, files: int) -> bool:
    """Tell whether a lab's own values are of a form to which no rule objects.

    Parameters
    ----------
    own
        The lab's own values.
    files
        Characters in the site's files.
    """
    names = own.names
    return (
        is_dns_label(names.username)
        and is_dns_label(names.namespace)
        and all(map(is_dns_subdomain, _other_names(own)))
        and _are_ids((own.uid, own.gid, *(own.supplemental_groups or ())))
        and bool(_HOME.fullmatch(own.home))
        and _fits((own.env, own.secrets, own.pull_secret or {}), _MAX_DATA)
        and _WIDEST * (len(own.passwd) + len(own.group)) < _MAX_DATA
        and _WIDEST * (len(own.discovery) + files) < _MAX_DATA
        and _fits((own.pod_annotations, own.namespace_annotations), _MAX_ANNOTATIONS)
        and all(len(text) % 4 == 0 and _BASE64.fullmatch(text) for text in own.secrets.values())
    )


def _other_names(own: Particulars) -> Iterable[str]:
    names = own.names
    return (
        names.quota,
        names.env_config_map,
        names.nss_config_map,
        names.files_config_map,
        names.secret,
        names.network_policy,
        names.pod,
        *own.claims.values(),
    )


def _are_ids(numbers: Iterable[int]) -> bool:
    return all(type(number) is int and 0 < number <= _MAX_ID for number in numbers)


def _fits(mappings: Iterable[Mapping[str, str]], limit: int) -> bool:
    return all(
        _WIDEST * (len("".join(each)) + len("".join(each.values()))) < limit for each in mappings
    )
