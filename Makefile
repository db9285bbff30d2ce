# The ways to run things. What stands behind ## is what `make help` says of a target.

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help setup demo test lint format lock bench bench-api chaos soak
.DELETE_ON_ERROR:

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## build .venv, with the versions of constraints.txt; the targets below do so by themselves

$(STAMP): pyproject.toml constraints.txt
	@python=; for candidate in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
		if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then echo "make setup: Python 3.11 or newer is needed; name it with PYTHON=..." >&2; exit 1; fi; \
	echo "Building $(VENV): a minute or two"; \
	$$python -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: setup ## play the story of README in conv-demo
	$(BIN)/conv demo

# As many tests at a time as there are processors, each with a store of its own. More words: make test PYTEST=tests/store
test: setup ## all tests; some of them: make test PYTEST=tests/store
	$(BIN)/python -m pytest -n auto --dist loadgroup $(PYTEST)

lint: setup ## ruff, its format, mypy
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/python -m tests.lua_lint

format: setup ## mend what ruff can mend
	$(BIN)/python -m ruff check --fix .
	$(BIN)/python -m ruff format .

# From an environment of its own, so that nothing stays that is needed no more.
lock: ## renew constraints.txt: the newest versions that pyproject.toml allows
	rm -rf $(VENV)-lock
	$(or $(PYTHON),python3) -m venv $(VENV)-lock
	$(VENV)-lock/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	{ sed '/^[^#]/,$$d' constraints.txt; $(VENV)-lock/bin/python -m pip freeze --exclude-editable; } > constraints.new
	mv constraints.new constraints.txt
	rm -rf $(VENV)-lock

bench: setup ## compare the engine with the bare commands of the store
	$(BIN)/python -m tests.bench

bench-api: setup ## compare submits over HTTP with an empty request; needs the program wrk
	$(BIN)/python -m tests.bench_api

# make chaos SEED=7 MOVES=1000000: without a seed one is chosen and printed.
chaos: setup ## break things under load; make chaos SEED=7 MOVES=1000000
	$(BIN)/python -m tests.chaos $(if $(SEED),--seed $(SEED)) $(if $(MOVES),--moves $(MOVES))

# make soak MINUTES=10: full load on a small store that must not grow.
soak: setup ## full load on a small store that must not grow; make soak MINUTES=10
	$(BIN)/python -m tests.soak $(if $(MINUTES),--minutes $(MINUTES))
