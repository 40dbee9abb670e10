"""The composition root: settings, URLs, ASGI, Celery. Imports every room, imported by none."""

from opsportal.celery import app as celery_app

__all__ = ["celery_app"]
