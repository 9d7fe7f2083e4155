"""Reads examples: a folder, a table, arrays or SQL becomes `Examples`, with kinds, keys, splits and what is wrong.

NumPy at the door; Polars and Pillow are imported by what needs them, so that predicting starts fast.
"""

import os

# Polars would keep freed memory until it is next asked for some, which after reading may be never.
# It counts only where Polars is not yet imported, and where nobody has said otherwise.
os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:0,muzzy_decay_ms:0")

from lamina.examples.examples import Examples
from lamina.examples.reading import Kind, Note, Reading
from lamina.examples.sources import read
from lamina.examples.splits import Split, split
from lamina.examples.targets import as_categories
from lamina.examples.thresholds import place

__all__ = ["Examples", "Kind", "Note", "Reading", "Split", "as_categories", "place", "read", "split"]
