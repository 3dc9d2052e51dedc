# Everything here sets up .venv by itself; only Python 3.11 or newer and make are needed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# A module of tests stays on one of them; `python -m pytest` by itself runs them one after another.
ON_ALL_PROCESSORS := --numprocesses auto --dist loadfile
SOURCES := ibkr_actors pytest_ibkr_actors strategies tests benchmarks run.py

.PHONY: demo test test-all check format lint types bench reference docs gateway clean

demo: $(VENV)/run.stamp
	$(BIN)/python run.py --config config/demo.toml --duration 20s

test: $(VENV)/clients.stamp
	$(BIN)/python -m pytest $(ON_ALL_PROCESSORS)

# On each supported Python that is installed; `make test-all TESTS="tests/wire -q"` runs a part.
test-all: | $(BIN)/python
	$(BIN)/python -m tests.interpreters $(ON_ALL_PROCESSORS) $(TESTS)

check: lint types docs test

lint: $(VENV)/test.stamp
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)

types: $(VENV)/test.stamp
	$(BIN)/mypy

format: $(VENV)/test.stamp
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

bench: $(VENV)/test.stamp
	$(BIN)/python -m benchmarks.compare

reference: $(VENV)/test.stamp
	$(BIN)/python -m tests.documentation

# Warnings are errors (strict in mkdocs.yml); needs no network once its packages are installed.
docs: $(VENV)/docs.stamp
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --clean

gateway: $(VENV)/run.stamp
	$(BIN)/python -m ibkr_actors gateway

clean:
	rm -rf $(VENV) .venv-* build site *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "ibkr_actors needs Python 3.11 or newer; try make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/run.stamp: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/test.stamp: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@ $(VENV)/run.stamp

# The clients of other people that the tests let talk to the simulated gateway. All other tests run without those that can't
# be installed, and theirs fail and say why.
$(VENV)/clients.stamp: $(wildcard tests/clients/environments.*) $(wildcard tests/clients/stoqey/*) $(VENV)/test.stamp
	-$(BIN)/python -m tests.clients.environments && touch $@

$(VENV)/docs.stamp: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[docs]'
	touch $@
