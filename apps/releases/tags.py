"""Version names: company time and user id, minted at filing (B3, D4). Must not: touch GitLab."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from apps.releases.models import Release

PATTERN = "YYYYMMDD-HHMMSS-u<user id>"


def mint_tag(project_id: int, user_id: int, now: datetime) -> str:
    """`20260901-183205-u17`; `-2`, `-3` … when that name is taken in this project."""
    base = f"{now.astimezone(ZoneInfo(settings.CONFIG.time_zone)):%Y%m%d-%H%M%S}-u{user_id}"
    taken = set(Release.objects.filter(project=project_id, tag__startswith=base).values_list("tag", flat=True))
    if base not in taken:
        return base
    return next(name for n in range(2, len(taken) + 3) if (name := f"{base}-{n}") not in taken)
