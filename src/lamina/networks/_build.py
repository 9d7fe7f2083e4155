"""From a description in a card to the network it describes."""

from __future__ import annotations

import copy
import inspect
import math
from collections.abc import Mapping
from typing import Any

from torch import nn

from lamina import kinds
from lamina.core import Form, Json, ModelError, PlanError, Taught, nearest
from lamina.networks._join import Beside, Ensemble, Join, joined
from lamina.networks._layered import Layered
from lamina.networks._map import Map
from lamina.networks._own import Own

OWN = "own"
NONE_TOO = "depth", "bins"  # options whose number may be 0, whatever is usual
SHARES = "drop", "hide"  # of what is left out while learning
MAP = ""  # what no array is called: the map of all arrays' features


def layered(said: Json, form: Form, own: nn.Module | None = None) -> Layered:
    """One network of the kind and options that `said` names, for a form."""
    if said["kind"] == OWN:
        if own is None:
            raise ModelError("This model was learned with an own module. Load it so: lamina.load(path, network=Mine())")
        return Own(copy.deepcopy(own), form)  # each fold, and each input, learns one of its own
    kind = kinds.find("networks", said["kind"])
    if form.kind not in kind.accepts:
        accepted = ", ".join(sorted(kind.accepts))
        raise PlanError(f"The network '{said['kind']}' takes a {accepted}; this input is a {form.kind}.")
    built: Layered = kind(form, **said.get("options", {}))
    return built


def asked(text: str) -> Json:
    """A kind of network as a person asks for it, with options or without: `asked("rnn both=false width=32")`.

    Raises:
        PlanError: there is no such network or option, or the option holds something else.
    """
    name, *pairs = text.split() or [""]
    if name == OWN:
        return {"kind": OWN, "options": {}}
    known = {
        each.name: each.default
        for each in list(inspect.signature(kinds.find("networks", name)).parameters.values())[1:]
    }
    options: Json = {}
    for pair in pairs:
        option, _, value = pair.partition("=")
        if option not in known:
            raise PlanError(f"The network '{name}' has no option '{option}'. {nearest(option, known)}")
        options[option] = _read(option, value, known[option])
    return {"kind": name, "options": options}


def _read(option: str, value: str, usual: Any) -> Any:
    """An option's value, of the type that its usual value has, where a network can be built with it."""
    try:
        match usual:
            case bool():
                return {"true": True, "yes": True, "false": False, "no": False}[value.lower()]
            case int():
                return _within(option, int(value), 0 if option in NONE_TOO or not usual else 1)
            case float():
                return _within(option, float(value), 0, 1 if option in SHARES else math.inf)
            case _:
                return value
    except (KeyError, ValueError):
        expected = {bool: "true or false", int: "a whole number", float: "a number"}[type(usual)]
        raise PlanError(
            f"The option {option} was '{value}'. Expected is {expected}, such as {option}={str(usual).lower()}."
        ) from None


def _within(option: str, value: float, least: int, below: float = math.inf) -> float:
    """The value, if it is at least `least` and less than `below`."""
    if least <= value < below:
        return value
    most = f", and below {below:g}" if below < math.inf else "" if math.isfinite(value) else ", and finite"
    raise PlanError(f"The option {option} was {value:g}. It must be {least} or more{most}.")


def spelt_out(said: Json) -> Json:
    """With every option said, as a card keeps it: what a later version takes by default changes no saved model."""
    if said["kind"] in (OWN, MAP):
        return said
    options = list(inspect.signature(kinds.find("networks", said["kind"])).parameters.values())[1:]
    return {**said, "options": {each.name: each.default for each in options} | said.get("options", {})}


def join(
    said: Mapping[str, Json], forms: Mapping[str, Form], outputs: Mapping[str, Taught], own: nn.Module | None
) -> Join:
    """One network per array and a head per target."""
    networks = {name: layered(said[name], form, own) for name, form in forms.items()}
    width, copies = joined(list(networks.values()))
    steps = next((network.steps for network in networks.values() if network.steps), 0)
    for name, output in outputs.items():
        if output.along and not steps:
            taken = ", ".join(f"{each}: {said[each]['kind']}" for each in said)
            raise PlanError(
                f"A {output.kind} ('{name}') is written along time, and no network here gives steps along it ({taken}). "
                "It takes sounds, series or pictures of a line of text, and a network such as 'scribe' or 'rnn'."
            )
    return Join(
        networks,
        {
            name: output.head(steps, 1) if output.along else output.head(width, copies)
            for name, output in outputs.items()
        },
    )


def beside(said: Mapping[str, Json], forms: Mapping[str, Form]) -> Beside:
    """One network per array, their features beside each other, and the map of them where there is one."""
    own = Map(**said[MAP]["options"]) if MAP in said else None
    return Beside({name: layered(said[name], form) for name, form in forms.items()}, own)


def ensemble(
    said: Mapping[str, Json],
    members: int,
    forms: Mapping[str, Form],
    outputs: Mapping[str, Taught],
    own: nn.Module | None,
) -> Ensemble:
    if not outputs:
        return Ensemble([beside(said, forms)], {})
    return Ensemble([join(said, forms, outputs, own) for _ in range(members)], outputs)
