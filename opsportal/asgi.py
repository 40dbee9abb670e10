"""The ASGI application: Django's HTTP behind the bound on bodies, sockets behind the exact list of origins.

On SIGTERM sockets are told why they end before the server closes them. Must not: start anything; what runs beside the
web server is a process of its own.
"""

from __future__ import annotations

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsportal.settings.dev")
http = get_asgi_application()

# Django is set up from here on: routes import models.
from django.conf import settings  # noqa: E402

from apps.common.asgi import BodyLimit  # noqa: E402
from apps.terminals.live.house import drain as drain_terminals  # noqa: E402
from apps.terminals.routing import websocket_urlpatterns as terminals  # noqa: E402
from apps.tickets.consumers import drain as drain_hints  # noqa: E402
from apps.tickets.routing import websocket_urlpatterns as hints  # noqa: E402
from opsportal.draining import Draining  # noqa: E402
from opsportal.origin import OriginGuard  # noqa: E402


def drain() -> None:
    """The server is asked to stop: every socket and every shell hears of it first."""
    drain_terminals()
    drain_hints()


sockets = OriginGuard(URLRouter([*hints, *terminals]), settings.SOCKET_ORIGINS)
application = ProtocolTypeRouter(
    {
        "http": BodyLimit(http),
        "websocket": Draining(sockets, drain),
    }
)
