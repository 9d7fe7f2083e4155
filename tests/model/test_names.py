"""What rows are called: by their files, also where some have none."""

from __future__ import annotations

from pathlib import Path

import worlds
from lamina.examples import read
from lamina.model.intake import row_names


def test_a_row_without_a_picture_is_called_so_and_the_others_by_their_files(tmp_path: Path) -> None:
    pictures = worlds.stripes(4, 0)["image"]
    for number, picture in enumerate(pictures):
        (tmp_path / f"{number}.png").write_bytes(worlds.png(picture[..., 0]))
    for missing in (0, 2):
        lines = ["" if number == missing else f"{number}.png" for number in range(4)]
        table = tmp_path / "table.csv"
        table.write_text("photo,age\n" + "".join(f"{line},{20 + len(line)}\n" for line in lines))
        names = row_names(read(table))
        assert names is not None
        assert names[missing] == "(no photo)"
        assert [Path(name).name for number, name in enumerate(names) if number != missing] == lines[:missing] + lines[
            missing + 1 :
        ]
