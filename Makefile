# make plan       plan a day in Changsha and print it; files under out/
# make serve      run the service on http://127.0.0.1:8000; it keeps its data in out/dispatch.db
# make test       all tests, with coverage
# make check      ruff, mypy --strict and all tests
# make scenarios  plan every scenario and judge it by the figures it states
# make clean      remove everything made here
#
# Every target sets up .venv first, where needed. PYTHON names the interpreter: make plan PYTHON=python3.12

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
COMPILED := .venv/.compiled
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help plan serve test check lint scenarios clean

help:
	@sed -n '/^# make/s/^# //p' Makefile

plan: $(COMPILED)
	@$(BIN)/dispatch plan scenarios/changsha-tuesday.json --seconds 5 --output out/plan.json --report out/report.html --export out

serve: $(COMPILED)
	@$(BIN)/dispatch serve --database-url sqlite:///out/dispatch.db

scenarios: $(COMPILED)
	@$(BIN)/dispatch scenarios run scenarios

# Compiled functions are invisible to coverage, so the tests of rules, reasons, hours, proofs and the desk of a simulation run once more
# with the search interpreted; its random numbers are meant to overflow.
test: $(COMPILED)
	$(BIN)/python -m pytest --numprocesses 2 --cov dispatch --cov-report=
	NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest tests/features tests/explain tests/solver/test_bound.py tests/solver/test_by_hour.py \
		tests/simulation/test_desk.py -k "not hopeless_backlog and not visiting_hours" --quiet -W "ignore:overflow encountered:RuntimeWarning" \
		--cov dispatch --cov-append --cov-report term-missing:skip-covered --cov-fail-under 95

check: lint test

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict

clean:
	rm -rf .venv out build dist .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ------------------------------------------------------------------ set-up

# The second way is for Debian, whose python3 comes without the means to put pip into a new environment.
$(INSTALLED): constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "This needs Python 3.11 or newer, and $(PYTHON) is not. Name one that is: make $(or $(MAKECMDGOALS),plan) PYTHON=python3.12" >&2; exit 1; }
	@echo "Installing the pinned dependencies into .venv, once ..."
	@$(PYTHON) -m venv .venv 2>/dev/null || \
		{ $(PYTHON) -m venv --clear --without-pip .venv && $(PYTHON) -m pip --python $(BIN)/python --quiet install pip; }
	@$(PIP) install --constraint constraints.txt hatchling editables
	@$(PIP) install --constraint constraints.txt --no-build-isolation --editable '.[dev]'
	@touch $@

# A function compiled into another one is not seen when it changes: so all compiled code goes when one file does.
$(COMPILED): $(INSTALLED) $(wildcard src/dispatch/solver/*.py)
	@rm -f src/dispatch/solver/__pycache__/*.nb[ic]
	@echo "Compiling the search, once (half a minute) ..."
	@$(BIN)/dispatch plan docs/examples/small-day.json --iterations 200 --quiet
	@touch $@
