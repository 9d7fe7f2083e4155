#!/bin/sh
# The wheel, as a server would install it: without the extra `learn`, it predicts from a saved model. It is made from the archive of the
# sources, as an index may do, and holds the page.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
.venv/bin/python -m build --no-isolation --outdir "$place" . >/dev/null
.venv/bin/python - "$place" <<'PY'
import sys
import zipfile
from pathlib import Path

wheel = zipfile.ZipFile(next(Path(sys.argv[1]).glob("*.whl")))
sizes = {each.filename: each.compress_size for each in wheel.infolist()}
page = {name: size for name, size in sizes.items() if name.startswith("lamina/page/built/")}
missing = {"lamina/py.typed", "lamina/cli/main.py", "lamina/networks/mlp.py", "lamina/page/labelled/label.js"} - set(sizes)
missing |= {f"lamina/page/built/{name}" for name in ("index.html", "NOTICES.txt", "cat.svg")} - set(page)
assert not missing, f"the wheel lacks {missing}"
assert {Path(name).suffix for name in page} >= {".js", ".css"}, f"the page is not whole: {sorted(page)}"
assert sum(page.values()) < 300_000, f"the page is larger than it may be: {page}"
assert not any(name.endswith(".map") or "node_modules" in name for name in sizes)
print(f"wheel: the page takes {sum(page.values()) / 1000:.0f} kB")
PY
OMP_NUM_THREADS=1 .venv/bin/python -c "
import lamina
model = lamina.learn({'x': list(range(200)), 'y': ['low' if x < 100 else 'high' for x in range(200)]}, 'y', steps=30, folds=0)
model.save('$place/small.lamina')"
python3 -m venv "$place/server"
"$place/server/bin/pip" install --quiet "$place"/*.whl
printf 'x\n5\n195\n' > "$place/new.csv"
"$place/server/bin/lamina" predict "$place/small.lamina" "$place/new.csv"
"$place/server/bin/python" -c "
import importlib.util, lamina
assert importlib.util.find_spec('torch') is None
assert lamina.load('$place/small.lamina').predict({'x': 195})[0].value == 'high'
print('wheel: predicts without torch')"
