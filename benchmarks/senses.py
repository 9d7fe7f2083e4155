"""Sections of the page: texts, sounds, series, videos, transcripts, and whether two are the same one."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from functools import partial
from statistics import mean

from figures import Row, Runs, Section, judged, per_set

READ = ("lamina, MiniLM", "lamina, MiniLM, which learns on")
TEXTS = ("lamina", *READ, "tfidf", "fasttext")
HEARD = "lamina, Whisper-tiny"
SOUNDS = ("lamina", HEARD, "logistic regression", "random forest", "SVM")
SERIES = ("lamina", "minirocket")


def at_least(what: str, values: Sequence[float], least: float, form: str = "{:.1f} %", scale: float = 100) -> Row:
    return judged(what, f"≥ {form.format(scale * least)}", values, partial(operator.le, least), form, scale)


def at_most(what: str, values: Sequence[float], most: float, form: str = "{:.1f} %", scale: float = 100) -> Row:
    return judged(what, f"≤ {form.format(scale * most)}", values, partial(operator.ge, most), form, scale)


def told(what: str, must: str, values: Sequence[float], form: str = "{:.1f} %", scale: float = 100) -> Row:
    """A figure that is to be stated, whatever it is."""
    row = judged(what, must, values, lambda _: True, form, scale)
    return Row(row.what, row.must, row.reached, None)


def paired(runs: Runs, what: str, name: str, figure: str, peer: str, must: str) -> Row:
    """Not below a peer on the folds that both have."""
    theirs = {each["seed"]: each[figure] for each in runs.of(peer, name)}
    more = [each[figure] - theirs[each["seed"]] for each in runs.of("lamina", name) if each["seed"] in theirs]
    return judged(what, must, more, lambda x: x >= 0, "{:+.4f}")


def seconds(runs: Runs, name: str, what: str, most: float) -> Row:
    found = runs.figures("lamina", name, "learn_seconds") or runs.figures("lamina", name, "seconds")
    return at_most(what, found, most, "{:.0f} s", 1)


def texts(runs: Runs) -> Section:
    rows = [
        at_least("sms_spam, F1 of spam", runs.figures("lamina", "sms_spam", "f1"), 0.955, "{:.3f}", 1),
        paired(runs, "sms_spam, F1 less TF-IDF's on the same folds", "sms_spam", "f1", "tfidf", "≥ 0"),
        seconds(runs, "sms_spam", "sms_spam, time to learn a fold", 30),
        at_least("mr_rt_polarity, from scratch", runs.figures("lamina", "mr_rt_polarity", "accuracy"), 0.785),
        seconds(runs, "mr_rt_polarity", "mr_rt_polarity, time to learn", 60),
        at_least("trec, from scratch", runs.figures("lamina", "trec", "accuracy"), 0.91),
        seconds(runs, "trec", "trec, time to learn", 60),
        *(read_before(runs, name) for name in ("trec", "mr_rt_polarity")),
    ]
    if not runs.good:
        return Section(rows)
    return Section(
        rows,
        [
            "`lamina learn rows --target label --minutes N --seed N`: half a minute for sms_spam (five folds, each tested "
            "once), one for mr_rt_polarity (three of ten folds) and trec (official test rows). TF-IDF is of words and pairs "
            "of words, with logistic regression; fastText has pairs of words and 25 passes. With MiniLM: "
            "`--weights FOLDER --steps 400` instead of minutes, where that network learns nothing, or `--weights FOLDER` and 3 "
            "minutes for trec, 9.8 for mr_rt_polarity, in which its layers learn on where validation gains by it. "
            "Accuracy on the test rows in %.",
            per_set(runs, TEXTS, runs.sets, "accuracy", "{:.2f}", 100),
            "Seconds of whole processes, then of the processors.",
            per_set(runs, [each for each in TEXTS if each not in READ], runs.sets, "seconds"),
            per_set(runs, TEXTS, runs.sets, "cpu"),
        ],
    )


def read_before(runs: Runs, name: str) -> Row:
    """The better of two ways. Of some hundred test rows, less than two points are no clear difference."""
    what, must = f"{name} with MiniLM", "2 points above from scratch"
    scratch = runs.figures("lamina", name, "accuracy")
    ways = [found for method in READ if (found := runs.figures(method, name, "accuracy"))]
    if not ways or not scratch:
        return Row(what, must)
    found = max(ways, key=mean)
    clearly = mean(found) >= mean(scratch) + 0.02
    return judged(what, must, found, lambda _: clearly, "{:.1f} %", 100)


def sounds(runs: Runs) -> Section:
    apart = sorted(name for name in runs.sets if name.startswith("digit, without "))
    what = "fsdd, digits, a speaker left out"
    took = [each["cpu"] for name in apart for each in runs.of(HEARD, name)]
    hours = [each["seconds"] / each["hours"] for each in runs.of("lamina", "an hour to log-mel")]
    rows = [
        at_least("fsdd, digits, official split", runs.figures("lamina", "digit", "accuracy"), 0.985),
        left_out(runs, what, "lamina", apart),
        left_out(runs, f"{what}, with features of Whisper-tiny", HEARD, apart),
        at_most("The same, of the processors, features included", [max(took)] if took else [], 240, "{:.0f} s", 1),
        at_least("fsdd, who speaks", runs.figures("lamina", "speaker", "accuracy"), 0.985),
        at_most("fsdd, whole process", runs.figures("lamina", "digit", "seconds"), 120, "{:.0f} s", 1),
        at_most("An hour of 16 kHz FLAC to log-mel", hours, 20, "{:.1f} s", 1),
    ]
    if not runs.good:
        return Section(rows)
    minutes = " or ".join(f"{each:g}" for each in sorted({each.get("minutes", 0) for each in runs.of("lamina")} - {0}))
    return Section(
        rows,
        [
            f"`lamina learn clips.csv --target digit --minutes N --seed N`, minutes: {minutes}. Official split: takes 0 to 4 "
            "test, the others teach. A speaker left out: learned from the other five, with `--group speaker`; with Whisper-tiny also `--weights FOLDER "
            "--steps 200`, whose features are kept from one of these runs to the next. The peers learn from mean and standard "
            "deviation of each band of the same spectra, in a process that is already warm. Accuracy on the test clips in %.",
            per_set(runs, SOUNDS, ["digit", "speaker", *apart], "accuracy", "{:.2f}", 100),
            "Seconds of the processors; of the peers without imports.",
            per_set(runs, SOUNDS, ["digit", "speaker", *apart], "cpu"),
        ],
    )


def left_out(runs: Runs, what: str, method: str, apart: Sequence[str]) -> Row:
    """The mean of the speakers, each learned from the others."""
    each = [mean(found) for name in apart if (found := runs.figures(method, name, "accuracy"))]
    row = judged(what, "≥ 92.0 %, six speakers", each, lambda x: x >= 0.92, "{:.1f} %", 100)
    if each:
        row.reached = row.reached.replace(" run", " speaker")
    return row


def series(runs: Runs) -> Section:
    rows = [
        at_least("indoor_movement, same rooms", runs.figures("lamina", "same rooms", "accuracy"), 0.95),
        at_least("indoor_movement, a new room", runs.figures("lamina", "new room", "accuracy"), 0.90),
        seconds(runs, "same rooms", "indoor_movement, time to learn", 60),
    ]
    if not runs.good:
        return Section(rows)
    return Section(
        rows,
        [
            "`lamina learn rows --target label --minutes 1 --seed N`: same rooms in five folds, each tested once; learned in "
            "two rooms and tested in a third, three seeds. MiniRocket with ridge regression on series that are padded "
            "with their last step. Accuracy in %.",
            per_set(runs, SERIES, runs.sets, "accuracy", "{:.2f}", 100),
            "Seconds of whole processes.",
            per_set(runs, SERIES, runs.sets, "seconds"),
        ],
    )


def videos(runs: Runs) -> Section:
    seen = "lamina, photographs"
    rows = [
        told("asl_clips, a new signer, from scratch", "state it", runs.figures("lamina", "asl_clips", "accuracy")),
        told(
            "asl_clips, a new signer, with features of photographs",
            "state it",
            runs.figures(seen, "asl_clips", "accuracy"),
        ),
    ]
    if not runs.good:
        return Section(rows)
    text = (
        "`lamina learn asl_clips --target letter --drop signer --minutes 10 --network video --seed N`: one signer teaches, another "
        "tests; with features of photographs of each frame, `--network pretrained`. Accuracy on the test clips in %. The "
        "validation clips, of the signer who teaches, are all answered right with these: what limits is that one person teaches."
    )
    return Section(rows, [text, per_set(runs, ("lamina", seen), runs.sets, "accuracy", "{:.2f}", 100)])


def transcripts(runs: Runs) -> Section:
    rows = [
        at_most("Digit strings of a new speaker, characters wrong", runs.figures("lamina", "strings", "cer"), 0.05),
        at_most(
            "Digit strings of a new speaker, with features of Whisper-tiny, characters wrong",
            runs.figures(HEARD, "strings", "cer"),
            0.05,
        ),
        at_most("Digit strings, whole process", runs.figures("lamina", "strings", "seconds"), 900, "{:.0f} s", 1),
        told("vctk_p239 from scratch, characters wrong", "state it", runs.figures("lamina", "vctk_p239", "cer")),
        told("vctk_p239 from scratch, words wrong", "state it", runs.figures("lamina", "vctk_p239", "wer")),
        told(
            "vctk_p239 with features of Whisper-tiny, characters wrong",
            "state it",
            runs.figures(HEARD, "vctk_p239", "cer"),
        ),
        told(
            "vctk_p239 with features of Whisper-tiny, words wrong", "state it", runs.figures(HEARD, "vctk_p239", "wer")
        ),
    ]
    if not runs.good:
        return Section(rows)
    return Section(
        rows,
        [
            "`lamina learn … --target text --minutes N`: 14 minutes for strings of three to six digits, made of single ones "
            "by `benchmarks/strings.py`, in each run of another speaker left out, 4,000 to learn from (with Whisper-tiny 1,000, "
            "600 steps, 100 to test); 20 minutes for 23 minutes of one speaker (with --times on "
            "busy cores more: what the processors took is said). Wrong in %: characters, then words; seconds of the processors.",
            per_set(runs, ("lamina", HEARD), runs.sets, "cer", "{:.2f}", 100),
            per_set(runs, ("lamina", HEARD), runs.sets, "wer", "{:.2f}", 100),
            per_set(runs, ("lamina", HEARD), runs.sets, "cpu", "{:.0f}", 1),
        ],
    )


def verification(runs: Runs) -> Section:
    rows = [
        at_most("orl_faces, the same one? Equal error rate", runs.figures("lamina", "orl_faces", "eer"), 0.05),
        at_most("orl_faces, whole process", runs.figures("lamina", "orl_faces", "seconds"), 300, "{:.0f} s", 1),
    ]
    if not runs.good:
        return Section(rows)
    return Section(
        rows,
        [
            "`lamina learn faces --target label --verify --minutes 4.5 --seed N`: thirty people teach, ten others are judged; "
            "each seed takes out another ten. Equal error rate in %: as many pairs of one person are held apart as pairs of two are taken for one.",
            per_set(runs, ("lamina",), runs.sets, "eer", "{:.2f}", 100),
        ],
    )
