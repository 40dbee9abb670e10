"""The shapes of people, sessions and tokens.

Must not: ever contain a password or a token's secret on the way out, but the one time a token is made.
"""

from __future__ import annotations

import zoneinfo
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.accounts.browsers import browser_words
from apps.accounts.models import ApiToken, User, UserSession
from apps.accounts.tokens import MAX_AGE
from apps.common.db import db_now
from apps.common.serializers import StrictModelSerializer, StrictSerializer, problem
from apps.policy.actions import ACTIONS, ROLES
from apps.policy.actor import Actor
from apps.policy.registry import grant_source
from apps.policy.services import allowed

PASSWORD: dict[str, Any] = {"max_length": 256, "trim_whitespace": False, "write_only": True}
PAGE_ACTIONS = (
    "user.manage",
    "environment.manage",
    "cluster.manage",
    "integration.manage",
    "project.create",
    "first_hour.read",
)


def _check_time_zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise serializers.ValidationError([problem("unknown_time_zone")])


class LoginSerializer(StrictSerializer):
    """POST /login."""

    username = serializers.CharField(max_length=150)
    password = serializers.CharField(**PASSWORD)


class MeSerializer(StrictModelSerializer):
    """The signed-in person, what he may do without a project, and what kind of work is his.

    `roles` and `owns_projects` arrange pages; they are no rights: those are asked for place by place.
    """

    # context: `actor`, as whom he asks

    time_zone = serializers.CharField(max_length=50, required=False, validators=[_check_time_zone])
    roles = serializers.SerializerMethodField()
    owns_projects = serializers.SerializerMethodField()
    may = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = (
            "id",
            "username",
            "display_name",
            "email",
            "language",
            "time_zone",
            "theme",
            "single_key_shortcuts",
            "start_page",
            "is_instance_admin",
            "roles",
            "owns_projects",
            "may",
            "created_at",
        )
        read_only_fields = ("id", "username", "email", "is_instance_admin", "created_at")

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(ROLES)))
    def get_roles(self, user: User) -> list[str]:
        """Distinct roles of his live grants anywhere, in the order of the table."""
        held = grant_source().all_roles(user.pk)
        return [role for role in ROLES if role in held]

    def get_owns_projects(self, user: User) -> bool:
        """Whether he owns any project."""
        return grant_source().owns_any(user.pk)

    @extend_schema_field(serializers.DictField(child=serializers.BooleanField()))
    def get_may(self, user: User) -> dict[str, bool]:
        """The actions that open pages of administration."""
        actor: Actor = self.context["actor"]
        return {action: allowed(actor, action).allowed for action in PAGE_ACTIONS}


class SessionSerializer(serializers.ModelSerializer[UserSession]):
    """One of one's own browser sessions."""

    # context: `session_key` of the one that asks

    browser = serializers.SerializerMethodField()
    is_current = serializers.SerializerMethodField()

    class Meta:
        model = UserSession
        fields = ("id", "created_at", "last_seen_at", "ip", "browser", "is_current")
        read_only_fields = fields

    def get_browser(self, session: UserSession) -> str:
        """A few words; empty when the browser did not say."""
        return browser_words(session.user_agent)

    def get_is_current(self, session: UserSession) -> bool:
        """Whether it is the session of this request."""
        return session.session_key == self.context["session_key"]


class PasswordSerializer(StrictSerializer):
    """POST /me/password."""

    old_password = serializers.CharField(**PASSWORD)
    new_password = serializers.CharField(**PASSWORD)


class PersonSerializer(serializers.ModelSerializer[User]):
    """What everybody signed in may know of another: enough to choose somebody."""

    class Meta:
        model = User
        fields = ("id", "username", "display_name")
        read_only_fields = fields


class UserSerializer(StrictModelSerializer):
    """A person as administrators see him."""

    time_zone = serializers.CharField(max_length=50, required=False, validators=[_check_time_zone])

    class Meta:
        model = User
        fields: tuple[str, ...] = (
            "id",
            "username",
            "display_name",
            "email",
            "is_active",
            "is_instance_admin",
            "language",
            "time_zone",
            "created_at",
            "last_login",
        )
        read_only_fields: tuple[str, ...] = ("id", "created_at", "last_login")


class NewUserSerializer(UserSerializer):
    """POST /users/: with an initial password. A new person is active."""

    password = serializers.CharField(**PASSWORD)

    class Meta(UserSerializer.Meta):
        fields = (*(name for name in UserSerializer.Meta.fields if name != "is_active"), "password")


class UserChangeSerializer(UserSerializer):
    """PATCH /users/{id}/: the name stays (it is in other systems), a password may be set anew."""

    password = serializers.CharField(**PASSWORD, required=False)

    class Meta(UserSerializer.Meta):
        fields = (*UserSerializer.Meta.fields, "password")
        read_only_fields = (*UserSerializer.Meta.read_only_fields, "username")


class TokenSerializer(serializers.ModelSerializer[ApiToken]):
    """A token without its secret."""

    project = serializers.IntegerField(source="project_id", read_only=True, allow_null=True)

    class Meta:
        model = ApiToken
        fields: tuple[str, ...] = (
            "id",
            "name",
            "prefix",
            "scopes",
            "project",
            "created_at",
            "expires_at",
            "last_used_at",
            "revoked_at",
        )
        read_only_fields: tuple[str, ...] = fields


class NewTokenSerializer(StrictSerializer):
    """POST /tokens/."""

    name = serializers.CharField(max_length=100)
    scopes = serializers.ListField(child=serializers.CharField(max_length=80), allow_empty=False, max_length=100)
    project = serializers.IntegerField(min_value=1, max_value=2**63 - 1, allow_null=True, required=False, default=None)
    expires_at = serializers.DateTimeField()

    def validate_scopes(self, scopes: list[str]) -> list[str]:
        """An action, a family `ticket.*`, or everything `*`."""
        families = {f"{action.rpartition('.')[0]}.*" for action in ACTIONS}
        unknown = [scope for scope in scopes if scope not in ACTIONS and scope not in families and scope != "*"]
        if unknown:
            raise serializers.ValidationError([problem("unknown_scope", value=unknown[0])])
        return scopes

    def validate_expires_at(self, value: Any) -> Any:
        """In the future, at most a year from now."""
        now = db_now()
        if not now < value <= now + MAX_AGE:
            raise serializers.ValidationError([problem("expiry_out_of_range", days=MAX_AGE.days)])
        return value


class MadeTokenSerializer(TokenSerializer):
    """The one answer that carries the secret."""

    secret = serializers.CharField(read_only=True)

    class Meta(TokenSerializer.Meta):
        fields = (*TokenSerializer.Meta.fields, "secret")
        read_only_fields = fields


class CsrfSerializer(serializers.Serializer[Any]):
    """GET /csrf."""

    csrf_token = serializers.CharField()
