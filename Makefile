# Sets up what it needs by itself: Python 3.11-3.13 is all that has to be there.
# Another Python than the first one found: make report PYTHON=/path/to/python3

INSTALLED := .venv/.installed
RUN := .venv/bin/python
UV := uv==0.13.9

# A Python will do when this runs: the version, and venv with pip (which Debian packs apart).
SUITABLE := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))
FIND_PYTHON = for python in $(or $(PYTHON),python3.13 python3.12 python3.11 python3); do \
	    if "$$python" -c '$(SUITABLE)' 2>/dev/null; then break; else python=; fi; \
	done; \
	if [ -z "$$python" ]; then \
	    echo "$(if $(PYTHON),$(PYTHON) is not,Found no) Python 3.11, 3.12 or 3.13 with venv. Debian, Ubuntu: apt install python3 python3-venv. macOS: brew install python@3.13" >&2; \
	    exit 2; \
	fi

.PHONY: help report test nightly lab lock clean setup python

help: ## this list
	@echo "make TARGET, where TARGET is one of"
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

report: setup ## build the base report: reports/base/report.html
	@$(RUN) -m analysis build base

test: setup ## check format and style, run the tests
	@$(RUN) -m ruff format --check --quiet . || { echo "ruff format . puts it right" >&2; exit 1; }
	@$(RUN) -m ruff check --quiet .
	@$(RUN) -m pytest

nightly: setup ## the checks that take hours: slow tests, every Python, every branch, every mutant
	@rm -rf .nightly && mkdir .nightly # what they measure, for the table of tests/README.md
	@$(RUN) -m pytest -m slow --junitxml=.nightly/slow.xml
	@bash tests/nightly/pythons.sh
	@bash tests/nightly/with.sh coverage==7.17.3 tests/nightly/branches.py --junitxml=.nightly/tests.xml
	@bash tests/nightly/with.sh cosmic-ray==8.7.0 tests/nightly/mutants.py
	@$(RUN) tests/nightly/figures.py

lab: setup ## open the notebooks in JupyterLab
	@mkdir -p .venv/etc/jupyter/labconfig # no request for news, which no flag turns off
	@echo '{"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": true}}' > .venv/etc/jupyter/labconfig/page_config.json
	@$(RUN) -m jupyterlab notebooks $$([ "$$(id -u)" != 0 ] || echo --allow-root)

lock: ## pin every package anew in requirements.txt; UPGRADE=1 takes the newest versions
	@$(FIND_PYTHON); \
	folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	echo "Resolving for Python 3.11-3.13 ..." && \
	"$$python" -m venv "$$folder" && "$$folder/bin/pip" install -qq $(UV) && \
	cp requirements.txt "$$folder/pins.txt" && \
	"$$folder/bin/uv" pip compile pyproject.toml --quiet --universal --python-version 3.11 --all-extras \
	    --no-header --no-annotate $(if $(UPGRADE),--upgrade) --output-file "$$folder/pins.txt" >/dev/null && \
	{ echo "# Written by make lock from pyproject.toml. Install from this folder: pip install -r requirements.txt"; \
	  grep == "$$folder/pins.txt"; echo "-e ."; } > "$$folder/new.txt" && \
	if cmp -s "$$folder/new.txt" requirements.txt; then echo "requirements.txt stands as it is"; \
	else cp "$$folder/new.txt" requirements.txt && echo "requirements.txt is rewritten"; fi

clean: ## remove .venv, caches and every report but base
	@rm -rf .venv .nightly .pytest_cache .hypothesis reports/base/notebooks
	@[ ! -d reports ] || find reports -mindepth 1 -maxdepth 1 ! -name base ! -name editions.csv -exec rm -rf {} +
	@find . \( -name __pycache__ -o -name .ipynb_checkpoints \) -prune -exec rm -rf {} +

setup: $(INSTALLED)
	@:

python: # says which Python would be used
	@$(FIND_PYTHON); echo "$$python"

# The file holds the folder's path and stands only for a complete installation. A folder that was
# moved is installed anew (-e . points to the old place), and so is one that PYTHON disagrees with.
ifneq ($(shell cat $(INSTALLED) 2>/dev/null),$(CURDIR))
.PHONY: $(INSTALLED)
else ifneq ($(PYTHON),)
ifneq ($(shell "$(PYTHON)" -V 2>&1),$(shell $(RUN) -V 2>&1))
OTHER := yes
.PHONY: $(INSTALLED)
endif
endif

$(INSTALLED): requirements.txt pyproject.toml
	@if [ -z "$(OTHER)" ] && [ "$$(cat $@ 2>/dev/null)" = "$(CURDIR)" ] && $(RUN) -c '$(SUITABLE)' 2>/dev/null; then \
	    rm -f $@; echo "Bringing .venv up to date with requirements.txt ..."; \
	else \
	    $(FIND_PYTHON); rm -f $@; \
	    echo "Creating .venv with $$("$$python" -V) ..."; \
	    "$$python" -m venv --clear .venv || exit; \
	    echo "Installing the packages that requirements.txt pins (about a minute) ..."; \
	fi; \
	$(RUN) -m pip install -qq -r requirements.txt && printf %s "$(CURDIR)" > $@ || \
	    { echo "The installation failed. Once the cause is mended, run make again." >&2; exit 2; }
