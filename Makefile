# One door to everything. `make` alone lists the doors. Needs Python 3.11 or later, git and make; installs the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
# A uv that is not on the PATH is installed beside the project, from its own pinned requirements.
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
BIN := .venv/bin
SITE ?= netease
ARCHIVE := build/fixtures.warc.gz
BENCHES ?= extraction parts replay bulk
export UV_PYTHON_DOWNLOADS := never
# Without bytecode each of the processes that tests and commands start would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help python setup setup-dev browser postgres crawl test lint types unit trials kills browsers mutants spark chaos floor baseline docs cassettes fonts pictures bench guard pin site wheel clean

help:  ## List what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | sort | column -ts "$$(printf '\t')"

python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"portalsieve needs Python 3.11 or later, {sys.executable} is {sys.version.split()[0]}: make PYTHON=/path/to/python3.11")'

.uv/bin/uv: | python
	$(PYTHON) -m venv .uv
	.uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.txt

.venv/.made: $(filter .uv/bin/uv,$(UV)) | python
	$(UV) venv --quiet --allow-existing --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" .venv
	@touch $@

.venv/.run: .venv/.made requirements.txt
	$(UV) pip install --quiet --python .venv --require-hashes -r requirements.txt
	@touch $@

.venv/.dev: .venv/.run requirements-dev.txt
	$(UV) pip install --quiet --python .venv --require-hashes -r requirements-dev.txt
	@touch $@

setup: .venv/.run  ## Install what a crawl needs

setup-dev: .venv/.dev  ## Install what the tests need as well

$(ARCHIVE): .venv/.run $(shell find tests/fixtures tests/pages -name 'page.html.gz' -o -name 'response.json' -o -name '*.html' 2>/dev/null)
	@mkdir -p build
	$(BIN)/python -m tests.portal.archive $@

# Chromium comes from the system's packages where we may install them, else from Playwright's own download.
browser: .venv/.dev  ## Install Chromium, which renders pages that need it, where there is none
	@command -v chromium chromium-browser google-chrome google-chrome-stable >/dev/null || test -n "$${CHROMIUM:-}" \
	|| { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get -qq update && apt-get -qq install -y chromium >/dev/null; } \
	|| $(BIN)/playwright install chromium \
	|| echo "no Chromium here and none could be installed: the tests that need one will be skipped (they fail in CI)"

# Debian starts a server of its own after the installation; the tests start theirs, so that one is not needed.
postgres: .venv/.dev  ## Install a PostgreSQL server for the tests where there is none
	@command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 \
	|| { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get -qq update && apt-get -qq install -y postgresql >/dev/null; } \
	|| echo "no PostgreSQL here and none could be installed: the tests that need one will be skipped (they fail in CI)"

crawl: $(ARCHIVE)  ## Take the shipped pages of SITE (default netease) apart; no network
	$(BIN)/scrapy crawl $(SITE) -a archive=$(ARCHIVE)

test: .venv/.dev lint types browser postgres unit  ## Set up, lint, check types and run all tests

lint: .venv/.dev  ## Check style and profiles
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/scrapy lint

types: .venv/.dev  ## Check types strictly
	$(BIN)/mypy

# Tests of the browser have processes of their own: what a killed browser leaves in an event loop stays with them.
unit: .venv/.dev  ## Run the tests
	$(BIN)/pytest -n 2 --ignore-glob='*/test_rendering_*.py'
	$(BIN)/pytest -n 2 tests/test_rendering_*.py

trials: kills browsers mutants  ## Run the long trials that CI runs after the tests

kills: .venv/.dev  ## Kill crawls 20 times and compare with an unkilled one; some two minutes
	$(BIN)/python -m tests.chaos.trial --kills 20 --seed 7

spark: .venv/.dev  ## Install Spark and compare what it extracts with the command line; needs Java
	$(UV) pip install --quiet --python .venv 'pyspark>=4.0'
	$(BIN)/pytest tests/test_spark.py

chaos: .venv/.dev  ## Kill crawls 200 times and compare with an unkilled one; some 20 minutes
	$(BIN)/python -m tests.chaos.trial --kills 200

browsers: .venv/.dev browser  ## Kill the browser of a crawl of 300 rendered pages 15 times; some three minutes
	$(BIN)/python -m tests.rendering_trial

mutants: .venv/.dev  ## Break the fixtures 2,000 times at random: no other exception, no character lost or there twice
	$(BIN)/python -m tests.mutants

floor: .venv/.dev  ## Raise the quality floor to what is measured; what is worse stays
	$(BIN)/scrapy floor

baseline: .venv/.dev  ## Write the baselines of the layouts' rules from the reviewed fixtures
	$(BIN)/python -m crawler.drift

docs: .venv/.dev  ## Rewrite the generated documentation and schemas
	$(BIN)/python -m crawler.profiles.schema
	$(BIN)/python -m crawler.drift.schema
	$(BIN)/python -m crawler.records.schema
	$(BIN)/python -m crawler.records.fields > docs/record.md
	$(BIN)/python -m crawler.regression.proofs > docs/sites.md
	$(BIN)/python -m crawler.records.ddl
	$(BIN)/python -m benchmarks.report > docs/speed.md
	$(BIN)/python -m benchmarks.sizing

# Without such a font Chromium draws boxes.
fonts:
	@test -n "$$(fc-list :lang=zh 2>/dev/null)" \
	|| { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get -qq update && apt-get -qq install -y fonts-noto-cjk >/dev/null; } \
	|| { echo "no font here has Chinese characters: install one, such as Noto Sans CJK" >&2; exit 1; }

pictures: .venv/.dev browser fonts  ## Make the documentation's pictures anew
	$(BIN)/python -m tests.screenshots

bench: .venv/.dev  ## Measure speed as ratios, against other extractors too; three quarters of an hour, on an idle machine
	$(UV) pip install --quiet --python .venv -c requirements-dev.txt -r <($(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["bench"], sep="\n")')
	rm -rf build/bench
	mkdir -p build/bench
	for name in $(BENCHES); do echo "$$name"; $(BIN)/python -W ignore -m benchmarks.$$name build/bench/$$name.json >/dev/null; done
	$(BIN)/python -m benchmarks.crawl build/bench/crawl.json
	$(BIN)/python -m benchmarks.shared build/bench/shared.json
	$(BIN)/python -m benchmarks.engines build/bench/engines.json
	$(BIN)/python -m benchmarks.rendering build/bench/rendering.json
	$(BIN)/python -m benchmarks.report --keep build/bench

guard: .venv/.dev  ## Pin what a page costs in counted steps; RAISE=1 pins more as well
	$(BIN)/python -m benchmarks.guard $(if $(RAISE),--raise)

cassettes: .venv/.dev  ## Record the crawls in tests/cassettes/ anew, from the local portal
	$(BIN)/pytest -q tests/test_cassettes.py --record-mode=all -m vcr

wheel: .venv/.dev  ## Build the package into dist/
	$(BIN)/python -m hatchling build -t wheel -d dist

site: .venv/.dev  ## Build the documentation into build/site; fails for a link that leads nowhere
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

pin: .venv/.made  ## Resolve the requirements anew, with hashes and without addresses
	$(UV) pip compile -q --upgrade pyproject.toml --extra render --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -o requirements.txt
	$(UV) pip compile -q --upgrade pyproject.toml --extra dev --extra render -c requirements.txt --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -o requirements-dev.txt
	echo uv | $(UV) pip compile -q --upgrade - --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -o requirements-uv.txt

clean:  ## Remove what was made (not output/)
	rm -rf .venv .uv build .mypy_cache .pytest_cache .ruff_cache .hypothesis
