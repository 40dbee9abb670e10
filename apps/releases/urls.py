"""The routes of `releases`, below /api/v1/."""

from __future__ import annotations

urlpatterns: list = []
