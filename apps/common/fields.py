"""A text column whose content is encrypted at rest, with rotating keys (`settings.FIELD_KEYS`, newest first).

Must not: be searched or compared in SQL; equal texts have different ciphers.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.core.exceptions import FieldError
from django.db import models


@cache
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def fernet() -> MultiFernet:
    """The cipher of the current settings; the first key encrypts, every key decrypts."""
    return _fernet(tuple(settings.FIELD_KEYS))


class EncryptedField(models.TextField):  # type: ignore[type-arg]
    """Plain text in Python, a Fernet token in the database; the empty text stays empty ("not set")."""

    def get_prep_value(self, value: Any) -> Any:
        text = super().get_prep_value(value)
        return fernet().encrypt(text.encode()).decode() if text else text

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        return fernet().decrypt(value.encode()).decode() if value else value

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is encrypted and cannot be searched")
        return super().get_lookup(lookup_name)
