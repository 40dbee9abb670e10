"""`manage.py rotate_field_keys`: encrypts every encrypted column again with the newest key.

Must not: print or log a value. Afterwards older keys can be taken out of OPSPORTAL_FIELD_KEYS.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import models, transaction

from apps.common.fields import EncryptedField


class Command(BaseCommand):
    help = "Encrypt every encrypted column again with the first key of OPSPORTAL_FIELD_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        for model in apps.get_models():
            fields = [field.name for field in model._meta.concrete_fields if isinstance(field, EncryptedField)]
            if fields:
                count = self._rotate(model, fields)
                self.stdout.write(f"{model._meta.label}: {count} rows")

    def _rotate(self, model: type[models.Model], fields: list[str]) -> int:
        """Row by row under a row lock, so that a secret saved meanwhile is not overwritten with the older one."""
        keys = list(model._base_manager.values_list("pk", flat=True))
        for key in keys:
            with transaction.atomic():
                row = model._base_manager.select_for_update().filter(pk=key).first()
                if row is not None:
                    row.save(update_fields=fields)
        return len(keys)
