"""The API of bulk intake (P9): start, look, correct, tick, take, stop. Administrators only.

Must not: decide rights, write rows or call outside; the policy table, `intake` and its chore do.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.access import serializers_intake as forms
from apps.access.intake import changing, starting, table
from apps.access.models import Intake, IntakeReading, IntakeRow
from apps.common.db import db_now
from apps.common.errors import Missing
from apps.common.parsers import StrictJSONParser
from apps.policy.actor import Actor
from apps.policy.permissions import actor_of
from apps.tickets.views import valid

COUNTS: dict[str, Q] = {
    "rows": Q(rows__isnull=False),
    **{state: Q(rows__state=state) for state in IntakeRow.State.values},
    "ticked": Q(rows__is_ticked=True, rows__state__in=("waiting", "failed")),
    "due": Q(rows__is_ticked=True, rows__state="waiting"),
    "problems": ~Q(rows__problems={}) & Q(rows__state__in=("waiting", "failed")),
    **{one: Q(rows__confidence=one) for one in IntakeRow.Confidence.values},
}
# Without what was read: thousands of names that no answer shows.
READINGS = Prefetch("readings", IntakeReading.objects.defer("found"))
CSV = {(200, "text/csv"): OpenApiTypes.STR}


class IntakeView(generics.GenericAPIView[Any]):
    """What the views of this module share."""

    policy_action = "intake.manage"
    parser_classes = (StrictJSONParser,)
    serializer_class: Any = forms.IntakeSerializer
    queryset = Intake.objects.none()

    @property
    def actor(self) -> Actor:
        return actor_of(self.request)

    def rows(self) -> QuerySet[Intake]:
        counted = {f"count_{name}": Count("rows", filter=one) for name, one in COUNTS.items()}
        return Intake.objects.annotate(**counted).select_related("created_by", "taken_by").prefetch_related(READINGS)

    def answer(self, intake_id: int, code: int = status.HTTP_200_OK) -> Response:
        """The intake as it is now."""
        found = self.rows().filter(pk=intake_id).first()
        if found is None:
            raise Missing
        return Response(forms.IntakeSerializer(found, context={"request": self.request}).data, status=code)


class IntakeList(IntakeView):
    """Batches, the newest first."""

    @extend_schema(operation_id="intakes_list", responses=forms.IntakeSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List them with their counts."""
        page = self.paginate_queryset(self.rows())
        data = forms.IntakeSerializer(page, many=True, context={"request": request}).data
        return self.get_paginated_response(data)

    @extend_schema(
        operation_id="intakes_create", request=forms.NewIntakeSerializer, responses={201: forms.IntakeSerializer}
    )
    def post(self, request: Request) -> Response:
        """Look for what belongs together, or read a CSV; nothing is taken in yet."""
        given = valid(forms.NewIntakeSerializer(data=request.data))
        if given["source"] == Intake.Source.CSV:
            made = starting.start_csv(given["csv"], actor=self.actor)
        else:
            made = starting.start_finding(actor=self.actor)
        return self.answer(made.pk, status.HTTP_201_CREATED)


class IntakeDetail(IntakeView):
    """One batch."""

    @extend_schema(operation_id="intakes_read", responses=forms.IntakeSerializer)
    def get(self, request: Request, intake_id: int) -> Response:
        """Show how far it is."""
        return self.answer(intake_id)


class IntakeRows(IntakeView):
    """The rows of a batch."""

    keyset = ("number", "id")

    @extend_schema(
        operation_id="intakes_rows_list",
        parameters=[forms.FilterSerializer],
        responses=forms.IntakeRowSerializer(many=True),
    )
    def get(self, request: Request, intake_id: int) -> Response:
        """List them."""
        _existing(intake_id)
        paging = ("limit", "cursor")
        given = {name: value for name, value in request.query_params.dict().items() if name not in paging}
        wanted = chosen_by(valid(forms.FilterSerializer(data=given)))
        found = IntakeRow.objects.filter(wanted, intake=intake_id).select_related("project")
        page = self.paginate_queryset(found)
        context = {"request": request, "now": db_now()}
        return self.get_paginated_response(forms.IntakeRowSerializer(page, many=True, context=context).data)


class IntakeRowDetail(IntakeView):
    """One row."""

    @extend_schema(operation_id="intakes_rows_read", responses=forms.IntakeRowSerializer)
    def get(self, request: Request, intake_id: int, row_id: int) -> Response:
        """Show it."""
        found = IntakeRow.objects.filter(intake=intake_id, pk=row_id).select_related("project").first()
        if found is None:
            raise Missing
        return self.told(found)

    @extend_schema(
        operation_id="intakes_rows_update", request=forms.RowChangeSerializer, responses=forms.IntakeRowSerializer
    )
    def patch(self, request: Request, intake_id: int, row_id: int) -> Response:
        """Correct or tick it; what is wrong with it is found anew."""
        changes = valid(forms.RowChangeSerializer(data=request.data))
        return self.told(changing.correct_row(intake_id, row_id, changes, actor=self.actor))

    def told(self, row: IntakeRow) -> Response:
        context = {"request": self.request, "now": db_now()}
        return Response(forms.IntakeRowSerializer(row, context=context).data)


class IntakeTick(IntakeView):
    """Ticking many rows."""

    @extend_schema(operation_id="intakes_tick", request=forms.TickSerializer, responses=forms.TickedSerializer)
    def post(self, request: Request, intake_id: int) -> Response:
        """Tick them, or take their ticks away; rows with a problem are passed over."""
        given = valid(forms.TickSerializer(data=request.data))
        done = changing.tick_rows(intake_id, _chosen(given), is_ticked=given["is_ticked"], actor=self.actor)
        return Response(forms.TickedSerializer(done).data)


class IntakeCorrect(IntakeView):
    """Giving many rows the same values."""

    @extend_schema(operation_id="intakes_correct", request=forms.CorrectSerializer, responses=forms.CorrectedSerializer)
    def post(self, request: Request, intake_id: int) -> Response:
        """Set language, systems, environments or owners of them."""
        given = valid(forms.CorrectSerializer(data=request.data))
        changed = changing.correct_many(intake_id, _chosen(given), dict(given["values"]), actor=self.actor)
        return Response(forms.CorrectedSerializer({"changed": changed}).data)


class IntakeTake(IntakeView):
    """Taking in what is ticked."""

    @extend_schema(operation_id="intakes_take", request=None, responses={202: forms.IntakeSerializer})
    def post(self, request: Request, intake_id: int) -> Response:
        """Begin; a worker goes on from here, also after a restart."""
        return self.answer(changing.take(intake_id, actor=self.actor).pk, status.HTTP_202_ACCEPTED)


class IntakeStop(IntakeView):
    """Stopping a batch."""

    @extend_schema(operation_id="intakes_stop", request=None, responses=forms.IntakeSerializer)
    def post(self, request: Request, intake_id: int) -> Response:
        """Stop reading or taking in; what is taken in stays."""
        return self.answer(changing.stop(intake_id, actor=self.actor).pk)


class IntakeExport(IntakeView):
    """A batch as CSV."""

    @extend_schema(operation_id="intakes_export", responses=CSV)
    def get(self, request: Request, intake_id: int) -> HttpResponse:
        """Download it, in the columns that may be uploaded again."""
        _existing(intake_id)
        return _csv(table.export(IntakeRow.objects.filter(intake=intake_id).order_by("number")), f"intake-{intake_id}")


class IntakeTemplate(IntakeView):
    """An empty CSV."""

    @extend_schema(operation_id="intakes_template", responses=CSV)
    def get(self, request: Request) -> HttpResponse:
        """Download the columns with one example."""
        return _csv(table.template(), "intake-template")


def chosen_by(given: dict[str, Any]) -> Q:
    """The condition of a filter."""
    wanted = Q(**{name: given[name] for name in ("state", "confidence") if name in given})
    if text := given.get("q", "").strip():
        wanted &= Q(slug__icontains=text) | Q(gitlab_path__icontains=text) | Q(job__icontains=text)
    if given.get("is_ticked") is not None:
        wanted &= Q(is_ticked=given["is_ticked"])
    if given.get("has_problems") is not None:
        wanted &= ~Q(problems={}) if given["has_problems"] else Q(problems={})
    return wanted


def _chosen(given: dict[str, Any]) -> Q:
    return Q(pk__in=given["ids"]) if "ids" in given else chosen_by(given["filter"])


def _existing(intake_id: int) -> None:
    if not Intake.objects.filter(pk=intake_id).exists():
        raise Missing


def _csv(text: str, name: str) -> HttpResponse:
    response = HttpResponse(text.encode(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response["Cache-Control"] = "no-store"
    return response
