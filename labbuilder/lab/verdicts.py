"""A shortcut: a verdict about one lab that holds for others of the same shape.

The schemas check types and formats; the rules check names, keys, references, amounts and sizes.
Labs of one plan (see `labbuilder.lab.plan`) differ only in their values. Two of them get the same
verdict if

- what the rules compare, count or read is the same in both: these values are in the key;
- no other value breaks a rule: a guard for each rule that reads the form of such values checks it.

A lab that a guard rejects is judged by the schemas and the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from hashlib import blake2b
from itertools import chain

from labbuilder.cache import BoundedCache
from labbuilder.errors import Finding, format_path
from labbuilder.lab.plan import Plan
from labbuilder.lab.storage import File
from labbuilder.lab.values import LabValues
from labbuilder.manifest import Manifest, object_name
from labbuilder.names import MAX_ID, is_dns_label, is_dns_subdomain
from labbuilder.validation.judge import Verdict
from labbuilder.validation.rules.fields.contents import MAX_DATA_BYTES, is_base64
from labbuilder.validation.rules.fields.naming import MAX_ANNOTATIONS_BYTES

__all__ = ["GUARDS", "Verdicts"]

MAX_CACHED_VERDICTS = 1024

_MAX_CACHED_FINDINGS = 64  # of a verdict
_MAX_KEY_CHARACTERS = 4096

_MAX_UTF8_BYTES = 4  # of a character

Guard = Callable[[LabValues, int], bool]
"""Returns whether no value breaks a rule, given a lab's values and the characters of all files."""


class Verdicts:
    """The verdicts about labs of one site, whose fragments must all be labbuilder's own."""

    def __init__(self, files: Sequence[File]) -> None:
        self._file_characters = sum(len(file.content) for file in files)
        self._verdicts: BoundedCache[Hashable, Verdict] = BoundedCache(MAX_CACHED_VERDICTS)

    def judge(
        self,
        manifests: Sequence[Manifest],
        plan: Plan,
        values: LabValues,
        judge: Callable[[], Verdict],
    ) -> list[Finding]:
        """Return the findings about a lab; `judge` is the plain way to find them."""
        if not all(guard(values, self._file_characters) for guard in _GUARDS):
            return [finding for _, finding in judge()]
        key = (plan.number, _key(values))
        verdict = self._verdicts.get(key)
        if verdict is None:
            verdict = judge()
            if _is_short(verdict) and not _mentions_user(verdict, values):
                self._verdicts[key] = verdict
        names = {i: object_name(manifests[i]) for i in {i for i, _ in verdict}}
        return [finding.about(names[i]) for i, finding in verdict]


def _mentions_user(verdict: Verdict, values: LabValues) -> bool:
    """Return whether a verdict names one of the lab's values."""
    names = (values.names.username, values.uid_text, values.gid_text)
    texts = [f"{each.message} {each.hint} {format_path(each.path)}" for _, each in verdict]
    return any(name in text for name in names for text in texts)


def _is_short(verdict: Verdict) -> bool:
    """Return whether a verdict takes little memory, whatever the lab's names."""
    return len(verdict) <= _MAX_CACHED_FINDINGS and all(
        each.compact() is each for _, each in verdict
    )


def _key(values: LabValues) -> Hashable:
    """Collect the values that the rules compare, count or read; a digest stands for long ones."""
    single = (values.image, values.controller_image, values.controller_pull_policy)
    keys = (values.env, values.secrets, values.pod_annotations, values.namespace_annotations)
    key = (
        *single,
        values.quota_cpu,
        values.quota_memory,
        *map(tuple, keys),
        # A hash represents the data, which the rules read, without keeping it.
        hash(tuple((values.pull_secret or {}).items())),
    )
    if len("".join(chain(single, *keys))) <= _MAX_KEY_CHARACTERS:
        return key
    return blake2b(repr(key).encode(), digest_size=16).digest()


def _names_are_valid(values: LabValues, _: int) -> bool:
    names = values.names
    objects = {  # of which most have the same name
        names.quota, names.env_config_map, names.nss_config_map, names.files_config_map,
        names.secret, names.network_policy, names.pod, *values.claims.values(),
    }  # fmt: skip
    return (
        is_dns_label(names.username)
        and is_dns_label(names.namespace)
        and all(map(is_dns_subdomain, objects))
    )


def _ids_are_valid(values: LabValues, _: int) -> bool:
    ids = (values.uid, values.gid, *(values.supplemental_groups or ()))
    return all(type(each) is int and 0 <= each <= MAX_ID for each in ids)


def _user_is_not_root(values: LabValues, _: int) -> bool:
    return values.uid != 0


def _data_fits(values: LabValues, file_characters: int) -> bool:
    return (
        all(
            _fits(MAX_DATA_BYTES, data)
            for data in (values.env, values.secrets, values.pull_secret or {})
        )
        and _MAX_UTF8_BYTES * (len(values.passwd) + len(values.group)) <= MAX_DATA_BYTES
        and _MAX_UTF8_BYTES * (len(values.discovery) + file_characters) <= MAX_DATA_BYTES
    )


def _annotations_fit(values: LabValues, _: int) -> bool:
    return all(
        _fits(MAX_ANNOTATIONS_BYTES, annotations)
        for annotations in (values.pod_annotations, values.namespace_annotations)
    )


def _fits(max_bytes: int, mapping: Mapping[str, str]) -> bool:
    characters = len("".join(mapping)) + len("".join(mapping.values()))
    return _MAX_UTF8_BYTES * characters <= max_bytes


def _secrets_are_base64(values: LabValues, _: int) -> bool:
    return all(map(is_base64, values.secrets.values()))


GUARDS: dict[str, Guard] = {
    "annotations-too-large": _annotations_fit,
    "invalid-base64": _secrets_are_base64,
    "invalid-id": _ids_are_valid,
    "invalid-label-value": _names_are_valid,
    "invalid-name": _names_are_valid,
    "invalid-reference": _names_are_valid,
    "missing-value": _names_are_valid,
    "pod-security-restricted": _user_is_not_root,
    "runs-as-root": _user_is_not_root,
    "too-large": _data_fits,
}
"""The guards, by the code of the rule that each stands for."""

_GUARDS = tuple(dict.fromkeys(GUARDS.values()))
