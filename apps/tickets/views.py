"""Tickets over the API: list, file, preview, read, and the inbox. One door for every kind (D2).

Must not: decide rights or write rows; the policy table and the services do.
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.common.errors import Invalid
from apps.common.parsers import StrictJSONParser
from apps.policy.actor import Actor
from apps.policy.permissions import actor_of
from apps.projects.models import Environment
from apps.tickets import api, freshness, inbox, preview, registry
from apps.tickets import serializers as shapes
from apps.tickets import serializers_card as forms
from apps.tickets.models import Review, Ticket
from apps.tickets.registry import Filing
from apps.tickets.services.filing import file_ticket, kind_named

NOT_FILTERS = ("limit", "cursor")
SEVERAL = ("kind", "status")
KEY_HEADER = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="at most 200 printable characters: the same key with the same body answers the first ticket (200)",
)


def valid(serializer: Any) -> dict[str, Any]:
    """The checked content of a body or query."""
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def query_with_lists(request: Request, *several: str) -> dict[str, Any]:
    """The query parameters without those of the page; the named ones may be repeated and come as lists."""
    params = request.query_params
    wanted = [name for name in params if name not in NOT_FILTERS]
    return {name: params.getlist(name) if name in several else params[name] for name in wanted}


def read_card(ticket: Ticket, request: Request, *, refresh: bool = False) -> dict[str, Any]:
    """The ticket's card for the one who asks; `refresh` looks at the clusters when the last look is too old (D17)."""
    trouble = freshness.refresh_when_stale(ticket) if refresh else None
    actor = actor_of(request)
    card: Any = api.with_relations().get(pk=ticket.pk)
    api.dress([card])
    known = api.extension_of(card.kind)
    kind = registry.KINDS.get(card.kind)
    card.fingerprint_short = shapes.fingerprint_short(card.fingerprint)
    card.fingerprint_checked_at = (card.fingerprint_at or card.created_at) if card.fingerprint else None
    card.fingerprint_trouble = trouble
    card.gates = kind.summary(card).get("gates", []) if kind else []
    card.all_approvals = card.approvals.select_related("actor").order_by("-created_at", "-id")[: api.MOST_PEOPLE]
    card.who_may_decide = api.deciders(card.kind, card.project_id, card.environment_id, card.requester_ids)
    card.rights = api.rights_of(card, actor)
    card.all_builds, card.all_rollouts = known.builds_of(card), known.rollouts_of(card)
    card.place_in_queue = api.place_in_queue(card)
    card.held_by = api.held_by(card)
    card.given_review = Review.objects.select_related("reviewer").filter(ticket=card).first()
    return forms.card_of(card, {"request": request})


class KindAction(APIView):
    """Posting here stands for the action of the kind that the body names, so that a token's scopes mean that kind."""

    parser_classes = (StrictJSONParser,)

    def check_permissions(self, request: Request) -> None:
        if request.method == "POST" and actor_of(request).is_signed_in:
            named = request.data.get("kind") if isinstance(request.data, dict) else None
            kind = registry.KINDS.get(named) if isinstance(named, str) else None
            if kind is not None:
                self.policy_actions = {**self.policy_actions, "POST": kind.request_action}
        super().check_permissions(request)

    policy_actions: dict[str, str] = {}


def _filing(request: Request) -> tuple[str, Filing]:
    """The kind and what is asked for; a project the actor does not see is as good as none."""
    body = valid(forms.FileTicketSerializer(data=request.data))
    kind, actor = kind_named(body["kind"]), actor_of(request)
    project = api.get_project(body["project"], kind.request_action, actor=actor)
    environment = None
    if body["environment"]:
        environment = Environment.objects.filter(slug=body["environment"]).first()
        if environment is None:
            raise Invalid(fields={"environment": ["does_not_exist"]})
    return kind.name, Filing(project, environment, body["form"], actor, note=body["note"])


def idempotency_key(request: Request) -> str | None:
    """The header of that name; Invalid when it is none that a ticket can keep."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 0 < len(key) <= forms.LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise Invalid("ticket.idempotency_key", most=forms.LONGEST_KEY)
    return key


class TicketList(KindAction, generics.ListAPIView[Ticket]):
    """The tickets of one's projects, newest first; POST files one."""

    policy_actions = {"GET": "ticket.read", "POST": "release.request"}
    serializer_class = shapes.TicketSerializer

    def get_queryset(self) -> QuerySet[Ticket]:
        if getattr(self, "swagger_fake_view", False):
            return Ticket.objects.none()
        actor = actor_of(self.request)
        return _filtered(api.visible_tickets(actor), query_with_lists(self.request, *SEVERAL), actor)

    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset)
        return None if page is None else api.dress(page)

    @extend_schema(operation_id="tickets_list", parameters=[forms.TicketFilter])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="tickets_file",
        parameters=[KEY_HEADER],
        request=forms.FileTicketSerializer,
        responses={201: forms.TicketCardSerializer, 200: forms.TicketCardSerializer},
    )
    def post(self, request: Request) -> Response:
        """File a ticket; 200 with the earlier one when the Idempotency-Key was used for the same request."""
        key = idempotency_key(request)
        kind, filing = _filing(request)
        ticket, created = file_ticket(kind, filing, idempotency_key=key)
        code = status.HTTP_201_CREATED if created else status.HTTP_200_OK
        return Response(read_card(ticket, request), status=code)


LOOKUPS = {
    "project": "project__slug",
    "environment": "environment__slug",
    "kind": "kind__in",
    "status": "status__in",
}


def _filtered(tickets: QuerySet[Ticket], query: dict[str, Any], actor: Actor) -> QuerySet[Ticket]:
    wanted = valid(forms.TicketFilter(data=query))
    found = tickets.filter(**{LOOKUPS[name]: value for name, value in wanted.items() if name in LOOKUPS})
    if "q" in wanted:
        found = found.filter(api.matching(wanted["q"]))
    requester = wanted.get("requester")
    if requester == "me":
        return found.filter(requester=actor.person_id)
    return found.filter(requester__username=requester) if requester else found


class TicketPreview(KindAction):
    """What filing would do: change per cluster, commits, gates, who may decide, place in the queue. Stores nothing."""

    policy_actions = {"POST": "release.request"}

    @extend_schema(
        operation_id="tickets_preview", request=forms.FileTicketSerializer, responses=forms.PreviewSerializer
    )
    def post(self, request: Request) -> Response:
        kind, filing = _filing(request)
        found = preview.preview(kind_named(kind), filing)
        return Response(forms.PreviewSerializer(found, context={"request": request}).data)


class TicketDetail(APIView):
    """One ticket's card. Reading one that waits for approval looks at its clusters, at most once in 15 s (D17)."""

    policy_action = "ticket.read"

    @extend_schema(operation_id="tickets_read", responses=forms.TicketCardSerializer)
    def get(self, request: Request, ticket_id: int) -> Response:
        ticket = api.get_ticket(ticket_id, self.policy_action, actor=actor_of(request))
        return Response(read_card(ticket, request, refresh=True))


class Inbox(APIView):
    """What needs the reader, what he follows, what is done; with the count of each tab."""

    policy_action = "inbox.read"

    @extend_schema(operation_id="inbox_read", parameters=[inbox.InboxFilter], responses=inbox.InboxSerializer)
    def get(self, request: Request) -> Response:
        query = {name: value for name, value in request.query_params.dict().items() if name not in NOT_FILTERS}
        tab = valid(inbox.InboxFilter(data=query))["tab"]
        answer = inbox.read(tab, request, actor=actor_of(request))
        return Response(inbox.InboxSerializer(answer, context={"request": request}).data)
