"""App configuration of `policy`: joins the error handler (refusals inside transactions) and the audit list."""

from functools import partial

from django.apps import AppConfig


class PolicyConfig(AppConfig):
    name = "apps.policy"
    label = "policy"

    def ready(self) -> None:
        from apps.audit.visibility import set_visibility
        from apps.common.errors_api import on_error
        from apps.policy.services import record_pending, visible_project_ids

        on_error(record_pending)
        set_visibility(partial(visible_project_ids, admin_sees_all=True))
