"""App configuration of `common`: logging is set up and the sentences are read (a repeated code stops the start)."""

from django.apps import AppConfig
from django.conf import settings


class CommonConfig(AppConfig):
    name = "apps.common"
    label = "common"

    def ready(self) -> None:
        from apps.common import logs, messages

        config = settings.CONFIG  # type: ignore[misc]
        logs.configure(as_json=config.log_json, level=config.log_level)
        for language in messages.LANGUAGES:
            messages.catalogue(language)
