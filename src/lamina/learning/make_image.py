"""How pictures are learned to be made: two networks that fight, one of which is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import torch

from lamina.core import Array, Coded, DataError, Json, PlanError, Progress, Recipe, nearest
from lamina.examples import Examples
from lamina.inputs.text import split
from lamina.learning.apprentice_image import Apprentice, Gallery
from lamina.learning.budget import Budget
from lamina.learning.eyes import Classifier, Eyes, Photographs
from lamina.learning.making import Making, with_batch
from lamina.learning.plan import Plan
from lamina.learning.prepare import Prepared, prepare
from lamina.made.image import Image
from lamina.model.model import Model
from lamina.networks.discriminator import Discriminator
from lamina.networks.generator import LARGEST, NOISE
from lamina.networks.generator import Generator as Network

LEAST = 50  # pictures: from fewer it learns them by heart
SMALLEST = 8  # pixels a side
USUAL = 64  # pixels of the shorter side of what is made of larger photos, unless somebody says otherwise
SIZES = (32, 64, 96, 128)  # channels of the coarsest stage
SHOWN = (
    300_000  # pictures that a size has to be shown, at least, to be worth its time; 64 channels; others by their price
)
JUDGED = 2_000  # pictures that are made to be judged, at most
FEWEST = 5  # pictures kept apart to judge: fewer have hardly a covariance, or neighbours
FULL = 1_200_000  # pictures after which little more is learned
EXAMPLES = 20  # sentences that the model keeps, to be asked for when nobody asks for anything


class Craft:
    """As of `lamina.learning.making.Craft`."""

    metric = "Fréchet distance"

    def __init__(self, examples: Examples, plan: Plan, device: torch.device) -> None:
        self.plan, self.device = plan, device
        if plan.weights is not None or plan.tokens is not None or plan.network is not None:
            name = next(each for each in ("weights", "tokens", "network") if getattr(plan, each) is not None)
            raise PlanError(f"--generate image takes no --{name}: its two networks are its own. Leave it out.")
        if plan.side is not None and not SMALLEST <= plan.side <= LARGEST:
            raise PlanError(f"The side was {plan.side} pixels. It can be {SMALLEST} to {LARGEST}, such as --side 64.")
        self.column = self._pictures(examples)
        self.asked = self._asked(examples)
        kept = {self.column, self.asked} | set(examples.of("id", "group", "weight", "time"))
        self.examples = examples.without(*(column for column in examples.columns if column not in kept))
        if len(examples) < LEAST:
            raise DataError(
                f"There are {len(examples)} pictures. To learn to make new ones takes {LEAST} at least: from fewer it would "
                "only learn them by heart."
            )
        self._check_labels()
        self.prepared = self._prepare()
        self.gallery = self._gallery()
        self._check_pictures()
        self.tested = self._tested()
        self._real: Array | None = (
            None  # of the pictures that are looked at: they follow from the seed, whatever the size
        )
        self.size = 1 if plan.size is None else min(plan.size, len(SIZES) - 1)

    @property
    def keys(self) -> Array:
        return self.examples.keys()[self.gallery.taught]

    @property
    def said(self) -> Any:
        return [self.prepared.intake.state(), self.asked]

    @property
    def answered(self) -> int:
        return 4 * min(len(self.tested), JUDGED)

    @property
    def networks(self) -> dict[str, Json]:
        """Of the generator, which is saved, by the column that it makes."""
        return {self.column: {"kind": Network.kind, "options": {"width": SIZES[self.size]}}}

    @property
    def recipe(self) -> Recipe:
        taught = len(self.gallery.taught)
        recipe = replace(Network.recipe, epochs=FULL / 2 / taught)
        return with_batch(replace(recipe, batch=min(recipe.batch, max(16, taught // 2))), self.plan)

    @cached_property
    def eyes(self) -> Eyes:
        """A classifier where there are labels; else what knows photographs."""
        taught = self.gallery.taught
        codes = self.codes(taught)
        if codes is None:
            some = np.random.default_rng(self.plan.seed).permutation(taught)[:1_000]
            return Photographs(self.gallery.form, self.gallery.pictures(some))
        known = codes >= 0
        pictures = self.gallery.pictures(taught[known])
        return Classifier(self.gallery.form, pictures, codes[known], self.classes, self.plan.seed)

    @property
    def classes(self) -> int:
        """Labels that there are."""
        return 0 if self.gallery.given is None else self.gallery.given.sizes[0] - 1

    def codes(self, rows: Array) -> Array | None:
        """[n] labels from 0, -1 where nobody said one; None where there are none to tell apart."""
        if self.gallery.given is None or self.gallery.given.kind != "vector" or self.classes < 2:
            return None
        found: Array = self.gallery.wishes(rows)[0].numpy()[:, 0].astype(np.int64) - 1
        return found

    def apprentice(self) -> Apprentice:
        wide = {"width": SIZES[self.size]}
        options = {Network.kind: wide, Discriminator.kind: wide}
        one = Apprentice(
            self.gallery, self.eyes, options, self.recipe, self.plan.seed * 1000, self.device,
            sheets=not self.plan.private, real=self._real,
        )  # fmt: skip
        self._real = one.real
        return one

    def made(self) -> Image:
        """What will make pictures."""
        intake = self.prepared.intake
        given = intake.inputs[self.asked] if self.asked else None
        counts: Counter[str] = Counter()
        if self.asked:
            values: Coded = self.examples.values(self.asked, self.gallery.taught)
            counts.update(word for word in values.tolist() if word is not None)
        worded = given is not None and given.form.kind == "tokens"
        total = max(1, counts.total())
        shares = {} if worded else {word: counts[word] / total for word in sorted(counts)}
        rng = np.random.default_rng(self.plan.seed)
        some = sorted(counts) if worded and not self.plan.private else []
        examples = [some[k] for k in rng.permutation(len(some))[:EXAMPLES]]
        return Image(intake.inputs[self.column], NOISE, self.column, self.asked, given, shares, examples)

    def fit(self, budget: Budget) -> int:
        """As of `Craft`: the largest size that sees enough pictures in the time."""
        seconds = budget.left() or 0.0
        for self.size in range(len(SIZES) - 1, 0, -1):
            one = self.apprentice()
            shown = 0.8 * seconds / one.pace(min(2.0, 0.02 * seconds)) * one.recipe.batch
            if shown >= SHOWN * (SIZES[self.size] / SIZES[1]):
                return self.size
        return 1

    def conclude(self, apprentice: Apprentice, making: Making) -> Generator[Progress, None, Model]:
        from lamina.learning.conclude_image import conclude

        return conclude(self, apprentice, making)

    # ------------------------------------------------------------------------------------------ the examples

    def _pictures(self, examples: Examples) -> str:
        found = examples.of("image")
        if not found:
            said = "; ".join(f"{column}: {kind.name}" for column, kind in examples.kinds.items())
            raise PlanError(
                f"No column of {examples.source} holds pictures ({said}). Say --kind COLUMN=image where one does."
            )
        if len(found) > 1:
            raise PlanError(
                f"Several columns hold pictures: {', '.join(found)}. Keep one: --drop {' --drop '.join(found[1:])}"
            )
        return found[0]

    def _asked(self, examples: Examples) -> str:
        """The column that says what a picture is to show."""
        asked = self.plan.given
        if asked is None:
            return ""
        others = [column for column in examples.kinds if column != self.column]
        if not others:
            raise PlanError(
                f"There is no '{asked}' to be given: {examples.source} says nothing of what its pictures show. Leave --given "
                "out, put the pictures of each kind into a folder of their own, or name a table with their captions."
            )
        if asked not in others:
            raise PlanError(f"There is no column '{asked}' to be given. {nearest(asked, others)}")
        kind, reason = examples.kinds[asked].name, examples.kinds[asked].reason
        if kind in ("constant", "empty"):
            raise DataError(
                f"'{asked}' tells no pictures apart ({reason}). Leave --given out, or add pictures of something else."
            )
        if kind not in ("category", "text"):
            raise PlanError(
                f"The column '{asked}' was read as {kind}. What a picture is to show is a label or a sentence. Where it is one, "
                f"say --kind {asked}=category (or text)."
            )
        return asked

    def _check_labels(self) -> None:
        """A label with one picture can only be copied, and so can sentences that have no word in common."""
        if not self.asked:
            return
        values: Coded = self.examples.values(self.asked)
        counts = Counter(word for word in values.tolist() if word is not None)
        alone = sorted(word for word, count in counts.items() if count < 2)
        if self.examples.kinds[self.asked].name == "text":
            words = Counter(word for said in counts.elements() for word in set(split(said.lower())))
            alone = alone if max(words.values(), default=1) < 2 else []
        if alone:
            more = f" and {len(alone) - 6} more" if len(alone) > 6 else ""
            raise DataError(
                f"Of some values of '{self.asked}' there is one picture only, which could just be copied: "
                f"{', '.join(map(repr, alone[:6]))}{more}. Add pictures of them, or leave them out."
            )

    def _prepare(self) -> Prepared:
        side: Json = {"most": USUAL} if self.plan.side is None else {"side": self.plan.side}
        options: dict[str, Json] = {self.column: side}
        if self.asked and self.examples.kinds[self.asked].name == "category":
            options[self.asked] = {"private": False}  # labels are said by whoever asks for one
        return prepare(self.examples, replace(self.plan, folds=0), options=options)

    def _gallery(self) -> Gallery:
        prepared = self.prepared
        place = {column: name for name, columns in prepared.intake.groups.items() for column in columns}
        name, asked = place[self.column], place.get(self.asked, "")
        here = prepared.rows.inputs[name].present.numpy()
        fold = prepared.folds[0]
        taught, held = (rows[here[rows]] for rows in (fold.train, fold.validation))
        if len(taught) < LEAST * 0.5:
            raise DataError(f"Of {len(self.examples)} pictures {len(taught)} can be learned from: too few. Add some.")
        forms = prepared.intake.forms
        return Gallery(prepared.rows, name, forms[name], asked, forms[asked] if asked else None, taught, held)

    def _tested(self) -> Array:
        """Pictures that neither taught nor watched: what is made is compared with them. Where there are none, those
        that watched.

        Raises:
            DataError: too few of those that were kept apart are pictures.
        """
        fold = self.prepared.folds[0]
        rows = fold.test if len(fold.test) else fold.validation
        found: Array = rows[self.prepared.rows.inputs[self.gallery.name].present.numpy()[rows]]
        if len(found) < FEWEST:
            raise DataError(
                f"Of the examples that were kept apart to judge what is made, {len(found)} hold a picture that can be read; it takes "
                f"{FEWEST} at least. Put more among them, or leave the parts out: then some are kept apart of all."
            )
        return found

    def _check_pictures(self) -> None:
        """Pictures of one colour, all of them the same, teach nothing."""
        some = self.gallery.pictures(self.gallery.taught[:2_000]).numpy()
        flat = some.reshape(len(some), -1, some.shape[3])
        plain = (flat == flat[:, :1]).all((1, 2))
        if plain.all():
            raise DataError(
                f"Every one of the {len(self.examples):,} pictures is of one colour: there is nothing in them to learn. Check "
                "that the right files were read."
            )
        if (some == some[:1]).all():
            raise DataError(f"All {len(self.examples):,} pictures are the same. To make new ones takes different ones.")
