#!/bin/sh
# The wheel, as a server would install it: without the extra `learn`, it predicts from a saved model.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
.venv/bin/python -m build --no-isolation --wheel --outdir "$place" . >/dev/null
.venv/bin/python - "$place" <<'PY'
import sys
import zipfile
from pathlib import Path

names = zipfile.ZipFile(next(Path(sys.argv[1]).glob("*.whl"))).namelist()
missing = {"lamina/py.typed", "lamina/cli/main.py", "lamina/networks/mlp.py"} - set(names)
assert not missing, f"the wheel lacks {missing}"
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
