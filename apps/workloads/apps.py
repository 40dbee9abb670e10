"""App configuration of `workloads`: hands the standards, which may not import it, the documents in force."""

from django.apps import AppConfig


class WorkloadsConfig(AppConfig):
    name = "apps.workloads"
    label = "workloads"

    def ready(self) -> None:
        from apps.catalog.standards.sources import set_document_source
        from apps.workloads.configuring.revisions import documents_in_force

        set_document_source(documents_in_force)
