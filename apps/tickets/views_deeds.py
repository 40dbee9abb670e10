"""What people do to a filed ticket: decide, cancel, retry, review, comment; and its steps.

Must not: decide rights or write rows; the policy table and the services do.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.common.parsers import StrictJSONParser
from apps.policy.permissions import actor_of
from apps.tickets import api
from apps.tickets import serializers as shapes
from apps.tickets import serializers_card as forms
from apps.tickets.models import Approval, Comment, Review, Step, Ticket
from apps.tickets.services import running
from apps.tickets.services.approvals import decide
from apps.tickets.views import read_card, valid


class OfTicket(generics.ListAPIView[Any], ABC):
    """A list that belongs to one ticket, and what is posted to it."""

    parser_classes = (StrictJSONParser,)
    policy_actions: dict[str, str] = {"GET": "ticket.read"}

    def ticket(self) -> Ticket:
        """The ticket, once the declared action on it is allowed."""
        action = self.policy_actions["GET" if self.request.method == "HEAD" else str(self.request.method)]
        return api.get_ticket(self.kwargs["ticket_id"], action, actor=actor_of(self.request))

    @abstractmethod
    def rows(self, ticket: Ticket) -> QuerySet[Any]:
        """The list's rows."""

    def get_queryset(self) -> QuerySet[Any]:
        return self.rows(Ticket() if getattr(self, "swagger_fake_view", False) else self.ticket())


class TicketSteps(OfTicket):
    """The plan and how far it is, in waves; inside a wave each target walks its own order."""

    serializer_class = shapes.StepSerializer
    keyset = ("wave", "target", "order", "id")

    def rows(self, ticket: Ticket) -> QuerySet[Step]:
        return Step.objects.filter(ticket=ticket.pk)

    @extend_schema(operation_id="tickets_steps")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().get(request, *args, **kwargs)


class TicketApprovals(OfTicket):
    """Decisions, voided ones among them, newest first; POST approves or rejects exactly one fingerprint."""

    policy_actions = {"GET": "ticket.read", "POST": "ticket.approve"}
    serializer_class = shapes.ApprovalSerializer

    def rows(self, ticket: Ticket) -> QuerySet[Approval]:
        return Approval.objects.filter(ticket=ticket.pk).select_related("actor")

    @extend_schema(operation_id="tickets_approvals")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="tickets_decide", request=forms.DecisionSerializer, responses={201: shapes.ApprovalSerializer}
    )
    def post(self, request: Request, ticket_id: int) -> Response:
        """409 `approval.changed` with the lines that moved, when the change is not the one that was read."""
        ticket = self.ticket()
        body = valid(forms.DecisionSerializer(data=request.data))
        approval = decide(ticket, **body, actor=actor_of(request))
        return Response(self.get_serializer(approval).data, status=status.HTTP_201_CREATED)


class TicketComments(OfTicket):
    """The talk on a ticket, oldest first."""

    policy_actions = {"GET": "ticket.read", "POST": "ticket.comment"}
    serializer_class = shapes.CommentSerializer
    keyset = ("created_at", "id")

    def rows(self, ticket: Ticket) -> QuerySet[Comment]:
        return Comment.objects.filter(ticket=ticket.pk).select_related("actor")

    @extend_schema(operation_id="tickets_comments")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="tickets_comment", request=forms.NewCommentSerializer, responses={201: shapes.CommentSerializer}
    )
    def post(self, request: Request, ticket_id: int) -> Response:
        ticket = self.ticket()
        body = valid(forms.NewCommentSerializer(data=request.data))
        comment = running.comment_ticket(ticket, **body, actor=actor_of(request))
        comment.refresh_from_db()
        return Response(self.get_serializer(comment).data, status=status.HTTP_201_CREATED)


class TicketReviews(OfTicket):
    """The look afterwards at what went without prior approval: none or one."""

    policy_actions = {"GET": "ticket.read", "POST": "ticket.review"}
    serializer_class = shapes.ReviewSerializer

    def rows(self, ticket: Ticket) -> QuerySet[Review]:
        return Review.objects.filter(ticket=ticket.pk).select_related("reviewer")

    @extend_schema(operation_id="tickets_reviews")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="tickets_review", request=forms.NewReviewSerializer, responses={201: shapes.ReviewSerializer}
    )
    def post(self, request: Request, ticket_id: int) -> Response:
        ticket = self.ticket()
        body = valid(forms.NewReviewSerializer(data=request.data))
        review = running.review_ticket(ticket, **body, actor=actor_of(request))
        review.refresh_from_db()
        return Response(self.get_serializer(review).data, status=status.HTTP_201_CREATED)


class TicketCancel(APIView):
    """Stop it: at once before it started; afterwards it goes on until the outside confirms (D8)."""

    policy_action = "ticket.cancel"
    parser_classes = (StrictJSONParser,)

    @extend_schema(
        operation_id="tickets_cancel", request=forms.CancelSerializer, responses={200: forms.TicketCardSerializer}
    )
    def post(self, request: Request, ticket_id: int) -> Response:
        actor = actor_of(request)
        ticket = api.get_ticket(ticket_id, self.policy_action, actor=actor)
        body = valid(forms.CancelSerializer(data=request.data or {}))
        return Response(read_card(running.cancel_ticket(ticket, **body, actor=actor), request))


class TicketRetry(APIView):
    """Go on from the steps that failed; targets that are done are not touched (R5)."""

    policy_action = "ticket.retry"
    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="tickets_retry", request=None, responses={200: forms.TicketCardSerializer})
    def post(self, request: Request, ticket_id: int) -> Response:
        actor = actor_of(request)
        ticket = api.get_ticket(ticket_id, self.policy_action, actor=actor)
        return Response(read_card(running.retry_ticket(ticket, actor=actor), request))
