"""The fragment engine: Jinja shapes the structure of an object, values never become text.

Jinja's ``finalize`` hook sees every value that a fragment prints. It keeps the value in the
render's list and prints a marker instead (`sandbox`). The rendered text holds structure and
markers only; it is parsed once a shape, and compiled to fill in the values (`skeleton`).
"""

from labbuilder.fragments.engine import Fragments
from labbuilder.fragments.hole import Hole
from labbuilder.fragments.load import Templates, load_fragments
from labbuilder.fragments.text import compile_text

__all__ = ["Fragments", "Hole", "Templates", "compile_text", "load_fragments"]
