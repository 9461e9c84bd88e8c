# The few commands that everybody uses, people and CI alike.
PY := .venv/bin/python

# The programs that tests start by the hundred, and every worker, read compiled modules instead of compiling them anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup demo demo-reset test lint suite collect bench soak lock

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

# The linters need one core and say what they find while the tests go on; make then fails when these are done.
# Every test is collected once before: the workers then find its modules compiled.
# A worker that crashes or hangs ends the run, with what it was at: xdist would wait for ever for a new one (its
# scheduler hands it groups of which every test is done).
test: setup
	@$(MAKE) --no-print-directory -j 2 lint suite

suite: collect
	@QT_QPA_PLATFORM=offscreen scripts/in_memory.sh $(PY) -m pytest -n 4 --dist loadgroup -q --max-worker-restart 0 \
	    -o faulthandler_timeout=300 -o faulthandler_exit_on_timeout=true

collect: setup
	@QT_QPA_PLATFORM=offscreen $(PY) -m pytest --collect-only -qq >/dev/null 2>&1 || true

bench: setup           ## measure each hot path beside its peer; writes bench/results.md
	@QT_QPA_PLATFORM=offscreen $(PY) -m bench

soak: setup            ## the long runs, whole; writes docs/proof/soak-<date>.md
	@QT_QPA_PLATFORM=offscreen $(PY) -m tests.soak

COMPILE := uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
    --no-header --extra workstation

lock:                  ## write both lock files anew (needs uv): everything, and what a workstation needs of it
	$(COMPILE) --extra server --extra test --extra lint setup.cfg -o requirements.lock
	$(COMPILE) -c requirements.lock setup.cfg -o requirements-workstation.lock
