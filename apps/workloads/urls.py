"""The routes of `workloads`, below /api/v1/."""

from __future__ import annotations

urlpatterns: list = []
