"""The routes of `catalog`, below /api/v1/."""

from __future__ import annotations

urlpatterns: list = []
