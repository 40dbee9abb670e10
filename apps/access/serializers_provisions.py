"""The shapes of what an access set up, of an archiving and its preview.

Must not: show a hook's secret or a step's key.
"""

from __future__ import annotations

from django.utils.functional import cached_property
from rest_framework import serializers

from apps.access.models import Provision
from apps.common.serializers import StrictModelSerializer, StrictSerializer
from apps.integrations.models import Cluster, GitLabServer, JenkinsController
from apps.tickets.serializers import ReasonField

SYSTEMS = (("gitlab", GitLabServer), ("jenkins", JenkinsController), ("cluster", Cluster))


class ProvisionSerializer(StrictModelSerializer):
    """One thing. `reason`: why a removal kept it; the last two tell of a webhook what it delivered last."""

    name = serializers.SerializerMethodField(help_text="what the system is called; empty: the portal")
    state = serializers.ChoiceField(choices=["created", "adopted", "removed", "kept"], read_only=True)
    reason = ReasonField(source="kept")
    ticket = serializers.IntegerField(
        source="ticket_id", read_only=True, allow_null=True, help_text="null: bulk intake"
    )

    class Meta:
        model = Provision
        fields = [
            "id",
            "what",
            "system",
            "name",
            "target",
            "link",
            "state",
            "reason",
            "ticket",
            "created_at",
            "removed_at",
            "last_event",
            "last_event_at",
        ]
        read_only_fields = fields

    @cached_property
    def _systems(self) -> dict[str, str]:
        """Names of systems as steps call them, read once for all rows of a list."""
        return {
            f"{system}:{key}": name
            for system, model in SYSTEMS
            for key, name in model._default_manager.values_list("pk", "name")
        }

    def get_name(self, row: Provision) -> str:
        """The system's own name; a system that was removed since has none."""
        return self._systems.get(row.system, "")


class ProvisionsSerializer(StrictSerializer):
    """All of a project's, in the order they were made."""

    results = ProvisionSerializer(many=True, read_only=True)


class ArchiveSerializer(StrictSerializer):
    """POST …/archive/."""

    confirm = serializers.CharField(max_length=80, help_text="the project's slug, typed")
    reason = serializers.CharField(min_length=10, max_length=2000)


class ArchivePreviewSerializer(StrictSerializer):
    """What an archiving would take away and leave, and what stands in its way."""

    removes = ProvisionSerializer(many=True, read_only=True)
    keeps = ProvisionSerializer(many=True, read_only=True)
    blocked = ReasonField()


class UndoSerializer(StrictSerializer):
    """POST …/undo/: nothing to say."""
