"""Sign in and out, one's own account, API tokens, and people for administrators.

Must not: decide rights (the policy table does) or write rows itself (services do).
"""

from __future__ import annotations

from typing import Any, cast

from django.db.models import Q, QuerySet
from django.middleware.csrf import get_token
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import people, sessions, tokens
from apps.accounts import serializers as forms
from apps.accounts.authentication import actor_for, enforce_csrf
from apps.accounts.models import ApiToken, User, UserSession
from apps.common.errors import Invalid, Missing
from apps.common.parsers import StrictJSONParser
from apps.policy.actor import Actor
from apps.policy.permissions import actor_of
from apps.policy.services import visible_project_ids

MAX_ID = 2**63 - 1


def valid(serializer: Any) -> dict[str, Any]:
    """The checked content of a body."""
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _user(request: Request) -> User:
    """The signed-in person; the policy table has refused everybody else before."""
    return cast(User, request.user)


def me(user: User, actor: Actor) -> dict[str, Any]:
    """The person's own account, as he acts."""
    return dict(forms.MeSerializer(user, context={"actor": actor}).data)


class Csrf(APIView):
    """The CSRF token, as cookie and in the answer; send it back as header X-CSRFToken."""

    policy_action = "session.create"

    @extend_schema(responses=forms.CsrfSerializer)
    def get(self, request: Request) -> Response:
        return Response({"csrf_token": get_token(request._request)})


class Login(APIView):
    """A browser session for name and password. The same answer for an unknown name and a wrong password."""

    policy_action = "session.create"
    authentication_classes = ()  # a dead session or token in the request must not stand in the way of a new one
    parser_classes = (StrictJSONParser,)

    @extend_schema(request=forms.LoginSerializer, responses=forms.MeSerializer)
    def post(self, request: Request) -> Response:
        enforce_csrf(request._request)
        data = valid(forms.LoginSerializer(data=request.data))
        user = sessions.sign_in(request._request, data["username"], data["password"])
        return Response(me(user, actor_for(user)))


class Logout(APIView):
    """End the session."""

    policy_action = "session.end"
    parser_classes = (StrictJSONParser,)

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        sessions.sign_out(request._request, actor=actor_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class Me(APIView):
    """One's own account."""

    policy_actions = {"GET": "me.read", "PATCH": "me.update"}
    parser_classes = (StrictJSONParser,)

    @extend_schema(responses=forms.MeSerializer)
    def get(self, request: Request) -> Response:
        return Response(me(_user(request), actor_of(request)))

    @extend_schema(request=forms.MeSerializer, responses=forms.MeSerializer)
    def patch(self, request: Request) -> Response:
        actor = actor_of(request)
        form = forms.MeSerializer(_user(request), data=request.data, partial=True, context={"actor": actor})
        changes = valid(form)
        user = people.update_self(_user(request), changes, actor=actor)
        return Response(me(user, actor))


class MyPassword(APIView):
    """Change one's own password; every other session ends."""

    policy_action = "me.update"
    parser_classes = (StrictJSONParser,)

    @extend_schema(request=forms.PasswordSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        data = valid(forms.PasswordSerializer(data=request.data))
        people.change_password(
            request._request, _user(request), data["old_password"], data["new_password"], actor=actor_of(request)
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


def _session_key(request: Any) -> str:
    """The key of the session that asks; nothing where there is none, as while the schema is drawn."""
    return getattr(getattr(request, "session", None), "session_key", None) or ""


class SessionList(generics.ListAPIView[UserSession]):
    """One's own browser sessions, newest first."""

    policy_action = "session.manage"
    serializer_class = forms.SessionSerializer

    def get_queryset(self) -> QuerySet[UserSession]:
        if getattr(self, "swagger_fake_view", False):
            return UserSession.objects.none()
        return sessions.own_sessions(_user(self.request))

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "session_key": _session_key(self.request)}


class SessionDetail(APIView):
    """End one of one's own sessions; it stops working at once."""

    policy_action = "session.manage"
    parser_classes = (StrictJSONParser,)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, session_id: int) -> Response:
        sessions.end_own_session(_user(request), min(session_id, MAX_ID), actor=actor_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class EndOtherSessions(APIView):
    """End all of one's own sessions but this one."""

    policy_action = "session.manage"
    parser_classes = (StrictJSONParser,)

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        sessions.end_other_sessions(request._request, _user(request), actor=actor_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class TokenList(generics.ListAPIView[ApiToken]):
    """One's own API tokens; a new one's secret is in the answer to POST and never again."""

    policy_action = "token.manage"
    parser_classes = (StrictJSONParser,)
    serializer_class = forms.TokenSerializer

    def get_queryset(self) -> QuerySet[ApiToken]:
        if getattr(self, "swagger_fake_view", False):
            return ApiToken.objects.none()
        return ApiToken.objects.filter(user=_user(self.request))

    @extend_schema(request=forms.NewTokenSerializer, responses={201: forms.MadeTokenSerializer})
    def post(self, request: Request) -> Response:
        data = valid(forms.NewTokenSerializer(data=request.data))
        actor = actor_of(request)
        project_id = data.pop("project")
        if project_id is not None:
            visible = visible_project_ids(actor)
            if visible is not None and project_id not in visible:
                raise Invalid(fields={"project": ["does_not_exist"]})
        token, secret = tokens.create_token(_user(request), **data, project_id=project_id, actor=actor)
        token.secret = secret  # type: ignore[attr-defined]
        return Response(forms.MadeTokenSerializer(token).data, status=status.HTTP_201_CREATED)


class TokenDetail(APIView):
    """Revoke one of one's own tokens; it stops working at once."""

    policy_action = "token.manage"
    parser_classes = (StrictJSONParser,)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, token_id: int) -> Response:
        tokens.revoke_token(_user(request), min(token_id, MAX_ID), actor=actor_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _searched(users: QuerySet[User], text: str) -> QuerySet[User]:
    """Names that begin with the text."""
    if "\x00" in text or len(text) > 100:
        raise Invalid(fields={"search": ["invalid"]})
    return users.filter(Q(username__istartswith=text) | Q(display_name__istartswith=text)) if text else users


_SEARCH = OpenApiParameter("search", str, description="beginning of the user name or display name")


class PersonList(generics.ListAPIView[User]):
    """Active people, by name only, to choose from."""

    policy_action = "person.read"
    serializer_class = forms.PersonSerializer
    keyset = ("username",)

    def get_queryset(self) -> QuerySet[User]:
        return _searched(User.objects.filter(is_active=True), self.request.query_params.get("search", ""))

    @extend_schema(parameters=[_SEARCH])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().get(request, *args, **kwargs)


class UserList(generics.ListAPIView[User]):
    """Everybody, for administrators; POST makes a person with an initial password."""

    policy_action = "user.manage"
    parser_classes = (StrictJSONParser,)
    serializer_class = forms.UserSerializer

    def get_queryset(self) -> QuerySet[User]:
        return _searched(User.objects.all(), self.request.query_params.get("search", ""))

    @extend_schema(parameters=[_SEARCH])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().get(request, *args, **kwargs)

    @extend_schema(request=forms.NewUserSerializer, responses={201: forms.UserSerializer})
    def post(self, request: Request) -> Response:
        data = valid(forms.NewUserSerializer(data=request.data))
        user = people.create_user(**data, actor=actor_of(request))
        return Response(forms.UserSerializer(user).data, status=status.HTTP_201_CREATED)


class UserDetail(APIView):
    """One person, for administrators. Disabling ends sessions and tokens at once."""

    policy_action = "user.manage"
    parser_classes = (StrictJSONParser,)

    @extend_schema(responses=forms.UserSerializer)
    def get(self, request: Request, user_id: int) -> Response:
        return Response(forms.UserSerializer(self._user(user_id)).data)

    @extend_schema(request=forms.UserChangeSerializer, responses=forms.UserSerializer)
    def patch(self, request: Request, user_id: int) -> Response:
        user = self._user(user_id)
        changes = valid(forms.UserChangeSerializer(user, data=request.data, partial=True))
        return Response(forms.UserSerializer(people.update_user(user.pk, changes, actor=actor_of(request))).data)

    def _user(self, user_id: int) -> User:
        user = User.objects.filter(pk=min(user_id, MAX_ID)).first()
        if user is None:
            raise Missing
        return user
