# docketlink: `make` lists what can be done.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3.11
comma := ,
VENV := .venv
BIN := $(VENV)/bin
VERSION := $(shell sed -n 's/^__version__ = "\(.*\)"/\1/p' lib/docketlink/__init__.py)
ZIP := dist/docketlink-$(VERSION).zip
PUBLIC_FILE := ../shared/data/linkage/historical_figures_with_errors_50k.parquet
# The Java of PyPI comes along only where the machine has none.
NO_JAVA := $(shell { [ -n "$$JAVA_HOME" ] || command -v java >/dev/null; } || echo yes)

.PHONY: help setup setup-test demo demo-real national synthetic-report test check fmt docs zip jars clean

help: ## what can be done
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: $(VENV)/.installed ## an environment with docketlink in it
setup-test: $(VENV)/.installed-test

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "docketlink needs Python 3.11 or later: make PYTHON=python3.12 …"; exit 2; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: setup.py constraints.txt | $(VENV)/bin/python
	@echo "Installing Spark, Delta, Splink and their libraries into $(VENV): about 500 MB, a minute or more the first time."
	@$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.$(if $(NO_JAVA),[java])'
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	@echo "Installing the test tools."
	@$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.[test$(if $(NO_JAVA),$(comma)java)]'
	@touch $@

SIZE ?= 1m
DEMO_SIZE = $(if $(filter command line,$(origin SIZE)),--set synthetic.records=$(SIZE))

demo: setup ## link eight synthetic sources end to end (50,000 person records) and print the summary: make demo SIZE=tiny is shorter
	@$(BIN)/python jobs/generate_courts.py --config conf/demo.yml $(DEMO_SIZE)
	@$(BIN)/python jobs/run_pipeline.py --config conf/demo.yml $(DEMO_SIZE)

demo-real: setup ## the same on real historical people: make demo-real FILE=path
	@file="$(or $(FILE),$(wildcard $(PUBLIC_FILE)))"; \
	[ -n "$$file" ] && [ -f "$$file" ] || { echo "demo-real needs the public file historical_figures_with_errors_50k.parquet: make demo-real FILE=path (docs/real-data.md)"; exit 2; }; \
	folder=build/demo-real/landing/historical_figures/figure/mojap_snapshot_date=2026-01-05; \
	mkdir -p $$folder && cp "$$file" $$folder/people.parquet
	@$(BIN)/python jobs/run_pipeline.py --config conf/demo-real.yml

national: setup ## generate, load and link the synthetic courts at a size, and build their histories: make national SIZE=tiny|demo|1m|10m|national
	@$(BIN)/python benchmarks/national.py --size $(SIZE)

synthetic-report: setup ## hold the synthetic courts against their targets, figures into docs/synthetic.md: make synthetic-report SIZE=demo
	@$(BIN)/python benchmarks/courts_report.py --size $(if $(filter command line,$(origin SIZE)),$(SIZE),demo)

.PHONY: bench-linking
bench-linking: setup ## linking engines side by side: make bench-linking SIZE=100k|1m|10m
	@$(BIN)/python benchmarks/linking.py --size $(SIZE)

.PHONY: bench-weekly
bench-weekly: setup ## weekly runs against a full one: make bench-weekly SIZE=demo|1m|10m
	@$(BIN)/python benchmarks/weekly.py --size $(SIZE)

test: setup-test zip ## every check and every test
	@$(MAKE) --no-print-directory lint
	@echo "Running the tests; the first one waits for Spark and, on a new machine, for Delta's jars (14 MB)."
	@$(BIN)/pytest -n 2 --dist loadgroup --no-loadscope-reorder

check: setup-test lint ## lint, types, layers and the tests without Spark
	@$(BIN)/pytest tests/unit tests/architecture

.PHONY: lint
lint: setup-test
	@$(BIN)/ruff format --check . && $(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

fmt: setup-test ## format the code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

docs: setup ## write docs/tables.md anew from the contracts
	@$(BIN)/docketlink tables --markdown > docs/tables.md.new && mv docs/tables.md.new docs/tables.md

zip: $(ZIP) ## the wheel, and the same bytes as a zip for spark-submit --py-files

$(ZIP): setup.py $(shell find lib jobs -name '*.py') | $(VENV)/.installed
	@rm -rf build/lib build/bdist.* dist   # setuptools would pack modules that are gone
	@$(BIN)/pip wheel -q --disable-pip-version-check --no-deps --wheel-dir dist .
	@cp dist/docketlink-$(VERSION)-py3-none-any.whl $@
	@rm -rf build/lib build/bdist.*

jars: setup ## Delta's jars in a folder, checksums compared, for machines without a network
	@$(BIN)/docketlink doctor --config conf/local.yml >/dev/null
	@mkdir -p jars && cp .cache/ivy/jars/*.jar jars/ && cd jars && sha256sum --quiet -c ../conf/jars.sha256 && echo "jars/ holds $$(ls *.jar | wc -l) jars, checksums as expected"

clean: ## remove what was built; the environment stays
	@rm -rf build dist
