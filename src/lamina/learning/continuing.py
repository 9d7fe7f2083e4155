"""Going on from an earlier model: with its network and weights, where they fit what is learned now."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lamina.core import Json
from lamina.learning import reading
from lamina.learning.choose import PHOTOGRAPHS, Choice
from lamina.learning.plan import Plan
from lamina.learning.prepare import Prepared
from lamina.learning.size import size
from lamina.model.model import Model
from lamina.networks._join import Join


def continues(start: Model, prepared: Prepared) -> bool:
    """Whether to begin with the earlier weights: not with folds, whose rows may have moved between them."""
    return start.card.members == 1 and len(prepared.folds) == 1


def knowing(plan: Plan, start: Model) -> Plan:
    """The plan, with the published weights that the earlier model began with, where they are still there."""
    if plan.weights is not None or plan.network is not None:
        return plan
    for said in start.card.networks.values():
        held = said["options"].get("weights") if said["kind"] in reading.KINDS else None
        if held is not None and Path(held).is_dir():
            return replace(plan, weights=held)
    return plan


def sized(plan: Plan, start: Model, prepared: Prepared, choice: Choice) -> Plan:
    """The plan, with the size of the earlier network: weights of another size would not fit."""
    before = start.card.networks
    same = {name: said["kind"] for name, said in before.items()} == {
        name: said["kind"] for name, said in choice.said.items()
    }
    if plan.size is not None or not same or not continues(start, prepared):
        return plan
    return replace(plan, size=size(before, prepared.intake.forms))


def as_before(choice: Choice, plan: Plan, start: Model, prepared: Prepared) -> Choice:
    """The very network of the earlier model, where it fits: its weights would fit no other."""
    before = start.card.networks
    if not continues(start, prepared):
        why = "several networks were learned, or are to be, and their rows may have moved between them"
    elif {name: _known(said) for name, said in before.items()} != {
        name: _known(said) for name, said in choice.said.items()
    } or plan.size not in (None, size(before, prepared.intake.forms)):
        why = "it has another network"
    else:
        # What pretrained features are taken of pictures, texts or sounds is settled by now; an own module has no options.
        settled = (*PHOTOGRAPHS.values(), *reading.KINDS)
        said = {name: before[name] if said["kind"] not in settled else said for name, said in choice.said.items()}
        return replace(choice, said=said, reasons=[*choice.reasons, "Goes on with the weights of the earlier model."])
    reason = f"Learns from the start, with the vocabularies of the earlier model: {why}."
    return replace(choice, reasons=[*choice.reasons, reason])


def _known(said: Json) -> tuple[str, str, int]:
    """What has to be the same for weights to fit: the kind, whose weights it began with, how many of their layers learn."""
    options = said.get("options", {})
    return said["kind"], options.get("digest", ""), options.get("learned", 0)


def continue_from(network: Join, start: Model) -> None:
    """Weights of an earlier model, where names and shapes agree."""
    known = start.network.members[0].state_dict()
    mine = network.state_dict()
    network.load_state_dict(
        {name: known[name] if name in known and known[name].shape == t.shape else t for name, t in mine.items()}
    )
