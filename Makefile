# Everything a developer runs. `make` alone lists it.
.DEFAULT_GOAL := help
.PHONY: help venv venv-demo ui demo demo-reset smoke test test-cluster test-faults e2e shots check schema bench bench-terminal lock
PYTHON_IN := .venv/bin/python
TEST_SETTINGS := OPSPORTAL_DATABASE_POOL=0 DJANGO_SETTINGS_MODULE=opsportal.settings.test
WORKERS ?= 2
UI ?= 1

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

venv: ## .venv with everything for development, from requirements/dev.lock
	@scripts/venv dev

venv-demo:
	@scripts/venv demo

ui: venv-demo ## build the pages when they are not current (Node 20.19 or newer)
	@scripts/ui

ifeq ($(UI),0)
demo: export OPSPORTAL_UI_DIR :=
demo: venv-demo
else
demo: venv-demo ui
endif
demo: ## the whole portal on this machine; Ctrl-C stops it, OPSPORTAL_PORT moves it, UI=0 leaves the pages out
	@$(PYTHON_IN) manage.py demo

demo-reset: venv-demo ## delete the demo's data
	@$(PYTHON_IN) manage.py demo --reset

smoke: venv ## walk through a running demo from outside
	@$(PYTHON_IN) -m tests.smoke

test: venv ## the test suite, without what kills servers (WORKERS=1 for one process)
	@scripts/test-tools
	@$(PYTHON_IN) -m pytest -n $(WORKERS) --dist loadfile -m "not benchmark and not faults"
	@scripts/ui run vitest run

test-cluster: venv ## contract suite and release story on a real Kubernetes (needs Go; PYTEST= for other tests)
	@nice $(PYTHON_IN) -m tests.cluster run $(PYTEST)

test-faults: venv ## a sample of the crash matrix (SEED=); FULL=1: all of it (SHARD=1/2), and every fault test in full
	@$(PYTHON_IN) -m tests.faults.matrix $(if $(FULL),--document docs/reliability.md)
	@[ -z "$(FULL)" ] || $(PYTHON_IN) -m pytest tests/faults

e2e: venv ## people in a browser, through a demo of its own (Chromium in /usr/bin, or CHROMIUM=; LANGUAGES=all)
	@scripts/ui
	@scripts/ui run vitest run -c e2e/vitest.config.ts

shots: venv ## photograph every page in every look and state into .shots/, axe included (SHOTS_ONLY=inbox,release)
	@scripts/ui
	@SHOTS=all scripts/ui run vitest run -c e2e/vitest.config.ts e2e/shots.e2e.ts

check: venv ## style, types, borders, migrations, API schema and its types, size of the first load
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	$(TEST_SETTINGS) $(PYTHON_IN) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	@$(TEST_SETTINGS) scripts/schema-drift
	@scripts/ui
	@scripts/types-drift
	@scripts/ui run prettier --check --log-level warn .
	@scripts/ui run eslint .
	@scripts/ui run node scripts/budget.mjs

schema: venv ## write docs/openapi.yaml and the pages' types anew
	$(TEST_SETTINGS) $(PYTHON_IN) manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml
	@scripts/ui run openapi-typescript ../docs/openapi.yaml -o src/gen/api.ts

bench: venv ## speed, as a table of ratios
	@$(PYTHON_IN) -m pytest -m benchmark -s tests/benchmarks --ignore tests/benchmarks/terminal

bench-terminal: venv ## the terminal's figures against a bare relay: throughput, keys, a slow line, idle, memory
	@$(PYTHON_IN) -m pytest -m benchmark -s tests/benchmarks/terminal

lock: venv ## resolve requirements/*.in again
	@scripts/lock
