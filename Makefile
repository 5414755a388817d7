# The environment is .venv; a bare Python 3.11 is enough to begin with.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
MYNAH_TESTS ?= not slow

.PHONY: demo test test-slow lint pictures benchmarks clean

demo: $(READY)
	$(BIN)/mynah demo

test: lint
	$(BIN)/python -m pytest -m "$(MYNAH_TESTS)" -n auto --maxprocesses 4 --dist loadfile

test-slow: $(READY)
	$(BIN)/python -m pytest -m slow -s

lint: $(READY)
	$(BIN)/ruff check src tests starter benchmarks
	$(BIN)/ruff format --check src tests starter benchmarks
	$(BIN)/mypy

pictures: $(READY)
	$(BIN)/python benchmarks/pictures.py

benchmarks: $(READY)
	$(BIN)/python benchmarks/whatsapp.py
	$(BIN)/python benchmarks/sources.py
	$(BIN)/python benchmarks/mutants.py
	$(BIN)/python benchmarks/replies.py
	$(BIN)/python benchmarks/import.py
	$(BIN)/python benchmarks/reddit.py
	$(BIN)/python benchmarks/near_duplicates.py
	$(BIN)/python benchmarks/privacy.py
	$(BIN)/python benchmarks/train.py
	$(BIN)/python benchmarks/operations.py
	$(BIN)/python benchmarks/matrix.py
	$(BIN)/python benchmarks/plan.py
	$(BIN)/python benchmarks/resume.py
	$(BIN)/python benchmarks/processes.py
	$(BIN)/python benchmarks/create.py

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet torch -c constraints.txt
	$(BIN)/python -m pip install --quiet -e '.[dev]' -c constraints.txt
	touch $(READY)

clean:
	rm -rf $(VENV) mynah-demo
