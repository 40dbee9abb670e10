"""The doorbell: a Celery app whose messages carry an id and nothing else. Losing every message loses nothing."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.app.amqp import AMQP
from django.conf import settings
from kombu import Connection

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsportal.settings.dev")

RETRY_MOST_SECONDS = 3.0
JUNK = (ValueError, TypeError, KeyError, AttributeError)  # what kombu raises over a message that is none


class SteadyConnection(Connection):
    """A worker asks for a broker that is away every few seconds, for ever, and outlives a message that is none.

    Celery's own way waits longer from time to time (up to 30 s), so a worker would stay deaf after the broker is back;
    and it ends the worker over a list entry that somebody else wrote. Here that counts as a lost connection.
    """

    def ensure_connection(self, errback: Any = None, max_retries: Any = None, *args: Any, **kwargs: Any) -> Any:
        """As kombu's; a caller that names its own intervals keeps them."""
        if not args and "interval_max" not in kwargs:
            kwargs |= {"interval_start": 0.5, "interval_step": 0.5, "interval_max": RETRY_MOST_SECONDS}
        return super().ensure_connection(errback, max_retries, *args, **kwargs)

    def get_transport_cls(self) -> Any:
        """As kombu's, with junk among the errors after which the consumer connects anew."""
        known = super().get_transport_cls()
        return type("SteadyTransport", (known,), {"connection_errors": (*known.connection_errors, *JUNK)})


class _Amqp(AMQP):
    Connection = SteadyConnection


app = Celery("opsportal", amqp=_Amqp)
app.add_defaults(lambda: settings.CELERY)  # type: ignore[misc]  # read when first used, not when imported
app.autodiscover_tasks(["apps.tickets"])
