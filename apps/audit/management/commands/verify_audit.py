"""`manage.py verify_audit`: checks the hash chain; exit code 1 and the position when something was tampered with."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.audit.sealer import unsealed_count, verify_chain
from apps.common.messages import sentence


class Command(BaseCommand):
    help = "Check the audit trail's hash chain and name the first position that does not hold."

    def handle(self, *args: Any, **options: Any) -> None:
        verdict = verify_chain()
        if not verdict.is_intact:
            raise CommandError(sentence(verdict.code, {"seq": verdict.bad_seq}))
        waiting = unsealed_count()
        self.stdout.write(f"{verdict.checked} rows are intact, head {verdict.head}, {waiting} wait for their seal.")
