"""What the report of a model that makes pictures says."""

from __future__ import annotations

import html
import re
import shlex

from lamina.insight.pictured import samples


def test_the_line_that_makes_more_can_be_typed_as_it_stands() -> None:
    label = "o'clock & red"
    said = samples({"rows_of": [label], "asked": "label", "sheet": "data:image/png;base64,"})
    [line] = re.findall("<code>(.*)</code>", said)
    words = shlex.split(html.unescape(line))
    assert words[words.index("--given") + 1] == f"label={label}"
