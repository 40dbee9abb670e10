"""`manage.py field_key`: prints a new key for OPSPORTAL_FIELD_KEYS. Stores nothing."""

from __future__ import annotations

from typing import Any

from cryptography.fernet import Fernet
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Print a new key for OPSPORTAL_FIELD_KEYS (put it first, then run rotate_field_keys)."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(Fernet.generate_key().decode())
