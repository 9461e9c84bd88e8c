# The few commands that everybody uses, people and CI alike.
PY := .venv/bin/python

.PHONY: setup demo demo-reset test lint bench soak lock

setup:
	@scripts/setup.sh

demo: setup            ## all set-up, then the workstation (or, with no display, the day played on a virtual screen)
	@$(PY) scripts/demo.py

demo-reset: setup      ## forget the demo hospital
	@$(PY) scripts/demo.py --reset

lint: setup
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-logo

test: lint
	@QT_QPA_PLATFORM=offscreen $(PY) -m pytest -n 3 --dist loadgroup -q

bench: setup           ## measure each hot path beside its peer; writes bench/results.md
	@QT_QPA_PLATFORM=offscreen $(PY) -m bench

soak: setup            ## the long runs, whole; writes docs/proof/soak-<date>.md
	@QT_QPA_PLATFORM=offscreen $(PY) -m tests.soak

lock:                  ## write requirements.lock anew (needs uv)
	uv pip compile -q --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header \
	    --extra workstation --extra server --extra test --extra lint setup.cfg -o requirements.lock
