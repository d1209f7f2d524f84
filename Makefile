# Each target does its own set-up and says what it does. ARGS="..." is handed to the command:
#   make demo ARGS="--for 60s --json"
# A failing step ends the target; make names the step's exit status.

ifndef PYTHON
PYTHON := $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
endif
ARGS ?=
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet
INPUTS := pyproject.toml requirements-build.lock

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo run test lint bench chaos mutate audit docs lock clean

help:
	@echo 'make demo    try it: a simulated market, the whole bot, your terminal as the chat'
	@echo 'make run     the bot, with the settings of .env'
	@echo 'make setup   only create .venv and install the pinned dependencies'
	@echo 'make test    lint, types and all tests'
	@echo 'make lint    lint and types only'
	@echo 'make bench   measure speed and memory'
	@echo 'make chaos   break it everywhere, count what was lost or told twice'
	@echo 'make mutate  change the engine everywhere, count what no test notices'
	@echo 'make audit   look the pinned dependencies up among known vulnerabilities (asks pypi.org)'
	@echo 'make docs    write docs/metrics.md and docs/settings.md from the code'
	@echo 'make lock    resolve the dependencies anew (needs uv)'
	@echo 'make clean   remove .venv and every cache'

setup: .venv/runtime-ready
	@echo "ready: derivwatch is .venv/bin/derivwatch"

demo: .venv/runtime-ready
	@echo '== derivwatch demo $(ARGS)' >&2
	@$(BIN)/derivwatch demo $(ARGS)

run: .venv/runtime-ready
	@echo '== derivwatch run $(ARGS)' >&2
	@$(BIN)/derivwatch run $(ARGS)

test: lint .venv/apart-ready
	@echo '== pytest $(ARGS)' >&2
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile $(ARGS)

lint: .venv/dev-ready
	@echo '== ruff: lint and format' >&2
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@echo '== mypy: types' >&2
	@$(BIN)/mypy

bench: .venv/runtime-ready
	@echo '== derivwatch bench $(ARGS)' >&2
	@$(BIN)/derivwatch bench $(ARGS)

chaos: .venv/dev-ready
	@echo '== tests.chaos $(ARGS)' >&2
	@$(BIN)/python -m tests.chaos $(ARGS)

mutate: .venv/dev-ready
	@echo '== tests.mutation $(ARGS)' >&2
	@$(BIN)/python -m tests.mutation $(ARGS)

audit: .venv/apart-ready
	@for lock in requirements*.lock; do \
	  echo "== pip-audit $$lock" >&2; \
	  .venv/apart/bin/pip-audit --disable-pip --require-hashes --strict --progress-spinner off \
	    --requirement "$$lock" $(ARGS) || { \
	    status=$$?; \
	    echo "make audit: $$lock has a vulnerability, or could not be looked up: see above." >&2; \
	    echo 'It asks the database at pypi.org, so it needs the network.' >&2; \
	    exit $$status; }; \
	done

docs: .venv/runtime-ready
	@echo '== docs/generate.py' >&2
	@$(BIN)/python docs/generate.py

.venv/bin/python:
	@test -n '$(PYTHON)' || { \
	  echo 'No Python 3.11 or newer was found: install one, or run make PYTHON=/path/to/python3' >&2; \
	  exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo '$(PYTHON) is no Python 3.11 or newer: name one with make PYTHON=/path/to/python3' >&2; \
	  exit 2; }
	@echo '== creating .venv with $(PYTHON)' >&2
	@$(PYTHON) -m venv .venv || { \
	  status=$$?; rm -rf .venv; \
	  echo 'Python could not create .venv: on Debian, apt-get install python3-venv' >&2; \
	  exit $$status; }

.venv/runtime-ready: $(INPUTS) requirements.lock | .venv/bin/python
	@echo '== installing the pinned dependencies and derivwatch into .venv (once)' >&2
	@$(PIP) install --require-hashes -r requirements-build.lock -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev-ready: $(INPUTS) requirements-dev.lock | .venv/bin/python
	@echo '== installing the pinned dependencies, the tools and derivwatch into .venv (once)' >&2
	@$(PIP) install --require-hashes -r requirements-build.lock -r requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@ .venv/runtime-ready

.venv/apart-ready: requirements-apart.lock | .venv/bin/python
	@echo '== installing what wants other versions than derivwatch into .venv/apart (once)' >&2
	@$(BIN)/python -m venv --clear .venv/apart
	@.venv/apart/bin/python -m pip --disable-pip-version-check --quiet --quiet install \
	  --require-hashes -r requirements-apart.lock
	@touch $@

RESOLVE := UV_CUSTOM_COMPILE_COMMAND='make lock' uv pip compile --quiet --universal \
	--python-version 3.11 --generate-hashes --no-annotate --upgrade

lock:
	@echo '== resolving requirements*.lock with uv' >&2
	@$(RESOLVE) pyproject.toml --output-file requirements.lock
	@$(RESOLVE) pyproject.toml --extra dev --constraint requirements.lock \
	  --output-file requirements-dev.lock
	@$(RESOLVE) requirements-apart.in --output-file requirements-apart.lock
	@echo 'setuptools>=77' | $(RESOLVE) - --output-file requirements-build.lock

clean:
	@echo '== removing .venv and caches' >&2
	@rm -rf .venv build dist mutants *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
