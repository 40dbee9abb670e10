"""The shapes of a request for project access, of the look at it before filing, and of what the form may choose from.

Must not: check what only rows or an outside system know (`requesting` and `checks` do).
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.common.serializers import StrictSerializer
from apps.integrations.models import GitLabServer, JenkinsController, Registry
from apps.projects.models import MigrationRevision
from apps.projects.serializers import RunningFieldsSerializer, names, row_named

LONGEST_NOTE = 4000


class StateOfMigrationSerializer(StrictSerializer):
    """Where the service runs on the day of the request, for who decides. Weight and servers are set per environment once
    it is admitted, where they are held against the servers it has (P8)."""

    state = serializers.ChoiceField(choices=MigrationRevision.State.choices)


class RequestSerializer(RunningFieldsSerializer):
    """POST /access/requests/. Without `jenkins`, `registry` or `gitlab` the only one there is."""

    slug = serializers.CharField(max_length=200, help_text="at most 63 characters, [a-z]([-a-z0-9]*[a-z0-9])?")
    name = serializers.CharField(max_length=200)
    description = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    language = serializers.CharField(max_length=40, help_text="slug of a language of the catalog")
    gitlab = row_named(GitLabServer, required=False)
    gitlab_path = serializers.CharField(max_length=400, help_text="group/name, or the repository's address")
    jenkins = row_named(JenkinsController, required=False)
    registry = row_named(Registry, required=False)
    image_repository = serializers.CharField(
        max_length=255, required=False, allow_blank=True, help_text="the repository's path in lower case if absent"
    )
    environments = names(allow_empty=False, help_text="slugs")
    owners = names(required=False, help_text="user names; the requester is always among them")
    testers = names(required=False, help_text="user names; testers of each environment once it is admitted")
    operators = names(required=False, help_text="user names; ops of each environment once it is admitted")
    migration = StateOfMigrationSerializer(required=False)
    note = serializers.CharField(max_length=LONGEST_NOTE, required=False, allow_blank=True)


class CheckSerializer(RequestSerializer):
    """POST /access/check/: the same body, as far as it is filled in."""

    check_clone = serializers.BooleanField(required=False, help_text="have Jenkins try; another call tells the outcome")


class FieldProblemSerializer(serializers.Serializer[Any]):
    """What is wrong with a field."""

    code = serializers.CharField()
    params = serializers.DictField()
    detail = serializers.CharField()


class RepositorySerializer(serializers.Serializer[Any]):
    """The repository as GitLab tells it."""

    path = serializers.CharField()
    web_url = serializers.CharField()
    default_branch = serializers.CharField(allow_blank=True, help_text="empty: nothing to build yet")
    archived = serializers.BooleanField()


class AccessSerializer(serializers.Serializer[Any]):
    """Whether the portal's token may do there what releases need; if not, the first thing that is missing."""

    ok = serializers.BooleanField()
    code = serializers.CharField(allow_blank=True)
    params = serializers.DictField()
    detail = serializers.CharField(allow_blank=True)


class CloneSerializer(serializers.Serializer[Any]):
    """Whether Jenkins can read it. unknown: nobody has tried today, or it could not be told."""

    state = serializers.ChoiceField(["running", "ok", "failed", "unknown"])
    code = serializers.CharField(allow_blank=True)
    params = serializers.DictField()
    detail = serializers.CharField(allow_blank=True)


class CreatesSerializer(serializers.Serializer[Any]):
    """One thing that would be set up. `system` as of a step (gitlab:1, cluster:3; empty: the portal), `name` what it is
    called; `exists` null: could not be told."""

    system = serializers.CharField(allow_blank=True)
    name = serializers.CharField(allow_blank=True)
    target = serializers.CharField()
    what = serializers.CharField(help_text="webhook, job, namespace, quota or grants")
    exists = serializers.BooleanField(allow_null=True)


class CheckedSerializer(serializers.Serializer[Any]):
    """What can be said of a request before it is filed. What was not filled in is not looked at."""

    fields = serializers.DictField(child=FieldProblemSerializer(many=True))  # type: ignore[assignment]
    suggested_slug = serializers.CharField(allow_blank=True, help_text="the nearest name that is right and free")
    taken_by = serializers.ChoiceField(["", "project", "request", "jenkins"])
    repository = RepositorySerializer(allow_null=True)
    access = AccessSerializer(allow_null=True)
    clone = CloneSerializer(allow_null=True)
    creates = CreatesSerializer(many=True)


class FoundRepositorySerializer(serializers.Serializer[Any]):
    """A repository of a search."""

    path = serializers.CharField()
    name = serializers.CharField()
    web_url = serializers.CharField()
    archived = serializers.BooleanField()
    is_taken = serializers.BooleanField(help_text="a project has it, or one that is asked for")


class RepositoriesSerializer(serializers.Serializer[Any]):
    """At most 20."""

    results = FoundRepositorySerializer(many=True)


class RepositoriesQuery(StrictSerializer):
    """The query parameters of the search."""

    gitlab = row_named(GitLabServer, required=False)
    q = serializers.CharField(max_length=400, required=False, allow_blank=True, default="")


class NamedSerializer(serializers.Serializer[Any]):
    """A language."""

    slug = serializers.CharField()
    name = serializers.CharField()


class EnvironmentChoiceSerializer(NamedSerializer):
    """An environment, in the order of promotion."""

    tier = serializers.CharField()


class OptionsSerializer(serializers.Serializer[Any]):
    """What the form may choose from; names of systems that are switched on."""

    gitlabs = serializers.ListField(child=serializers.CharField())
    jenkins = serializers.ListField(child=serializers.CharField())
    registries = serializers.ListField(child=serializers.CharField())
    languages = NamedSerializer(many=True)
    environments = EnvironmentChoiceSerializer(many=True)
