"""From probabilities of characters at each step to text (CTC, Graves et al. 2006). Class 0 is the blank. NumPy only."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from lamina.core import Array
from lamina.outputs._letters import ORDER, START, Letters

NEVER = -1e30
WIDTH = 12  # prefixes that are followed at once
LEAST = -7.0  # log probability below which a character at a step is not followed


def collapsed(path: Array) -> list[int]:
    """Repeats and blanks left out: `collapsed([0, 3, 3, 0, 3]) == [3, 3]`."""
    path = np.asarray(path)
    kept = np.append(True, path[1:] != path[:-1]) & (path != 0) if len(path) else path != 0
    found: list[int] = path[kept].tolist()
    return found


def greedy(logs: Array) -> list[int]:
    """The likeliest class at each step of [T, V]."""
    return collapsed(logs.argmax(1))


def beam(logs: Array, characters: Sequence[str], letters: Letters, heed: float, bonus: float) -> list[int]:
    """The best prefix by sound and by letters (prefix beam search, Hannun et al. 2014).

    logs: [T, V]; heed: how much the probability of letters counts; bonus: for each character, without which short texts
    would be preferred.
    """
    parent, code, text, score = [-1], [0], [START * (ORDER - 1)], [0.0]
    children: dict[tuple[int, int], int] = {}

    def child(node: int, each: int) -> int:
        found = children.get((node, each))
        if found is None:
            found = children[node, each] = len(parent)
            parent.append(node)
            code.append(each)
            text.append((text[node] + characters[each])[1 - ORDER :])
            score.append(score[node] + heed * letters.after(text[node], characters[each]) + bonus)
        return found

    beams: dict[int, tuple[float, float]] = {0: (0.0, NEVER)}  # node to log probability ending in blank, and not
    for step in np.asarray(logs, np.float64):
        blank = float(step[0])
        likely = [k for k in np.flatnonzero(step > LEAST).tolist() if k]
        following: dict[int, list[float]] = {}
        for node, (ended, open_) in beams.items():
            both = _add(ended, open_)
            here = following.setdefault(node, [NEVER, NEVER])
            here[0] = _add(here[0], both + blank)
            if node:
                here[1] = _add(here[1], open_ + float(step[code[node]]))
            for each in likely:
                start = ended if node and each == code[node] else both
                if start > NEVER:
                    there = following.setdefault(child(node, each), [NEVER, NEVER])
                    there[1] = _add(there[1], start + float(step[each]))
        kept = sorted(following, key=lambda node: -(_add(*following[node]) + score[node]))[:WIDTH]
        beams = {node: (following[node][0], following[node][1]) for node in kept}
    best = max(beams, key=lambda node: _add(*beams[node]) + score[node])
    found = []
    while best:
        found.append(code[best])
        best = parent[best]
    return found[::-1]


def placed(logs: Array, codes: Sequence[int]) -> tuple[Array, Array]:
    """The steps [L, 2] (first, and after the last) that each character takes on the likeliest path, and its probability [L]:
    the largest that it has there."""
    if not codes:
        return np.zeros((0, 2), np.int64), np.zeros(0)
    labels = np.zeros(2 * len(codes) + 1, np.int64)
    labels[1::2] = codes
    jump = np.append([False, False], (labels[2:] != 0) & (labels[2:] != labels[:-2]))  # past a blank
    score = np.full(len(labels), NEVER)
    score[:2] = logs[0, labels[:2]]
    came = np.zeros((len(logs), len(labels)), np.int8)
    for t in range(1, len(logs)):
        stay, one = score, np.append(NEVER, score[:-1])
        two = np.where(jump, np.append([NEVER, NEVER], score[:-2]), NEVER)
        ways = np.stack([stay, one, two])
        came[t] = ways.argmax(0)
        score = ways.max(0) + logs[t, labels]
    place = len(labels) - 1 if score[-1] >= score[-2] else len(labels) - 2
    path = np.zeros(len(logs), np.int64)
    for t in range(len(logs) - 1, -1, -1):
        path[t] = place
        place -= int(came[t, place])  # a long text has more places than eight bits count
    spans, sure = np.zeros((len(codes), 2), np.int64), np.zeros(len(codes))
    for k, each in enumerate(codes):
        steps = np.flatnonzero(path == 2 * k + 1)
        if len(steps):
            spans[k] = steps[0], steps[-1] + 1
            sure[k] = math.exp(float(logs[steps, each].max()))
    return spans, sure


def likelihood(logs: Array, target: Array) -> Array:
    """Negative log probability [N] of targets [N, L] (0: nothing more) given [N, T, V]; infinite where T is too short."""
    rows, longest = target.shape
    labels = np.zeros((rows, 2 * longest + 1), np.int64)
    labels[:, 1::2] = target
    lengths = (target > 0).sum(1)
    jump = np.zeros(labels.shape, bool)
    jump[:, 2:] = (labels[:, 2:] != 0) & (labels[:, 2:] != labels[:, :-2])
    each = np.arange(rows)
    score = np.full(labels.shape, NEVER)
    score[:, :2] = np.take_along_axis(logs[:, 0], labels[:, :2], 1)
    score[lengths == 0, 1] = NEVER
    edge = np.full((rows, 2), NEVER)
    for t in range(1, logs.shape[1]):
        one = np.concatenate([edge[:, :1], score[:, :-1]], 1)
        two = np.where(jump, np.concatenate([edge, score[:, :-2]], 1)[:, : labels.shape[1]], NEVER)
        score = np.logaddexp(np.logaddexp(score, one), two) + np.take_along_axis(logs[:, t], labels, 1)
    last = score[each, 2 * lengths]
    before = np.where(lengths > 0, score[each, np.maximum(2 * lengths - 1, 0)], NEVER)
    found: Array = -np.logaddexp(last, before)
    return np.where(found > -NEVER / 2, np.inf, found)


def _add(a: float, b: float) -> float:
    if a < b:
        a, b = b, a
    return a if b <= NEVER else a + math.log1p(math.exp(b - a))
