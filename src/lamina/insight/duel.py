"""The duel of two networks, told: which side is winning, whether what is made still differs, what it looked like on the way."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lamina.core import Array, Json
from lamina.insight import thumbnails

LEAD, FAR = 0.65, 0.9  # share of the pairs that the discriminator tells apart: from there on it is winning, or has won
COLLAPSED = 0.4  # of the diversity that was there before: with less, the generator makes the same again and again
DIVERSE = 0.3  # of the diversity of real pictures: with less than that there was none yet to lose
FALLING = 0.65  # of the diversity that was there before: with less, somebody should look
BINS = 20  # of the scores
ACROSS, DOWN = 8, 3  # pictures on the sheet of a moment
SIDE = 64  # pixels a side of them, at most


def standing(told: float) -> str:
    """Who is winning. told: share of the pairs of a real and a made picture of which the real one is scored higher.

    >>> standing(0.95)
    'the discriminator is far ahead: of 100 pairs it tells 95 apart'
    """
    of = f"of 100 pairs it tells {round(100 * told)} apart"
    if told >= FAR:
        return f"the discriminator is far ahead: {of}"
    if told >= LEAD:
        return f"the discriminator leads: {of}"
    if told <= 1 - LEAD:
        return f"the generator leads: {of}"
    return f"neither side leads: {of}"


def collapsed(before: Sequence[float], now: float) -> bool:
    """Whether diversity, 1 for that of real pictures, was there and is lost. The first pictures are noise and lie farther
    apart than real ones ever do: that is nothing to lose.

    >>> collapsed([1.9, 0.9], 0.5), collapsed([1.9, 0.9], 0.3), collapsed([0.1], 0.01)
    (False, True, False)
    """
    return _lost(before, now, COLLAPSED)


def alarm(course: Sequence[float]) -> str:
    """What is to be said of the diversity at its last moment; '' where it is well.

    >>> alarm([1.2, 0.9, 0.5])[:32], alarm([0.9, 0.2])[:23], alarm([0.1, 0.8])
    ('Diversity is falling: what is ma', 'Diversity has collapsed', '')
    """
    if not course:
        return ""
    *before, now = course
    measured = (
        f"Measured as the spread of what the features of made pictures are, {100 * now:.0f} % of that of real ones; "
        f"it was {100 * min(1.0, max(before, default=now)):.0f} %."
    )
    if collapsed(before, now):
        return f"Diversity has collapsed: the generator makes the same again and again. {measured}"
    if _lost(before, now, FALLING):
        return f"Diversity is falling: what is made becomes more and more alike. {measured}"
    return ""


def _lost(before: Sequence[float], now: float, share: float) -> bool:
    most = min(1.0, max(before, default=0.0))
    return most > DIVERSE and now < share * most


def scores(real: Array, made: Array) -> Json:
    """Shares of real and of made pictures by how real they are held for, over the same bins."""
    low, high = np.quantile(np.concatenate([real, made]), [0.005, 0.995])
    edges = np.linspace(low, max(high, low + 1e-6), BINS + 1)
    counts = {
        name: (np.histogram(np.clip(each, edges[0], edges[-1]), edges)[0] / len(each)).tolist()
        for name, each in (("real", real), ("made", made))
    }
    return counts | {"edges": edges.tolist()}


def sheet(pictures: Array) -> str:
    """Some pictures [n, H, W, C] of bytes beside and below each other, as a data URL; large ones are made smaller."""
    from PIL import Image as Pillow

    high, wide, channels = pictures.shape[1:]
    down = -(-len(pictures) // ACROSS)
    page = np.full((down * (high + 1) - 1, ACROSS * (wide + 1) - 1, channels), 255, np.uint8)
    for number, each in enumerate(pictures):
        y, x = number // ACROSS * (high + 1), number % ACROSS * (wide + 1)
        page[y : y + high, x : x + wide] = each
    drawn = Pillow.fromarray(page[..., 0] if channels == 1 else page)
    if max(high, wide) > SIDE:
        scale = SIDE / max(high, wide)
        drawn = drawn.resize((round(drawn.width * scale), round(drawn.height * scale)), Pillow.Resampling.BILINEAR)
    return thumbnails.url(drawn, "PNG" if channels == 1 else "JPEG")
