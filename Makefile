# Every target sets itself up first, so that each works as the first command after a clone.
PYTHON ?= python3
STACK ?= dev
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
# An inherited PYTHONDONTWRITEBYTECODE would make every start compile the provider SDKs again (seconds instead of tenths).
export PYTHONDONTWRITEBYTECODE :=
export GRPC_VERBOSITY := ERROR

.PHONY: help setup rehearse tools test test-fast bench lint format products generate lock clean

help:  ## Show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(STAMP)  ## Build .venv with the `apim` command from the lock file
$(STAMP): requirements.lock pyproject.toml
	@echo "setup: building $(VENV) from requirements.lock (about a minute)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

rehearse: $(STAMP)  ## Rehearse a stack (STACK=dev, stg or prd)
	@$(BIN)/apim rehearse $(STACK)

tools: $(STAMP)  ## Build the control plane for `apim rehearse --cluster` (needs Go; once, about 5 minutes)
	@$(BIN)/apim cluster tools

test: $(STAMP)  ## Run every test; what is skipped is listed with the reason
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test-fast: $(STAMP)  ## Run the tests that need nothing but Python and little time
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not slow"

bench: $(STAMP)  ## Print every figure that the docs name
	@$(BIN)/python -m benchmarks

lint: $(STAMP)  ## Check style, types and layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/pyright
	@$(BIN)/lint-imports

format: $(STAMP)  ## Format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

products: $(STAMP)  ## Rehearse every product on every cloud in every topology, and write the table (CHARTS=DIR)
	@$(BIN)/python -m benchmarks.products $(if $(CHARTS),--charts $(CHARTS))

generate: $(STAMP)  ## Write what is generated from the code: schemas, configuration reference, table of refusals
	@$(BIN)/python -m apim_infra.settings.write
	@PYTHONPATH=tests/rehearsal $(BIN)/python -m twins_documentation

lock:  ## Resolve the dependencies anew (needs uv)
	uv pip compile pyproject.toml --group dev --generate-hashes --no-emit-index-url --no-header \
	  --python-version 3.11 --universal --output-file requirements.lock

clean:  ## Remove everything that is built
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis .import_linter_cache
