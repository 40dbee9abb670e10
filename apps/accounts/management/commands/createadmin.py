"""`manage.py createadmin`: makes (or restores) an instance administrator: the first account of a new portal.

Must not: take the password as an argument, which every process list would show: it is asked for, read from stdin, or
set by the person through a link (`--link`).
"""

from __future__ import annotations

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from apps.accounts import invitations, people, resets
from apps.accounts.links import Delivery
from apps.accounts.models import User
from apps.common.errors import DomainError
from apps.common.messages import sentence
from apps.common.problems import field_problems, with_sentences
from apps.policy.actor import Actor

RESTORED = {"is_instance_admin": True, "is_active": True}


class Command(BaseCommand):
    help = "Create an instance administrator, or make an existing user one and set a new password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--display-name", default="")
        parser.add_argument("--email", default="")
        parser.add_argument("--link", action="store_true", help="print a link by which the person sets the password")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = Actor.system("createadmin")
        username = options["username"].lower()
        existing = User.objects.filter(username=username).first()
        fields = {"username": username, "display_name": options["display_name"], "email": options["email"]}
        try:
            if options["link"]:
                self._print(username, self._link(existing, fields, actor))
                return
            password = self._password()
            if existing is None:
                people.create_user(**fields, password=password, is_instance_admin=True, actor=actor)
            else:
                people.update_user(existing.pk, {**RESTORED, "password": password}, actor=actor)
        except DomainError as error:
            raise CommandError(self._told(error)) from error
        self.stdout.write(f"{username} is an instance administrator.")

    def _link(self, existing: User | None, fields: dict[str, str], actor: Actor) -> Delivery:
        origins = settings.CONFIG.origin_list()
        origin = origins[0] if origins else f"http://localhost:{settings.CONFIG.port}"
        if existing is None:
            return invitations.invite(origin, **fields, is_instance_admin=True, actor=actor)
        with transaction.atomic():
            people.update_user(existing.pk, dict(RESTORED), actor=actor)
            return resets.reset_password(existing.pk, origin, actor=actor)

    def _print(self, username: str, made: Delivery) -> None:
        self.stdout.write(f"{username} is an instance administrator. Set the password here, once:")
        self.stdout.write(made.url)
        self.stdout.write(f"The link works until {made.row.expires_at.isoformat(timespec='minutes')}.")

    def _password(self) -> str:
        if not sys.stdin.isatty():
            return sys.stdin.readline().rstrip("\n")
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Again: "):
            raise CommandError("The two passwords differ.")
        return password

    def _told(self, error: DomainError) -> str:
        fields = with_sentences(field_problems(error.fields or {}), "en")
        details = [f"{name}: {problem['detail']}" for name, items in fields.items() for problem in items]
        return "; ".join(details) or sentence(error.code, error.params)
