# The ways to run things. `make setup` builds .venv; every other target calls it first.

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: setup demo test lint format bench chaos soak
.DELETE_ON_ERROR:

setup: $(STAMP)

$(STAMP): pyproject.toml
	@python=; for candidate in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
		if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then echo "make setup: Python 3.11 or newer is needed; name it with PYTHON=..." >&2; exit 1; fi; \
	echo "Building $(VENV): a minute or two"; \
	$$python -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: setup
	$(BIN)/conv demo

# As many tests at a time as there are processors, each with a store of its own. More words: make test PYTEST=tests/store
test: setup
	$(BIN)/python -m pytest -n auto --dist loadgroup $(PYTEST)

lint: setup
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/python -m tests.lua_lint

format: setup
	$(BIN)/python -m ruff check --fix .
	$(BIN)/python -m ruff format .

bench: setup
	$(BIN)/python -m tests.bench

# make chaos SEED=7 MOVES=1000000: without a seed one is chosen and printed.
chaos: setup
	$(BIN)/python -m tests.chaos $(if $(SEED),--seed $(SEED)) $(if $(MOVES),--moves $(MOVES))

# make soak MINUTES=10: full load on a small store that must not grow.
soak: setup
	$(BIN)/python -m tests.soak $(if $(MINUTES),--minutes $(MINUTES))
