# make demo: see it work. make test: the whole check. Both make .venv from the lock file first.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: demo test lint types tests wheel clean

demo: $(READY)
	$(BIN)/lamina demo

test: lint types tests wheel

lint: $(READY)
	$(BIN)/ruff check src tests
	$(BIN)/ruff format --check src tests

types: $(READY)
	$(BIN)/mypy

tests: $(READY)
	$(BIN)/pytest --durations=10

wheel: $(READY)
	sh tests/wheel.sh

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet torch==2.13.0
	$(BIN)/pip install --quiet -r requirements.lock
	$(BIN)/pip install --quiet --no-deps -e .
	touch $(READY)

clean:
	rm -rf .venv dist lamina-demo
