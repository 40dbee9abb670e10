"""The WebSocket route of `terminals`; the composition root puts the Origin guard in front of it.

Must not: be mounted without that guard, or carry anything but a session's id in its URL.
"""

from __future__ import annotations

from typing import Any

from django.urls import path

from apps.terminals.live.socket import TerminalSocket

as_application: Any = TerminalSocket.as_asgi()
websocket_urlpatterns = [path("ws/terminals/<int:session_id>/", as_application, name="terminal")]
