"""App configuration of `catalog`: tells `projects`, which may not import it, which languages there are."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "apps.catalog"
    label = "catalog"

    def ready(self) -> None:
        from apps.catalog.services import is_language
        from apps.projects.services import set_language_source

        set_language_source(is_language)
