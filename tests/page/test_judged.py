from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from lamina.page.judged import Judged


def test_a_network_that_is_mostly_wrong_doubts_no_labels() -> None:
    output = SimpleNamespace(holds="category", classes=["a", "b", "c"], decide=lambda shares: shares.argmax(1))
    model: Any = SimpleNamespace(outputs={"kind": output})
    truth = np.arange(60) % 3
    scaled = np.where(truth[:, None] == np.arange(3), 4.0, 0.0).astype(np.float32)
    swapped = np.where(np.arange(60) < 3, (truth + 1) % 3, truth)
    knows = Judged(model, "kind", np.arange(60), swapped, scaled, scaled)
    assert not knows.weak
    assert sorted(each.row for each in knows.suspects) == [0, 1, 2]
    guesses = Judged(model, "kind", np.arange(60), (truth + 1) % 3, scaled, scaled)
    assert guesses.weak
    assert guesses.suspects == []
