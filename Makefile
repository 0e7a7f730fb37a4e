# `make` lists what there is to do. Each target sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
BENCH ?= ../shared/bench

.DEFAULT_GOAL := help
.PHONY: help run build test torture check bench calibrate screenshots format lock clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## build the store and open the chat on http://127.0.0.1:7860
	$(BIN)/python app.py

build: $(READY) ## encode what changed in corpus/
	$(BIN)/eventqa build

test: $(READY) ## run the tests
	$(BIN)/python -m pytest

torture: $(READY) ## break it on purpose for an hour or so; EVENTQA_SOAK_MINUTES is 30
	$(BIN)/python -m pytest -m torture -s --durations=0

check: $(READY) ## what to run before a commit: lint, format, types, tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/python -m pytest

bench: $(READY) ## measure the answers on the question sets in BENCH, one configuration by another
	$(BIN)/python benchmarks/evaluate.py $(BENCH)

calibrate: $(READY) ## make the gate's weights and promises anew from the question sets in BENCH
	$(BIN)/python benchmarks/calibrate.py $(BENCH) --write --plot benchmarks/risk-coverage.svg

screenshots: $(READY) ## take the README's pictures of the page anew
	$(BIN)/python docs/screenshots.py

format: $(READY) ## put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: ## write the versions that are installed now into constraints.txt
	$(BIN)/python -m pip freeze --exclude-editable | sed 's/+cpu$$//' > constraints.txt

clean: ## remove the virtual environment and the store
	rm -rf $(VENV) embeddings/*

$(READY): pyproject.toml constraints.txt
	@echo "Setting up $(VENV); the first time this takes some minutes"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable . --group dev
	touch $@
