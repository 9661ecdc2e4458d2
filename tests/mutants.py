"""Labs with planted secrets, and odd changes of them: what is shown must not hold a piece of one.

The changes move no secret to where it is public: into a name, a key, an image.
"""

from __future__ import annotations

import base64
import copy
import random
from collections.abc import Iterator
from typing import Any

__all__ = ["CREDENTIALS", "GIVEN", "VALUES", "in_user_file", "mutate", "pieces", "shows"]

_RANDOM = random.Random(13)  # noqa: S311 (no secret)
_LENGTH = 6  # characters of a piece that must not be shown
_PLANTED_LENGTH = 24


def _planted() -> str:
    """Make text that nothing else has a piece of."""
    return "".join(_RANDOM.choices("bdfghjkqvwxzBDFGHJKQVWXZ", k=_PLANTED_LENGTH))


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


TOKEN, SHARED, PULL, HUB, DATABASE, SITE, VAULT, NOTE, PLAIN, FOUND = (
    _planted() for _ in range(10)
)
CREDENTIALS = (TOKEN, SHARED, PULL, HUB, DATABASE, SITE, VAULT, NOTE)
"""What `redact` masks in a rendering, and nothing else shows either."""
VALUES = (PLAIN, FOUND)
"""Values of the environment and of the discovery document, which only a rendering shows."""

GIVEN: dict[str, Any] = {
    "config": {
        "namespacePrefix": "labs",
        "sizes": [
            {
                "size": "small",
                "resources": {
                    "limits": {"cpu": 1, "memory": "4Gi"},
                    "requests": {"cpu": 0.5, "memory": "1Gi"},
                },
            }
        ],
        "volumes": [
            {
                "name": "home",
                "source": {
                    "type": "persistentVolumeClaim",
                    "accessModes": ["ReadWriteMany"],
                    "resources": {"requests": {"storage": "1Gi"}},
                },
            }
        ],
        "volumeMounts": [{"containerPath": "/home", "volumeName": "home"}],
        "secrets": [{"secretName": "s", "secretKey": "shared", "env": "SHARED", "path": "/opt/s"}],
        "env": {"VAULT_PASSWORD": VAULT},
        "extraAnnotations": {"example.org/api-key": NOTE},
        "pullSecret": "pull",
    },
    "site": {
        "baseUrl": f"https://hub:{SITE}@data.example.org",
        "discovery": {"services": {"tap": [FOUND]}},
    },
    "user": {
        "username": "vera",
        "name": "Vera Rubin",
        "uid": 1928,
        "gid": 1928,
        "groups": [{"name": "vera", "id": 1928}],
        "quota": {"notebook": {"cpu": 4, "memory": 16}},
    },
    "lab": {
        "env": {
            "JUPYTERHUB_SERVICE_PREFIX": "/user/vera/",
            "JUPYTERHUB_API_TOKEN": HUB,
            "DATABASE_URL": f"postgres://vera:{DATABASE}@db.example.org:5432/labs",
            "PLAIN": PLAIN,
        },
        "options": {"size": "small"},
    },
    "image": f"registry.example/lab/notebook:w_2026_47@sha256:{'5' * 64}",
    "secrets": {"token": _encoded(TOKEN), "shared": _encoded(SHARED)},
    "pull_secret": {"data": {".dockerconfigjson": _encoded(f'{{"auths": "{PULL}"}}')}},
}
"""Arguments of `labbuilder.compile_lab`."""


def in_user_file(given: dict[str, Any]) -> dict[str, Any]:
    """Give arguments as a user file has them."""
    document = copy.deepcopy(given)
    if "pull_secret" in document:
        document["pullSecret"] = document.pop("pull_secret")
    if isinstance(secrets := document.get("secrets"), dict):
        document["secrets"] = {
            key: {"base64": each} if isinstance(each, str) else each
            for key, each in secrets.items()
        }
    return document


def pieces(planted: tuple[str, ...]) -> frozenset[str]:
    """Give every piece of planted text, as it is and in base64 wherever it may begin there."""
    forms = [
        *planted,
        *(_encoded("=" * shift + text)[4:-4] for text in planted for shift in range(3)),
        *(text.encode().hex() for text in planted),
    ]
    return frozenset(
        form[i : i + _LENGTH] for form in forms for i in range(len(form) - _LENGTH + 1)
    ) - {"".join(["0"] * _LENGTH)}


def shows(text: str, known: frozenset[str]) -> str:
    """Give what text shows of what is known, with what stands around it; empty if nothing."""
    for i in range(len(text) - _LENGTH + 1):
        if text[i : i + _LENGTH] in known:
            return text[max(0, i - 80) : i + 80]
    return ""


_JUNK: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 2**70, float("nan"), "", " ", "x" * 10_000, "\x1b[31m",
    "a\n::error::b", "\u202e", "{{ uid }}", [], {}, [None], {"": ""}, {"a": {"b": {"c": 1}}}, "!x",
    "::", "0",
)  # fmt: skip
_TAILS: tuple[str, ...] = (
    "!", "\n", "\0", "\u202e", "=", " x", "\ud800", "@", "/", "'", '"', ":", "://",
)  # fmt: skip

_IN_URLS = tuple(tail for tail in _TAILS if tail not in {"\n", "://"})
_SECRET_KEYS = ("token", "shared", "JUPYTERHUB_API_TOKEN")


def mutate(given: Any, chance: random.Random, times: int = 2) -> Any:
    """Copy data with some odd changes."""
    data = copy.deepcopy(given)
    for _ in range(chance.randint(1, times)):
        places = list(_places(data))
        if places:
            _change(*chance.choice(places), chance, data)
    return data


def _places(data: Any) -> Iterator[tuple[Any, Any]]:
    items: Any = enumerate(data) if isinstance(data, list) else ()
    items = data.items() if isinstance(data, dict) else items
    for key, value in list(items):
        yield data, key
        yield from _places(value)


def _change(holder: Any, key: Any, chance: random.Random, data: Any) -> None:
    value = holder[key]
    kind = chance.randrange(9)
    if kind == 0:
        holder[key] = copy.deepcopy(chance.choice(_JUNK))
    elif kind == 1:
        del holder[key]
    elif kind == 2 and isinstance(key, str):  # another key, or the same again
        new = chance.choice(
            [key.upper(), f"{key}_x", f"{key}\n::error::x", f"\x1b[31m{key}", "a b"]
        )
        holder[new] = copy.deepcopy(value) if chance.random() < 0.5 else holder.pop(key)
    elif kind == 3:
        holder[key] = chance.choice([[value], {"x": value}, {"text": value}, {"value": [value]}])
    elif kind == 4 and isinstance(value, str):
        first, tails = 0, _TAILS
        if "://" in value:  # what makes it a URL stays
            first, tails = value.rindex(":", 0, value.rindex("@")) + 1, _IN_URLS
        cut = chance.randint(first, len(value))
        tail = chance.choice(tails)
        holder[key] = chance.choice([value + tail, value[:cut] + tail + value[cut:]])
    elif kind == 5 and isinstance(value, str):
        holder[key] = chance.choice([value * 2, value * 500, f"{value}\n" * 3])
    elif kind == 6:
        _swap_secrets(data, chance)
    elif kind == 7 and isinstance(value, dict) and value:
        holder[key] = chance.choice([list(value.values()), list(value.items()), tuple(value)])
    else:
        holder[key] = copy.deepcopy(chance.choice(_JUNK))


def _swap_secrets(data: Any, chance: random.Random) -> None:
    """Exchange two values that are secret, wherever they are."""
    if not isinstance(data, dict):
        return
    lab = data.get("lab")
    holders = [data.get("secrets"), lab.get("env") if isinstance(lab, dict) else None]
    places = [(each, key) for each in holders if isinstance(each, dict) for key in each]
    places = [
        (each, key)
        for each, key in places
        if key in _SECRET_KEYS and isinstance(each[key], str)  # so that nothing holds itself
    ]
    if len(places) > 1:
        (one, a), (other, b) = chance.sample(places, 2)
        one[a], other[b] = other[b], one[a]
