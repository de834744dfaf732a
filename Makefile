# Everything starts here: `make demo` on a fresh Debian or Ubuntu with git, make and python3.
#
# Stamps live inside what they vouch for (.venv, models), so that removing it is enough to have it made again.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VENV := .venv
PYTHON_BIN := $(VENV)/bin/python

RUNTIME := $(VENV)/.runtime-installed
DEVELOPMENT := $(VENV)/.development-installed
ENGINES := $(or $(MODELS_DIR),models)/.engines-installed

.PHONY: help demo serve cluster test evaluate lint fmt setup setup-dev engines lock settings-docs clean distclean

help: ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: engines ## hear a call interpreted: CLIENT=fr, or CLIENT_WAV=a.wav AGENT_WAV=b.wav for your own speech
	@$(PYTHON_BIN) -m app demo $(if $(CLIENT),--client "$(CLIENT)") \
		$(if $(CLIENT_WAV),--client-wav "$(CLIENT_WAV)") $(if $(AGENT_WAV),--agent-wav "$(AGENT_WAV)")

serve: engines ## start the server with the settings in .env
	@$(PYTHON_BIN) -m app serve

cluster: setup-dev ## four processes behind nginx, with Redis and PostgreSQL: CLUSTER_ARGS="--bridges 2"
	@./scripts/cluster.sh
	@exec $(PYTHON_BIN) -m bench.cluster $(CLUSTER_ARGS)

test: setup-dev engines ## run every test: PYTEST_ARGS="-k playout -x" for some
	@./scripts/chromium.sh
	@./scripts/cluster.sh
	@$(PYTHON_BIN) -m pytest -n 4 $(PYTEST_ARGS)

evaluate: setup-dev engines ## measure how it interprets (docs/evaluation.md): EVALUATE_ARGS="replay --languages fr"
	@$(PYTHON_BIN) -m bench.evaluate $(EVALUATE_ARGS)

lint: setup-dev ## check style, types and import rules
	@$(VENV)/bin/ruff check
	@$(VENV)/bin/ruff format --check
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports

fmt: setup-dev ## put the code into form
	@$(VENV)/bin/ruff check --fix
	@$(VENV)/bin/ruff format

setup: $(RUNTIME) ## make .venv with what the server needs

setup-dev: $(DEVELOPMENT) ## and what its developers need

engines: $(ENGINES) ## bring the engines that run without keys (260 MB)

$(DEVELOPMENT): requirements-dev.txt requirements.txt scripts/venv.sh
	@./scripts/venv.sh requirements-dev.txt
	@touch $(RUNTIME) $@

# The developers' requirements hold the runtime's, so whichever came first will do.
$(RUNTIME): requirements.txt scripts/venv.sh
	@./scripts/venv.sh requirements.txt
	@touch $@

$(ENGINES): app/engines/manifest.py | setup
	@$(PYTHON_BIN) -m app.cli.engines install
	@mkdir -p $(@D) && touch $@

lock: setup-dev ## compile requirements*.txt from pyproject.toml
	@$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 pyproject.toml -o requirements.txt
	@$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --extra dev -c requirements.txt pyproject.toml \
		-o requirements-dev.txt

settings-docs: setup ## write .env.example, docs/settings.md and the README's table from app/settings
	@$(PYTHON_BIN) -m app.cli.settings_docs

clean: ## remove what tests and tools leave behind
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis demo evaluation *.egg-info
	@find app tests bench migrations -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean ## and .venv and the engines
	@rm -rf $(VENV) models
