"""The shapes of configurations, their revisions and previews. Must not: check a document (catalog.configuration does)."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.accounts.serializers import PersonSerializer
from apps.common.messages import sentence
from apps.common.serializers import StrictSerializer
from apps.workloads.configuring.planning import WORKLOAD_NAME, WORKLOADS
from apps.workloads.models import Configuration, ConfigurationRevision

MOST_NUMBER = 2**31 - 1


class ConfigurationReasonSerializer(serializers.Serializer[Any]):
    """A code, what it is about, and the sentence in the reader's language (context: `language`)."""

    code = serializers.CharField()
    params = serializers.DictField()
    detail = serializers.SerializerMethodField()

    @extend_schema_field(serializers.CharField())
    def get_detail(self, reason: dict[str, Any]) -> str:
        return sentence(reason["code"], reason["params"], self.context["language"])


class ConfigurationRevisionSerializer(serializers.ModelSerializer[ConfigurationRevision]):
    """A revision without its document; `applied_at` is null while it is only proposed."""

    author = PersonSerializer(read_only=True, allow_null=True)
    ticket = serializers.IntegerField(source="ticket_id", allow_null=True, read_only=True)
    brought_back_from = serializers.SerializerMethodField(
        help_text="number of the revision whose document came back with an earlier version; null for any other"
    )

    class Meta:
        model = ConfigurationRevision
        fields = ("number", "note", "author", "ticket", "brought_back_from", "created_at", "applied_at")
        read_only_fields = fields

    def get_brought_back_from(self, row: ConfigurationRevision) -> int | None:
        found = row.ticket.facts.get("brought_back_from") if row.ticket is not None else None
        return found if isinstance(found, int) else None


class ConfigurationRevisionDetailSerializer(ConfigurationRevisionSerializer):
    """A revision with its document."""

    document = serializers.DictField(read_only=True)

    class Meta:
        model = ConfigurationRevision
        fields = (*ConfigurationRevisionSerializer.Meta.fields, "document")
        read_only_fields = fields


class ConfigurationSerializer(serializers.ModelSerializer[Configuration]):
    """One workload's configuration in one environment, with the revision that is in force."""

    environment = serializers.CharField(source="project_environment.environment.slug", read_only=True)
    current = serializers.SerializerMethodField(help_text="the revision in force; null before the first")

    class Meta:
        model = Configuration
        fields = ("id", "environment", "name", "current", "created_at")
        read_only_fields = fields

    @extend_schema_field(ConfigurationRevisionSerializer(allow_null=True))
    def get_current(self, row: Configuration) -> Any:
        found = self.context["current"].get(row.pk)
        return ConfigurationRevisionSerializer(found).data if found else None


class CurrentConfigurationSerializer(serializers.Serializer[Any]):
    """What is in force. `is_proposal_only`: nothing is, and `document` is what the portal would propose."""

    environment = serializers.CharField()
    name = serializers.CharField()
    document = serializers.DictField()
    revision = ConfigurationRevisionSerializer(allow_null=True)
    is_proposal_only = serializers.BooleanField()


class FieldChangeSerializer(serializers.Serializer[Any]):
    """One difference; both values null for what is secret."""

    path = serializers.CharField(allow_blank=True)
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class ObjectDifferenceSerializer(serializers.Serializer[Any]):
    """An object that differs between two revisions."""

    object = serializers.CharField()
    is_new = serializers.BooleanField()
    is_gone = serializers.BooleanField()
    changes = FieldChangeSerializer(many=True)


class ConfigurationDifferenceSerializer(serializers.Serializer[Any]):
    """Two revisions, as documents and as the objects they become."""

    before = serializers.IntegerField(help_text="number")
    after = serializers.IntegerField(help_text="number")
    document = FieldChangeSerializer(many=True)
    objects = ObjectDifferenceSerializer(many=True)


class HelmChartSerializer(serializers.Serializer[Any]):
    """A Helm chart: path in the chart → text."""

    files = serializers.DictField(child=serializers.CharField())


class PlaceSerializer(StrictSerializer):
    """Query of GET /configuration-schema."""

    project = serializers.SlugField(max_length=63)
    environment = serializers.SlugField(max_length=40)
    workload = serializers.ChoiceField(choices=WORKLOADS, default="service")


class DifferenceQuerySerializer(StrictSerializer):
    """Query of …/difference."""

    before = serializers.IntegerField(min_value=1, max_value=MOST_NUMBER)
    after = serializers.IntegerField(min_value=1, max_value=MOST_NUMBER)


class ExportQuerySerializer(StrictSerializer):
    """Query of the exports: the revision in force and the first cluster unless told otherwise."""

    revision = serializers.IntegerField(min_value=1, max_value=MOST_NUMBER, required=False)
    cluster = serializers.CharField(max_length=100, default="")


class PreviewRequestSerializer(StrictSerializer):
    """POST /configurations/preview."""

    project = serializers.SlugField(max_length=63)
    environment = serializers.SlugField(max_length=40)
    name = serializers.RegexField(rf"^{WORKLOAD_NAME}\Z", max_length=63, help_text="of the workload: an RFC 1035 label")
    document = serializers.DictField(help_text="docs/configuration.md; members that are absent are computed")
    based_on = serializers.IntegerField(
        min_value=0, max_value=MOST_NUMBER, required=False, help_text="revision that was edited; 0: there was none"
    )
    take_over = serializers.BooleanField(
        default=False, help_text="take fields of other managers: for a person who was shown whose they are"
    )


class StandardSuggestionSerializer(serializers.Serializer[Any]):
    """One change that would satisfy a standard."""

    path = serializers.CharField(allow_blank=True)
    value = serializers.JSONField(allow_null=True)


class StandardFindingSerializer(serializers.Serializer[Any]):
    """What the document breaks; `level` is deny or warn, `field` a JSON pointer."""

    standard = serializers.CharField()
    level = serializers.ChoiceField(choices=("deny", "warn"))
    field = serializers.CharField(allow_blank=True)
    params = serializers.DictField()
    suggestion = StandardSuggestionSerializer(many=True)
    sentence_en = serializers.CharField()
    sentence_zh = serializers.CharField()
    reason_en = serializers.CharField()
    reason_zh = serializers.CharField()


class ObjectPreviewSerializer(serializers.Serializer[Any]):
    """One object on one cluster; `refused` when the cluster, or the portal for it, says no to this one."""

    object = serializers.CharField()
    created = serializers.BooleanField()
    changes = FieldChangeSerializer(many=True)
    refused = ConfigurationReasonSerializer(allow_null=True)


class QuotaShortfallSerializer(serializers.Serializer[Any]):
    """What does not fit; `is_unset`: the document names no such amount, so the quota refuses every pod."""

    resource = serializers.CharField()
    hard = serializers.CharField()
    used = serializers.CharField(help_text="by others")
    asked = serializers.CharField(allow_blank=True)
    missing = serializers.CharField(allow_blank=True)
    is_unset = serializers.BooleanField()


class QuotaPreviewSerializer(serializers.Serializer[Any]):
    """One ResourceQuota of the namespace; texts by resource, as Kubernetes writes quantities."""

    name = serializers.CharField()
    hard = serializers.DictField(child=serializers.CharField())
    used = serializers.DictField(child=serializers.CharField())
    asked = serializers.DictField(child=serializers.CharField(allow_blank=True))
    own = serializers.DictField(child=serializers.CharField(), help_text="of `used`, the workload's own")
    shortfalls = QuotaShortfallSerializer(many=True)


class ClusterPreviewSerializer(serializers.Serializer[Any]):
    """One cluster. `refused`: it says no; `not_checked`: it could not be asked, so nothing is known of it."""

    cluster = serializers.CharField()
    namespace = serializers.CharField()
    wave = serializers.IntegerField()
    image = serializers.CharField(allow_blank=True, help_text="the one that runs, and stays")
    yaml = serializers.CharField(allow_blank=True)
    helm_values = serializers.CharField(allow_blank=True, help_text="values.yaml of the chart of the same objects")
    objects = ObjectPreviewSerializer(many=True)
    removed = serializers.ListField(child=serializers.CharField(), help_text="objects that would be deleted")
    quotas = QuotaPreviewSerializer(many=True)
    note = ConfigurationReasonSerializer(allow_null=True)
    refused = ConfigurationReasonSerializer(allow_null=True)
    not_checked = ConfigurationReasonSerializer(allow_null=True)


class NewerRevisionSerializer(serializers.Serializer[Any]):
    """A revision that was applied since the edited one was read."""

    number = serializers.IntegerField()
    by = serializers.CharField()
    at = serializers.DateTimeField()


class ConfigurationPreviewSerializer(serializers.Serializer[Any]):
    """What a document would do."""

    document = serializers.DictField(help_text="completed")
    findings = StandardFindingSerializer(many=True)
    clusters = ClusterPreviewSerializer(many=True)
    left_out = serializers.ListField(child=serializers.CharField(), help_text="clusters that are switched off")
    applied_meanwhile = NewerRevisionSerializer(allow_null=True)
