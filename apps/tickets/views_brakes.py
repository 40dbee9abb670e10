"""The emergency brake over the API (E10): which are on, pull, release. Everybody signed in sees them.

Must not: decide rights or write rows; the policy table and the services do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.common.errors import Invalid, Missing
from apps.common.parsers import StrictJSONParser
from apps.common.serializers import problem
from apps.integrations.models import Cluster
from apps.policy.actor import Actor
from apps.policy.permissions import actor_of
from apps.policy.services import allowed
from apps.tickets import brakes
from apps.tickets import serializers_brakes as shapes
from apps.tickets.models import Brake
from apps.tickets.services import braking
from apps.tickets.views import query_with_lists, valid

MAX_ID = 2**63 - 1


def _rows() -> QuerySet[Brake]:
    return Brake.objects.select_related("cluster", "pulled_by", "released_by")


def _dressed(rows: Sequence[Brake], actor: Actor) -> Sequence[Brake]:
    for brake in rows:
        extra: Any = brake
        extra.is_on = brake.released_at is None
        extra.held = brakes.held(brake).count() if extra.is_on else 0
        extra.under_way = brakes.under_way(brake).count() if extra.is_on else 0
        extra.may_release = allowed(actor, "brake.release", obj=braking.Scope(brake.cluster_id))
    return rows


def _answer(brake: Brake, request: Request) -> dict[str, Any]:
    fresh = _dressed([_rows().get(pk=brake.pk)], actor_of(request))[0]
    return dict(shapes.BrakeSerializer(fresh, context={"request": request}).data)


class BrakeList(generics.ListAPIView[Brake]):
    """The brakes that are on, newest first; POST pulls one."""

    policy_actions = {"GET": "brake.read", "POST": "brake.pull"}
    parser_classes = (StrictJSONParser,)
    serializer_class = shapes.BrakeSerializer
    keyset = ("-pulled_at", "-id")

    def get_queryset(self) -> QuerySet[Brake]:
        if getattr(self, "swagger_fake_view", False):
            return Brake.objects.none()
        wanted = valid(shapes.BrakeFilter(data=query_with_lists(self.request)))
        return _rows() if wanted["all"] else _rows().filter(released_at__isnull=True)

    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset)
        return None if page is None else _dressed(page, actor_of(self.request))

    @extend_schema(operation_id="brakes_list", parameters=[shapes.BrakeFilter])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().get(request, *args, **kwargs)

    @extend_schema(operation_id="brakes_pull", request=shapes.PullSerializer, responses={201: shapes.BrakeSerializer})
    def post(self, request: Request) -> Response:
        """From the answer on nothing new is begun outside; 409 `brake.on_already` says who pulled it and since when."""
        body = valid(shapes.PullSerializer(data=request.data))
        cluster = None
        if body["cluster"] is not None:
            cluster = Cluster.objects.filter(pk=body["cluster"]).first()
            if cluster is None:
                raise Invalid(fields={"cluster": [problem("does_not_exist")]})
        brake = braking.pull_brake(cluster, reason=body["reason"], actor=actor_of(request))
        return Response(_answer(brake, request), status=status.HTTP_201_CREATED)


class BrakeRelease(APIView):
    """Let what the brake held go on at once."""

    policy_action = "brake.release"
    parser_classes = (StrictJSONParser,)

    @extend_schema(
        operation_id="brakes_release", request=shapes.ReleaseSerializer, responses={200: shapes.BrakeSerializer}
    )
    def post(self, request: Request, brake_id: int) -> Response:
        body = valid(shapes.ReleaseSerializer(data=request.data or {}))
        brake = _rows().filter(pk=min(brake_id, MAX_ID)).first()
        if brake is None:
            raise Missing
        return Response(_answer(braking.release_brake(brake, **body, actor=actor_of(request)), request))


class BrakeScopes(APIView):
    """Everywhere, then each cluster by name: whether a brake is on there, and whether the reader may pull one."""

    policy_action = "brake.read"

    @extend_schema(operation_id="brakes_scopes", responses=shapes.BrakeScopeSerializer(many=True))
    def get(self, request: Request) -> Response:
        actor = actor_of(request)
        on: dict[int | None, int] = dict(Brake.objects.filter(released_at__isnull=True).values_list("cluster", "pk"))
        found = []
        for cluster in (None, *Cluster.objects.order_by("name")):
            ident = None if cluster is None else cluster.pk
            may_pull = allowed(actor, "brake.pull", obj=braking.Scope(ident))
            found.append({"cluster": cluster, "brake": on.get(ident), "may_pull": may_pull})
        return Response(shapes.BrakeScopeSerializer(found, many=True, context={"request": request}).data)
