"""The fragment engine: Jinja shapes the structure of an object, values never become text.

Jinja's ``finalize`` hook takes every value that a fragment prints: it appends the value to the
render's list and prints a marker instead (`sandbox`). The rendered text thus holds only structure
and markers. It is parsed once per shape, and compiled to fill in the values (`skeleton`).

Other markers record which file wrote which part of the text (`markers`), so that a site's fragment
can set a key that ours sets as well.
"""

from labbuilder.fragments.engine import Fragments
from labbuilder.fragments.hole import Hole
from labbuilder.fragments.load import Templates, load_fragments
from labbuilder.fragments.text import compile_text

__all__ = ["Fragments", "Hole", "Templates", "compile_text", "load_fragments"]
