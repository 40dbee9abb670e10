"""The WebSocket routes of `tickets`; the composition root puts the Origin guard in front of them.

Must not: be mounted without that guard: browsers send cookies with any page's WebSocket.
"""

from __future__ import annotations

from typing import Any

from django.urls import path

from apps.tickets.consumers import HintSocket

as_application: Any = HintSocket.as_asgi()
websocket_urlpatterns = [path("ws/hints", as_application, name="hints")]
