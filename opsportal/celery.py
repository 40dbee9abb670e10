"""The doorbell: a Celery app whose messages carry an id and nothing else. Losing every message loses nothing."""

from __future__ import annotations

import os

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsportal.settings.dev")
app = Celery("opsportal")
app.add_defaults(lambda: settings.CELERY)  # type: ignore[misc]  # read when first used, not when imported
app.autodiscover_tasks(["apps.tickets"])
