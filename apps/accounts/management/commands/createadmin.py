"""`manage.py createadmin`: makes (or restores) an instance administrator.

Must not: take the password as an argument, which every process list would show: it is asked for, or read from stdin.
"""

from __future__ import annotations

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.accounts import people
from apps.accounts.models import User
from apps.common.errors import DomainError
from apps.common.messages import sentence
from apps.common.problems import field_problems, with_sentences
from apps.policy.actor import Actor


class Command(BaseCommand):
    help = "Create an instance administrator, or make an existing user one and set a new password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--display-name", default="")
        parser.add_argument("--email", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = Actor.system("createadmin")
        username, password = options["username"].lower(), self._password()
        try:
            existing = User.objects.filter(username=username).first()
            if existing is None:
                people.create_user(
                    username=username,
                    password=password,
                    display_name=options["display_name"],
                    email=options["email"],
                    is_instance_admin=True,
                    actor=actor,
                )
            else:
                changes = {"is_instance_admin": True, "is_active": True, "password": password}
                people.update_user(existing.pk, changes, actor=actor)
        except DomainError as error:
            raise CommandError(self._told(error)) from error
        self.stdout.write(f"{username} is an instance administrator.")

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
