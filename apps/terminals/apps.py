"""App configuration of `terminals`; its ticket kinds are found by `tickets` in `kinds.py`, its chores in `chores.py`."""

from django.apps import AppConfig


class TerminalsConfig(AppConfig):
    name = "apps.terminals"
    label = "terminals"
