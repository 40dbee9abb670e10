"""The shapes of bulk intake: batches, what was read for them, rows, and what an administrator may say of them.

Must not: look anything up, or show more of an outside system than its name and what is bound.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.access.models import Intake, IntakeReading, IntakeRow
from apps.accounts.serializers import PersonSerializer
from apps.common.errors_api import language_of
from apps.common.problems import with_sentences
from apps.common.serializers import StrictSerializer
from apps.projects.models import MigrationRevision
from apps.projects.serializers import names
from apps.projects.serializers_migration import MOST_SERVERS
from apps.tickets.serializers import ReasonField, ReasonSerializer, told

Json = dict[str, Any]
MOST_IDS = 1000
MOST_WORKLOADS = 50


@extend_schema_field(
    {"type": "object", "additionalProperties": {"type": "array", "items": {"$ref": "#/components/schemas/Reason"}}}
)
class FieldProblemsField(serializers.Field[Any, Any, Any, Any]):
    """{field: [{code, params, detail}]}."""

    def to_representation(self, value: Json) -> Json:
        request = self.context.get("request")
        return with_sentences(value, language_of(request) if request is not None else "en")


@extend_schema_field(ReasonSerializer(many=True))
class ReasonsField(serializers.Field[Any, Any, Any, Any]):
    """[{code, params, detail}]."""

    def to_representation(self, value: list[Json]) -> list[Json]:
        return [told(one, self.context) for one in value]


class ReadingSerializer(serializers.ModelSerializer[IntakeReading]):
    """One outside system. `problem`: why it was not read, or what was passed over."""

    problem = ReasonField()

    class Meta:
        model = IntakeReading
        fields = ("system", "name", "state", "count", "is_complete", "problem", "read_at")
        read_only_fields = fields


class LeftOutSerializer(serializers.Serializer[Any]):
    """What belongs to nothing: how many, and the first names."""

    count = serializers.IntegerField()
    names = serializers.ListField(child=serializers.CharField())


COUNTED = ("rows", "waiting", "taken", "failed", "exists", "ticked", "due", "problems", "certain", "likely", "unsure")


class IntakeCountsSerializer(serializers.Serializer[Any]):
    """Rows by state; `ticked` are those that would be taken in next, `due` of them not tried yet, `problems` those that cannot be."""

    rows = serializers.IntegerField()
    waiting = serializers.IntegerField()
    taken = serializers.IntegerField()
    failed = serializers.IntegerField()
    exists = serializers.IntegerField()
    ticked = serializers.IntegerField()
    due = serializers.IntegerField()
    problems = serializers.IntegerField()
    certain = serializers.IntegerField()
    likely = serializers.IntegerField()
    unsure = serializers.IntegerField()


class IntakeSerializer(serializers.ModelSerializer[Intake]):
    """A batch."""

    created_by = PersonSerializer(read_only=True, allow_null=True)
    taken_by = PersonSerializer(read_only=True, allow_null=True)
    halted = ReasonField()
    left_out = serializers.DictField(child=LeftOutSerializer(), read_only=True)
    readings = ReadingSerializer(many=True, read_only=True)
    counts = serializers.SerializerMethodField()

    class Meta:
        model = Intake
        fields = (
            "id",
            "source",
            "state",
            "created_by",
            "taken_by",
            "created_at",
            "finished_at",
            "halted",
            "left_out",
            "readings",
            "counts",
        )
        read_only_fields = fields

    @extend_schema_field(IntakeCountsSerializer)
    def get_counts(self, row: Intake) -> dict[str, int]:
        return {name: getattr(row, f"count_{name}") for name in COUNTED}


class IntakeWorkloadSerializer(StrictSerializer):
    """A Deployment to adopt. Without `namespace` it is where the placement says; `image` is what was found."""

    environment = serializers.CharField(max_length=40)
    cluster = serializers.CharField(max_length=63)
    namespace = serializers.CharField(max_length=63, required=False, allow_blank=True)
    deployment = serializers.CharField(max_length=253)
    container = serializers.CharField(max_length=63, required=False, allow_blank=True)
    image = serializers.CharField(max_length=500, required=False, allow_blank=True)


class IntakeMigrationSerializer(StrictSerializer):
    """Where its traffic goes (P8); empty: everything on virtual machines."""

    state = serializers.ChoiceField(choices=MigrationRevision.State.choices, required=False)
    container_weight = serializers.IntegerField(min_value=0, max_value=100, required=False)
    container_servers = serializers.ListField(
        child=serializers.CharField(max_length=300), max_length=MOST_SERVERS, required=False, help_text="host:port"
    )
    servers = serializers.ListField(
        child=serializers.CharField(max_length=300), max_length=MOST_SERVERS, required=False, help_text="host:port"
    )


class ValuesSerializer(StrictSerializer):
    """What may be changed of a row; lists replace the old ones. What is wrong with it is told in `problems`."""

    slug = serializers.CharField(max_length=200, required=False, allow_blank=True)
    name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    language = serializers.CharField(max_length=40, required=False, allow_blank=True)
    gitlab = serializers.CharField(max_length=63, required=False, allow_blank=True)
    gitlab_path = serializers.CharField(max_length=400, required=False, allow_blank=True)
    jenkins = serializers.CharField(max_length=63, required=False, allow_blank=True)
    job = serializers.CharField(max_length=255, required=False, allow_blank=True)
    registry = serializers.CharField(max_length=63, required=False, allow_blank=True)
    image_repository = serializers.CharField(max_length=255, required=False, allow_blank=True)
    environments = names(required=False, help_text="slugs")
    owners = names(required=False, help_text="user names")
    workloads = IntakeWorkloadSerializer(many=True, required=False)
    migration = IntakeMigrationSerializer(required=False)

    def validate_workloads(self, given: list[Json]) -> list[Json]:
        if len(given) > MOST_WORKLOADS:
            raise serializers.ValidationError("too many", code="max_length")
        return [dict(one) for one in given]

    def validate_migration(self, given: Json) -> Json:
        return dict(given)


class RowChangeSerializer(ValuesSerializer):
    """PATCH …/rows/{id}/."""

    is_ticked = serializers.BooleanField(required=False)


class FilterSerializer(StrictSerializer):
    """Which rows; nothing: all."""

    state = serializers.ChoiceField(choices=IntakeRow.State.choices, required=False)
    confidence = serializers.ChoiceField(choices=IntakeRow.Confidence.choices, required=False)
    q = serializers.CharField(max_length=100, required=False, allow_blank=True, help_text="in name, repository or job")
    is_ticked = serializers.BooleanField(required=False, allow_null=True, default=None)
    has_problems = serializers.BooleanField(required=False, allow_null=True, default=None)


class ChosenSerializer(StrictSerializer):
    """Rows by their ids, or by a filter; one of the two."""

    ids = serializers.ListField(child=serializers.IntegerField(min_value=1), max_length=MOST_IDS, required=False)
    filter = FilterSerializer(required=False)

    def validate(self, given: Json) -> Json:
        if ("ids" in given) == ("filter" in given):
            raise serializers.ValidationError({"ids": ["one of ids and filter"]}, code="invalid")
        return given


class TickSerializer(ChosenSerializer):
    """POST …/tick/."""

    is_ticked = serializers.BooleanField(default=True)


class BulkValuesSerializer(StrictSerializer):
    """What many rows may be given at once."""

    language = serializers.CharField(max_length=40, required=False)
    registry = serializers.CharField(max_length=63, required=False)
    jenkins = serializers.CharField(max_length=63, required=False)
    environments = names(required=False, help_text="slugs")
    owners = names(required=False, help_text="user names")

    def validate(self, given: Json) -> Json:
        if not given:
            raise serializers.ValidationError("nothing to change", code="required")
        return given


class CorrectSerializer(ChosenSerializer):
    """POST …/correct/."""

    values = BulkValuesSerializer()  # type: ignore[assignment]


class TickedSerializer(serializers.Serializer[Any]):
    """How many rows changed; `passed_over` have a problem and keep no tick."""

    changed = serializers.IntegerField()
    passed_over = serializers.IntegerField()


class CorrectedSerializer(serializers.Serializer[Any]):
    """How many rows were given the values."""

    changed = serializers.IntegerField()


class NewIntakeSerializer(StrictSerializer):
    """POST /access/intakes/. `csv`: the file's text, at most 1 MB and 1000 rows (docs/intake.md)."""

    source = serializers.ChoiceField(choices=Intake.Source.choices)  # type: ignore[assignment]
    csv = serializers.CharField(required=False, trim_whitespace=False, allow_blank=True)

    def validate(self, given: Json) -> Json:
        is_csv = given["source"] == Intake.Source.CSV
        if is_csv != ("csv" in given):
            raise serializers.ValidationError({"csv": ["required for csv only"]}, code="required")
        return given


class IntakeProjectSerializer(serializers.Serializer[Any]):
    """The project a row is."""

    slug = serializers.CharField()
    name = serializers.CharField()


class CandidatesSerializer(serializers.Serializer[Any]):
    """What a row could be as well, as found."""

    repositories = serializers.ListField(child=serializers.DictField(), required=False)
    jobs = serializers.ListField(child=serializers.DictField(), required=False)
    workloads = serializers.ListField(child=serializers.DictField(), required=False)
    images = serializers.ListField(child=serializers.DictField(), required=False)
    names = serializers.ListField(child=serializers.DictField(), required=False)


class IntakeRowSerializer(serializers.ModelSerializer[IntakeRow]):
    """A row as it would be taken in."""

    problems = FieldProblemsField(read_only=True, help_text="{field: [{code, params, detail}]}")
    why = ReasonsField(read_only=True)
    error = ReasonField()
    candidates = CandidatesSerializer(read_only=True)
    workloads = IntakeWorkloadSerializer(many=True, read_only=True)
    migration = IntakeMigrationSerializer(read_only=True)
    environments = serializers.ListField(child=serializers.CharField(), read_only=True)
    owners = serializers.ListField(child=serializers.CharField(), read_only=True)
    project = IntakeProjectSerializer(read_only=True, allow_null=True)
    is_working = serializers.SerializerMethodField(help_text="a worker has it now")

    class Meta:
        model = IntakeRow
        fields = (
            "id",
            "number",
            *ValuesSerializer._declared_fields,  # type: ignore[attr-defined]
            "confidence",
            "why",
            "candidates",
            "problems",
            "is_ticked",
            "state",
            "is_working",
            "error",
            "project",
            "taken_at",
        )
        read_only_fields = fields

    def get_is_working(self, row: IntakeRow) -> bool:
        now = self.context.get("now")
        return row.state == "waiting" and row.lease_until is not None and now is not None and row.lease_until > now
