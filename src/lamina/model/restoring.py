"""What a card says, as things again: outputs, what is found and made, novelty, the torch network."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lamina import kinds
from lamina.core import Array, Found, Made, ModelError, PlanError, Taught
from lamina.model import bundle
from lamina.model.bundle import Files
from lamina.model.card import Card
from lamina.model.novelty import Novelty

if TYPE_CHECKING:
    from torch import nn

    from lamina.core import Form
    from lamina.networks._join import Ensemble

DAMAGES = (LookupError, TypeError, ValueError, AttributeError, OverflowError, PlanError)  # what a damaged card leads to


@contextlib.contextmanager
def undamaged(files: Files) -> Iterator[None]:
    """Turn what a damaged card leads to into a message for a person."""
    try:
        yield
    except DAMAGES as error:
        where = files if isinstance(files, Path) else "a model"
        raise ModelError(f"The card of '{where}' is damaged or of another Lamina: {error}.") from error


def taught(card: Card) -> dict[str, Taught]:
    """What was learned from labels, by target."""
    return {each["column"]: kinds.find("outputs", each["kind"]).restore(each["state"]) for each in card.taught}


def found(card: Card, files: Files) -> dict[str, Found]:
    """What is found in the features without labels, by the name of its answers."""
    arrays = bundle.weights(files, "numpy") if card.found else {}
    arrays |= {name: bundle.large(files, name) for name in card.files if name.endswith(bundle.LARGE)}
    with undamaged(files):
        return {
            each["column"]: kinds.find("found", each["kind"]).restore(each["state"], _belonging(each["column"], arrays))
            for each in card.found
        }


def _belonging(column: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """The arrays that belong to what is found under this name."""
    small, large = f"found.{column}.", f"{column}-"
    return {
        name.removeprefix(small).removeprefix(large).removesuffix(bundle.LARGE): array
        for name, array in arrays.items()
        if name.startswith((small, large))
    }


def large_arrays(found: Mapping[str, Found]) -> dict[str, Array]:
    """The arrays of what is found that lie in files of their own, by file name."""
    return {
        f"{column}-{name}{bundle.LARGE}": array
        for column, each in found.items()
        for name, array in each.large().items()
    }


def made(card: Card, files: Files) -> dict[str, Made]:
    """What it makes that is new, by the name of it."""
    with undamaged(files):
        return {each["column"]: kinds.find("made", each["kind"]).restore(each["state"]) for each in card.makes}


def novelty(card: Card, files: Files) -> Novelty | None:
    """What tells examples that are unlike the training data; None where nothing does."""
    if card.novelty is None:
        return None
    arrays = bundle.weights(files, "numpy")
    center, scale, groups = (arrays[f"novelty.{name}"] for name in ("center", "scale", "groups"))
    return Novelty(center, scale, groups, card.novelty)


def network(
    card: Card,
    files: Files,
    forms: Mapping[str, Form],
    outputs: Mapping[str, Taught],
    maker: Made | None,
    own: nn.Module | None,
) -> Ensemble:
    """The learned torch module. outputs: by their names in the network; own: an engineer's module, if it was learned with one.

    Raises:
        ModelError: it was learned with an own module, and none is given; or its weights are of another copy of Lamina.
    """
    from lamina.networks._build import ensemble

    built: Any
    try:
        if maker is not None:
            built = maker.network(card.networks)
        else:
            built = ensemble(card.networks, card.members, forms, outputs, own)
        arrays = bundle.weights(files, "torch")
        built.load_state_dict({name: each for name, each in arrays.items() if not name.startswith(bundle.BESIDE)})
    except (RuntimeError, TypeError) as error:  # other sizes or names, options that a network has no more
        raise ModelError(_unfitting(card, files, own is not None)) from error
    restored: Ensemble = built.eval()
    return restored


def _unfitting(card: Card, files: Files, own: bool) -> str:
    """Why the weights do not go into the network that is built for them, and what to do."""
    where = str(files) if isinstance(files, Path) else "the model"
    if own:
        return (
            f"The weights of {where} are not those of the module that was given. Give the one that it was learned with."
        )
    return (
        f"The weights of {where} do not fit the network that this copy of Lamina builds for them: another copy saved it (version "
        f"{card.versions.get('lamina', 'unknown')}). It still answers, but cannot be looked into or learned on. Learn it again: its report "
        "says the command."
    )
