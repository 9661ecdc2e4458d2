#!/usr/bin/env python3
"""Write what the READMEs take from the code: tables of references, and what commands print.

Run ``python tests/make_documentation.py`` after a change to the configuration, the rules, the
commands, the fragments' variables or a message that a README shows.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from readmes import READMES, with_output, with_parts
from references import ROOT


def main() -> None:
    for readme in READMES:
        old = readme.read_text(encoding="utf-8")
        with TemporaryDirectory() as folder:
            new = with_output(with_parts(old), Path(folder))
        if new != old:
            readme.write_text(new, encoding="utf-8")
            print(f"wrote {readme.relative_to(ROOT)}")  # noqa: T201 (a script)


if __name__ == "__main__":
    main()
