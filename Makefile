# What the project does by itself: `make demo` and `make test` set up all they need first.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

BIN := .venv/bin
# One more than the cores it is meant for, since the tests of crashes mostly wait.
WORKERS ?= 3
BASE ?= HEAD
ARGS ?=
COMPILE = "$$uv" pip compile --quiet --python-version 3.11 --universal --generate-hashes --no-emit-index-url \
	--no-header --no-annotate

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Workers of one run read what the first has compiled; with this set in the shell each would compile every test anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## say what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/'

.PHONY: demo
demo: .venv/.run-ready ## the register with its organisations and a trial round, served on 127.0.0.1 (ARGS="--port 8001")
	@exec $(BIN)/register demo $(ARGS)

# The checks run beside the tests, and are silent unless they find something; either fails the target.
define beside_checks
	@said="$$(mktemp)"; trap 'rm -f "$$said"' EXIT; \
	$(MAKE) --no-print-directory check >"$$said" 2>&1 & checks=$$!; \
	tested=0; $(1) || tested=$$?; \
	checked=0; wait $$checks || { checked=$$?; cat "$$said"; }; \
	exit $$((tested > checked ? tested : checked))
endef

.PHONY: quick
quick: .venv/.dev-ready ## style, types, contracts, and the tests of the pure floors (15 seconds, once mypy has a cache)
	$(call beside_checks,$(BIN)/pytest tests/rules tests/log tests/house $(ARGS))

.PHONY: changed
changed: .venv/.dev-ready ## the checks, and the tests nearest to what differs from BASE (HEAD); says what it left out
	$(call beside_checks,$(BIN)/python -m tests.loop.changed $(BASE))

.PHONY: test
test: .venv/.dev-ready ## everything that is checked, and every test, on SQLite and on a real PostgreSQL
	$(call beside_checks,$(BIN)/pytest -n $(WORKERS) --dist worksteal --durations=15 --durations-min=0 $(ARGS))

# Each part takes an hour at most on two cores, and can be run by itself.
.PHONY: nightly
nightly: nightly-machine-sqlite nightly-machine-postgresql nightly-mutation nightly-coverage nightly-truth nightly-steady nightly-imports nightly-years ## what takes hours, part by part

.PHONY: nightly-machine-sqlite
nightly-machine-sqlite: .venv/.dev-ready ## every act in any order against a model, 5,000 runs of 50 steps on SQLite
	$(call machine,sqlite,5000)

.PHONY: nightly-machine-postgresql
nightly-machine-postgresql: .venv/.dev-ready ## the same on PostgreSQL, 2,500 runs
	$(call machine,postgresql,2500)

define machine
	REGISTER_TEST_MACHINE_RUNS=$${REGISTER_TEST_MACHINE_RUNS:-$(2)} \
	REGISTER_TEST_MACHINE_STEPS=$${REGISTER_TEST_MACHINE_STEPS:-50} \
		$(BIN)/pytest -n 2 tests/machine -k $(1) $(ARGS)
endef

.PHONY: nightly-mutation
nightly-mutation: .venv/.nightly-ready ## change the rules and the log in small ways: which does no test of theirs notice (docs/mutation.md)?
	rm -rf mutants
	$(BIN)/mutmut run --max-children 2
	$(BIN)/mutmut results

.PHONY: nightly-coverage
nightly-coverage: .venv/.nightly-ready ## which branches of the house no test takes
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n $(WORKERS) --dist worksteal $(ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

.PHONY: nightly-truth
nightly-truth: .venv/.dev-ready ## every single record of the demo on 24 days, against app/reference
	TRUTH_OF_EVERY_RECORD=yes .venv/bin/pytest tests/truth

.PHONY: nightly-steady
nightly-steady: nightly-hanging nightly-failover nightly-attacks nightly-connections nightly-nginx nightly-operator ## what attackers, hangs and failures do to others

.PHONY: nightly-imports
nightly-imports: .venv/.dev-ready ## files of all CCGs from 2013 to 2024, imported in 500 orders
	REGISTER_TEST_IMPORT_ORDERS=$${REGISTER_TEST_IMPORT_ORDERS:-500} \
		$(BIN)/pytest -n 2 tests/casework/test_orders_of_files.py $(ARGS)

.PHONY: nightly-years
nightly-years: .venv/.dev-ready ## 2015 to 2022 act by act, mergers and all, on PostgreSQL
	REGISTER_TEST_YEARS_ON=postgresql $(BIN)/pytest tests/api/test_years.py $(ARGS)

.PHONY: nightly-hanging
nightly-hanging: .venv/.dev-ready ## PostgreSQL stopped for 25 s under 50 readers and 8 writers
	REGISTER_TEST_HANGING_READERS=50 REGISTER_TEST_HANGING_WRITERS=8 REGISTER_TEST_HANGING_SECONDS=25 \
		$(BIN)/pytest -s tests/crash/test_database_hangs.py $(ARGS)

.PHONY: nightly-failover
nightly-failover: .venv/.dev-ready ## the primary killed under 20 readers and 8 writers, its standby promoted
	REGISTER_TEST_FAILOVER_READERS=20 REGISTER_TEST_FAILOVER_WRITERS=8 REGISTER_TEST_FAILOVER_WRITES=50 \
		$(BIN)/pytest -s tests/crash/test_failover.py $(ARGS)

.PHONY: nightly-attacks
nightly-attacks: .venv/.dev-ready ## what a good client meets while others ask without pause
	$(BIN)/python -m bench.attacks_admission 5

.PHONY: nightly-nginx
nightly-nginx: .venv/.dev-ready ## 10,000 POSTs through nginx at the edge of its keep-alive time; nginx must be there
	$(BIN)/python -m bench.behind_nginx

.PHONY: nightly-operator
nightly-operator: .venv/.dev-ready ## an operator's whole day by docs/operating.md; nginx must be there
	$(BIN)/python -m bench.operators_day

.PHONY: nightly-connections
nightly-connections: .venv/.dev-ready ## what a good client meets while others hold 1,500 connections or read nothing
	$(BIN)/python -m bench.attacks_connections 5

.PHONY: bench
bench: .venv/.dev-ready ## what proof costs, in time and in a write; for how long long acts keep other writers waiting
	$(BIN)/python -m bench.log
	$(BIN)/python -m bench.long_acts

.PHONY: check
check: lint ## lint, types and the sizes of functions and rooms
	$(BIN)/mypy
	@$(BIN)/python -m tests.house.sizes

.PHONY: lint
lint: .venv/.dev-ready ## style, import contracts, Dockerfile
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-logo
	$(BIN)/hadolint Dockerfile

.PHONY: lock
lock: ## make the hashed locks anew from pyproject.toml (needs uv)
	@uv="$$(command -v uv || command -v $(BIN)/uv)" || { echo "make lock needs uv on the PATH." >&2; exit 1; }; \
	$(COMPILE) --group build -o requirements-build.lock; \
	$(COMPILE) pyproject.toml -o requirements.lock; \
	$(COMPILE) pyproject.toml --group dev -o requirements-dev.lock; \
	$(COMPILE) pyproject.toml --group nightly --constraint requirements-dev.lock -o requirements-nightly.lock

# --- set-up: only when a lock or pyproject.toml is newer than what is installed ---------------------

# With uv on the PATH the packages come by uv, which is faster; otherwise by pip. Both check every hash.
define install
	@if uv="$$(command -v uv)"; then \
		"$$uv" pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes --no-deps $(foreach lock,$(1),-r $(lock)); \
	else \
		$(BIN)/python -m pip install --quiet --require-hashes --no-deps $(foreach lock,$(1),-r $(lock)); \
	fi
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --no-index --editable .
	@$(BIN)/python -m compileall -q app migrations
	@touch $@
endef

.venv/.run-ready: requirements-build.lock requirements.lock pyproject.toml | .venv/bin/python
	$(call install,requirements-build.lock requirements.lock)

.venv/.dev-ready: requirements-dev.lock pyproject.toml | .venv/bin/python
	$(call install,requirements-dev.lock)

.venv/.nightly-ready: requirements-nightly.lock | .venv/.dev-ready
	$(call install,requirements-nightly.lock)

.venv/bin/python:
	@for candidate in python3.11 python3 python3.12 python3.13; do \
		"$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
		if ! "$$candidate" -c 'import ensurepip, venv' 2>/dev/null; then \
			echo "$$candidate cannot make virtual environments: its venv or ensurepip module is missing" \
				"(on Debian and Ubuntu install the package python3-venv)." >&2; exit 1; \
		fi; \
		echo "Setting up .venv with $$("$$candidate" --version); the first time takes a minute." >&2; \
		"$$candidate" -m venv .venv; exit 0; \
	done; \
	echo "Python 3.11 or newer is needed; $$(python3 --version 2>/dev/null || echo 'no python3') was found." >&2; exit 1
