"""The shapes of projects, their environments and resources.

Must not: check what only rows or GitLab know (services do), or show a credential of an outside system.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Model
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.accounts.serializers import PersonSerializer
from apps.common.db import db_now
from apps.common.serializers import StrictSerializer, problem
from apps.integrations.callback import url_problem
from apps.integrations.models import GitLabServer, JenkinsController, Registry
from apps.projects.models import Grant, Project, ProjectEnvironment, Resource

NAMES_MOST = 50
LOG_PATHS = ("", "stdout")  # W12: a file inside a container is lost with it


def names(**more: Any) -> serializers.ListField:
    """A list of slugs or user names."""
    return serializers.ListField(child=serializers.CharField(max_length=150), max_length=NAMES_MOST, **more)


def row_named(model: type[Model], **more: Any) -> serializers.SlugRelatedField[Any]:
    """A switched-on outside system, by its name."""
    rows = model._default_manager.filter(is_enabled=True)
    return serializers.SlugRelatedField(slug_field="name", queryset=rows, **more)


class ContactSerializer(StrictSerializer):
    """Whom an alarm reaches, and how."""

    name = serializers.CharField(max_length=100)
    channel = serializers.ChoiceField(choices=["phone", "email", "dingtalk", "wecom", "slack", "webhook"])
    address = serializers.CharField(max_length=200)


class CallbackSerializer(StrictSerializer):
    """Whom the portal tells when a release or a promote has ended well; nobody when empty."""

    url = serializers.URLField(max_length=400, required=False, help_text="https")

    def validate_url(self, url: str) -> str:
        refused = url_problem(url, allow_loopback=settings.CONFIG.allow_loopback or settings.DEBUG)
        if refused:
            raise serializers.ValidationError([problem(refused)])
        return url


def argv(**more: Any) -> serializers.ListField:
    """A command as its arguments, the program first; kept as given and never handed to a shell."""
    child = serializers.CharField(max_length=1000, allow_blank=True, trim_whitespace=False)
    return serializers.ListField(child=child, max_length=NAMES_MOST, validators=[_names_a_program], **more)


def _names_a_program(given: list[str]) -> None:
    if given and not given[0].strip():
        raise serializers.ValidationError([problem("no_program")])


def absolute_path(text: str) -> None:
    """Refuse what is no absolute path of one line."""
    if not text.startswith("/") or not text.isprintable():
        raise serializers.ValidationError([problem("absolute_path")])


class RunningFieldsSerializer(StrictSerializer):
    """What a project says of how it runs; in every body that makes or changes one."""

    contacts = ContactSerializer(many=True, required=False)
    alarm_contacts = ContactSerializer(many=True, required=False)
    deploy_path = serializers.CharField(
        max_length=400, required=False, allow_blank=True, validators=[absolute_path], help_text="absolute"
    )
    log_path = serializers.CharField(max_length=400, required=False, allow_blank=True, help_text="`stdout`, or empty")
    start_command = argv(required=False, help_text="arguments, the program first")
    stop_command = argv(required=False, help_text="arguments, the program first")
    callback = CallbackSerializer(required=False)

    def validate_contacts(self, contacts: list[dict[str, str]]) -> list[dict[str, str]]:
        return bounded(contacts)

    def validate_alarm_contacts(self, contacts: list[dict[str, str]]) -> list[dict[str, str]]:
        return bounded(contacts)

    def validate_log_path(self, text: str) -> str:
        if text not in LOG_PATHS:
            raise serializers.ValidationError([problem("stdout_only")])
        return text

    def validate_callback(self, given: dict[str, str]) -> dict[str, str]:
        return dict(given)


class MyRoleSerializer(serializers.ModelSerializer[Grant]):
    """A role the asking person holds here."""

    environment = serializers.CharField(source="environment.slug", read_only=True)

    class Meta:
        model = Grant
        fields = ("environment", "role", "expires_at")
        read_only_fields = fields


class ProjectSerializer(serializers.ModelSerializer[Project]):
    """A project as its members see it; `my_roles` and `is_owner` are the asking person's."""

    stage = serializers.ChoiceField(choices=Project.Stage.choices, read_only=True)
    gitlab = serializers.CharField(source="gitlab.name", read_only=True)
    jenkins = serializers.CharField(source="jenkins.name", read_only=True)
    registry = serializers.CharField(source="registry.name", read_only=True)
    repository_url = serializers.SerializerMethodField()
    owners = PersonSerializer(many=True, read_only=True)
    contacts = ContactSerializer(many=True, read_only=True)
    alarm_contacts = ContactSerializer(many=True, read_only=True)
    start_command = serializers.ListField(child=serializers.CharField(), read_only=True)
    stop_command = serializers.ListField(child=serializers.CharField(), read_only=True)
    callback = CallbackSerializer(read_only=True)
    environments = serializers.SerializerMethodField(help_text="slugs, in promotion order")
    my_roles = MyRoleSerializer(many=True, read_only=True, source="my_grants")
    is_owner = serializers.SerializerMethodField()

    class Meta:
        model = Project
        fields = (
            "id",
            "slug",
            "name",
            "description",
            "language",
            "stage",
            "gitlab",
            "gitlab_path",
            "repository_url",
            "jenkins",
            "registry",
            "image_repository",
            "owners",
            "contacts",
            "alarm_contacts",
            "deploy_path",
            "log_path",
            "start_command",
            "stop_command",
            "callback",
            "environments",
            "my_roles",
            "is_owner",
            "created_at",
            "admitted_at",
            "withdrawn_at",
            "archived_at",
        )
        read_only_fields = fields

    def get_repository_url(self, project: Project) -> str:
        return f"{project.gitlab.url.rstrip('/')}/{project.gitlab_path}"

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_environments(self, project: Project) -> list[str]:
        return [pair.environment.slug for pair in project.environments.all()]

    def get_is_owner(self, project: Project) -> bool:
        me = self.context.get("user_id")
        return any(owner.pk == me for owner in project.owners.all())


class NewProjectSerializer(RunningFieldsSerializer):
    """POST /projects/."""

    slug = serializers.CharField(max_length=200, help_text="at most 63 characters, [a-z]([-a-z0-9]*[a-z0-9])?")
    name = serializers.CharField(max_length=200)
    description = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    language = serializers.CharField(max_length=40, help_text="slug of a language of the catalog")
    gitlab = row_named(GitLabServer)
    gitlab_path = serializers.CharField(max_length=400, help_text="group/name; looked up in GitLab")
    jenkins = row_named(JenkinsController)
    registry = row_named(Registry)
    image_repository = serializers.CharField(
        max_length=255, required=False, help_text="path in the registry; the repository's path in lower case if absent"
    )
    owners = names(required=False, help_text="user names")
    environments = names(required=False, help_text="slugs")


class ProjectChangeSerializer(RunningFieldsSerializer):
    """PATCH /projects/{slug}/; lists replace the old ones."""

    name = serializers.CharField(max_length=200, required=False)
    description = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    owners = names(required=False, help_text="user names")
    environments = names(required=False, help_text="slugs")


def bounded(contacts: list[dict[str, str]]) -> list[dict[str, str]]:
    """At most so many as lists of names may have."""
    if len(contacts) > NAMES_MOST:
        raise serializers.ValidationError("too many", code="max_length")
    return [dict(contact) for contact in contacts]


class RefSerializer(serializers.Serializer[Any]):
    """A branch or tag and the commit it points to now."""

    kind = serializers.CharField(help_text="branch or tag")
    name = serializers.CharField()
    commit = serializers.CharField()
    title = serializers.CharField()
    committed_at = serializers.DateTimeField(allow_null=True)


class RefsSerializer(serializers.Serializer[Any]):
    """What GitLab finds, at most 20."""

    default_branch = serializers.CharField(allow_blank=True)
    results = RefSerializer(many=True)


class LockSerializer(serializers.Serializer[Any]):
    """Who keeps the environment for himself, why and until when."""

    by = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)
    until = serializers.DateTimeField()


class ProjectEnvironmentSerializer(serializers.ModelSerializer[ProjectEnvironment]):
    """An environment the project uses. `approvals_required` null: the environment's own number counts."""

    environment = serializers.CharField(source="environment.slug", read_only=True)
    environment_id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(source="environment.name", read_only=True)
    tier = serializers.CharField(source="environment.tier", read_only=True)
    position = serializers.IntegerField(source="environment.position", read_only=True)
    approvals_needed = serializers.IntegerField(read_only=True)
    lock = serializers.SerializerMethodField()

    class Meta:
        model = ProjectEnvironment
        fields = (
            "id",
            "environment",
            "environment_id",
            "name",
            "tier",
            "position",
            "approvals_required",
            "approvals_needed",
            "lock",
        )
        read_only_fields = fields

    @extend_schema_field(LockSerializer(allow_null=True))
    def get_lock(self, pair: ProjectEnvironment) -> dict[str, Any] | None:
        if pair.locked_until is None or pair.locked_until <= self.context.get("now", db_now()):
            return None
        by = pair.locked_by.username if pair.locked_by else ""
        return LockSerializer({"by": by, "reason": pair.lock_reason, "until": pair.locked_until}).data


class ApprovalsSerializer(StrictSerializer):
    """PATCH /projects/{slug}/environments/{environment}/."""

    approvals_required = serializers.IntegerField(min_value=0, max_value=10, allow_null=True)


class ResourceSerializer(serializers.ModelSerializer[Resource]):
    """A server, database or link bound to the project; `environment` null: to all its environments."""

    environment = serializers.CharField(source="environment.slug", read_only=True, allow_null=True, default=None)

    class Meta:
        model = Resource
        fields = ("id", "kind", "name", "address", "note", "environment", "created_at")
        read_only_fields = fields


class NewResourceSerializer(StrictSerializer):
    """POST /projects/{slug}/resources/. An address is shown as text; it is never called."""

    kind = serializers.ChoiceField(choices=Resource.Kind.choices)
    name = serializers.CharField(max_length=200)
    address = serializers.CharField(max_length=400, required=False, allow_blank=True)
    note = serializers.CharField(max_length=400, required=False, allow_blank=True)
    environment = serializers.CharField(max_length=40, required=False, allow_null=True)
