"""Make the kept models of the present format, once, when the format is released: `python tests/formats/make.py`.

They must load for ever, and answer as they did. A later format gets a folder of its own; the old one is left alone.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import lamina  # noqa: E402
import worlds  # noqa: E402
from lamina.learning import choose  # noqa: E402
from lamina.model.card import FORMAT  # noqa: E402

NARROW = {"cnn": {"width": 4, "hidden": 8}, "mlp": {"width": 8, "copies": 2, "bins": 8}}  # small enough to keep


def table(rows: int, seed: int) -> worlds.World:
    """A number, a word and a date that give a price and a label."""
    world = worlds.line(rows, seed)
    day = [f"20{10 + k % 14}-0{1 + k % 9}-{10 + k % 19}" for k in range(rows)]
    return {**world, "sold": day, "dear": ["yes" if price > 400_000 else "no" for price in world["price"]]}


def pictures(rows: int, seed: int) -> worlds.World:
    return worlds.stripes(rows, seed, side=8)


WORLDS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "table": (table, ("price", "dear")),
    "pictures": (pictures, ("label",)),
}


def questions(name: str) -> worlds.World:
    """Rows to answer that nothing was learned from."""
    made, targets = WORLDS[name]
    return {column: values for column, values in made(6, 1).items() if column not in targets}


def main() -> None:
    usual = choose._said

    def narrow(*asked: Any) -> Any:
        found = usual(*asked)
        return found | {"options": NARROW[found["kind"]]}

    choose._said = narrow
    for name, (made, targets) in WORLDS.items():
        model = lamina.learn(made(400, 0), targets, steps=60, folds=0)
        place = model.save(HERE / f"format_{FORMAT}" / f"{name}.lamina", overwrite=True)
        answers = list(model.predict(questions(name)).records())
        place.with_suffix(".json").write_text(json.dumps(answers, indent=1) + "\n", encoding="utf-8")
        size = sum(path.stat().st_size for path in place.iterdir())
        print(f"{place.relative_to(HERE)}: {size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
