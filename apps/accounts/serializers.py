"""The shapes of people, sessions and tokens.

Must not: ever contain a password or a token's secret on the way out, but the one time a token is made.
"""

from __future__ import annotations

import zoneinfo
from typing import Any

from rest_framework import serializers

from apps.accounts.models import ApiToken, User
from apps.accounts.tokens import MAX_AGE
from apps.common.db import db_now
from apps.common.serializers import StrictModelSerializer, StrictSerializer, problem
from apps.policy.actions import ACTIONS

PASSWORD: dict[str, Any] = {"max_length": 256, "trim_whitespace": False, "write_only": True}


def _check_time_zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise serializers.ValidationError([problem("unknown_time_zone")])


class LoginSerializer(StrictSerializer):
    """POST /login."""

    username = serializers.CharField(max_length=150)
    password = serializers.CharField(**PASSWORD)


class MeSerializer(StrictModelSerializer):
    """The signed-in person; display name, language and time zone may be changed."""

    time_zone = serializers.CharField(max_length=50, required=False, validators=[_check_time_zone])

    class Meta:
        model = User
        fields = ("id", "username", "display_name", "email", "language", "time_zone", "is_instance_admin", "created_at")
        read_only_fields = ("id", "username", "email", "is_instance_admin", "created_at")


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
