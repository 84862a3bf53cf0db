# Everything here needs only a shell, make and Python 3.11 to 3.13. `make` lists the targets.

.DEFAULT_GOAL := help
.PHONY: help setup train test test-slow test-browser fuzz torture lowest check docs systems bench bench-short tensorboard lock clean

VENV := .venv
PY := $(VENV)/bin/python
ARGS ?=

# The first Python on the PATH that can make the environment; PYTHON=... chooses another.
SUPPORTED := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c '$(SUPPORTED)' 2>/dev/null && echo $$p && break; done)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

# The lock is copied into the environment as the last step of a set-up, so a missing or different copy
# means: never made, interrupted, or made from another lock. aevb itself is installed as a link to this folder.
setup: ## make .venv, if it is missing, incomplete or older than the lock
	@if cmp -s requirements.lock $(VENV)/requirements.lock && $(PY) -c 'import importlib.util as i, sys; \
		sys.exit(i.find_spec("aevb") is None)' 2>/dev/null; then exit 0; fi; \
	if ! '$(PYTHON)' -c '$(SUPPORTED)' 2>/dev/null; then \
		echo "aevb needs Python 3.11, 3.12 or 3.13 with its venv module; got '$(PYTHON)'." \
			"Install one (Debian: python3 and python3-venv) or say 'make PYTHON=/path/to/python3.12 ...'." >&2; \
		exit 1; \
	fi; \
	echo "Setting up $(VENV) from requirements.lock (once; the download is about 3 GB)"; \
	'$(PYTHON)' -m venv --clear $(VENV) && \
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock && \
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable . && \
	cp requirements.lock $(VENV)/requirements.lock

train: setup ## train a model; ARGS="model=conv_vae latent_dim=4" passes overrides on
	@$(PY) -m src.train $(ARGS)

# One process for each core, and one thread in each: the tests are many small ones.
test: setup ## run the quick tests; ARGS="-k kl" passes options on
	@OMP_NUM_THREADS=1 $(PY) -m pytest -n auto -m "not slow and not browser" $(ARGS)

test-browser: setup ## look at TensorBoard's pages in a headless Chromium, which has to be installed
	@OMP_NUM_THREADS=1 $(PY) -m pytest -m browser $(ARGS)

test-slow: setup ## run the tests that take minutes
	@$(PY) -m pytest -m slow $(ARGS)

fuzz: setup ## give the options of every command nasty values; ARGS="--seed 3 --cases 2000 --minutes 20"
	@OMP_NUM_THREADS=1 PYTHONPATH=src:. $(PY) -m tests.fuzz $(ARGS)

torture: setup ## kill 100 runs, change 100 bits, start 60 pairs; ARGS="--seed 3 --kills 20" does other ones
	@OMP_NUM_THREADS=1 $(PY) -m tests.torture $(ARGS)

check: setup ## lint, and check the format, the types and the imports
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(VENV)/bin/lint-imports --no-logo --no-cache

# Types are checked against the libraries of the lock alone: those of older ones say less.
lowest: setup ## install the oldest versions that pyproject.toml allows into .venv-lowest, and test with them
	@$(PY) -m uv venv --quiet --clear --python $(PY) .venv-lowest
	@$(PY) -m uv pip install --quiet --python .venv-lowest/bin/python --resolution lowest-direct \
		--editable '.[dev,docs,flows]'
	@.venv-lowest/bin/python -m tensorboard.main --version
	@.venv-lowest/bin/python -m ruff check . && .venv-lowest/bin/python -m ruff format --check .
	@.venv-lowest/bin/lint-imports --no-logo --no-cache
	@.venv-lowest/bin/python -m sphinx --quiet --fail-on-warning --keep-going --conf-dir docs . docs/_build
	@OMP_NUM_THREADS=1 .venv-lowest/bin/python -m pytest -n auto -m "not slow and not browser" $(ARGS)

systems: setup ## train the systems of docs/systems.yaml that are missing, and write their table
	@$(PY) docs/systems.py

docs: setup ## build the site into docs/_build; a broken link is an error
	@$(PY) -m sphinx --quiet --fail-on-warning --keep-going --conf-dir docs . docs/_build
	@echo "docs/_build/index.html"

bench: setup ## measure speed against references; ARGS="training" does one part
	@$(PY) -m benchmarks $(ARGS)

bench-short: setup ## the same in less than 2 minutes, less precisely
	@$(PY) -m benchmarks --short $(ARGS)

tensorboard: setup ## watch all runs in the browser
	@echo "http://localhost:6006 (a sweep alone: make tensorboard ARGS=\"--logdir outputs/multirun/<its name>\")"
	@$(PY) -m tensorboard.main --logdir outputs --samples_per_plugin images=1000 $(ARGS)

lock: setup ## write requirements.lock anew from pyproject.toml
	@$(PY) -m uv pip compile --universal --generate-hashes --extra dev --extra docs --extra flows --extra sweeps --extra wandb --extra mlflow \
		--quiet --upgrade \
		--no-header pyproject.toml -o requirements.lock

clean: ## remove the environment, the caches, the site and the extracted data; runs in outputs stay
	rm -rf $(VENV) .venv-lowest .pytest_cache .hypothesis .ruff_cache .mypy_cache docs/_build docs/api
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
	find data -name '*-ubyte' -delete
