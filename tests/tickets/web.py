"""Clients for the tickets' API in tests: signed in by session or by token, speaking JSON."""

from __future__ import annotations

from typing import Any

from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.projects.models import Environment, Project
from apps.tickets.models import Approval, Comment, Review, Step, Ticket
from tests.accounts.factories import make_token, token_client

TICKETS = "/api/v1/tickets/"


def signed_in(user: User) -> APIClient:
    """A client with the person's session, sending and receiving JSON."""
    client = APIClient(default_format="json")
    client.default_format = "json"  # type: ignore[misc]
    client.force_login(user)
    return client


def with_token(user: User, *scopes: str, project: Project | None = None) -> APIClient:
    """A client with an API token of the person."""
    client = token_client(make_token(user, *scopes, project_id=project.pk if project else None)[1])
    client.default_format = "json"  # type: ignore[misc]
    return client


def body(kind: str, project: Project, environment: Environment, note: str = "", **form: Any) -> dict[str, Any]:
    """What is posted to file or preview."""
    return {"kind": kind, "project": project.slug, "environment": environment.slug, "note": note, "form": form}


def rows() -> dict[str, int]:
    """How many rows of each thing that a refused request must not change."""
    return {model.__name__: model.objects.count() for model in (Ticket, Step, Approval, Review, Comment)}


def refusals() -> list[str]:
    """Recorded refused attempts, oldest first."""
    return list(AuditEvent.objects.filter(outcome="refused").order_by("id").values_list("action", flat=True))


def told(answer: Any) -> tuple[int, str]:
    """Status and code of an answer; a refusal has its sentence."""
    content = answer.json()
    assert content["detail"], content
    assert content["detail"] != "The request could not be carried out.", content
    return answer.status_code, content["code"]
