"""The shapes of invitations, password resets and account links.

Must not: show a link but in the one answer that makes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.accounts.links import Delivery
from apps.accounts.models import AccountLink, User
from apps.accounts.serializers import PASSWORD, PersonSerializer, UserSerializer
from apps.common.errors_api import language_of
from apps.common.messages import sentence
from apps.common.serializers import StrictModelSerializer, StrictSerializer


class NewInvitationSerializer(StrictModelSerializer):
    """POST /invitations/: the person to be; he sets his password himself."""

    class Meta:
        model = User
        fields = ("username", "display_name", "email", "language", "is_instance_admin")


class InvitationSerializer(serializers.ModelSerializer[AccountLink]):
    """An open invitation; one that has run out is listed, because it can be renewed."""

    # context: `now`, by the database's clock

    user = UserSerializer(read_only=True)
    created_by = PersonSerializer(read_only=True, allow_null=True)
    is_expired = serializers.SerializerMethodField()

    class Meta:
        model = AccountLink
        fields = ("id", "user", "created_by", "created_at", "expires_at", "is_expired")
        read_only_fields = fields

    def get_is_expired(self, link: AccountLink) -> bool:
        """Whether the link has run out."""
        return bool(link.expires_at <= self.context["now"])


class MailProblemSerializer(serializers.Serializer[Any]):
    """Why a link was not mailed."""

    code = serializers.CharField()
    params = serializers.DictField()
    detail = serializers.CharField()


class DeliverySerializer(serializers.Serializer[Delivery]):
    """The one answer that carries a link, and whether it was mailed."""

    link = serializers.CharField(source="url")
    expires_at = serializers.DateTimeField(source="row.expires_at")
    mailed = serializers.SerializerMethodField()
    reason = serializers.SerializerMethodField()

    def get_mailed(self, delivery: Delivery) -> bool:
        """Whether a mail server took it."""
        return delivery.reason is None

    @extend_schema_field(MailProblemSerializer(allow_null=True))
    def get_reason(self, delivery: Delivery) -> Mapping[str, Any] | None:
        """Why it was not mailed."""
        if delivery.reason is None:
            return None
        code, params = delivery.reason["code"], delivery.reason["params"]
        return {**delivery.reason, "detail": sentence(code, params, language_of(self.context["request"]))}


class MadeInvitationSerializer(DeliverySerializer):
    """The answer to a new or renewed invitation."""

    id = serializers.IntegerField(source="row.pk")
    user = UserSerializer(source="row.user")


class ResetRequestSerializer(StrictSerializer):
    """POST /password-resets."""

    name = serializers.CharField(max_length=254, help_text="user name or mail address")


class ResetAnswerSerializer(serializers.Serializer[Any]):
    """The same for every name."""

    mail_configured = serializers.BooleanField()


class LinkTokenSerializer(StrictSerializer):
    """POST /account-links/look: what stands behind `#` in the link."""

    token = serializers.CharField(max_length=200, write_only=True)


class LinkSerializer(serializers.ModelSerializer[AccountLink]):
    """What a link is for and for whom."""

    username = serializers.CharField(source="user.username")
    display_name = serializers.CharField(source="user.display_name")

    class Meta:
        model = AccountLink
        fields = ("purpose", "username", "display_name", "expires_at")
        read_only_fields = fields


class RedeemSerializer(StrictSerializer):
    """POST /account-links/redeem."""

    token = serializers.CharField(max_length=200, write_only=True)
    password = serializers.CharField(**PASSWORD)
    display_name = serializers.CharField(max_length=100, allow_blank=True, required=False)
    language = serializers.ChoiceField(User.Language.choices, required=False)
