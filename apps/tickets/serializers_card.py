"""The card of one ticket, the preview of one not yet filed, and the bodies that people send.

Must not: take a field that is not declared here; values are checked, never interpreted.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.accounts.serializers import PersonSerializer
from apps.common.serializers import StrictSerializer, problem
from apps.tickets.models import Ticket, TicketStatus
from apps.tickets.serializers import (
    ApprovalSerializer,
    ChangedLineSerializer,
    ReasonField,
    ReviewSerializer,
    TicketSerializer,
    told,
)

LONGEST_NOTE = 4000
LONGEST_COMMENT = 10_000
LONGEST_KEY = 200


class TicketGateSerializer(serializers.Serializer[Any]):
    """One gate: met, missing (may still come) or refused, with its sentence."""

    name = serializers.CharField()
    state = serializers.CharField()
    code = serializers.CharField()
    params = serializers.DictField()
    detail = serializers.SerializerMethodField()

    def get_detail(self, gate: dict[str, Any]) -> str:
        return str(told(gate, self.context)["detail"])


class RightSerializer(serializers.Serializer[Any]):
    """Whether the reader may do it now, and if not, why."""

    allowed = serializers.BooleanField()
    code = serializers.CharField(allow_blank=True)
    params = serializers.DictField()
    detail = serializers.SerializerMethodField()

    def get_detail(self, decision: Any) -> str:
        if decision.allowed:
            return ""
        return str(told({"code": decision.code, "params": decision.params}, self.context)["detail"])


class RightsSerializer(serializers.Serializer[Any]):
    """What the reader may do."""

    approve = RightSerializer()
    cancel = RightSerializer()
    retry = RightSerializer()
    review = RightSerializer()
    comment = RightSerializer()
    verdict = RightSerializer()


class TicketBuildSerializer(serializers.Serializer[Any]):
    """A build of a ticket; its log is at builds/{id}/log."""

    id = serializers.IntegerField()
    job = serializers.CharField()
    number = serializers.IntegerField(allow_null=True)
    state = serializers.CharField()
    result = serializers.CharField(allow_blank=True)


class TicketRolloutSerializer(serializers.Serializer[Any]):
    """What the ticket did on one target."""

    id = serializers.IntegerField()
    cluster = serializers.CharField(source="workload.placement.cluster.name")
    workload = serializers.CharField(source="workload.name")
    namespace = serializers.CharField(source="workload.namespace")
    deployment = serializers.CharField(source="workload.deployment")
    wave = serializers.IntegerField(source="workload.placement.wave")
    from_image = serializers.CharField(allow_blank=True)
    from_digest = serializers.CharField(allow_blank=True)
    to_image = serializers.CharField()
    to_digest = serializers.CharField()
    result = serializers.CharField()
    reason = ReasonField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class TicketCardSerializer(TicketSerializer):
    """Everything about one ticket, for the one who reads it."""

    form = serializers.DictField(read_only=True)
    fingerprint_short = serializers.CharField(read_only=True)
    fingerprint_checked_at = serializers.DateTimeField(read_only=True, allow_null=True)
    fingerprint_trouble = ReasonField()
    change = serializers.JSONField(source="fingerprint_content", read_only=True, allow_null=True)
    gates = TicketGateSerializer(many=True, read_only=True)
    approvals = ApprovalSerializer(many=True, read_only=True, source="all_approvals")
    who_may_decide = PersonSerializer(many=True, read_only=True)
    rights = RightsSerializer(read_only=True)
    builds = TicketBuildSerializer(many=True, read_only=True, source="all_builds")
    rollouts = TicketRolloutSerializer(many=True, read_only=True, source="all_rollouts")
    place_in_queue = serializers.IntegerField(read_only=True, allow_null=True)
    given_review = ReviewSerializer(read_only=True, allow_null=True)
    cancel_reason = ReasonField()
    held_by = ReasonField(help_text="the emergency brake that holds it now")

    class Meta(TicketSerializer.Meta):
        fields = (
            *TicketSerializer.Meta.fields,
            "note",
            "form",
            "fingerprint",
            "fingerprint_short",
            "fingerprint_checked_at",
            "fingerprint_trouble",
            "change",
            "gates",
            "approvals",
            "who_may_decide",
            "rights",
            "builds",
            "rollouts",
            "place_in_queue",
            "given_review",
            "frozen_at",
            "cancel_reason",
            "held_by",
        )
        read_only_fields = fields


# -- what people send -------------------------------------------------------------------------------------
class FileTicketSerializer(StrictSerializer):
    """POST tickets/ and tickets/preview: the kind's own fields lie in `form`."""

    kind = serializers.CharField(max_length=40)
    project = serializers.CharField(max_length=63, help_text="slug")
    environment = serializers.CharField(max_length=40, required=False, allow_null=True, default=None, help_text="slug")
    note = serializers.CharField(max_length=LONGEST_NOTE, required=False, allow_blank=True, default="")
    form = serializers.DictField(
        required=False,
        default=dict,
        help_text="by kind: release {ref}, promote {release}, roll_back {release?, reason}",
    )


class DecisionSerializer(StrictSerializer):
    """POST tickets/{id}/approvals/: approve or reject exactly this fingerprint."""

    decision = serializers.ChoiceField(["approve", "reject"])
    comment = serializers.CharField(max_length=LONGEST_COMMENT, required=False, allow_blank=True, default="")
    fingerprint = serializers.RegexField(
        r"^([0-9a-f]{64})?$", allow_blank=True, help_text="all 64 digits; empty for a kind without a fingerprint"
    )


class CancelSerializer(StrictSerializer):
    """POST tickets/{id}/cancel."""

    reason = serializers.CharField(max_length=LONGEST_COMMENT, required=False, allow_blank=True, default="")


class NewReviewSerializer(StrictSerializer):
    """POST tickets/{id}/reviews/."""

    outcome = serializers.ChoiceField(["accepted", "concern"])
    comment = serializers.CharField(max_length=LONGEST_COMMENT, required=False, allow_blank=True, default="")


class NewCommentSerializer(StrictSerializer):
    """POST tickets/{id}/comments/."""

    text = serializers.CharField(max_length=LONGEST_COMMENT)


class TicketFilter(StrictSerializer):
    """The query parameters of the list; `kind` and `status` may be repeated or name several, separated by commas."""

    project = serializers.CharField(max_length=80, required=False, help_text="slug")
    environment = serializers.CharField(max_length=40, required=False, help_text="slug")
    kind = serializers.ListField(child=serializers.CharField(max_length=300), max_length=20, required=False)
    status = serializers.ListField(child=serializers.CharField(max_length=300), max_length=20, required=False)
    requester = serializers.CharField(max_length=63, required=False, help_text="user name, or `me`")

    q = serializers.CharField(max_length=128, required=False, help_text="the beginning of a tag, or #id")

    def validate_kind(self, given: list[str]) -> list[str]:
        """One by one."""
        return _one_by_one(given)

    def validate_status(self, given: list[str]) -> list[str]:
        """Only known ones."""
        wanted = _one_by_one(given)
        if any(one not in TicketStatus.values for one in wanted):
            raise serializers.ValidationError([problem("invalid_choice")])
        return wanted


def _one_by_one(given: list[str]) -> list[str]:
    return [one for text in given for one in text.split(",")]


# -- before filing ----------------------------------------------------------------------------------------
class FindingSerializer(serializers.Serializer[Any]):
    """What stands in the way (deny), deserves a look (warn), or could not be looked at (unknown)."""

    level = serializers.CharField()
    code = serializers.CharField()
    params = serializers.DictField()
    detail = serializers.SerializerMethodField()

    def get_detail(self, finding: dict[str, Any]) -> str:
        return str(told(finding, self.context)["detail"])


class PreRolloutSerializer(serializers.Serializer[Any]):
    """A command of the new image that runs as a Job before the rollout; its failure stops it."""

    command = serializers.ListField(child=serializers.CharField())
    timeout_seconds = serializers.IntegerField()


class ChangedObjectSerializer(serializers.Serializer[Any]):
    """What becomes of one object; of one that is created the changes are left out."""

    object = serializers.CharField()
    created = serializers.BooleanField()
    changes = ChangedLineSerializer(many=True)


class ChangeSerializer(serializers.Serializer[Any]):
    """What one target would get. `refused`: the cluster said no; `not_checked`: it could not be asked."""

    cluster = serializers.CharField()
    namespace = serializers.CharField()
    deployment = serializers.CharField()
    container = serializers.CharField()
    wave = serializers.IntegerField()
    before = serializers.CharField(allow_null=True, help_text="image now")
    after = serializers.CharField(allow_null=True, help_text="image afterwards, as the cluster would store it")
    is_pattern = serializers.BooleanField(help_text="`after` is the pattern of a version that is not built yet")
    replicas = serializers.IntegerField(allow_null=True)
    changed_fields = serializers.ListField(child=serializers.CharField())
    refused = ReasonField()
    not_checked = ReasonField()
    will_be_made = serializers.BooleanField(help_text="there is no Deployment yet: it is created with this image")
    pre_rollout = PreRolloutSerializer(allow_null=True)
    objects = ChangedObjectSerializer(many=True, help_text="where a configuration comes back with the image")
    removed = serializers.ListField(child=serializers.CharField(), help_text="objects that would be deleted")


class ConfigurationOfferedSerializer(serializers.Serializer[Any]):
    """Which revision may come back beside the image, by a ticket with `with_configuration`; `reason`: why none may."""

    name = serializers.CharField(allow_blank=True, help_text="of the configuration, empty with a reason")
    number = serializers.IntegerField(allow_null=True, help_text="of the revision that was in force then")
    applied_at = serializers.DateTimeField(allow_null=True, help_text="when that revision came in force")
    in_force = serializers.IntegerField(allow_null=True, help_text="number of the revision in force now")
    secrets = serializers.ListField(child=serializers.CharField(), help_text="keys whose held values stay as they are")
    reason = ReasonField()


class CommitSerializer(serializers.Serializer[Any]):
    """One commit."""

    sha = serializers.CharField()
    title = serializers.CharField()
    author_name = serializers.CharField()
    committed_at = serializers.DateTimeField(allow_null=True)


class CommitsSerializer(serializers.Serializer[Any]):
    """Commits between what runs and a release, oldest first, at most 200; `taken_back` when it goes backwards."""

    from_commit = serializers.CharField()
    from_tag = serializers.CharField(allow_blank=True)
    to_commit = serializers.CharField()
    taken_back = serializers.BooleanField()
    commits = CommitSerializer(many=True)


class PreviewSerializer(serializers.Serializer[Any]):
    """What filing would do, before anything is stored."""

    can_file = serializers.BooleanField()
    title = serializers.CharField(allow_null=True)
    first_status = serializers.CharField(allow_null=True)
    approvals_needed = serializers.IntegerField(allow_null=True)
    requires_review = serializers.BooleanField()
    gates = TicketGateSerializer(many=True)
    changes = ChangeSerializer(many=True)
    configuration = ConfigurationOfferedSerializer(allow_null=True, help_text="of a roll back alone")
    commits = CommitsSerializer(allow_null=True)
    commits_reason = ReasonField()
    who_may_decide = PersonSerializer(many=True)
    place_in_queue = serializers.IntegerField(allow_null=True)
    findings = FindingSerializer(many=True)


def card_of(ticket: Ticket, context: dict[str, Any]) -> dict[str, Any]:
    """The serialized card of a ticket that `views` has dressed."""
    return dict(TicketCardSerializer(ticket, context=context).data)
