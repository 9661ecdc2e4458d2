"""YAML text: the characters that it may hold, its plain scalars, and its errors in words."""

from __future__ import annotations

import json
import math
import re

from labbuilder.errors import Finding, LabBuilderError, Source

__all__ = ["decode", "find_refused", "is_json", "resolve", "syntax_finding"]

_MAX_DIGITS = 100

_WORDS: dict[str, bool | float | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **{sign + word: math.inf for sign in ("", "+") for word in (".inf", ".Inf", ".INF")},
    **{"-" + word: -math.inf for word in (".inf", ".Inf", ".INF")},
}
_NUMBER = re.compile(
    r"(?P<decimal>[-+]?[0-9]+)|(?P<based>0o[0-7]+|0x[0-9a-fA-F]+)"
    r"|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
)

# What YAML 1.1 or 1.2 doesn't allow in text.
_REFUSED = re.compile(
    "[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]"
)

BREAKS = re.compile("[\x85\u2028\u2029]")
"""What ends a line in YAML 1.1, but neither in 1.2 nor in an editor."""

# Where files with a byte order mark were put behind one another.
_INNER_MARK = re.compile("^(---[ \t]*\r?\n)\ufeff", re.MULTILINE)

_MAX_DIRECTIVE_CHARACTERS = 2000
_DIRECTIVE = re.compile(r"^%.*", re.MULTILINE)
_SURROGATES = re.compile(
    r"\\\\|\\u(?P<high>[dD][89abAB][0-9a-fA-F]{2})\\u(?P<low>[dD][c-fC-F][0-9a-fA-F]{2})"
)

_QUOTE = "put values with special characters in quotes"
_CLOSE = "close every bracket and quote, and separate items with commas"
_SEPARATE = (
    "put '---' before it; if the file has one JSON document per line, name it *.ndjson or *.jsonl"
)
_ALIGN = "indent all keys or items of a block equally, with spaces"

# The parsers' messages are for people who know YAML's grammar, and without libyaml PyYAML
# quotes the text in them: what they contain, what it means, what to do.
_PROBLEMS = (
    ("mapping values are not allowed", "unexpected ':'", f"{_QUOTE}; {_ALIGN}"),
    ("start any token", "a value can't start with '@', '`' or '%'", _QUOTE),
    ("tab character", "a tab is not allowed here", _ALIGN),
    ("expected ':'", "expected 'key: value'", "write a colon and a space after the key"),
    ("expected '-'", "expected an item of the list above", _ALIGN),
    ("expected key", "expected a key of the mapping above", f"{_ALIGN}; {_QUOTE}"),
    ("<block end>", "does not belong to the block above", f"{_ALIGN}; {_QUOTE}"),
    ("expected ','", "expected a comma or a closing bracket", _CLOSE),
    ("node content", "expected a value", _CLOSE),
    ("end of stream", "a quoted string is not closed", _CLOSE),
    ("unexpected document", "a quoted string is not closed before the next document", _CLOSE),
    ("sequence entries", "a list can't start here", "start the list on a new line"),
    ("Unicode character escape", "invalid character in an escape", "write the character itself"),
    ("escape", "unknown escape in double quotes", "double the backslash"),
    ("hexdec", "incomplete escape in double quotes", "double the backslash"),
    ("expected alphabetic", "expected a name after '&' or '*'", _QUOTE),
    ("tag", "a value that starts with '!' must be a valid tag", _QUOTE),
    ("<document start>", "unexpected text after the end of the document", _SEPARATE),
    ("indentation indicator", "unexpected text after '|' or '>'", "start it on a new line"),
    ("line break", "unexpected text after '|' or '>'", "start it on a new line"),
    ("incompatible", "must be YAML 1.1 or 1.2", "remove the line that starts with '%YAML'"),
    ("directive", "a line that starts with '%' must be a valid directive", _QUOTE),
)


def find_refused(text: str) -> re.Match[str] | None:
    """Find the first character that some version of YAML doesn't allow."""
    return _REFUSED.search(text)


def decode(text: str | bytes, file: str, *, as_kubectl: bool = False) -> str:
    """Decode UTF-8 and remove the byte order mark.

    It raises `LabBuilderError` if the text is not UTF-8, or holds a character that YAML allows
    only as an escape: YAML readers may disagree about its lines and characters. For kubectl NEL,
    LS and PS end a line, and it writes them so; what is JSON may have any character; and each
    document may begin with a byte order mark.
    """
    if isinstance(text, bytes):
        try:
            decoded = text.decode()
        except UnicodeDecodeError as error:
            before = text[: error.start].decode()
            raise _refusal("is not valid UTF-8", "save it as UTF-8", before, file) from None
    else:
        decoded = text
    decoded = decoded.removeprefix("\ufeff")
    known = decoded
    if as_kubectl and _REFUSED.search(decoded):
        if is_json(decoded):
            decoded = _REFUSED.sub(lambda found: f"\\u{ord(found[0]):04x}", decoded)
        decoded = _INNER_MARK.sub(r"\1", decoded)
        known = BREAKS.sub(" ", decoded)
    if found := find_refused(known):
        problem = f"the character U+{ord(found[0]):04X} is not allowed in YAML"
        hint = "remove it, or write it as an escape in double quotes; save the file as UTF-8"
        raise _refusal(problem, hint, decoded[: found.start()], file)
    directives = sum(map(len, _DIRECTIVE.findall(decoded)))
    if directives > _MAX_DIRECTIVE_CHARACTERS:  # libyaml compares each with all the others
        problem = f"lines with '%' at the start exceed {_MAX_DIRECTIVE_CHARACTERS} characters"
        raise _refusal(problem, "remove them", "", file)
    return _join_surrogates(decoded)


def is_json(text: str) -> bool:
    """Return whether a text is one JSON document."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _join_surrogates(text: str) -> str:
    """Replace the pairs of escapes that JSON uses for a character by YAML's single escape."""
    if not _SURROGATES.search(text) or not is_json(text):
        return text  # in YAML they may be text
    return _SURROGATES.sub(_join, text)


def _join(found: re.Match[str]) -> str:
    if not found["high"]:
        return found[0]
    number = 0x10000 + (int(found["high"], 16) - 0xD800) * 0x400 + int(found["low"], 16) - 0xDC00
    return f"\\U{number:08x}"


def _refusal(problem: str, hint: str, before: str, file: str) -> LabBuilderError:
    source = Source(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
    return LabBuilderError([Finding("yaml-syntax", problem, hint=hint, source=source)])


def resolve(text: str) -> str | int | float | bool | None:
    """Return the value of an unquoted scalar in YAML 1.2's core schema.

    It raises OverflowError for an integer of more than 100 digits, or a float that is too large.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789" or not (found := _NUMBER.fullmatch(text)):
        return text
    if found["decimal"] or found["based"]:
        # int() takes quadratic time, and has a limit that depends on the process.
        if len(text) > _MAX_DIGITS:
            raise OverflowError
        return int(text) if found["decimal"] else int(text, 0)
    if math.isinf(value := float(text)):
        raise OverflowError
    return value


def syntax_finding(problem: str | None, source: Source, block_line: int | None) -> Finding:
    """Explain a parser's error without quoting the text.

    The value that the parser was reading begins in `block_line`.
    """
    known = ((words, hint) for part, words, hint in _PROBLEMS if part in (problem or ""))
    message, hint = next(known, ("not valid YAML", f"{_ALIGN}; {_QUOTE}"))
    if block_line is not None and block_line != source.line:
        message += f" (in the value that begins on line {block_line})"
    return Finding("yaml-syntax", message, hint=hint, source=source)
