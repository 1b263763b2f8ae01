# Two commands set everything up on a fresh machine: make demo, make test.
PYTHON ?= python3
VENV := .venv
ifeq ($(OS),Windows_NT)
  BIN := $(VENV)/Scripts
else
  BIN := $(VENV)/bin
endif
STAMP := $(VENV)/.installed
# What is compiled is kept, whatever the environment says: the tests start hundreds of processes.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test long check bench install clean docs

$(STAMP): pyproject.toml resources/setup/prepare.sh
	PYTHON="$(PYTHON)" sh resources/setup/prepare.sh
	touch $(STAMP)

install: $(STAMP)

demo: $(STAMP)
	$(BIN)/python -m app.cli demo --out demo-output

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

test: check
	WINNOW_TESTS=short $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not long"

long: check
	WINNOW_KILLS=1000 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --timeout 7200
	$(BIN)/python -m benchmarks

bench: $(STAMP)
	@echo "Installing what the benchmarks compare with (a minute the first time)."
	$(BIN)/python -m pip install -q -e ".[bench]"
	$(BIN)/python -m benchmarks

docs: $(STAMP)
	$(BIN)/python -m app.documents

clean:
	rm -rf $(VENV) demo-output .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
