# Two commands do all: `make repro` rebuilds everything, `make test` checks everything. Both set up what they need.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
# Nothing here may reach a hub or report home.
export HF_HUB_OFFLINE ?= 1
export HF_HUB_DISABLE_TELEMETRY = 1
export DVC_NO_ANALYTICS = 1

.PHONY: repro test clean install

repro: install
	@$(BIN)/pica compose --check
	$(BIN)/dvc repro
	@echo "The report: reports/index.html"

test: install
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest

# Installed again when one of these changes.
install: $(VENV)/installed
$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	@touch $@

# What the pipeline made; raw files that were fetched stay in their cache.
clean:
	rm -rf data models metrics tables plots reports $(VENV)
