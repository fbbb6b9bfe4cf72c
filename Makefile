# The targets are listed by `make`; tools/setup.sh says what the environment needs.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

PYTHON_IN_VENV := .venv/bin/python
WITH_MONGO := $(PYTHON_IN_VENV) tools/with_mongo.py
STAMP := .venv/.complete
DEMO_DB := .cache/demo/db
PORT ?= 5151

.PHONY: help setup browser demo app pictures faults docs test lint unit format clean

help:
	@echo 'make setup   the environment, in .venv'
	@echo 'make demo    a small dataset and its comparison, kept in .cache/demo'
	@echo 'make app     the FiftyOne App on the demo (PORT=$(PORT))'
	@echo 'make test    the whole check: lint, types, every test'
	@echo 'make lint    ruff, mypy, import-linter, vulture;  make unit: tests that need no MongoDB;  make format'
	@echo 'make pictures   takes the pictures of the README (docs/app) in a browser'
	@echo 'make docs    writes the tables of docs/choosing.md and docs/settings.md anew'
	@echo 'make clean   removes .venv and .cache'

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt tools/setup.sh tools/mongod.py
	@bash tools/setup.sh
	@touch $@

browser: setup
	@bash tools/setup.sh browser

demo: setup
	$(WITH_MONGO) --keep $(DEMO_DB) $(PYTHON_IN_VENV) tools/demo.py

app: setup
	PORT=$(PORT) $(WITH_MONGO) --keep $(DEMO_DB) $(PYTHON_IN_VENV) tools/app.py

# docs/app: what the README shows
pictures: browser
	$(WITH_MONGO) $(PYTHON_IN_VENV) tools/pictures.py

# kills, outages, hostile replies and files: what docs/reliability.md shows
faults: setup
	$(WITH_MONGO) env PYTHONPATH=. $(PYTHON_IN_VENV) benchmarks/faults.py

docs: setup
	$(PYTHON_IN_VENV) tools/doc_tables.py

# one after the other, whatever -j says, so that the last line is the tests' summary
test: browser
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory unit
	$(WITH_MONGO) $(PYTHON_IN_VENV) -m pytest tests --ignore=tests/unit --ignore=tests/app
	@# by itself: playwright keeps an event loop, in which FiftyOne can't run operators
	$(WITH_MONGO) $(PYTHON_IN_VENV) -m pytest tests/app

lint: setup
	$(PYTHON_IN_VENV) -m ruff check .
	$(PYTHON_IN_VENV) -m ruff format --check .
	$(PYTHON_IN_VENV) -m mypy
	.venv/bin/lint-imports
	$(PYTHON_IN_VENV) -m vulture

unit: setup
	$(PYTHON_IN_VENV) -m pytest tests/unit

format: setup
	$(PYTHON_IN_VENV) -m ruff check --fix .
	$(PYTHON_IN_VENV) -m ruff format .

clean:
	rm -rf .venv .cache
