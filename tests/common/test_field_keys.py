"""Key commands: a new key is good, and rotation rewrites every encrypted column."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.db import connection, models
from django.test import override_settings
from django.test.utils import isolate_apps

from apps.common.fields import EncryptedField, fernet
from apps.common.management.commands import rotate_field_keys

with isolate_apps("apps.common"):

    class Kept(models.Model):
        """A table of this test only, unknown to the app registry."""

        secret = EncryptedField(blank=True)
        note = models.TextField()

        class Meta:
            app_label = "common"


def raw() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM common_kept ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def test_the_command_prints_a_good_key() -> None:
    out = io.StringIO()
    call_command("field_key", stdout=out)
    with override_settings(FIELD_KEYS=[out.getvalue().strip()]):
        assert fernet().decrypt(fernet().encrypt(b"x")) == b"x"


@pytest.mark.django_db
def test_rotation_rewrites_rows_under_the_newest_key(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    monkeypatch.setattr(rotate_field_keys, "apps", SimpleNamespace(get_models=lambda: [Kept]))
    with connection.schema_editor() as editor:
        editor.create_model(Kept)
    with override_settings(FIELD_KEYS=[old]):
        Kept._base_manager.create(secret="one", note="n")
        Kept._base_manager.create(secret="", note="n")
    out = io.StringIO()
    with override_settings(FIELD_KEYS=[new, old]):
        call_command("rotate_field_keys", stdout=out)
    assert out.getvalue() == "common.Kept: 2 rows\n"
    with override_settings(FIELD_KEYS=[new]):
        assert list(Kept._base_manager.order_by("id").values_list("secret", flat=True)) == ["one", ""]
    assert "one" not in "".join(raw())
