"""Keys: a number for each row that says which example it is, the same for ever.

Which part (train, validation, test) a row falls in follows its key, so what is written here must never change: a row
that was held out once must stay held out. A cell is hashed by what it says, not by how it is stored: the word "1"
and the number 1.0 agree, so a column whose kind changes keeps its keys. The order of columns plays no role.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from lamina.core import Array, Coded, PlanError
from lamina.examples import words
from lamina.examples.reading import FILES

if TYPE_CHECKING:
    from lamina.examples.examples import Examples

_COUNTERS = frozenset(
    {"", "index", "unnamed: 0", "__index_level_0__"}
)  # written by tools, they say nothing about a row


def mix(x: Array) -> Array:
    """Scatter uint64 numbers (splitmix64, Steele, Lea & Flood 2014): every bit of x changes half of the bits."""
    x = x.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Array = x ^ (x >> np.uint64(31))
    return mixed


def of_bytes(text: bytes) -> int:
    """64 bits of BLAKE2b."""
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little")


def of_words(found: Iterable[str], as_numbers: bool = True) -> Array:
    """One number per word; words that are numbers hash as numbers do."""
    found = list(found)
    hashed = np.fromiter((of_bytes(word.encode("utf-8", "surrogatepass")) for word in found), np.uint64, len(found))
    if as_numbers:
        for row, word in enumerate(found):
            value = words.as_number(word)
            if value is not None:
                hashed[row] = of_numbers(np.array([value]))[0]
    return hashed


def of_numbers(values: Array) -> Array:
    """One number per number, by its float32 bits: what float32 cannot tell apart is the same here. 0 where missing."""
    with np.errstate(over="ignore"):
        single = values.astype(np.float32) + np.float32(0)  # -0.0 becomes 0.0
    hashed = mix(single.view(np.uint32).astype(np.uint64) + np.uint64(1))
    return np.where(np.isnan(single), np.uint64(0), hashed)


def of_files(values: Array) -> Array:
    """By content: the bytes of the file, or the values. 0 where missing; a file that cannot be read hashes by its path."""
    if values.dtype != object:
        shape = str(values.shape[1:]).encode()
        hashed = (of_bytes(shape + np.ascontiguousarray(picture).tobytes()) for picture in values)
        return np.fromiter(hashed, np.uint64, len(values))
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        return np.fromiter(pool.map(_of_file, values, chunksize=64), np.uint64, len(values))


def _of_file(item: str | bytes | Array | None) -> int:
    if item is None:
        return 0
    if isinstance(item, np.ndarray):
        return of_bytes(str(item.shape).encode() + np.ascontiguousarray(item).tobytes())
    if isinstance(item, bytes):
        return of_bytes(item)
    try:
        with open(item, "rb") as file:
            return int.from_bytes(hashlib.file_digest(file, _blake).digest(), "little")
    except OSError:
        return of_bytes(item.encode("utf-8", "surrogatepass"))


def _blake() -> hashlib.blake2b:
    return hashlib.blake2b(digest_size=8)


def of_column(name: str, data: Array | Coded, kind: str) -> Array:
    """[N] numbers to be summed over columns: the name counts, a missing cell adds nothing."""
    if isinstance(data, Coded):
        hashed = np.append(of_words(data.words), np.uint64(0))[data.codes]
    elif kind in FILES:
        hashed = of_files(data)
    elif kind == "date":
        hashed = np.where(
            np.isnan(data), np.uint64(0), mix(np.rint(np.nan_to_num(data)).astype(np.int64).view(np.uint64))
        )
    else:
        hashed = of_numbers(data)
    return np.where(hashed == 0, np.uint64(0), mix(hashed ^ np.uint64(of_bytes(name.encode()))))


def of(examples: Examples, ignore: Collection[str] = ()) -> Array:
    """uint64 [N] per row of `examples`."""
    for role in (examples.reading.id, _group(examples)):
        if role and role in examples.kinds and role not in ignore:
            data = examples.stored(role)
            known = (
                data if isinstance(data, Coded) else words.encode(None if np.isnan(x) else words.spell(x) for x in data)
            )
            content = None if (known.codes >= 0).all() else content_of(examples, ignore)
            hashed = np.append(of_words(known.words, as_numbers=False), np.uint64(0))[known.codes]
            return mix(hashed) if content is None else np.where(known.codes >= 0, mix(hashed), content)
    return content_of(examples, ignore)


def of_labels(examples: Examples, target: str) -> Array:
    """uint64 [N] by whom (or what) a row is of: all rows of one label share a key. Rows without one have their own."""
    data = examples.stored(target)
    if not isinstance(data, Coded):
        raise PlanError(f"'{target}' holds {examples.kinds[target].name}; names are needed, of whom each row is.")
    labels = np.append(of_words(data.words, as_numbers=False), np.uint64(0))[data.codes]
    return np.where(data.codes >= 0, mix(labels), content_of(examples, (target,)))


def content_of(examples: Examples, ignore: Collection[str] = (), only: Sequence[str] | None = None) -> Array:
    """By what the row holds."""
    names = [name for name in (only or examples.columns) if name not in ignore]
    named = [name for name in names if name.lower() not in _COUNTERS and examples.kinds[name].name != "weight"]
    total = np.zeros(len(examples), dtype=np.uint64)
    for name in named or names:
        cached = examples._hashes.get(name)
        if cached is None:
            column = examples._columns[name]
            cached = of_column(name, column.data, column.kind.held)
            if column.kind.held in FILES:  # reading files again costs; the other columns would only fill the memory
                examples._hashes[name] = cached
        total += cached if examples._rows is None else cached[examples._rows]
    return mix(total)


def _group(examples: Examples) -> str | None:
    groups = examples.of("group")
    return groups[0] if groups else None
