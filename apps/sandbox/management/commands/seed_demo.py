"""`manage.py seed_demo`: fills a running demo: what only a command may make here, everything else through the API.

Must not: write a row that the public API can write, or change what a person changed since.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.models import User
from apps.accounts.people import create_user, update_user
from apps.policy.actor import Actor
from apps.sandbox.gitlab.demo import DEMO_PROJECTS
from apps.sandbox.images import PushError
from apps.sandbox.seed import accounts, outside, plan
from apps.sandbox.seed.company import Company
from apps.sandbox.seed.portal import Portal, PortalError
from apps.sandbox.world import World

ACTOR = Actor.system("seed_demo")


class Command(BaseCommand):
    """Looks first, makes what is missing; a second run makes nothing."""

    help = "Fill the running demo: languages, accounts, outside systems, environments, projects, adopted workloads."

    def add_arguments(self, parser: CommandParser) -> None:
        config = settings.CONFIG
        parser.add_argument("--url", default=f"http://127.0.0.1:{config.port}", help="where the portal answers")
        world = config.data_dir / "sandbox" / "world.json"
        parser.add_argument("--world", type=Path, default=world, help="the sandbox's world.json")
        path = config.data_dir / accounts.FILE
        parser.add_argument("--accounts", type=Path, default=path, help="where passwords are kept")

    def handle(self, *args: Any, **options: Any) -> None:
        world = World.load(str(options["world"].parent))
        if world is None:
            raise CommandError(f"There is no {options['world']}: start `manage.py sandbox` first.")
        call_command("load_languages", stdout=self.stdout)
        call_command("load_standards", stdout=self.stdout)
        kept = accounts.Accounts.load(options["accounts"])
        urls = [f"{world.gitlab_url}/{path}.git" for path, _, _ in DEMO_PROJECTS]
        kept.complete((plan.ADMINISTRATOR, *plan.PEOPLE), urls)
        try:
            made = asyncio.run(outside.fill(world))
            self._say(f"{made} Deployments applied")
            admin = self._admin(options["url"], kept)
            if admin is not None:
                Company(admin, world, kept, self._say).found()
        except (PortalError, PushError, RuntimeError) as error:
            raise CommandError(str(error)) from error

    def _admin(self, url: str, kept: accounts.Accounts) -> Portal | None:
        """The first administrator, whom the API cannot make, signed in; None when he may not (typed wrong too often)."""
        password = kept.passwords[plan.ADMIN]
        existing = User.objects.filter(username=plan.ADMIN).first()
        if existing is None:
            name = plan.ADMINISTRATOR.display_name
            create_user(username=plan.ADMIN, password=password, display_name=name, is_instance_admin=True, actor=ACTOR)
            self._say(f"account {plan.ADMIN}")
        portal = Portal(url)
        answer = portal.sign_in(plan.ADMIN, password)
        if existing is not None and answer.code == "login_failed":  # the printed password has to be the right one
            changes = {"is_instance_admin": True, "is_active": True, "password": password}
            update_user(existing.pk, changes, actor=ACTOR)
            self._say(f"new password for {plan.ADMIN}")
            answer = portal.sign_in(plan.ADMIN, password)
        if existing is not None and answer.status == 429:
            self._say(f"nothing is looked at: {answer.told()}")
            return None
        answer.expect(200)
        return portal

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
