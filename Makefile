# Everything a person runs by hand. `make` alone prints this list.
# Variables given on the command line win over .env: make up SENDER_REPLICAS=4

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
PYTHON := $(VENV)/bin/python
# Changes when the installed packages do; a second run finds it and installs nothing.
STAMP := $(VENV)/.installed
CHECKED := carillon deploy services shared tests

# docker where an engine answers and compose is there, else private processes.
run = $(shell deploy/choose-run.sh)

.PHONY: help
help: ## Print this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

# ---------------------------------------------------------------- running it

.PHONY: demo
demo: $(STAMP) ## Start everything and watch a mailing reach 2,000 clients in all time zones
	@deploy/demo.sh $(run)

.PHONY: up
up: $(STAMP) ## Start everything in the background and print its addresses
	@deploy/run.sh $(run) up

.PHONY: down
down: $(STAMP) ## Stop everything
	@deploy/run.sh $(run) down

.PHONY: reset
reset: $(STAMP) ## Stop everything and drop its data
	@deploy/run.sh $(run) reset

.PHONY: backup
backup: $(STAMP) ## Dump every service's database into a new folder under .carillon/backups
	@deploy/run.sh $(run) backup

.PHONY: restore
restore: $(STAMP) ## Restore databases from one (FROM=folder ONLY="stats")
	@deploy/run.sh $(run) restore

.PHONY: rebuild
rebuild: $(STAMP) ## Make what the scheduler knows anew, should it be lost
	@deploy/run.sh $(run) rebuild

.PHONY: retell
retell: $(STAMP) ## Make the books of stats anew, should they be lost
	@deploy/run.sh $(run) retell

.PHONY: status
status: $(STAMP) ## Show what runs
	@deploy/run.sh $(run) status

# ---------------------------------------------------------------- checking it

.PHONY: test
test: $(STAMP) ## Run the tests; servers are started as they are needed
	@$(PYTHON) -m deploy.local install
	@$(PYTHON) -m tests.support.openid
	@$(MAKE) --no-print-directory -j2 test-patient test-timed

# Side by side: the one waits most of its time, the other takes what CPU is left.
.PHONY: test-patient
test-patient: $(STAMP)
	nice -n 10 $(PYTHON) -m pytest -m "not slow" --part patient -q

.PHONY: test-timed
test-timed: $(STAMP)
	$(PYTHON) -m pytest -m "not slow" --part timed

.PHONY: lint
lint: $(STAMP) ## Check style, types and import rules
	$(VENV)/bin/ruff check $(CHECKED)
	$(VENV)/bin/ruff format --check $(CHECKED)
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

.PHONY: audit
audit: $(STAMP) ## Look the pinned packages up among known vulnerabilities (AUDIT=--strict)
	@$(PYTHON) -m deploy.audit $(AUDIT)

.PHONY: check
check: ## Do everything that CI does
	@.ci/run

.PHONY: bench
bench: $(STAMP) ## Measure rates, CPU and memory (BENCH="-n 200000 --runs 3 --baseline 5000")
	@$(PYTHON) -m deploy.local install
	$(PYTHON) -m tests.bench $(BENCH)

.PHONY: bench-all
bench-all: $(STAMP) ## Measure everything and write it to docs/performance.md (an hour; BENCH="--only latency")
	@$(PYTHON) -m deploy.local install
	$(PYTHON) -m tests.bench.suite $(BENCH)

.PHONY: bench-latency
bench-latency: $(STAMP) ## Measure the api, an urgent message and the statistics during a mailing
	@$(PYTHON) -m deploy.local install
	$(PYTHON) -m tests.bench.latency $(BENCH)

.PHONY: bench-gate
bench-gate: $(STAMP) ## Fail when a message costs a quarter more CPU than the committed figure
	@$(PYTHON) -m deploy.local install
	$(PYTHON) -m tests.bench.gate $(BENCH)

.PHONY: bench-inside
bench-inside: $(STAMP) ## Show what PostgreSQL and RabbitMQ say of themselves during a mailing
	@$(PYTHON) -m deploy.local install
	$(PYTHON) -m tests.bench.inside $(BENCH)

.PHONY: bench-alone
bench-alone: $(STAMP) ## Measure the gateway while everything else stands still
	$(PYTHON) -m tests.bench.alone $(BENCH)

.PHONY: bench-planning
bench-planning: $(STAMP) ## Measure previews and plans over ten thousand clients and a million
	$(PYTHON) -m tests.bench.planning $(BENCH)

.PHONY: bench-import
bench-import: $(STAMP) ## Measure the import of a million clients (BENCH="--known --runs 3")
	$(PYTHON) -m tests.bench.importing $(BENCH)

.PHONY: chaos
chaos: $(STAMP) ## Break things during mailings and count what arrived (half an hour; CHAOS="--short --rounds 1" takes 10 minutes)
	$(PYTHON) -m tests.chaos $(CHAOS)

.PHONY: chaos-mutations
chaos-mutations: $(STAMP) ## Take guarantees out one by one and see that the chaos runs notice (5 minutes)
	$(PYTHON) -m tests.chaos.mutations $(CHAOS)

# ---------------------------------------------------------------- the environment

.PHONY: venv
venv: $(STAMP) ## Install the pinned packages into .venv

$(STAMP): requirements/dev.txt deploy/venv.sh
	@deploy/venv.sh $(VENV) requirements/dev.txt
	@touch $@

.PHONY: lock
lock: $(STAMP) ## Pin all packages anew, with hashes, from pyproject.toml
	@deploy/lock.sh $(VENV)
