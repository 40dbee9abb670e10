"""The routes of `projects`, below /api/v1/."""

from __future__ import annotations

urlpatterns: list = []
