"""Terminal sessions over the API: open, list, read, and what people do to one that is there.

Must not: decide rights or write rows; the policy table and the services do. Nothing of a claim but its own answer.
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.models import UserSession
from apps.common.errors import Conflict, Denied, Missing
from apps.common.parsers import StrictJSONParser
from apps.policy.permissions import actor_of
from apps.policy.services import require
from apps.terminals import api
from apps.terminals import serializers as shapes
from apps.terminals.models import TerminalSession
from apps.terminals.services import people
from apps.terminals.services.opening import Wanted, open_session
from apps.tickets.registry import Filing
from apps.tickets.serializers import TicketSerializer
from apps.tickets.services.filing import file_ticket
from apps.tickets.views import query_with_lists, read_card, valid
from apps.workloads.models import Workload
from apps.workloads.pods.listing import siblings_of

LOOKUPS = {
    "project": "project__slug",
    "environment": "environment__slug",
    "workload": "workload",
    "ticket": "ticket",
    "version": "version",
}


def socket_of(session: TerminalSession) -> str:
    """The path of the session's WebSocket: its id and nothing else."""
    return f"/ws/terminals/{session.pk}/"


def login_of(request: Request) -> UserSession:
    """The browser's login; Denied for whoever has none (a token was refused before)."""
    key = request._request.session.session_key or ""
    found = UserSession.objects.filter(session_key=key, user=actor_of(request).user_id).first()
    if found is None:
        raise Denied("terminal.needs_login")
    return found


def detail_of(session: TerminalSession, request: Request, **more: Any) -> dict[str, Any]:
    """The session as its page shows it to the one who asks; with a claim, as the answer to opening it."""
    row: Any = api.in_full().get(pk=session.pk)
    row.now_watching = people.watchers_of(row)
    row.has_happened = api.happened(row)
    row.rights = api.rights_of(row, actor_of(request))
    row.next_pod = api.successor_of(row)
    form = shapes.OpenedSessionSerializer if more else shapes.TerminalSessionDetailSerializer
    for name, value in more.items():
        setattr(row, name, value)
    return dict(form(row, context={"request": request}).data)


class SessionList(generics.ListAPIView[TerminalSession]):
    """The sessions of one's projects, newest first; POST opens one."""

    parser_classes = (StrictJSONParser,)
    policy_actions = {"GET": "terminal.read", "POST": "terminal.open"}
    serializer_class = shapes.TerminalSessionSerializer

    def get_queryset(self) -> QuerySet[TerminalSession]:
        if getattr(self, "swagger_fake_view", False):
            return TerminalSession.objects.none()
        wanted = valid(shapes.SessionFilter(data=query_with_lists(self.request)))
        actor = actor_of(self.request)
        rows = api.visible_sessions(actor)
        rows = rows.filter(**{LOOKUPS[name]: value for name, value in wanted.items() if name in LOOKUPS})
        if wanted.get("state"):
            rows = rows.filter(state__in=api.OPEN if wanted["state"] == "open" else [wanted["state"]])
        if wanted["touched"]:
            rows = rows.filter(touched_at__isnull=False, pod_gone_at__isnull=True)
        return rows.filter(user=actor.person_id) if wanted["mine"] else rows

    @extend_schema(operation_id="terminal_sessions_list", parameters=[shapes.SessionFilter])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="terminal_sessions_open",
        request=shapes.OpenSessionSerializer,
        responses={201: shapes.OpenedSessionSerializer},
    )
    def post(self, request: Request) -> Response:
        """Open a session in a container; 409 `terminal.needs_ticket` where the environment's policy asks for one."""
        body = valid(shapes.OpenSessionSerializer(data=request.data))
        ticket_id = body.pop("ticket")
        action = "terminal.open" if ticket_id is None else "emergency_shell.request"
        workload = _workload(body.pop("workload"), body.pop("cluster"), action, request)
        wanted = Wanted(workload, ticket_id=ticket_id, **body)
        session, claim = open_session(wanted, login_of(request), actor=actor_of(request))
        answer = detail_of(session, request, claim=claim, socket=socket_of(session))
        return Response(answer, status=status.HTTP_201_CREATED)


def _workload(workload_id: int, cluster: str, action: str, request: Request) -> Workload:
    """The workload as it lies on that cluster, once `action` on it is allowed; one of a project that the actor does
    not see is not there."""
    rows = Workload.objects.select_related(
        "project_environment__project",
        "project_environment__environment",
        "project_environment__locked_by",
        "placement__cluster",
    )
    found = rows.filter(pk=workload_id).first()
    if found is None:
        raise Missing
    pair = found.project_environment
    where = {"project_id": pair.project_id, "environment_id": pair.environment_id}
    require(actor_of(request), action, **where, obj=found)
    there = next((one.pk for one in siblings_of(found) if one.placement.cluster.name == cluster), None)
    if there is None:
        raise Conflict("terminal.not_on_cluster", workload=found.name, cluster=cluster)
    return rows.get(pk=there)


class SessionDetail(APIView):
    """One session."""

    policy_action = "terminal.read"

    @extend_schema(operation_id="terminal_sessions_read", responses=shapes.TerminalSessionDetailSerializer)
    def get(self, request: Request, session_id: int) -> Response:
        session = api.get_session(session_id, self.policy_action, actor=actor_of(request))
        return Response(detail_of(session, request))


class SessionClaims(APIView):
    """A new claim for the session's own user and login."""

    policy_action = "terminal.open"

    @extend_schema(operation_id="terminal_sessions_claim", request=None, responses={201: shapes.ClaimSerializer})
    def post(self, request: Request, session_id: int) -> Response:
        session = api.get_session(session_id, "terminal.read", actor=actor_of(request))
        claim = people.claim_again(session, login_of(request), actor=actor_of(request))
        answer = shapes.ClaimSerializer({"claim": claim, "socket": socket_of(session)})
        return Response(answer.data, status=status.HTTP_201_CREATED)


class SessionDeed(APIView):
    """Something a person does to a session; answers the session."""

    parser_classes = (StrictJSONParser,)

    def session(self, request: Request, session_id: int) -> TerminalSession:
        """The session, of which the actor sees at least that it is there."""
        return api.get_session(session_id, "terminal.read", actor=actor_of(request))


class SessionEnd(SessionDeed):
    """End a session with a sentence that its user sees."""

    policy_action = "terminal.end"

    @extend_schema(
        operation_id="terminal_sessions_end",
        request=shapes.EndSessionSerializer,
        responses=shapes.TerminalSessionDetailSerializer,
    )
    def post(self, request: Request, session_id: int) -> Response:
        session = self.session(request, session_id)
        people.request_end(session, **valid(shapes.EndSessionSerializer(data=request.data)), actor=actor_of(request))
        return Response(detail_of(session, request))


class SessionExtend(SessionDeed):
    """Give a session more time, once."""

    policy_action = "terminal.extend"

    @extend_schema(
        operation_id="terminal_sessions_extend",
        request=shapes.ExtendSessionSerializer,
        responses=shapes.TerminalSessionDetailSerializer,
    )
    def post(self, request: Request, session_id: int) -> Response:
        session = self.session(request, session_id)
        people.extend(session, **valid(shapes.ExtendSessionSerializer(data=request.data)), actor=actor_of(request))
        return Response(detail_of(session, request))


class SessionWatch(SessionDeed):
    """Say, every ten seconds, that one watches a session along."""

    policy_action = "terminal.watch"

    @extend_schema(operation_id="terminal_sessions_watch", request=None, responses={204: None})
    def post(self, request: Request, session_id: int) -> Response:
        people.watch(self.session(request, session_id), actor=actor_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class SessionRecycle(SessionDeed):
    """File the ticket that replaces the pod that was touched by hand."""

    policy_action = "pod.recycle"

    @extend_schema(
        operation_id="terminal_sessions_recycle", request=shapes.RecycleSerializer, responses={201: TicketSerializer}
    )
    def post(self, request: Request, session_id: int) -> Response:
        session = self.session(request, session_id)
        reason = valid(shapes.RecycleSerializer(data=request.data))["reason"]
        right = api.rights_of(session, actor_of(request))["recycle"]
        if not right.allowed:
            require(actor_of(request), "pod.recycle", **people.where(session), obj=session)
            raise Conflict(right.code, **right.params)
        form = {
            "workload": session.workload_id,
            "pod": session.pod,
            "uid": session.pod_uid,
            "session": session.pk,
            "reason": reason,
        }
        filing = Filing(session.project, session.environment, form, actor_of(request))
        ticket, _ = file_ticket("recycle_pod", filing)
        return Response(read_card(ticket, request), status=status.HTTP_201_CREATED)
