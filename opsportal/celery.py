"""The doorbell: a Celery app whose messages carry an id and nothing else. Losing every message loses nothing."""

from __future__ import annotations

import os

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsportal.settings.dev")
app = Celery("opsportal")
app.add_defaults(lambda: settings.CELERY)  # read when first used: importing this module needs no settings
app.autodiscover_tasks(["apps.tickets"])
