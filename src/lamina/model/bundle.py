"""The files of a model: a folder that is whole or absent, or the same as one zip. Never pickle.

A model's `files` are where its folder lies, or, before it is saved and out of a zip, the content by name.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from lamina.core import Array, ModelError
from lamina.machine.files import new_folder, standing
from lamina.model.card import Card, digest, digest_of

CARD, WEIGHTS, NETWORK, REPORT = "card.json", "weights.safetensors", "network.onnx", "report.html"
FILES = (WEIGHTS, NETWORK, REPORT)
INSIDE = "<!-- what goes on inside -->"  # in a report that holds more than its sections, where these end
ANSWERS = "answers.csv"  # of rows without a label, where they were to be answered
LARGE = ".npy"  # ends the names of files that are mapped into memory
BESIDE = ("novelty.", "found.")  # begins the names of arrays that lie beside the network's weights

Files: TypeAlias = Path | Mapping[str, bytes]


def content(files: Files, name: str) -> bytes:
    """What the file of this name holds."""
    return (files / name).read_bytes() if isinstance(files, Path) else files[name]


def graph(files: Files) -> Path | bytes:
    """The ONNX graph: where it lies, or its bytes."""
    return files / NETWORK if isinstance(files, Path) else files[NETWORK]


def where(files: Files) -> str:
    """Where they lie, for messages."""
    return str(files) if isinstance(files, Path) else "the model"


def listed(files: Files) -> tuple[str, ...]:
    """The names of those that are there, but for the card and the large ones."""
    there = (files / ANSWERS).is_file() if isinstance(files, Path) else ANSWERS in files
    return (*FILES, ANSWERS) if there else FILES


def promised(card: Card) -> tuple[str, ...]:
    """The names of those that a model of this card has, but for the card and the large ones."""
    return (*FILES, ANSWERS) if ANSWERS in card.files else FILES


def weights(files: Files, framework: str) -> dict[str, Any]:
    """The arrays of WEIGHTS by name. framework: "torch" for tensors, else NumPy."""
    if framework == "torch":
        from safetensors.torch import load
    else:
        from safetensors.numpy import load  # type: ignore[assignment]
    return dict(load(content(files, WEIGHTS)))


def large(files: Files, name: str) -> Array:
    """An array in a file of its own, mapped into memory where it lies in a folder."""
    if isinstance(files, Path):
        mapped: Array = np.load(files / name, mmap_mode="r")
        return mapped
    loaded: Array = np.load(io.BytesIO(files[name]))
    return loaded


# ------------------------------------------------------------------------------------------- as a folder


def check_place(path: Path, overwrite: bool) -> None:
    """Refuse a place that holds something, before an hour of learning rather than after it."""
    there = standing(path)
    if not there.exists():
        return
    if not there.is_dir() or (any(there.iterdir()) and not (there / CARD).is_file()):
        raise ModelError(f"'{path}' exists and is not a Lamina model. Choose another place with --out.")
    if not overwrite:
        raise ModelError(f"'{path}' exists. Say --overwrite to replace it, or choose another place with --out.")


def write(path: Path, files: Files, card: Card, arrays: Mapping[str, Array]) -> None:
    """Write a model's folder; a crash leaves whatever was there before. arrays: the large ones by file name.

    The card then says what lies beside it.
    """
    with new_folder(path) as aside:
        for name in listed(files):
            (aside / name).write_bytes(content(files, name))
        card.files = {name: digest(aside / name) for name in listed(files)}
        for name, array in arrays.items():
            _write_array(aside / name, array)
            card.files[name] = f"{(aside / name).stat().st_size} bytes"
        (aside / CARD).write_bytes(card.dump())


def read(path: Path) -> Card:
    """The card of a model's folder, once the files beside it are found to be those that it tells of.

    Raises:
        ModelError: no model is there, or it is damaged, changed, foreign or of a newer format.
    """
    if not (path / CARD).is_file():
        if path.exists():
            raise ModelError(
                f"'{path}' is not a Lamina model: those are folders with a card.json, made by `lamina learn`."
            )
        raise ModelError(
            f"'{path}' does not exist. Learn it: lamina learn PATH --out {path}, with --target COLUMN, --find or --generate"
        )
    card = Card.parse((path / CARD).read_bytes(), str(path))
    for name in promised(card):
        if not (path / name).is_file():
            raise ModelError(f"'{path}' is incomplete: {name} is missing. Copy or save the model again.")
        if card.files.get(name) != digest(path / name):
            raise ModelError(f"'{path}' was changed after it was saved: {name} differs from what its card says.")
    for name in (each for each in card.files if each.endswith(LARGE)):  # too large to be read whole at every start
        if not (path / name).is_file() or card.files[name] != f"{(path / name).stat().st_size} bytes":
            raise ModelError(f"'{path}' is incomplete: {name} is missing, or of another model. Save the model again.")
    return card


def _write_array(path: Path, array: Array) -> None:
    """As `np.save` writes it, piece by piece: an array that is mapped into memory is never there as a whole."""
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(
            file, np.lib.format.header_data_from_array_1_0(array[:0]) | {"shape": array.shape}
        )
        for start in range(0, len(array), 65536):
            file.write(np.ascontiguousarray(array[start : start + 65536]).tobytes())


# ------------------------------------------------------------------------------------------- as one zip


def zipped(files: Files, card: Card, arrays: Mapping[str, Array]) -> bytes:
    """The whole model as one zip. arrays: the large ones by file name."""
    import zipfile

    buffer = io.BytesIO()
    small = {name: content(files, name) for name in listed(files)}
    wide = {name: _array_bytes(array) for name, array in arrays.items()}
    said = {name: digest_of(each) for name, each in small.items()}
    card = replace(card, files=said | {name: f"{len(each)} bytes" for name, each in wide.items()})
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, each in {**small, **wide, CARD: card.dump()}.items():
            archive.writestr(name, each)
    return buffer.getvalue()


def unzipped(archived: bytes) -> tuple[Card, dict[str, bytes]]:
    """The card and the files that `zipped` put together.

    Raises:
        ModelError: it is not a whole model.
    """
    import zipfile
    import zlib

    try:
        with zipfile.ZipFile(io.BytesIO(archived)) as archive:
            said = archive.read(CARD)
            files = {
                name: archive.read(name)
                for name in archive.namelist()
                if name in (*FILES, ANSWERS) or name.endswith(LARGE)
            }
    # A changed byte may also claim a password (RuntimeError), an unknown compression or a name that is no text.
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, OSError, RuntimeError, ValueError) as error:
        raise ModelError(f"These {len(archived):,} bytes are not a whole model: {error}.") from error
    card = Card.parse(said, "a model")
    for name in promised(card):
        if name not in files or card.files.get(name) != digest_of(files[name]):
            raise ModelError(f"The bytes of a model were changed: {name} differs from what its card says.")
    return card, files


def _array_bytes(array: Array) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(array))
    return buffer.getvalue()
