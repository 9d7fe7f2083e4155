"""The frame: which model this is, which views say something about it, and why the others do not."""

from __future__ import annotations

from typing import Any

from lamina import __version__
from lamina.core import Json
from lamina.insight.metrics import name
from lamina.insight.sections import NONE
from lamina.insight.verdict import verdict
from lamina.model.model import Model
from lamina.model.usual import usual
from lamina.page.course import Course
from lamina.page.data import Data
from lamina.page.judged import KINDS
from lamina.page.schema import shell
from lamina.page.way import GONE, Way

CLASSES = 1_000
TITLES = {
    "report": "Report",
    "training": "Training",
    "network": "The network",
    "follow": "Follow one example",
    "learned": "What each layer learned",
    "why": "Why this answer",
    "fails": "Where it fails",
    "map": "Map of the examples",
}
MAKING = {"way": {"image": "The duel", "text": "What it wrote"}, "make": {"image": "Make some", "text": "Write"}}
ANSWERS = {
    "follow": "there is no example whose way to an answer could be followed",
    "learned": "what its layers draw together is seen in what it makes",
    "why": "there is no answer that could be explained",
    "fails": "no answer is right or wrong; its report says how much what it makes is like the real ones",
    "map": "its examples are not laid out",
}
EXPLAINED = ("category", "tags", "number")
ACTIVATIONS = ("ReLU", "ReLU6", "SiLU", "GELU", "Sigmoid", "Tanh", "LeakyReLU", "ELU", "Hardswish", "Softplus")
RECURRENT = ("GRU", "LSTM", "Conv1d", "Conv2d")
WHY = {
    "identity": "It tells whether two examples are of the same one: to one alone there is no answer that could be explained. Ask it about "
    "two: lamina compare MODEL A B.",
    "transcript": "Its answers are texts, and why a text was written down is not explained. What each layer makes of an example is "
    "seen in One example.",
}
FAILS = {
    "identity": "It is judged by pairs of examples: how often it takes two for the same one, or the same one for two, stands in its report "
    "(report.html in the model's folder).",
    "transcript": "Its answers are texts: how many letters and words are wrong, and the worst examples, stand in its report (report.html in "
    "the model's folder).",
}
NO_COURSE = "Nothing was learned step by step, so there is no course to see."
NO_NEURONS = (
    "Its network has no neurons that switch on and off: it weighs what it is given straight into an answer. The report says which words "
    "or columns matter."
)
NO_SWITCHES = (
    "Its neurons sit inside layers with a memory, or are not switched on and off one by one: there is no list of what excites each. What its "
    "layers make of an example is seen in One example."
)
LATER = "It is still learning. This view opens when that is done."


def about(called: str, model: Model, data: Data, course: Course, way: Way) -> shell.Model:
    """A finished model."""
    card, results = model.card, model.card.results
    network: Json = results.get("network") or {}
    return shell.Model(
        name=called,
        fingerprint=model.fingerprint,
        made=card.made,
        lamina=__version__,
        learning=False,
        private=card.private,
        kinds=[each["kind"] for each in card.networks.values()],
        members=card.members,
        parameters=int(network.get("parameters") or 0),
        inputs=_inputs(model),
        targets=[_target(model, column) for column in model.outputs],
        finds=[each["kind"] for each in [*card.found, *card.makes]],
        data=shell.Data(
            source="" if data.examples is None else data.examples.source,
            rows=len(data),
            labelled=data.labelled,
            held=len(data.held),
            how=data.how,
            same=data.same,
            why_not=data.why_not,
        ),
        views=_views(_missing(model, data, course, way), way.kind),
        command=results.get("command") or "",
    )


def learning(called: str, makes: str) -> shell.Model:
    """A model that is being learned: all that is known is its name, and what it will make, if anything."""
    later = dict.fromkeys([*TITLES, *MAKING], LATER) | {"training": "", "way": ""}
    later |= _no_answers(makes) if makes else {}
    nothing = shell.Data(source="", rows=0, labelled=0, held=0, how="", same=False, why_not=LATER)
    return shell.Model(
        name=called, fingerprint="", made="", lamina=__version__, learning=True, private=False, kinds=[], members=1, parameters=0,
        inputs=[], targets=[], finds=[makes] if makes else [], data=nothing, views=_views(later, makes), command="",
    )  # fmt: skip


def _views(missing: dict[str, str], makes: str = "") -> list[shell.View]:
    """In the order of their keys; of a model that makes something those about that come before those about answers."""
    titles = TITLES
    if makes:
        here = {view: title for view, title in TITLES.items() if view not in ANSWERS}
        titles = here | {view: each.get(makes, makes) for view, each in MAKING.items()} | TITLES
    return [
        shell.View(view=view, number=number, title=title, applies=not missing.get(view), why_not=missing.get(view, ""))  # type: ignore[arg-type]
        for number, (view, title) in enumerate(titles.items())
    ]


def _no_answers(makes: str) -> dict[str, str]:
    """Why the views about answers say nothing about a model that makes something."""
    what = {"image": "pictures", "text": "texts"}.get(makes, makes)
    return {view: f"It makes {what} and answers nothing: {why}." for view, why in ANSWERS.items()}


def _missing(model: Model, data: Data, course: Course, way: Way) -> dict[str, str]:
    """View to why it says nothing about this model."""
    found: dict[str, str] = {}
    if model.card.makes:
        found = _no_answers(model.card.makes[0]["kind"])
        return found | {"training": NO_COURSE if course.empty else "", "way": GONE if way.empty else ""}
    if not model.card.results:
        found["report"] = NONE
    nobody = data.why_not or ("" if len(data) else "There are no examples.")
    if course.empty:
        found["training"] = NO_COURSE
    if nobody:
        found |= dict.fromkeys(("follow", "learned", "why", "map"), nobody)
    own = next((each["kind"] for each in model.card.networks.values() if each["kind"] == "own"), None)
    if own is not None and model.own is None:
        later = "It was learned with a module of its maker's own, which a saved model does not hold. Load it with that module: lamina.show(lamina.load(path, network=Mine()))."
        found |= dict.fromkeys(("network", "follow", "learned", "why"), later)
    layers = (model.card.results.get("network") or {}).get("layers")
    if "learned" not in found and layers and not any(each["layer"] in ACTIVATIONS for each in layers):
        inside = any(each["layer"] in RECURRENT for each in layers)
        found["learned"] = NO_SWITCHES if inside else NO_NEURONS
    kinds = [output.kind for output in model.outputs.values()]
    if not kinds:
        names = ", ".join(each["kind"] for each in model.card.found)
        found["why"] = f"It finds {names} without labels: there is no answer that could be explained."
        found["fails"] = f"It finds {names} without labels: no answer is right or wrong."
    elif not any(kind in EXPLAINED for kind in kinds):
        plain = f"Its answers are of a kind of its maker's own ({kinds[0]}): explained are classes, tags and numbers."
        found.setdefault("why", WHY.get(kinds[0], plain))
    if kinds and not any(kind in KINDS for kind in kinds):
        plain = f"Its answers are of a kind of its maker's own ({kinds[0]}): the report says how good they are."
        found["fails"] = FAILS.get(kinds[0], plain)
    elif kinds and not len(data.held) and not model.card.results.get("targets"):
        found["fails"] = f"No row may judge it, and its report kept nothing. {nobody or data.how}"
    return found


def _inputs(model: Model) -> list[shell.Column]:
    plain = usual(model)
    return [
        shell.Column(
            column=column,
            kind=each.kind,
            form=each.form.kind,
            shape=list(each.form.shape),
            usual=None if model.card.private or plain.get(column) is None else _word(plain[column]),
        )
        for column, each in model.intake.inputs.items()
    ]


def _word(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _target(model: Model, column: str) -> shell.Target:
    output: Any = model.outputs[column]
    results = model.card.results
    kept = next((each for each in results.get("targets", []) if each["column"] == column), None)
    return shell.Target(
        target=column,
        kind=output.kind,
        classes=[str(each) for each in getattr(output, "classes", ())][:CLASSES],
        metric=name(kept["metric"]) if kept else "",
        said=verdict(kept, results["data"])[0] if kept else "It was not judged.",
    )
