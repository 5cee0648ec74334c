# Everything runs in .venv, which `make setup` builds; PYTHON chooses the interpreter it is built with.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$p; break; }; done)
VENV   ?= .venv
BIN    := $(VENV)/bin
PEERS  ?= .venv-peers
PLAN   ?= plans/issue-620.toml
ROOT   ?= .
ARGS   ?=
MIGRATE = $(BIN)/migrate
WHERE   = --plan "$(PLAN)" --root "$(ROOT)"
PHASES := phase1 phase2 phase3 phase4 phase5

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-fast browser lint format types layers check pictures matrix bench scale corpus chaos mutants clean \
	$(PHASES) $(PHASES:%=dry-run-%) $(PHASES:%=rollback-%) run rehearse status timeline rollback

help: ## this list
	@echo 'For the engineer (PLAN=, ROOT=, ARGS= as needed):'
	@grep -hE '^[a-z0-9%$$()A-Z:=-]+:.*##>' $(MAKEFILE_LIST) | sed -E 's/^[^#]*##> *([^ ]+) +(.*)/  \1|\2/' | awk -F'|' '{printf "%-22s %s\n", $$1, $$2}'
	@echo 'For the developer:'
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /|/' | awk -F'|' '{printf "  %-20s %s\n", $$1, $$2}'

$(PHASES): setup ##> phaseN one phase: shows the diff, asks, applies
	$(MIGRATE) $@ $(WHERE) $(ARGS)

$(PHASES:%=dry-run-%): setup ##> dry-run-phaseN what the phase would do; nothing is written
	$(MIGRATE) $(@:dry-run-%=%) --dry-run $(WHERE) $(ARGS)

run: setup ##> run all phases in order, asking before each
	$(MIGRATE) run $(WHERE) $(ARGS)

rehearse: setup ##> rehearse all phases, checks and the way back, on a copy of the tree
	$(MIGRATE) rehearse $(WHERE) $(ARGS)

status: setup ##> status where the migration stands
	$(MIGRATE) status $(WHERE) $(ARGS)

timeline: setup ##> timeline planned against actual minutes per phase
	$(MIGRATE) timeline $(WHERE) $(ARGS)

rollback: setup ##> rollback the last applied phase (ARGS=--all for every phase)
	$(MIGRATE) rollback $(WHERE) $(ARGS)

$(PHASES:%=rollback-%): setup ##> rollback-phaseN back to before phase N
	$(MIGRATE) rollback $(@:rollback-%=%) $(WHERE) $(ARGS)

setup: $(VENV)/.installed ## build .venv with the tool and its development packages

$(VENV)/.installed: pyproject.toml
	@test -n "$(PYTHON)" || { echo 'make: no Python 3.11 or newer found; install one or pass PYTHON=' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

demo: setup ## five phases on a sample repository, a failing one, its rollback, the timeline
	@bin="$$(cd "$(BIN)" && pwd)" && MIGRATE="$$bin/migrate" PATH="$$bin:$$PATH" bash demo/demo.sh

# An absolute path: a process that is forked in another folder leaves its share here, and not there.
test: export COVERAGE_FILE = $(CURDIR)/.coverage
test: setup ## all tests in random order, with branch coverage (gate 95 %, rollback/ 100 %)
	rm -f .coverage .coverage.*
	$(BIN)/python -m pytest --cov --cov-report= -n auto
	$(BIN)/python -m coverage report
	@test "$$(uname)" != Linux || $(BIN)/python -m coverage report --include='rollback/*' --fail-under=100 || { \
		echo 'make: rollback/ has to be covered completely, every branch' >&2; exit 1; }

browser: setup ## the report in Chromium, which has to be on PATH; ARGS= goes to pytest
	@chromium=; for p in chromium chromium-browser google-chrome google-chrome-stable; do \
		command -v $$p >/dev/null && { chromium=$$p; break; }; done; \
	if [ -z "$$chromium" ]; then echo 'make: no Chromium on PATH, so the report was not tested in a browser' >&2; exit 0; fi; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[browser]' && \
	$(BIN)/python -m pytest -q -n auto $(ARGS) tests/browser

test-fast: setup ## all tests without coverage; ARGS= goes to pytest
	$(BIN)/python -m pytest -q -n auto $(ARGS)

lint: setup ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: setup ## ruff: mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: setup ## mypy --strict
	$(BIN)/mypy

layers: setup ## import-linter: imports point down
	$(BIN)/lint-imports

pictures: setup ## the recording and the screenshots of README.md, on the sample; needs Chromium on PATH
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[browser]'
	$(BIN)/python demo/pictures.py

matrix: setup $(PEERS)/.installed ## docs/matrix.md: one-form cases, this tool beside its peers (PEERS= their environment)
	$(BIN)/python -m benchmarks.matrix --peers-python "$(PEERS)/bin/python" --write docs/matrix.md

# TREE= with PLAN= for a tree of yours, else generated ones; ARGS= as in `python -m benchmarks.speed generated --help`.
bench: setup $(PEERS)/.installed ## docs/benchmarks.md: time and memory beside the peers, on trees of 1, 4 and 16 times 8,816 files (an hour or two)
	"$(PEERS)/bin/python" -m pip install --quiet --disable-pip-version-check .
	"$(PEERS)/bin/python" -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps .
	$(BIN)/python -m benchmarks.speed $(if $(TREE),tree "$(TREE)" "$(PLAN)",generated --size 1 4 16 --runs 3) \
		--peers "$(PEERS)" --write docs/benchmarks.md $(ARGS)

scale: setup ## docs/scale.md: the cost model of a dry run, measured on generated trees (half an hour)
	$(BIN)/python -m benchmarks.scale --write docs/scale.md $(ARGS)

corpus: setup ## phases 3 and 4 on the standard library, checked by LibCST's name resolution (minutes)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	$(BIN)/python -m benchmarks.corpus stdlib

chaos: setup ## docs/reliability.md: kill, starve and cut the power at every system call (minutes)
	cd tests && PYTHONPATH=.. "$(abspath $(BIN))/python" -m chaos --write ../docs/reliability.md

mutants: setup ## mutation score of rollback/ (an hour); what survives: .venv/bin/mutmut results
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[mutants]'
	$(BIN)/mutmut run

$(PEERS)/.installed: benchmarks/requirements.txt
	$(PYTHON) -m venv "$(PEERS)"
	"$(PEERS)/bin/python" -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	@touch "$(PEERS)/.installed"

check: lint types layers test ## what CI runs

clean: ## remove .venv and caches
	rm -rf $(VENV) $(PEERS) .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache mutants *.egg-info
