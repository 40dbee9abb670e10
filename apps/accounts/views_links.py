"""Invitations and password resets: made by administrators, asked for and redeemed by people who cannot sign in yet.

Must not: tell a visitor whether a name or a link exists, or put a link's secret into a URL that a server reads.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import invitations, links, redemption, resets
from apps.accounts import serializers_links as forms
from apps.accounts.authentication import actor_for, enforce_csrf
from apps.accounts.models import AccountLink
from apps.accounts.serializers import MeSerializer
from apps.accounts.sessions import person_at
from apps.accounts.views import MAX_ID, me, valid
from apps.common.db import db_now
from apps.common.parsers import StrictJSONParser
from apps.policy.permissions import actor_of


def origin_of(request: Request) -> str:
    """Where links lead: the first configured origin, never what a Host header says while there is one."""
    configured: list[str] = settings.CONFIG.origin_list()
    return configured[0] if configured else request.build_absolute_uri("/").rstrip("/")


class InvitationList(generics.ListAPIView[AccountLink]):
    """Invitations nobody has redeemed or revoked; POST makes a person and the link by which he sets his password."""

    policy_action = "user.manage"
    parser_classes = (StrictJSONParser,)
    serializer_class = forms.InvitationSerializer

    def get_queryset(self) -> QuerySet[AccountLink]:
        return links.open_links(links.Purpose.INVITATION).select_related("user", "created_by")

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "now": db_now()}

    @extend_schema(request=forms.NewInvitationSerializer, responses={201: forms.MadeInvitationSerializer})
    def post(self, request: Request) -> Response:
        data = valid(forms.NewInvitationSerializer(data=request.data))
        made = invitations.invite(origin_of(request), **data, actor=actor_of(request))
        answer = forms.MadeInvitationSerializer(made, context={"request": request}).data
        return Response(answer, status=status.HTTP_201_CREATED)


class InvitationDetail(APIView):
    """Revoke an invitation; the person stays, without a password."""

    policy_action = "user.manage"
    parser_classes = (StrictJSONParser,)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, invitation_id: int) -> Response:
        invitations.revoke_invitation(min(invitation_id, MAX_ID), actor=actor_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class InvitationRenewal(APIView):
    """A new link for an open invitation; the old one is void."""

    policy_action = "user.manage"
    parser_classes = (StrictJSONParser,)

    @extend_schema(request=None, responses=forms.MadeInvitationSerializer)
    def post(self, request: Request, invitation_id: int) -> Response:
        number = min(invitation_id, MAX_ID)
        made = invitations.renew_invitation(number, origin_of(request), actor=actor_of(request))
        return Response(forms.MadeInvitationSerializer(made, context={"request": request}).data)


class UserPasswordReset(APIView):
    """A link for a person who has lost his password; the old password works until the link is redeemed."""

    policy_action = "user.manage"
    parser_classes = (StrictJSONParser,)

    @extend_schema(request=None, responses=forms.DeliverySerializer)
    def post(self, request: Request, user_id: int) -> Response:
        made = resets.reset_password(min(user_id, MAX_ID), origin_of(request), actor=actor_of(request))
        return Response(forms.DeliverySerializer(made, context={"request": request}).data)


class _OpenDoor(APIView):
    """For visitors: a dead session or token in the request must not stand in the way, a foreign page must."""

    policy_action = "account_link.use"
    authentication_classes = ()
    parser_classes = (StrictJSONParser,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        enforce_csrf(request._request)


class PasswordResetRequest(_OpenDoor):
    """Ask for a link by mail. The same answer for every name, after the same work."""

    @extend_schema(request=forms.ResetRequestSerializer, responses={202: forms.ResetAnswerSerializer})
    def post(self, request: Request) -> Response:
        data = valid(forms.ResetRequestSerializer(data=request.data))
        visitor = person_at(request._request, None)
        is_configured = resets.ask_for_reset(data["name"], origin_of(request), visitor=visitor)
        return Response({"mail_configured": is_configured}, status=status.HTTP_202_ACCEPTED)


class LookAtLink(_OpenDoor):
    """What a link is for, before it is used. POST, so that the secret stays out of logs."""

    @extend_schema(request=forms.LinkTokenSerializer, responses=forms.LinkSerializer)
    def post(self, request: Request) -> Response:
        data = valid(forms.LinkTokenSerializer(data=request.data))
        return Response(forms.LinkSerializer(redemption.look(request._request, data["token"])).data)


class RedeemLink(_OpenDoor):
    """Set the password, once, and be signed in."""

    @extend_schema(request=forms.RedeemSerializer, responses=MeSerializer)
    def post(self, request: Request) -> Response:
        data = valid(forms.RedeemSerializer(data=request.data))
        user = redemption.redeem(request._request, data.pop("token"), **data)
        return Response(me(user, actor_for(user)))
