"""Who plays: the running demo's address, the accounts by role, the world outside, and what the story learns on its way.

Must not: assert; the chapters do.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apps.sandbox.seed.portal import Answer, Portal
from tests.smoke.outside import Outside
from tests.smoke.report import Difference, holds, until

SLUG = "book-api-n1"
REPOSITORY = f"shop/{SLUG}"
ROLES = ("admin", "developer", "tester", "ops", "ops2", "owner")
STRANGER = "smoke-stranger"
DATA_CENTRES = ("dc1", "dc2")
ENDED = ("succeeded", "failed", "errored", "canceled", "rejected", "superseded", "expired")
SECONDS = float(os.environ.get("OPSPORTAL_SMOKE_SECONDS", "180"))

Json = dict[str, Any]


@dataclass
class Cast:
    """Everybody signed in; `release` and the tickets are filled in by the chapters."""

    url: str
    data: Path
    people: dict[str, Portal]
    outside: Outside
    before: dict[str, str] = field(default_factory=dict)
    release: Json = field(default_factory=dict)
    tickets: dict[str, int] = field(default_factory=dict)

    def __getitem__(self, role: str) -> Portal:
        return self.people[role]

    @property
    def image(self) -> str:
        """The reference that has to run everywhere: pull host, repository, tag and digest."""
        host = self.outside.world.registry_host
        return f"{host}/{REPOSITORY}:{self.release['tag']}@{self.release['digest']}"


def environment(data: Path) -> dict[str, str]:
    """What the running demo noted for other shells in `demo.env`; empty when it has not."""
    path = data / "demo.env"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return dict(re.findall(r"^export (\w+)='(.*)'$", text, re.MULTILINE))


def assemble() -> Cast:
    """From OPSPORTAL_DATA_DIR and OPSPORTAL_PORT (else the port the demo noted); everybody signs in."""
    data = Path(os.environ.get("OPSPORTAL_DATA_DIR", ".data")).absolute()
    path = data / "accounts.json"
    if not path.exists():
        raise Difference(f"There is no {path}: start the demo with `make demo`, or set OPSPORTAL_DATA_DIR.")
    url = f"http://127.0.0.1:{os.environ.get('OPSPORTAL_PORT') or environment(data).get('OPSPORTAL_PORT', '8000')}"
    passwords = {row["username"]: row["password"] for row in json.loads(path.read_text(encoding="utf-8"))["accounts"]}
    people = {}
    for role in ROLES:
        people[role] = Portal(url)
        people[role].sign_in(role, passwords[role]).expect(200)
    return Cast(url, data, people, Outside(data / "sandbox"))


def stranger(cast: Cast) -> Portal:
    """Somebody without any grant, made by the administrator; a new password each time."""
    password = secrets.token_urlsafe(16)
    known = [row for row in cast["admin"].listed("users/", search=STRANGER) if row["username"] == STRANGER]
    if known:
        cast["admin"].patch(f"users/{known[0]['id']}/", {"password": password, "is_active": True})
    else:
        cast["admin"].post("users/", {"username": STRANGER, "display_name": "Nobody here", "password": password})
    portal = Portal(cast.url)
    portal.sign_in(STRANGER, password).expect(200)
    return portal


def body(kind: str, environment: str, **form: str) -> Json:
    """What is sent to file or preview a ticket of the story's project."""
    return {"kind": kind, "project": SLUG, "environment": environment, "form": form}


def refused(answer: Answer, status: int, code: str) -> None:
    """The portal has to refuse exactly so."""
    found = (answer.status, answer.code)
    holds(found == (status, code), f"{answer.told()}, but {status} {code} was expected.")


def follow(portal: Portal, ticket: int, seen: Callable[[Json], None] = lambda card: None) -> Json:
    """Read the ticket's card until it has ended; `seen` gets every card."""

    def look() -> Json:
        card: Json = portal.get(f"tickets/{ticket}/")
        seen(card)
        return card

    return until(look, lambda card: card["status"] in ENDED, SECONDS, f"the end of ticket #{ticket}")


def succeeded(portal: Portal, card: Json) -> None:
    """The ticket has to have succeeded; otherwise its reason and steps are told."""
    if card["status"] == "succeeded":
        return
    steps = portal.get(f"tickets/{card['id']}/steps/", limit=200)["results"]
    bad = [f"{s['name']} {s['target']} {s['status']} {s['reason'] or ''}" for s in steps if s["status"] != "succeeded"]
    raise Difference(f"Ticket #{card['id']} ended {card['status']} ({card['reason']}): {'; '.join(bad)[:1000]}.")
