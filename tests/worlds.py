"""Tiny made worlds that are learned in seconds, and whose answer is known: each with a control that must fail.

A world is a dict of columns. `rows` and `seed` decide it; other seeds give new rows of the same world.
"""

from __future__ import annotations

import io
import wave
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import numpy as np

from lamina.core import Array, Coded

if TYPE_CHECKING:
    from lamina.model.model import Model

World: TypeAlias = dict[str, Any]
Result = TypeVar("Result")


def stripes(rows: int, seed: int, side: int = 12) -> World:
    """Pictures with level or upright stripes of any width, place and brightness, in noise."""
    rng = np.random.default_rng(seed)
    upright = rng.random(rows) < 0.5
    return {"image": _striped(upright, side, rng), "label": _words(upright, "upright", "level")}


def strokes(rows: int, seed: int, side: int = 16) -> World:
    """Pictures with two short strokes anywhere, both of about one of six slopes, which the label tells."""
    rng = np.random.default_rng(seed)
    slope = rng.integers(0, 6, rows)
    down, right = np.mgrid[:side, :side]
    x = 20 + 12 * rng.standard_normal((rows, side, side))
    for picture, each in zip(x, slope, strict=True):
        for _ in range(2):
            angle = (each + rng.uniform(-0.25, 0.25)) * np.pi / 6
            row, column = rng.uniform(4, side - 4, 2)
            across = np.abs((down - row) * np.cos(angle) - (right - column) * np.sin(angle))
            along = np.abs((down - row) * np.sin(angle) + (right - column) * np.cos(angle))
            picture += 200 * np.clip(1.5 - across, 0, 1) * (along < 4)
    return {"image": np.clip(x, 0, 255).astype(np.uint8)[..., None], "label": np.char.add("slope ", slope.astype(str))}


def beeps(rows: int, seed: int) -> World:
    """Tones that rise or fall, of any pitch, speed, length and loudness, in noise."""
    rng = np.random.default_rng(seed)
    rising = rng.random(rows) < 0.5
    found = np.empty(rows, object)
    for row in range(rows):
        time = np.arange(round(8_000 * rng.uniform(0.2, 0.5))) / 8_000
        wide = rng.uniform(1.5, 2.5)
        path = np.linspace(1, wide, len(time)) if rising[row] else np.linspace(wide, 1, len(time))
        wave_of = np.sin(2 * np.pi * np.cumsum(rng.uniform(300, 1200) * path) / 8_000)
        found[row] = wav(rng.uniform(0.05, 0.4) * wave_of + 0.01 * rng.standard_normal(len(time)))
    return {"sound": found, "label": _words(rising, "rising", "falling")}


def flashes(rows: int, seed: int) -> World:
    """Bright films of four to eight frames; in one of them alone a dark block stands, at the left or at the right."""
    rng = np.random.default_rng(seed)
    left, films = rng.random(rows) < 0.5, np.empty(rows, object)
    for row in range(rows):
        film = rng.integers(170, 200, (rng.integers(4, 9), 10, 12, 3), np.uint8)
        when, down, right = rng.integers(0, len(film)), rng.integers(0, 6), rng.integers(0, 3)
        film[when, down : down + 4, right + (0 if left[row] else 6) :][:, :4] = 20
        films[row] = film
    return {"film": films, "label": _words(left, "left", "right")}


def blobs(rows: int, seed: int) -> World:
    """Two classes that a ring of numbers tells apart: no line does."""
    rng = np.random.default_rng(seed)
    inside = rng.random(rows) < 0.5
    angle, radius = rng.uniform(0, 2 * np.pi, rows), np.where(inside, 1.0, 3.0) + 0.3 * rng.standard_normal(rows)
    return {
        "east": radius * np.cos(angle),
        "north": 1000 + radius * np.sin(angle),  # its origin lies far away
        "noise": rng.standard_normal(rows),
        "label": _words(inside, "inside", "outside"),
    }


def line(rows: int, seed: int) -> World:
    """A number that rises with another one and is shifted by a word."""
    rng = np.random.default_rng(seed)
    town = rng.integers(0, 3, rows)
    size = rng.uniform(20, 200, rows)
    price = 3000 * size + np.array([0.0, 100_000.0, 300_000.0])[town] + 5_000 * rng.standard_normal(rows)
    return {"size": size, "town": np.array(["Aden", "Bonn", "Cork"])[town], "price": price}


def tagged(rows: int, seed: int) -> World:
    """Two tags, each with a number of its own; no tag is an answer too."""
    rng = np.random.default_rng(seed)
    wet, cold = rng.standard_normal(rows), rng.standard_normal(rows)
    tags = [
        [tag for tag, there in (("wet", w > 0.2), ("cold", c > -0.2)) if there] for w, c in zip(wet, cold, strict=True)
    ]
    return {"a": wet, "b": cold, "weather": tags}


def mixed(rows: int, seed: int, side: int = 8) -> World:
    """A picture and a number that answer only together: the stripes say whether the number counts up or down."""
    rng = np.random.default_rng(seed)
    upright = rng.random(rows) < 0.5
    number = rng.standard_normal(rows)
    return {
        "image": _striped(upright, side, rng),
        "number": number,
        "label": _words(upright == (number > 0), "yes", "no"),
    }


def letters(rows: int, seed: int) -> World:
    """Texts whose two last words say it only together: the same word is praise after one, and blame after the other."""
    rng = np.random.default_rng(seed)
    word = np.array([f"w{k}" for k in range(300)])
    good, flipped = rng.random(rows) < 0.5, rng.random(rows) < 0.5
    ends = np.where(good, np.where(flipped, "not bad", "so good"), np.where(flipped, "not good", "so bad"))
    text = [" ".join([*rng.choice(word, rng.integers(3, 12)), end]) for end in ends]
    return {"letter": text, "label": _words(good, "praise", "blame")}


def wobbles(rows: int, seed: int) -> World:
    """Two signals of any length, with gaps: in one class the second follows the first, in the other it goes before."""
    rng = np.random.default_rng(seed)
    before = rng.random(rows) < 0.5
    series = np.empty(rows, object)
    for row in range(rows):
        steps = np.arange(rng.integers(16, 33)) * rng.uniform(0.5, 0.7) + rng.uniform(0, 6)
        both = np.stack([np.sin(steps), np.sin(steps + (1 if before[row] else -1))], 1)
        both += 0.2 * rng.standard_normal(both.shape)
        both[rng.random(both.shape) < 0.03] = np.nan
        series[row] = both
    return {"series": series, "label": _words(before, "before", "after")}


def several(rows: int, seed: int) -> World:
    """A class and a number, both answered from the same columns."""
    world = blobs(rows, seed)
    return world | {"far": np.hypot(world["east"], world["north"] - 1000)}


def people(rows: int, seed: int, each: int = 8) -> World:
    """Some numbers that each one keeps, and others that change from day to day: `each` rows of everybody."""
    rng = np.random.default_rng(seed)
    count = rows // each
    who = np.repeat(np.arange(count), each)
    kept = rng.standard_normal((count, 4))[who] + 0.1 * rng.standard_normal((len(who), 4))
    changing = rng.standard_normal((len(who), 4))
    columns = {f"x{k}": column for k, column in enumerate(np.concatenate([kept, changing], 1).T)}
    return columns | {"person": np.array([f"person {seed} {k}" for k in who])}


CUSTOMER = {"money spent": 80.0, "region": "north", "when": "2024-03-01"}  # somebody to ask the shop's model about


def shop(rows: int, seed: int) -> World:
    """A number, a word and a date; a class and a number are answered: who spends much returns."""
    rng = np.random.default_rng(seed)
    spent, north = rng.uniform(0, 100, rows).round(2), rng.random(rows) < 0.5
    return {
        "money spent": spent,
        "region": _words(north, "north", "south"),
        "when": np.datetime64("2024-01-01") + rng.integers(0, 600, rows),
        "returns": _words(spent > 50, "yes", "no"),
        "visits": spent / 10 + 3 * north,
    }


def shuffled(world: World, target: str, seed: int = 0) -> World:
    """The control: the same world with labels that have nothing to do with it."""
    order = np.random.default_rng(seed).permutation(len(world[target]))
    labels = world[target]
    return world | {target: [labels[k] for k in order] if isinstance(labels, list) else labels[order]}


def column(kind: str, rows: int, seed: int) -> Any:
    """Values of a column as `Examples.values` gives them, missing cells among them: what an input or output observes."""
    rng = np.random.default_rng(seed)
    gone = rng.random(rows) < 0.2
    match kind:
        case "number":
            return np.where(gone, np.nan, np.round(rng.standard_normal(rows) * 50, 3))
        case "date":
            return np.where(gone, np.nan, np.round(rng.uniform(0, 1.7e9, rows)))
        case "category" | "identity":
            return Coded(np.where(gone, -1, rng.integers(0, 4, rows)).astype(np.int32), ("ash", "elm", "fir", "oak"))
        case "tags":
            names = np.array(["red", "blue", "green"])
            return [None if g else names[rng.random(3) < 0.5].tolist() for g in gone]
        case "text":
            start, end = ("a good day", "what a day", "no rain"), ("after all!", "in May 1999", "before the NIGHT")
            said = sorted(f"{one} {other}" for one in start for other in end)
            return Coded(np.where(gone, -1, rng.integers(0, len(said), rows)).astype(np.int32), tuple(said))
        case "transcript":
            texts = [" ".join("abéd"[k] for k in rng.integers(0, 4, n)) for n in rng.integers(1, 5, rows)]
            words = sorted(set(texts))
            codes = np.array([words.index(text) for text in texts])
            return Coded(np.where(gone, -1, codes).astype(np.int32), tuple(words))
        case "image" | "line":
            found = np.empty(rows, object)
            found[:] = [None if g else png(rng.integers(0, 255, (9, 9, 3), np.uint8)) for g in gone]
            return found
        case "video":
            films = np.empty(rows, object)
            for row in np.flatnonzero(~gone):
                films[row] = rng.integers(0, 256, (rng.integers(1, 12), 9, 9, 3), np.uint8)
            return films
        case "series":
            cells = np.empty(rows, object)
            for row in np.flatnonzero(~gone):
                steps = rng.standard_normal((rng.integers(1, 9), 2)).round(3)
                steps[rng.random(steps.shape) < 0.1] = np.nan
                steps[0] = 1.0  # an all-empty series is none
                cells[row] = steps
            return cells
        case "sound":
            found = np.empty(rows, object)
            found[:] = [None if g else wav(_beep(300.0 + 40 * k, 0.1 + 0.01 * k, rng)) for k, g in enumerate(gone)]
            return found
    raise NotImplementedError(f"Say here what the values of the kind '{kind}' look like: then its contract is tested.")


def png(pixels: Array, kind: str = "PNG") -> bytes:
    """A picture as the bytes of a file."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


def lines(rows: int, seed: int) -> World:
    """Pictures of lines of one to four signs, bars that lie or stand, and what stands there: `-`, `|` and `=`."""
    rng = np.random.default_rng(seed)
    pictures, texts = np.empty(rows, object), []
    for row in range(rows):
        text = "".join("-|="[k] for k in rng.integers(0, 3, rng.integers(1, 5)))
        signs = [np.full((16, int(rng.integers(10, 16))), 230) for _ in text]
        for sign, pixels in zip(text, signs, strict=True):
            x, y = int(rng.integers(2, 4)), int(rng.integers(5, 9))
            if sign == "|":
                pixels[2:14, x + 2 : x + 4] = 30
            for level in {"-": (y,), "=": (y - 2, y + 3), "|": ()}[sign]:
                pixels[level : level + 2, x : x + 6] = 30
        whole = np.concatenate(signs, 1) + rng.normal(0, 8, (16, sum(each.shape[1] for each in signs)))
        pictures[row] = png(np.clip(whole, 0, 255).astype(np.uint8))
        texts.append(text)
    return {"image": pictures, "text": np.array(texts)}


def ended(running: Generator[Any, None, Result]) -> Result:
    """What a run gives at its end, whatever it says on the way."""
    while True:
        try:
            next(running)
        except StopIteration as end:
            found: Result = end.value
            return found


def learned(source: Any, target: str | Sequence[str], steps: int, *, folds: int = 0, **said: Any) -> Model:
    """A model quickly, without simple models beside it and without a report. said: fields of a plan, or a network."""
    from lamina.examples import read
    from lamina.learning.plan import Plan
    from lamina.learning.training import Training

    targets = (target,) if isinstance(target, str) else tuple(target)
    network = said.pop("network", None)
    name = network if isinstance(network, str) else None
    plan = Plan(target=targets, steps=steps, folds=folds, network=name, **said)
    module = None if isinstance(network, str) else network
    return Training(read(source, target=targets), plan, network=module, report=False).model


def wav(samples: Array, rate: int = 8_000) -> bytes:
    """Samples in -1 to 1, [n] or [n, channels], as the bytes of a file."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((1 if samples.ndim == 1 else samples.shape[1], 2, rate, 0, "NONE", ""))
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return buffer.getvalue()


def _beep(hertz: float, seconds: float, rng: np.random.Generator, rate: int = 8_000) -> Array:
    """A tone in a little noise, [n]."""
    time = np.arange(round(seconds * rate)) / rate
    found: Array = 0.3 * np.sin(2 * np.pi * hertz * time) + 0.01 * rng.standard_normal(len(time))
    return found


def _striped(upright: Array, side: int, rng: np.random.Generator) -> Array:
    """uint8 [N, side, side, 1]."""
    rows = len(upright)
    wide, start = rng.uniform(1.5, 3, (rows, 1)), rng.uniform(0, 6, (rows, 1))
    wave = np.sin(np.arange(side) * np.pi / wide + start)
    x = np.where(upright[:, None, None], wave[:, None, :], wave[:, :, None]) + 0.4 * rng.standard_normal(
        (rows, side, side)
    )
    return np.clip(rng.uniform(90, 160, (rows, 1, 1)) + 45 * x, 0, 255).astype(np.uint8)[..., None]


def _words(yes: Array, one: str, other: str) -> Array:
    return np.where(yes, one, other)


def verses(letters: int, seed: int) -> str:
    """Sentences of a small grammar, one a line."""
    rng = np.random.default_rng(seed)
    who, where, sings = ("cat", "dog", "owl", "fox"), ("mat", "hill", "roof", "wall"), ("sang", "slept", "fell")
    text = ""
    while len(text) < letters:
        text += (
            f"The {rng.choice(who)} sat on the {rng.choice(where)}, and the {rng.choice(where)} {rng.choice(sings)}.\n"
        )
    return text[:letters]
