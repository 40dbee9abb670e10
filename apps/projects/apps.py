"""App configuration of `projects`: registers the grant look-up with the policy room."""

from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    name = "apps.projects"
    label = "projects"

    def ready(self) -> None:
        from apps.policy.registry import set_grant_source
        from apps.projects.grants import Grants

        set_grant_source(Grants())
