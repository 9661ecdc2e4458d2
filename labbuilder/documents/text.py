"""What may stand in YAML text: its characters, its plain scalars, and its errors in words."""

from __future__ import annotations

import json
import math
import re

from labbuilder.errors import Finding, LabBuilderError, Source

__all__ = ["decode", "find_refused", "resolve", "syntax_finding"]

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

# What YAML 1.1 or 1.2 doesn't take for text. NEL, LS and PS end a line in 1.1 only.
_REFUSED = re.compile(
    "[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]"
)

_MAX_DIRECTIVES = 2000  # characters
_DIRECTIVE = re.compile(r"^%.*", re.MULTILINE)
_HALVES = re.compile(
    r"\\\\|\\u(?P<high>[dD][89abAB][0-9a-fA-F]{2})\\u(?P<low>[dD][c-fC-F][0-9a-fA-F]{2})"
)

_QUOTE = "put a value with special characters in quotes"
_CLOSE = "close every bracket and quote, and put a comma between items"
_ALIGN = "indent with spaces, the same for all keys or items of one block"

# The parsers' messages are for those who know YAML's grammar, and PyYAML without
# libyaml quotes the text in them: what they contain, what it means, what to do.
_PROBLEMS = (
    ("mapping values are not allowed", "':' stands where no key can", f"{_QUOTE}; {_ALIGN}"),
    ("start any token", "a value starts with '@', '`' or '%'", _QUOTE),
    ("tab character", "a tab stands where YAML takes only spaces", _ALIGN),
    ("expected ':'", "this is no 'key: value'", "write a colon and a space after the key"),
    ("expected '-'", "this is no item of the list above it", _ALIGN),
    ("expected key", "this is no key of the mapping above it", f"{_ALIGN}; {_QUOTE}"),
    ("<block end>", "this does not belong to the block above it", f"{_ALIGN}; {_QUOTE}"),
    ("expected ','", "a comma or a closing bracket is missing", _CLOSE),
    ("node content", "a value is missing", _CLOSE),
    ("end of stream", "a quoted text does not end", _CLOSE),
    ("unexpected document", "a quoted text runs into the next document", _CLOSE),
    ("sequence entries", "a list starts where none can", "start the list on a line of its own"),
    ("Unicode character escape", "an escape names no character", "write the character itself"),
    ("escape", "a backslash in double quotes starts no escape that YAML knows", "double it"),
    ("hexdec", "an escape in double quotes lacks digits", "double the backslash"),
    ("expected alphabetic", "'&' or '*' is not followed by a name", _QUOTE),
    ("tag", "what starts with '!' is no tag that YAML knows", _QUOTE),
    ("<document start>", "there is text after the end of the document", "put '---' before it"),
    ("indentation indicator", "'|' or '>' is followed by text", "start it on its own line"),
    ("line break", "'|' or '>' is followed by text", "start that text on a line of its own"),
    ("incompatible", "this is not YAML 1.1 or 1.2", "leave out the line that starts with '%YAML'"),
    ("directive", "a line starts with '%' and is no directive that YAML knows", _QUOTE),
)


def find_refused(text: str) -> re.Match[str] | None:
    """Find the first character that can't stand in YAML, whichever version reads it."""
    return _REFUSED.search(text)


def decode(text: str | bytes, file: str) -> str:
    """Return the text without a byte order mark.

    Parameters
    ----------
    text
        The text; bytes are UTF-8.
    file
        What to call it in a finding.

    Returns
    -------
    str
        Text of which every reader of YAML sees the same lines and characters.

    Raises
    ------
    LabBuilderError
        If it is not UTF-8, or holds a character that YAML does not allow unescaped.
    """
    if isinstance(text, bytes):
        try:
            decoded = text.decode()
        except UnicodeDecodeError as error:
            before = text[: error.start].decode()
            raise _refusal("the text is not UTF-8", "save it as UTF-8", before, file) from None
    else:
        decoded = text
    decoded = decoded.removeprefix("\ufeff")
    if found := find_refused(decoded):
        problem = f"the character U+{ord(found[0]):04X} may not stand in YAML text"
        hint = "delete it, or write it as an escape in double quotes; save the file as UTF-8"
        raise _refusal(problem, hint, decoded[: found.start()], file)
    directives = sum(map(len, _DIRECTIVE.findall(decoded)))
    if directives > _MAX_DIRECTIVES:  # of which libyaml compares each with all the others
        problem = f"lines that start with '%' have more than {_MAX_DIRECTIVES} characters"
        raise _refusal(problem, "leave them out", "", file)
    return _with_whole_characters(decoded)


def _with_whole_characters(text: str) -> str:
    """Write JSON's escapes of UTF-16, of which there are two a character, as YAML's of one."""
    if not _HALVES.search(text):
        return text
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text  # in YAML they may be text
    return _HALVES.sub(_whole, text)


def _whole(found: re.Match[str]) -> str:
    if not found["high"]:
        return found[0]
    number = 0x10000 + (int(found["high"], 16) - 0xD800) * 0x400 + int(found["low"], 16) - 0xDC00
    return f"\\U{number:08x}"


def _refusal(problem: str, hint: str, before: str, file: str) -> LabBuilderError:
    source = Source(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
    return LabBuilderError([Finding("yaml-syntax", problem, hint=hint, source=source)])


def resolve(text: str) -> str | int | float | bool | None:
    """Say what an unquoted scalar means in YAML 1.2's core schema.

    Parameters
    ----------
    text
        The scalar.

    Returns
    -------
    str, int, float, bool or None
        What it means.

    Raises
    ------
    OverflowError
        If it is a number beyond any use: more than 100 digits, or infinite as a float.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789" or not (found := _NUMBER.fullmatch(text)):
        return text
    if found["decimal"] or found["based"]:
        # int() takes quadratic time and has a limit of its own.
        if len(text) > _MAX_DIGITS:
            raise OverflowError
        return int(text) if found["decimal"] else int(text, 0)
    if math.isinf(value := float(text)):
        raise OverflowError
    return value


def syntax_finding(problem: str | None, source: Source, block_line: int | None) -> Finding:
    """Put a parser's complaint into words, without quoting the text.

    Parameters
    ----------
    problem
        What the parser says.
    source
        Where it noticed.
    block_line
        Where what it was reading begins.

    Returns
    -------
    Finding
        For whoever wrote the text.
    """
    known = ((words, hint) for part, words, hint in _PROBLEMS if part in (problem or ""))
    message, hint = next(known, ("this is not valid YAML", f"{_ALIGN}; {_QUOTE}"))
    if block_line is not None and block_line != source.line:
        message += f" (in what begins in line {block_line})"
    return Finding("yaml-syntax", message, hint=hint, source=source)
