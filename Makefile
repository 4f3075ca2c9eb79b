# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# make run        set up, then run the main job: a table over the built-in tasks for the modes deap,
#                 neat, sgd and static, then a network that grows, and its story
# make test       set up, then run every gate and test
# make test-gpu   the tests that need a GPU
# make lint       the gates alone
# make coverage   which lines and branches the tests reach: at least 85 %
# make docs       write the command reference and the generated tables anew
# make evidence   the full counts behind the promises, the sanitizers and the coverage; takes hours;
#                 writes benchmarks/results/resume.md
# make sanitize   the tests of the kernels under the sanitizers of GCC; about a minute
# make wasm       compile the WebAssembly modules that the package carries; needs clang-14 and lld-14
# make dist       build wheel and sdist and check what they hold
# make clean      remove the environment, caches and builds; runs stay

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.stamp

DEMO := runs/growth-$(shell date +%Y%m%d-%H%M%S)

# two halves of the tests that take about as long as each other
HALF := tests/conformance tests/esper tests/evolution tests/kernels tests/networks
# on the CPU, also where there is a GPU
PYTEST := CUDA_VISIBLE_DEVICES= $(BIN)/python -m pytest

.PHONY: run test test-half test-rest test-gpu lint docs coverage evidence sanitize wasm dist clean

run: $(STAMP)
	$(BIN)/vynapse compare --modes deap,neat,sgd,static --seeds 3 --jobs 2
	$(BIN)/vynapse run glyphs --mode grow --seed 1 --out $(DEMO)
	$(BIN)/vynapse show $(DEMO)

# the gates beside the tests: two cores have something to do to the end
test: $(STAMP)
	$(MAKE) --jobs=3 test-half test-rest lint

test-half: $(STAMP)
	OMP_NUM_THREADS=1 $(PYTEST) $(HALF)

test-rest: $(STAMP)
	OMP_NUM_THREADS=1 $(PYTEST) tests $(addprefix --ignore=,$(HALF))

test-gpu: $(STAMP)
	$(BIN)/python -m pytest tests/conformance/test_cuda.py

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python scripts/size_gate.py
	$(BIN)/python scripts/command_reference.py --check
	$(BIN)/python scripts/reference_tables.py --check
	$(BIN)/python scripts/sentences.py --check
	$(BIN)/python scripts/protocol.py --check
	$(BIN)/lint-imports --no-logo
	$(BIN)/reuse lint --lines
	$(BIN)/mypy

docs: $(STAMP)
	$(BIN)/python scripts/command_reference.py
	$(BIN)/python scripts/reference_tables.py

coverage: $(STAMP)
	OMP_NUM_THREADS=1 $(PYTEST) tests --cov

evidence: $(STAMP) sanitize coverage
	VYNAPSE_EVIDENCE=benchmarks/results/resume.md OMP_NUM_THREADS=1 $(PYTEST) tests

sanitize: $(STAMP)
	$(BIN)/python scripts/sanitize.py

wasm: $(STAMP)
	$(BIN)/python scripts/build_wasm.py

dist: $(STAMP)
	rm -rf build dist
	$(BIN)/python -m build --quiet
	$(BIN)/python scripts/check_dist.py

clean:
	rm -rf .venv build dist src/*.egg-info .coverage
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

# The versions in constraints.txt decide which builds pip looks for: never install without them.
$(STAMP): pyproject.toml constraints.txt $(wildcard src/vynapse/kernels/c/*.[ch])
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Vynapse needs Python 3.11 or newer, this is %d.%d: name another with make PYTHON=..." % sys.version_info[:2])'
	@echo "setting up .venv, which takes about a minute"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@$(BIN)/python -m pip check
	@touch $@
