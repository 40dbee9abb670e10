"""`manage.py load_languages`: the languages the portal brings. Must not: replace what an administrator changed unasked."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from apps.audit.services import record
from apps.catalog.defaults import DEFAULTS, DefaultLanguage
from apps.catalog.models import Language, TemplateVersion
from apps.catalog.services import add_template
from apps.policy.actor import Actor

DOCKERFILE, JENKINS_JOB = TemplateVersion.Kind.DOCKERFILE, TemplateVersion.Kind.JENKINS_JOB


class Command(BaseCommand):
    help = "Add the languages the portal brings; what is there stays, unless --update adds newer versions."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--update",
            action="store_true",
            help="add a version where the newest one differs from what the portal brings",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        actor = Actor.system("load_languages")
        for default in DEFAULTS:
            with transaction.atomic():
                language, is_new = Language.objects.get_or_create(slug=default.slug, defaults={"name": default.name})
                if is_new:
                    record("language.added", target=language, params={"name": default.name}, actor=actor)
                for kind in (DOCKERFILE, JENKINS_JOB):
                    self._load(language, default, kind, bool(options["update"]), actor)

    def _load(self, language: Language, default: DefaultLanguage, kind: str, is_update: bool, actor: Actor) -> None:
        wanted = {"body": default.dockerfile} if kind == DOCKERFILE else {"jenkins_template": default.jenkins_template}
        newest = TemplateVersion.objects.filter(language=language, kind=kind).order_by("-version").first()
        if newest is not None and all(getattr(newest, name) == value for name, value in wanted.items()):
            return
        if newest is not None and not is_update:
            self.stdout.write(f"{language.slug} {kind}: v{newest.version} differs and stays; --update adds a version")
            return
        made = add_template(language, kind, **wanted, actor=actor)
        self.stdout.write(f"{language.slug} {kind}: v{made.version}")
