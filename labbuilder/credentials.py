"""What is a credential: by the name of a value, and within a URL."""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["MASK", "is_credential", "mask_urls"]

MASK = "**********"
"""What is shown in place of a secret's value."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SEPARATOR = re.compile(r"[^a-z]+")
# At the end of a word, since people write PGPASSWORD and authtoken; KEYCLOAK, TOKENIZERS and
# SECRETARY are other words.
_CREDENTIAL = re.compile(
    r"(?:token|secret|password|passwd|passphrase|credential"
    r"|(?:api|access|private)_?key)s?(?![a-z])"
)
_SIGNATURES = {"sig", "signature"}  # by their last word: X-Amz-Signature

# A user and a password before a host: what follows a colon and is no port, up to the last "@" of
# the line, whatever it holds, or without one up to a space. No match goes beyond the next "://",
# so that the search takes linear time.
_USER = re.compile(
    r"""(://[^\s/?#:"'<>\[]*):(?=\S)(?!\d*(?:[/?#\s"'<>,;)\]}]|$))"""
    r"""(?:(?:(?!://)[^\n])+@|(?![$({<])(?:(?!://)[^\s"'<>])+)"""
)
# Of https, all before the host: tokens are given as users, too.
_HTTP_USER = re.compile(r"""(https?://)([^\s/?#@"'<>]+)@""", re.ASCII | re.IGNORECASE)
_PARAMETER = re.compile(r"""(?<![\w.%-])([\w.%-]+)=([^\s&#;"'<>]+)""", re.ASCII)


def is_credential(name: str) -> bool:
    """Return whether the value of this name is a credential: ``API_TOKEN``, ``db.Password``.

    The name of a variable, a key or a parameter is read as words in any case.
    """
    return _is_known(name) if len(name) <= _MAX_CACHED else _has_word(name)


def _has_word(name: str) -> bool:
    words = "_".join(_WORD.findall(name))
    return any(_CREDENTIAL.search(_SEPARATOR.sub("_", each.lower())) for each in (words, name))


_MAX_CACHED = 100  # characters of a name; names repeat from lab to lab
_is_known = lru_cache(_has_word)


def mask_urls(text: str) -> str:
    """Mask the credentials in the URLs of a text.

    That is a password before a host, and a parameter that is a credential by its name, in a URL or
    by itself: ``?sig=``, ``--token=``, ``password=``.
    """
    if "://" in text:
        text = _HTTP_USER.sub(rf"\1{MASK}@", text)
        text = _HTTP_USER.sub(rf"\1{MASK}@", _USER.sub(_password, text))
    return _PARAMETER.sub(_parameter, text) if "=" in text else text


def _password(found: re.Match[str]) -> str:
    return f"{found[1]}:{MASK}{'@' if found[0].endswith('@') else ''}"


def _parameter(found: re.Match[str]) -> str:
    name = found[1]
    secret = is_credential(name) or name.lower().rpartition("-")[2] in _SIGNATURES
    return f"{name}={MASK}" if secret else found[0]
