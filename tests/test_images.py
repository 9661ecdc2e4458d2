"""The grammar of image references; `distribution/reference` 0.6.0 gives the same answers."""

from __future__ import annotations

import pytest

from labbuilder.images import is_digest, is_registry, is_repository, is_tag, parse_image

SHA256 = f"sha256:{'5' * 64}"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("lab", ("", "lab", "", "")),
        ("lab:1", ("", "lab", "1", "")),
        ("science/lab", ("", "science/lab", "", "")),
        ("localhost/lab", ("localhost", "lab", "", "")),
        ("Science/lab", ("Science", "lab", "", "")),
        ("registry.example/lab", ("registry.example", "lab", "", "")),
        ("registry:5000/a.b_c__d-e--f/0:t", ("registry:5000", "a.b_c__d-e--f/0", "t", "")),
        (f"a.b/lab@{SHA256}", ("a.b", "lab", "", SHA256)),
        (f"a.b/lab:1@sha384:{'a' * 96}", ("a.b", "lab", "1", f"sha384:{'a' * 96}")),
        (f"a.b/lab:1@sha512:{'a' * 128}", ("a.b", "lab", "1", f"sha512:{'a' * 128}")),
        ("[2001:db8::1]:5000/lab:1", ("[2001:db8::1]:5000", "lab", "1", "")),
        ("[::1]/lab", ("[::1]", "lab", "", "")),
        (
            f"xn--bcher-kva.example:5000/lab/notebook:w@{SHA256}",
            ("xn--bcher-kva.example:5000", "lab/notebook", "w", SHA256),
        ),
        (f"a.b/{'a' * 255}:{'t' * 128}", ("a.b", "a" * 255, "t" * 128, "")),
        (f"a.b/{'5' * 64}", ("a.b", "5" * 64, "", "")),
    ],
)
def test_a_reference_has_parts(text: str, parts: tuple[str, ...]) -> None:
    assert parse_image(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "/lab", "lab/", "lab:", "lab@", ":1", f"@{SHA256}", "lab:-1", "lab::1", "lab:1:2",
        "Lab", "registry.example/Lab", "lab ", " lab", "lab\n", "a.b//lab", "a.b/a___b", "a.b/-a",
        "a..b/lab", "-a.b/lab", "a-.b/lab", "a.b:/lab", "a.b:x/lab", "https://a.b/lab", "[::1/lab",
        "[g::1]/lab", f"a.b/{'a' * 256}", f"a.b/lab:{'t' * 129}", "5" * 64, "a.b/lab:é", "é/lab",
        "a.b/lab@sha256:55", f"lab@sha256:{'A' * 64}", f"lab@md5:{'5' * 32}", f"lab@{SHA256}5",
        f"lab@{SHA256}@{SHA256}", f"lab@sha512:{'5' * 64}",
    ],
)  # fmt: skip
def test_other_texts_are_not_references(text: str) -> None:
    assert parse_image(text) is None


@pytest.mark.parametrize("text", ["a.b:123456/lab", "a_b.c/lab"])
def test_a_reference_that_only_the_library_takes_is_refused(text: str) -> None:
    """A port of six digits, and a host with an underscore, name no registry to pull from."""
    assert parse_image(text) is None


def test_parts_are_checked_by_themselves() -> None:
    assert is_registry("registry.example:5000")
    assert not is_registry("registry.example/lab")
    assert is_repository("lab/notebook")
    assert not is_repository("registry.example:5000/lab")
    assert is_tag("w_2077_43")
    assert not is_tag("w/2077")
    assert is_digest(SHA256)
    assert not is_digest("sha256:55")
