# Rolewatch. `make run` and `make test` set everything up on a machine that has Python 3.11 or newer, and make.
.DEFAULT_GOAL := help
.PHONY: help run test bench check format browser clean

PYTHON ?= python3
PORT ?= 8000
# In development the sample log-ins stand on the log-in page, so only this machine may reach it.
HOST ?= 127.0.0.1
VENV := .venv
BIN := $(VENV)/bin
APP_READY := $(VENV)/.app-ready
DEV_READY := $(VENV)/.dev-ready

help:  ## list the targets
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Rolewatch needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(APP_READY): requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(DEV_READY): requirements-dev.txt requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $(APP_READY) $@

.env:
	@printf '# Settings of this checkout; docs/configuration.md lists them all.\nROLEWATCH_ENV=development\n' > .env
	@echo "Wrote .env: this checkout runs in development, with sample data."

run: $(APP_READY) .env  ## set everything up and serve on http://localhost:8000 (or PORT=… make run)
	@$(BIN)/flask db upgrade
	@$(BIN)/flask seed
	@echo "Rolewatch is at http://localhost:$(PORT)"
	@PORT=$(PORT) BASE_URL=$${BASE_URL:-http://localhost:$(PORT)} exec $(BIN)/gunicorn --bind $(HOST):$(PORT) --workers 1 --threads 8 --graceful-timeout 25 wsgi:app

browser: $(DEV_READY)  ## find a Chromium for the browser tests, or install one
	@$(BIN)/python -m tests.browser.chromium

test: $(DEV_READY) browser  ## set everything up and run every test, on SQLite and on PostgreSQL
	$(BIN)/python -m pytest -n 2 --dist loadgroup

bench: $(DEV_READY)  ## measure, side by side with a baseline
	$(BIN)/python -m benchmarks

check: $(DEV_READY)  ## format, lint, types, import contract, migrations, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) test

format: $(DEV_READY)  ## put every file into the house format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:  ## remove the virtual environment and caches, keep data
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache test-results
