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
from apps.tickets.consumers import drain  # noqa: E402
from apps.tickets.routing import websocket_urlpatterns  # noqa: E402
from opsportal.draining import Draining  # noqa: E402
from opsportal.origin import OriginGuard  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": BodyLimit(http),
        "websocket": Draining(OriginGuard(URLRouter(websocket_urlpatterns), settings.SOCKET_ORIGINS), drain),
    }
)
