"""App configuration of `access`; its ticket kinds are found by `tickets` in `kinds.py`."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "apps.access"
    label = "access"
