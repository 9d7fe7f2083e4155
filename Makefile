# make demo: see it work. make test: the whole check. make docs: the site, into site/. Both make .venv from the lock file first.
# make page: build web/ into the package again, after it was changed.
# make bench: measure again what docs/benchmarks.md says (hours; LAMINA_DATA names the data sets).
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: demo page test lint types tests docs wheel bench clean

demo: $(READY)
	$(BIN)/lamina demo

page: $(READY)
	$(BIN)/python hatch_build.py

test: lint types tests docs wheel

lint: $(READY)
	$(BIN)/ruff check src tests benchmarks docs hatch_build.py
	$(BIN)/ruff format --check src tests benchmarks docs hatch_build.py

types: $(READY)
	$(BIN)/mypy
	$(BIN)/python hatch_build.py check

tests: page
	OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses=2 --dist=loadfile --durations=10

docs: $(READY)
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going --builder html docs site

wheel: $(READY)
	sh tests/wheel.sh

bench: $(READY)
	$(BIN)/python benchmarks/peers/make.py
	$(BIN)/python benchmarks/run.py all
	$(BIN)/python benchmarks/table.py

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet torch==2.13.0
	$(BIN)/pip install --quiet -r requirements.lock
	$(BIN)/python hatch_build.py install
	$(BIN)/pip install --quiet --no-deps -e .
	touch $(READY)

clean:
	rm -rf .venv dist site lamina-demo web/node_modules src/lamina/page/built
