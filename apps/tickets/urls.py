"""The routes of `tickets`, below /api/v1/."""

from __future__ import annotations

urlpatterns: list = []
