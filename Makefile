# Two commands do all: `make repro` rebuilds everything, `make test` checks everything. Both set up what they need.
VENV := .venv
BIN := $(VENV)/bin
# `make repro PYTHON=python3.12` asks for a Python, and a virtual environment of another version is made anew. Unasked, the
# one that is there stays, and a new one is of the newest that runs and can make one: a name on PATH may do neither.
PROBE := import ensurepip, sys; v = sys.version_info; sys.exit(1) if v < (3, 11) else print("%d.%d" % v[:2])
ifndef PYTHON
PYTHON := $(shell for python in $(BIN)/python python3.13 python3.12 python3.11; do \
	$$python -c '$(PROBE)' >/dev/null 2>&1 && echo $$python && break; done)
endif
VERSION := $(shell '$(PYTHON)' -c '$(PROBE)' 2>/dev/null)
INSTALLED := $(VENV)/installed-$(VERSION)
DEMO := $(VENV)/demo-$(VERSION)
# Nothing here may reach a hub or report home.
export HF_HUB_OFFLINE ?= 1
export HF_HUB_DISABLE_TELEMETRY = 1
export DVC_NO_ANALYTICS = 1

.PHONY: repro test demo clean install

# "Download ZIP" has no Git, and DVC refuses to work without, unless it is told.
repro: install
	@$(BIN)/pica compose --check
	@if [ ! -e .git ]; then \
		$(BIN)/dvc config --quiet --local core.no_scm true; \
		echo "no Git here: \`dvc repro\` works, \`dvc exp\` needs \`git init && git add . && git commit -m PICA\`."; \
	elif grep -qs no_scm .dvc/config.local; then $(BIN)/dvc config --quiet --local --unset core.no_scm; fi
	$(BIN)/dvc repro
	@echo "The report: reports/index.html"

test: install
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest -n logical --dist loadgroup

# A tuned model that ships, on a page in the browser; without what tests need, which would take minutes more.
demo: $(DEMO)
	$(BIN)/pica demo --adapter adapters/smollm2-135m

# Installed again when one of these changes. Without compiling, which takes as long again: Python compiles what is imported.
install: $(INSTALLED)
$(INSTALLED): EXTRAS := train,test
$(DEMO): EXTRAS := train,demo
$(INSTALLED) $(DEMO): pyproject.toml constraints.txt
	@test -n '$(VERSION)' || { echo 'PICA needs Python 3.11 or newer that can make virtual environments (Debian: python3-venv):' \
		'put it on PATH, or name it in PYTHON=, which is "$(PYTHON)".' >&2; exit 1; }
	test -x $(BIN)/python$(VERSION) || '$(PYTHON)' -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --constraint constraints.txt \
		--editable '.[$(EXTRAS)]'
	@touch $@

# What the pipeline made and Git does not keep; raw files that were fetched stay in their cache.
clean:
	rm -rf data models tables plots reports $(VENV)
