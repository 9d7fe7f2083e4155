"""Which network for which input: asked for, plain from the data, or decided by validation."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping, Set
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import nn

from lamina import kinds
from lamina.core import Array, Form, Json, PlanError, Progress, Recipe
from lamina.learning import counting, race, reading
from lamina.learning.budget import Budget
from lamina.learning.decided import decided
from lamina.learning.frozen import Frozen
from lamina.learning.plan import Plan
from lamina.learning.prepare import Fold, Prepared
from lamina.learning.reading import Reading
from lamina.learning.readout import LONG, STEPS, affordable, layers, learning_on, sized, strength, tuned
from lamina.learning.trial import Lesson, attempt
from lamina.networks._build import OWN, asked
from lamina.networks._weights import Published, published

USUAL = {
    "vector": "mlp", "grid": "cnn", "sequence": "rnn", "spectrum": "sound", "tokens": "bag", "film": "video",
}  # fmt: skip
# What an input of a form is called.
HELD = {
    "vector": "a table", "grid": "pictures", "sequence": "series", "spectrum": "sounds", "tokens": "texts", "film": "videos",
}  # fmt: skip
# Where validation decides between several, after a short try of each; the simplest first, which few rows keep.
RACERS = {"sequence": ("outline", "echo", "rnn"), "tokens": ("bag", "text_cnn", "rnn")}
ALONG = {"spectrum": "scribe", "sequence": "rnn", "tokens": "rnn"}  # for answers that are written along time
# What looks with features of photographs at each form.
PHOTOGRAPHS = {"grid": "pretrained", "film": "pretrained_video"}
PASSES = 40.0  # over the examples, at least, where people are to be told apart
SEEN = ("side", "learned", "placed")  # options that say how it looks
LEAST = 32  # pixels a side: below, there is nothing that features of photographs could see
FILMED = 2.0  # times the share of a try in which films are looked at: each has many frames
SAMPLE = 400, 200  # pictures that a probe of pretrained features learns from, and is judged on
TEACH, CHECK = 20, 10  # labelled rows, fewer of which decide no race


@dataclass(slots=True)
class Choice:
    """said: for each array, its kind of network and options. reasons: how that came about, for people.

    tried: for each candidate its name, its figure on validation rows and the seconds it took. near: which candidates may
    be as good as the best.
    """

    said: dict[str, Json]
    recipe: Recipe
    reasons: list[str] = field(default_factory=list)
    tried: list[Json] = field(default_factory=list)
    near: list[str] = field(default_factory=list)


def choose(
    prepared: Prepared, plan: Plan, budget: Budget, device: torch.device, own: nn.Module | None = None
) -> Generator[Progress, None, Choice]:
    """The networks, and what teaches them. Where pretrained features win, they replace the pictures in `prepared`."""
    forms = prepared.intake.forms
    rows = prepared.teaching
    along = any(output.along for output in prepared.outputs.values())
    wanted = None if plan.network is None else asked(plan.network)
    written = {kind: {"kind": network, "options": {}} for kind, network in ALONG.items() if along}
    asked_for = counting.answers(prepared)
    said = {
        name: spoken(form, wanted or written.get(form.kind), own, rows, asked_for, plan.private)
        for name, form in forms.items()
    }
    choice = Choice(said, recipe(said, forms, plan, rows))
    features: dict[str, Frozen | Reading] = {}
    learning: set[str] = set()  # whose last layers are to learn on
    source = _published(plan, wanted, forms) if own is None else None
    for name, form in forms.items():
        free = plan.network is None and own is None
        if free and plan.verify and form.kind == "grid" and not _no_race(form):
            said[name] = {"kind": PHOTOGRAPHS[form.kind], "options": {}}
        if source is not None and form.kind == source.form:
            choice.reasons.append(f"{name}: pretrained features, as asked for.")
            options = wanted["options"] if wanted is not None and wanted["kind"] in reading.KINDS else {}
            features[name] = yield from _read(
                prepared, name, source, options, along, choice, budget if _tunes(prepared, plan, budget) else None
            )
            learning |= {name} if options.get("learned") else set()
        elif said[name]["kind"] in PHOTOGRAPHS.values():
            if form.kind == "grid":
                said[name]["options"]["placed"] = plan.verify
            why = "of what lies where, which tell one from another" if free else "as asked for"
            choice.reasons.append(f"{name}: pretrained features, {why}.")
            frozen = yield from _frozen(prepared, plan, budget, name)
            yield from _use(prepared, name, frozen, choice)
            features |= {name: frozen} if form.kind == "grid" else {}
        elif said[name]["kind"] == OWN:
            choice.reasons.append(f"{name}: the network that was given.")
        elif form.kind in RACERS and not along and not _hurried(plan, budget):
            yield from _best_kind(prepared, plan, budget, device, name, choice)
        elif form.kind not in PHOTOGRAPHS or plan.network is not None or (form.timed and _hurried(plan, budget)):
            choice.reasons.append(
                f"{name}: {said[name]['kind']}, "
                f"{'as asked for' if wanted is not None and said[name]['kind'] == wanted['kind'] else f'the kind for {_called(prepared, name)}'}."
            )
        elif why := _no_race(form):
            choice.reasons.append(f"{name}: {said[name]['kind']}. {why}")
        else:
            frozen = yield from _frozen(prepared, plan, budget, name)
            if (yield from _photographs_win(prepared, plan, budget, device, name, choice, frozen)):
                yield from _use(prepared, name, frozen, choice)
                features |= {name: frozen} if form.kind == "grid" else {}
    choice.recipe = recipe(choice.said, forms, plan, rows)
    if features and not along:  # along time nothing is read out before many steps
        yield from _read_out(
            Lesson(prepared, choice.said, choice.recipe, plan.seed, device, plan.metric),
            budget,
            choice,
            features,
            learning,
        )
    return choice


def _called(prepared: Prepared, name: str) -> str:
    """What the examples of an array are called: lines are pictures, though they are read along time as sounds are."""
    first, form = prepared.intake.groups[name][0], prepared.intake.forms[name]
    return "pictures of lines" if prepared.intake.inputs[first].kind == "line" else HELD.get(form.kind, form.kind)


def _published(plan: Plan, wanted: Json | None, forms: Mapping[str, Form]) -> Published | None:
    """The network that was asked for, where it has read or heard much.

    Raises:
        PlanError: no weights were named, or none for what there is.
    """
    alone = plan.network == PHOTOGRAPHS["grid"] and all(form.kind not in PHOTOGRAPHS for form in forms.values())
    if plan.weights is None and not alone and (wanted is None or wanted["kind"] not in reading.KINDS):
        return None
    found = published(plan.weights)
    if all(form.kind != found.form for form in forms.values()):
        what = ", ".join(f"{name}: {HELD.get(form.kind, form.kind)}" for name, form in forms.items())
        raise PlanError(f"The weights in '{found.folder}' are for {HELD[found.form]}, and there are none ({what}).")
    return found


def _read(
    prepared: Prepared,
    name: str,
    source: Published,
    options: Json,
    along: bool,
    choice: Choice,
    tried: Budget | None = None,
) -> Generator[Progress, None, Reading]:
    """Put features of a network that has read, or heard, much in place of the words or sounds.

    options: as asked for; with `learned` in them so many of the last layers learn. tried: the time in which that may be
    tried where it was not asked for."""
    given = reading.adopt(prepared, name, source)
    found = Reading(given, source, options.get("learned") or 0, along)
    if tried is not None and not found.learned and not along:
        found = Reading(given, source, layers(found, len(needed(prepared)), tried))
    yield from found.all(needed(prepared))
    prepared.rows.inputs[name] = found.rows
    kind = reading.TEXT if not source.hears else reading.SCRIBE if along else reading.SOUND
    choice.said[name] = {"kind": kind, "options": options | source.options | {"learned": found.learned if along else 0}}
    return found


def _read_out(
    lesson: Lesson, budget: Budget, choice: Choice, features: Mapping[str, Frozen | Reading], asked: Set[str]
) -> Generator[Progress, None, None]:
    """How strongly the read-out is held back, and whether the last blocks learn on. asked: inputs whose blocks shall."""
    found, readout, reason = yield from strength(lesson, ", ".join(features))
    choice.reasons.append(reason)
    seconds = 60.0 if budget.seconds is None else race.SHARE * budget.seconds
    for name, frozen in features.items():
        if frozen.learned:
            if name in asked:
                choice.reasons.append(f"{name}: its last {frozen.learned} {frozen.unit} learn on, as asked for.")
                found = learning_on(found, name, frozen)
                break
            learning, reason, try_of_it = yield from tuned(found, name, frozen, readout, budget, seconds)
            choice.reasons.append(reason)
            choice.tried.append(try_of_it)
            found = learning or found
            break  # one input learns on: a second would have to be judged beside it
        if name in asked:
            choice.reasons.append(
                f"{name}: no {frozen.unit} learn on, though asked for: this network cannot be taken apart, or what enters "
                "them does not fit in memory."
            )
    choice.said, choice.recipe = dict(found.said), found.recipe


def _tunes(prepared: Prepared, plan: Plan, budget: Budget) -> bool:
    """Whether there is time to try whether the last blocks should learn on, and labels that can tell."""
    return (
        not prepared.few
        and plan.steps is None
        and not plan.verify
        and (budget.seconds is None or budget.seconds >= LONG)
    )


def _frozen(prepared: Prepared, plan: Plan, budget: Budget, name: str) -> Generator[Progress, None, Frozen]:
    """The network that knows photographs, looking at this input's pictures."""
    pictures, form = prepared.rows.inputs[name], prepared.intake.forms[name]
    tune, placed = (not form.timed and each for each in (_tunes(prepared, plan, budget), plan.verify))
    return (yield from sized(pictures, form, needed(prepared), budget, tune, placed))


def recipe(said: Mapping[str, Json], forms: Mapping[str, Form], plan: Plan, rows: int) -> Recipe:
    """The recipe, for so many rows, of the network that has most to learn: pictures before tables."""
    from lamina.networks._own import Own

    kind = said[lead(said, forms)]["kind"]
    found: Recipe = Own.recipe if kind == OWN else kinds.find("networks", kind).suited(rows)[1]
    if plan.verify:  # few people, each to be told from all others: smaller steps, and more of them
        found = replace(found, batch=min(found.batch, 64), epochs=max(found.epochs, PASSES), smoothing=0.0, mixed=0.0)
        found = replace(found, augment=(*found.augment, "turn") if found.augment == ("shift",) else found.augment)
    return found if plan.batch is None else replace(found, batch=plan.batch)


def lead(said: Mapping[str, Json], forms: Mapping[str, Form]) -> str:
    """The input that has most to learn: pictures before texts, and these before tables."""
    return max(said, key=lambda name: (len(forms[name].shape), forms[name].timed))


def spoken(
    form: Form, wanted: Json | None, own: nn.Module | None, rows: int, answers: int, private: bool = False
) -> Json:
    """Kind and options of the network for a form: as wanted where it fits, else the usual one, for so many rows and answers.

    private: whether it may keep no example."""
    if own is not None:
        return {"kind": OWN, "options": {}}
    if wanted is not None and wanted["kind"] == PHOTOGRAPHS["grid"] and form.timed and form.kind in PHOTOGRAPHS:
        said = (f"{option}={value}" for option, value in wanted["options"].items())
        wanted = asked(" ".join([PHOTOGRAPHS[form.kind], *said]))  # one word asks for them, of films too
    fits = wanted is not None and form.kind in kinds.find("networks", wanted["kind"]).accepts
    kind = wanted["kind"] if wanted is not None and fits else USUAL.get(form.kind)
    if kind is None:
        raise PlanError(f"There is no network for a {form.kind} yet.")
    found = kinds.find("networks", kind)
    options = found.suited(rows)[0] | found.wide(answers)
    options |= wanted["options"] if wanted is not None and fits else {}
    return {"kind": kind, "options": options | (found.discreet if private else {})}


def _no_race(form: Form) -> str:
    """Why pretrained features are not tried, or nothing."""
    from lamina.networks.pretrained import available

    height, width, _ = form.shape[-3:]
    if min(height, width) < LEAST:
        return f"Pictures of {width} × {height} pixels are too small for features of photographs."
    return "" if available() else "Pretrained features are not installed (pip install 'lamina[learn]')."


def _hurried(plan: Plan, budget: Budget) -> bool:
    """Whether nothing is tried beside the usual network: the choice is made, has to repeat, or there is no time."""
    left = budget.left()
    short = (budget.seconds is not None and budget.seconds < race.LEAST) or (left is not None and left < race.LEAST / 2)
    return plan.network is not None or plan.steps is not None or short


def _best_kind(
    prepared: Prepared, plan: Plan, budget: Budget, device: torch.device, name: str, choice: Choice
) -> Generator[Progress, None, None]:
    """The kind of network for an input that gets farthest on the validation rows within its share of the budget."""
    forms, whole = prepared.intake.forms, prepared.folds[0]
    judges = np.random.default_rng(plan.seed).permutation(whole.validation)[: race.MOST]
    fold = Fold(whole.train, np.sort(judges), whole.test)
    candidates, answers = RACERS[forms[name].kind], counting.answers(prepared)
    tried: dict[race.Tried, Json] = {}
    for kind in candidates:
        said = {
            **choice.said,
            name: spoken(forms[name], {"kind": kind, "options": {}}, None, prepared.teaching, answers, plan.private),
        }
        taught = recipe(said, forms, plan, len(fold.train))
        lesson = Lesson(prepared, said, taught, plan.seed, device, plan.metric)
        if tried and budget.seconds is not None and (passes := race.epochs(lesson, budget)) < race.HALF * taught.epochs:
            choice.reasons.append(
                f"{name}: {kind} was not tried: the time is good for {passes:.1f} passes over the examples, of {taught.epochs:.0f}."
            )
            continue
        found = yield from race.run(lesson, fold, kind, race.seconds(budget, len(candidates)))
        tried[found] = said[name]
    metric = plan.metric or next(iter(prepared.outputs.values())).metric
    best, why = race.promising(name, list(tried), metric, len(fold.validation), HELD[forms[name].kind])
    choice.said[name] = tried[best]
    choice.tried += [each.said for each in tried]
    choice.near += race.near(list(tried), best, metric, len(judges))
    choice.reasons.append(why + decided(prepared.outputs.values(), plan.metric, best, tried))


def _photographs_win(
    prepared: Prepared, plan: Plan, budget: Budget, device: torch.device, name: str, choice: Choice, frozen: Frozen
) -> Generator[Progress, None, bool]:
    """Pretrained features with a read-out against the usual network, on the same validation rows: whether they win."""
    forms, fold = prepared.intake.forms, prepared.folds[0]
    kind, what = PHOTOGRAPHS[forms[name].kind], HELD[forms[name].kind]
    if len(fold.train) < TEACH or len(fold.validation) < CHECK:
        choice.reasons.append(f"{name}: pretrained features. So few labelled {what} teach no network of their own.")
        return True
    if not affordable(frozen, budget):
        choice.reasons.append(
            f"{name}: {choice.said[name]['kind']}. There is no time for pretrained features: they would take about {frozen.needs:.0f} s."
        )
        return False
    rng = np.random.default_rng(plan.seed)
    seconds = race.seconds(budget)
    looking = seconds * FILMED if forms[name].timed else seconds
    teach, check = (
        np.sort(rng.permutation(rows)[:most]) for rows, most in zip((fold.train, fold.validation), SAMPLE, strict=True)
    )
    begun = time.monotonic()
    # Validation rows first: a slow machine may not get through all the training rows.
    yield from frozen.fill(check, looking / 2)
    yield from frozen.fill(teach, looking - (time.monotonic() - begun))
    seen = Fold(teach[frozen.done[teach]], check[frozen.done[check]], fold.test)
    usual = choice.said[name]
    if len(seen.train) < TEACH or len(seen.validation) < CHECK:
        choice.reasons.append(f"{name}: {usual['kind']}. There was no time to try pretrained features.")
        return False
    ready = {**choice.said, name: {"kind": kind, "options": {"side": frozen.side}}}
    pictures = prepared.rows.inputs[name]
    prepared.rows.inputs[name] = frozen.rows
    ready_recipe = recipe(ready, forms, plan, len(seen.train))
    probe = yield from attempt(Lesson(prepared, ready, ready_recipe, plan.seed, device, plan.metric), seen, STEPS)
    spent = time.monotonic() - begun
    prepared.rows.inputs[name] = pictures
    usual_recipe = recipe(choice.said, forms, plan, len(fold.train))
    lesson = Lesson(prepared, choice.said, usual_recipe, plan.seed, device, plan.metric)
    fresh = Fold(fold.train, seen.validation, fold.test)
    probed = race.Tried(kind, probe.best.score, probe.best.value, spent)
    learned = yield from race.run(lesson, fresh, usual["kind"], seconds)
    metric = plan.metric or next(iter(prepared.outputs.values())).metric
    best, why = race.better(name, (learned, probed), metric, len(seen.validation), what)
    choice.tried += [probed.said, learned.said]
    choice.reasons.append(why + decided(prepared.outputs.values(), plan.metric, best, (learned, probed)))
    return best is probed


def use_features(prepared: Prepared, choice: Choice) -> Generator[Progress, None, None]:
    """Replace the pictures and texts of every input that was given to a pretrained network by what it takes of them."""
    for name, said in choice.said.items():
        if said["kind"] in reading.KINDS:
            options = said["options"]
            along = said["kind"] == reading.SCRIBE
            found = yield from _read(prepared, name, published(options["weights"]), options, along, choice)
            choice.said[name] = said
            if options["learned"]:
                prepared.rows.inputs[name] = found.entering
        if said["kind"] in PHOTOGRAPHS.values():
            asked_for = {option: said["options"][option] for option in SEEN if option in said["options"]}
            frozen = Frozen(prepared.rows.inputs[name], prepared.intake.forms[name], **asked_for)
            frozen.recall()
            yield from _use(prepared, name, frozen, choice)
            if frozen.maps is not None:
                prepared.rows.inputs[name] = frozen.entering


def _use(prepared: Prepared, name: str, frozen: Frozen, choice: Choice) -> Generator[Progress, None, None]:
    """Replace pictures by their features."""
    yield from frozen.fill(needed(prepared))
    frozen.keep()
    prepared.before[name] = frozen.pictures
    prepared.rows.inputs[name] = frozen.rows
    before, kind = choice.said[name], PHOTOGRAPHS[prepared.intake.forms[name].kind]
    kept = before["options"] if before["kind"] == kind else {}
    choice.said[name] = {"kind": kind, "options": kept | {"side": frozen.side}}


def needed(prepared: Prepared) -> Array:
    """Every row that learns, chooses or is judged."""
    parts = [rows for fold in prepared.folds for rows in (fold.train, fold.validation, fold.test)]
    return np.unique(np.concatenate([*parts, prepared.held, prepared.extra]))
