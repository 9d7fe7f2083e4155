"""Reads examples: a folder, a table, arrays or SQL becomes `Examples`, with kinds, keys, splits and what is wrong.

NumPy at the door; Polars and Pillow are imported by what needs them, so that predicting starts fast.
"""

from lamina.examples.examples import Examples
from lamina.examples.reading import Kind, Note, Reading
from lamina.examples.sources import read
from lamina.examples.splits import Split, place, split

__all__ = ["Examples", "Kind", "Note", "Reading", "Split", "place", "read", "split"]
