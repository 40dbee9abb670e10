# Everything a developer runs. `make` alone lists it.
.DEFAULT_GOAL := help
.PHONY: help venv venv-demo demo demo-reset smoke test check schema bench lock
PYTHON_IN := .venv/bin/python
TEST_SETTINGS := OPSPORTAL_DATABASE_POOL=0 DJANGO_SETTINGS_MODULE=opsportal.settings.test
WORKERS ?= 2

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

venv: ## .venv with everything for development, from requirements/dev.lock
	@scripts/venv dev

venv-demo:
	@scripts/venv demo

demo: venv-demo ## the whole portal on this machine; Ctrl-C stops it, OPSPORTAL_PORT moves it
	@$(PYTHON_IN) manage.py demo

demo-reset: venv-demo ## delete the demo's data
	@$(PYTHON_IN) manage.py demo --reset

smoke: venv ## walk through a running demo from outside
	@$(PYTHON_IN) -m tests.smoke

test: venv ## the test suite (WORKERS=1 for one process)
	@scripts/test-tools
	@$(PYTHON_IN) -m pytest -n $(WORKERS) --dist loadfile -m "not benchmark"

check: venv ## style, types, room borders, migrations, API schema
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	$(TEST_SETTINGS) $(PYTHON_IN) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	@$(TEST_SETTINGS) scripts/schema-drift

schema: venv ## write docs/openapi.yaml anew
	$(TEST_SETTINGS) $(PYTHON_IN) manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml

bench: venv ## speed, as a table of ratios
	@$(PYTHON_IN) -m pytest -m benchmark -s tests/benchmarks

lock: venv ## resolve requirements/*.in again
	@scripts/lock
