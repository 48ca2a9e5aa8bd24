# 控辍保学. `make run` and `make test` are all that a newcomer needs; README.md says the rest.
SHELL := /bin/bash
VENV := .venv
PYTHON := $(VENV)/bin/python
PYTEST := $(VENV)/bin/pytest
DATA := $(or $(KONGCHUO_DATA),data)
SCRATCH := $(CURDIR)/.scratch
# The service variables of a developer's shell must not leak into the test runs.
CLEAN := env -u DATABASE_URL -u REDIS_URL -u KONGCHUO_DEMO -u KONGCHUO_TODAY KONGCHUO_DATA=$(SCRATCH)

.PHONY: run install front test test-sqlite test-services lint e2e bench clean

run: install front
	@deploy/trial

install: $(VENV)/.runtime
front: static/manifest.json
dev: $(VENV)/.dev

$(VENV)/bin/uv:
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(VENV)/.runtime: $(VENV)/bin/uv requirements.txt
	$(VENV)/bin/uv pip install --quiet --python $(PYTHON) -r requirements.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.txt
	$(VENV)/bin/uv pip install --quiet --python $(PYTHON) -r requirements-dev.txt
	@touch $@

# The style sheet holds what the pages name, so the pages are among its sources.
static/manifest.json: $(VENV)/.runtime $(shell find frontend templates -type f -not -path '*/node_modules/*' 2>/dev/null)
	deploy/front

test: test-sqlite $(if $(and $(TEST_DATABASE_URL),$(TEST_REDIS_URL)),test-services)

test-sqlite: dev front
	$(CLEAN) $(PYTEST) -q -n auto

# Who gets at what, and what a form answers, is the same on every database: that walk is taken once.
test-services: dev front
	$(CLEAN) DATABASE_URL=$(TEST_DATABASE_URL) REDIS_URL=$(TEST_REDIS_URL) $(PYTEST) -q -n auto -m "not walk"

lint: dev front
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/lint-imports
	$(CLEAN) $(PYTHON) manage.py makemigrations --check --dry-run
	$(CLEAN) $(PYTHON) manage.py check --fail-level WARNING
	$(CLEAN) $(PYTHON) manage.py spectacular --fail-on-warn --validate --file $(SCRATCH)/schema.yml

e2e: dev front
	$(CLEAN) $(if $(TEST_DATABASE_URL),DATABASE_URL=$(TEST_DATABASE_URL) REDIS_URL=$(TEST_REDIS_URL)) $(PYTEST) -q -n 2 --dist loadfile $(or $(E2E),e2e)

bench: install front
	$(PYTHON) -m benchmarks

clean:
	rm -rf $(VENV) $(SCRATCH) static frontend/node_modules

UV_VERSION := 0.13.9
