# Every target sets itself up first; `make demo` and `make test` are all a new machine needs.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := requirements/runtime.lock
DEVELOP := requirements/develop.lock
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: setup setup-develop demo test check conformance soak worlds bench lock clean

setup: $(VENV)/.runtime
setup-develop: $(VENV)/.develop

$(VENV)/.runtime: $(RUNTIME) pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "crmsync needs Python 3.11 or newer; set PYTHON=python3.11")'
	@echo "setup: installing the locked packages into $(VENV) (once)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) install --require-hashes -r $(RUNTIME)
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.develop: $(VENV)/.runtime $(DEVELOP)
	@echo "setup: adding the development packages (once)"
	@$(PIP) install --require-hashes -r $(DEVELOP)
	@touch $@

demo: setup
	@$(BIN)/crmsync demo

test: setup-develop
	@$(BIN)/python -m pytest -n auto

check: setup-develop
	@$(BIN)/ruff check src tests
	@$(BIN)/ruff format --check src tests
	@$(BIN)/mypy
	@$(BIN)/lint-imports

# Clients published by others, unmodified, against the served simulators. Without Node it says what it left out (exit 3).
conformance: setup-develop
	@$(BIN)/python tests/conformance/run.py

# Seeds, kills at each step, real SIGKILLs, mechanisms switched off: two processes. SOAK="--only kills --kills 400" runs less.
soak: setup-develop
	@$(BIN)/python -m tests.soak $(SOAK)

# Long lives of a few seeds, judged at the end; the variables that change their number and length stand in the file.
worlds: setup-develop
	@$(BIN)/python tests/simulation/worlds.py

bench: setup-develop
	@$(BIN)/python -m tests.benchmarks

lock: setup-develop
	@$(PIP) install 'uv>=0.5,<1'
	@$(BIN)/uv pip compile pyproject.toml --extra build --generate-hashes --universal --no-emit-index-url --no-header --upgrade -q -o $(RUNTIME)
	@$(BIN)/uv pip compile pyproject.toml --extra build --extra dev -c $(RUNTIME) --generate-hashes --universal --no-emit-index-url --no-header --upgrade -q -o $(DEVELOP)
	@$(BIN)/uv pip compile tests/conformance/hubspot_sdk.in --python-version 3.11 --generate-hashes --universal --no-emit-index-url --no-header --upgrade -q -o tests/conformance/hubspot_sdk.lock

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis dist build
