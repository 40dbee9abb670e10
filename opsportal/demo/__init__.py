"""The one-command set-up: embedded PostgreSQL and Valkey, and the supervisor of `manage.py demo`.

Needs the wheels of requirements/demo.in. Must not: be imported by production code; the test suite uses it too.
"""
