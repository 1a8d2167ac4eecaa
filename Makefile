# Everything happens in .venv; the only things needed are python3 (with venv), make and git.
PYTHON ?= python3
BIN := .venv/bin
DEMO ?=
UV := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --python-version 3.11 --upgrade

.DEFAULT_GOAL := help
.PHONY: help demo test faults check bench cluster generate format lock clean

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/ready ## Run tests on a real API server and watch (DEMO=once: end by itself)
	@$(BIN)/python tools/demo.py $(DEMO)

test: .venv/ready ## Run all tests on a real API server
	@PYTHONPATH=tools $(BIN)/python -m cluster --build-only
	@$(BIN)/python -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder

faults: .venv/ready ## Run the long tests: outages under many runs
	@PYTHONPATH=tools $(BIN)/python -m cluster --build-only
	@$(BIN)/python -m pytest tests/faults

check: .venv/ready ## Lint, types, layers, and whether generated files are up to date
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python tools/generate.py --check

bench: .venv/ready ## Measure: HTTP clients, time to start, memory
	@PYTHONPATH=tools $(BIN)/python -m cluster --build-only
	@$(BIN)/python tools/bench.py

cluster: .venv/ready ## Start a control plane to play with; Ctrl-C stops it
	@PYTHONPATH=tools $(BIN)/python -m cluster

generate: .venv/ready ## Write the generated files anew
	@$(BIN)/python tools/generate.py

format: .venv/ready ## Format the code and mend what can be mended
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --fix --quiet .

lock: .venv/ready ## Write the locks anew, with the newest versions
	@$(UV) pyproject.toml -o requirements/run.txt
	@$(UV) --group dev pyproject.toml -o requirements/dev.txt

clean: ## Remove what was made here
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis dist

.venv/ready: requirements/dev.txt pyproject.toml
	@echo "Preparing .venv (once, about a minute) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
