# make demo   the whole chain on the built-in sample      make test   lint, types, layers and tests
# make web    what export/web/src gives, into export/web/dist; that is committed, so that a wheel is built without node
# make test-arm64 BUNDLE=runs/demo-int8   the runtime on emulated ARM64 CPUs; see tests/arm64. On Linux x86-64
# All but make web make .venv when it is missing, with the tested versions of constraints.txt.
PYTHON ?= python3.11
VENV ?= .venv
# Processes that share the tests, a file at a time.
WORKERS ?= 2
BIN := $(VENV)/bin
READY := $(VENV)/.installed

.PHONY: demo test lint types layers unit test-arm64 web clean

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt torch
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $(READY)

demo: $(READY)
	$(BIN)/edgener demo

test: lint types layers unit

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

layers: $(READY)
	$(BIN)/lint-imports --no-cache

unit: $(READY)
	$(BIN)/pytest -rs -n $(WORKERS) --dist loadfile

BUNDLE ?= runs/demo-fp32 runs/demo-int8
test-arm64: $(READY)
	$(BIN)/python -m tests.arm64 $(BUNDLE)

web:
	cd export/web && npm ci && npm run types && npm run build

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .hypothesis
