"""App configuration of `tickets`: finds every room's kinds, steps and chores the way Django's admin finds `admin.py`."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class TicketsConfig(AppConfig):
    name = "apps.tickets"
    label = "tickets"

    def ready(self) -> None:
        from apps.projects.services import on_grant_change
        from apps.tickets import hints, housekeeping, worker  # noqa: F401 - registers its chores and the worker's signals
        from apps.tickets.steps import builtin  # noqa: F401 - registers its steps

        on_grant_change(lambda user_id, project_id: hints.announce("grants", user_id, project_id))
        autodiscover_modules("kinds")
