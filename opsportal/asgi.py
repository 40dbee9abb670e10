"""The ASGI application: Django's HTTP behind the bound on bodies.

Must not: start anything; what runs beside the web server is a process of its own."""

from __future__ import annotations

import os

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

from apps.common.asgi import BodyLimit

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsportal.settings.dev")
application = ProtocolTypeRouter({"http": BodyLimit(get_asgi_application())})
