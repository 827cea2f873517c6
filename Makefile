# make install   .venv with every pinned version; refreshed when the pins changed
# make demo      Theorem 2.2 on the handwritten digits, and its report
# make test      lint, types and the whole test suite
# make nightly   fresh seeds, many more random networks against z3
# make gallery   the pictures that the notes and the README show, drawn again
# make docs      tutorials, guides, notes and reference as pages, without a warning
# make bench     speed and size, side by side with whichever peers are installed

PYTHON ?= python3
VENV   ?= .venv
# Flags for torch alone, such as the index of its CPU builds.
TORCH_FLAGS ?=
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
TORCH  := $(shell sed -n 's/^\(torch==.*\)/\1/p' constraints.txt)
WORKERS ?= 2

.PHONY: install demo test lint types docs notes gallery nightly bench clean

install: $(STAMP)

$(STAMP): constraints.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(TORCH_FLAGS) "$(TORCH)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev,dist]"
	touch $(STAMP)

demo: $(STAMP)
	$(BIN)/rproof check 2.2 --data digits:even-odd --radius 3/32 -o run
	$(BIN)/rproof recheck run/certificate.json
	$(BIN)/python -I verify/certificate/checker.py run/certificate.json

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

test: lint types
	$(BIN)/rproof notes
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile

gallery: $(STAMP)
	$(BIN)/rproof draw --gallery -o out/gallery
	cp out/gallery/*.png docs/gallery/

docs: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[docs]"
	$(BIN)/python -m sphinx -q -W --keep-going -c docs . build/docs
	@echo "read build/docs/docs/index.html"

nightly: $(STAMP)
	HYPOTHESIS_PROFILE=nightly $(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile tests/properties tests/soundness tests/project/test_readme.py
	$(BIN)/python benchmarks/nightly_soundness.py --cases 100000 --wide-cases 2000 --jobs $(WORKERS)
	$(BIN)/python benchmarks/sampled_margins.py --points 100000 --norms l2 linf l1
	$(BIN)/python benchmarks/interrupted_sweep.py --jobs 1000 --kills 3 --workers $(WORKERS)

bench: $(STAMP)
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/digits.py -o out/bench
	$(BIN)/python benchmarks/l2_decision.py -o out/bench
	$(BIN)/python benchmarks/peers.py -o out/bench
	$(BIN)/python benchmarks/l2_peers.py -o out/bench
	$(BIN)/python benchmarks/export_benchmark.py -o out/bench
	$(BIN)/python benchmarks/growth.py -o out/bench
	$(BIN)/python benchmarks/growth.py --norm l2 --points 100 1000 4000 --dims 8 64 --budget-seconds 300 -o out/bench
	$(BIN)/python benchmarks/bit_extraction.py -o out/bench
	$(BIN)/python benchmarks/size_bounds.py -o out/bench
	$(BIN)/python benchmarks/sweeps.py -o out/bench
	$(BIN)/python benchmarks/manifolds.py -o out/bench
	$(BIN)/python benchmarks/hashing.py -o out/bench
	$(BIN)/python benchmarks/optimal_error.py -o out/bench
	$(BIN)/python benchmarks/robust_classifiers.py --pairs 2000 -o out/bench
	$(BIN)/python benchmarks/complete.py -o out/bench/complete --points 6 --boundary-points 20 --budget 4 --give-up 3 --together 30 --minutes 30

clean:
	rm -rf $(VENV) run out build dist docs/api
