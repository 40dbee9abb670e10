"""The API of hosts files: the current version, the others, their differences, and the tokens that download it.

Must not: decide rights (the policy table does) or write rows itself (services do).
"""

from __future__ import annotations

from typing import Any

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.errors import Invalid, Missing
from apps.common.parsers import StrictJSONParser
from apps.common.plain_text import AnyAccept, conditional_text
from apps.policy.actor import Actor
from apps.policy.permissions import actor_of
from apps.policy.services import require
from apps.projects import api, hosts
from apps.projects import serializers_hosts as forms
from apps.projects.models import Environment, HostsToken, HostsVersion
from apps.projects.services import hosts as services
from apps.projects.services import hosts_tokens as tokens
from apps.projects.views import checked


class HostsView(generics.GenericAPIView[Any]):
    """What the views of this module share."""

    parser_classes = (StrictJSONParser,)
    policy_action = "hosts.read"
    serializer_class: Any = forms.HostsFileSerializer
    queryset = HostsVersion.objects.none()

    @property
    def actor(self) -> Actor:
        return actor_of(self.request)

    def environment(self, slug: str) -> Environment:
        """The environment; its name is no secret to whoever is signed in."""
        found = Environment.objects.filter(slug=slug).first()
        if found is None:
            raise Missing
        return found

    def readable(self, slug: str) -> Environment:
        """The environment, once the actor may read its hosts file."""
        found = self.environment(slug)
        project_id = api.project_granted_in(found, self.actor)
        require(self.actor, "hosts.read", project_id=project_id, environment_id=found.pk)
        return found

    def answer(self, environment: Environment, version: HostsVersion, code: int = status.HTTP_200_OK) -> Response:
        version.environment = environment
        return Response(forms.HostsFileSerializer(version).data, status=code)


class HostsFile(HostsView):
    """The current hosts file of an environment."""

    policy_actions = {"GET": "hosts.read", "PUT": "hosts.manage"}

    @extend_schema(operation_id="environments_hosts_read", responses=forms.HostsFileSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """Show it; number 0 and an empty text before the first version."""
        environment = self.readable(slug)
        nothing = HostsVersion(environment=environment, number=0, author=None, created_at=None)  # type: ignore[misc]
        return self.answer(environment, services.find_current(environment) or nothing)

    @extend_schema(
        operation_id="environments_hosts_save",
        request=forms.NewHostsSerializer,
        responses={200: forms.HostsFileSerializer, 201: forms.HostsFileSerializer},
    )
    def put(self, request: Request, slug: str) -> Response:
        """Save a new version (201); the text that is current already stays as it is (200)."""
        environment = self.environment(slug)
        body = checked(forms.NewHostsSerializer(data=request.data))
        version, is_new = services.save_hosts(environment, **body, actor=self.actor)
        return self.answer(environment, version, status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)


class HostsText(HostsView):
    """The same as a file."""

    content_negotiation_class = AnyAccept

    @extend_schema(operation_id="environments_hosts_text", responses={(200, "text/plain"): OpenApiTypes.STR})
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """The text, with an entity tag; 404 before the first version."""
        return file_answer(request._request, self.readable(slug))


class HostsVersionList(HostsView):
    """The versions, the newest first."""

    keyset = ("-number",)
    serializer_class = forms.HostsVersionSerializer

    @extend_schema(operation_id="environments_hosts_versions_list", responses=forms.HostsVersionSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """List them without their texts."""
        page = self.paginate_queryset(services.versions_of(self.readable(slug)).defer("text"))
        return self.get_paginated_response(forms.HostsVersionSerializer(page, many=True).data)


class HostsVersionDetail(HostsView):
    """One version."""

    @extend_schema(operation_id="environments_hosts_versions_read", responses=forms.HostsFileSerializer)
    def get(self, request: Request, slug: str, number: int) -> Response:
        """Show it."""
        environment = self.readable(slug)
        return self.answer(environment, services.get_version(environment, number))


class HostsRestore(HostsView):
    """An old version made current again."""

    policy_action = "hosts.manage"

    @extend_schema(
        operation_id="environments_hosts_versions_restore",
        request=forms.RestoreHostsSerializer,
        responses={200: forms.HostsFileSerializer, 201: forms.HostsFileSerializer},
    )
    def post(self, request: Request, slug: str, number: int) -> Response:
        """Save its text as a new version (201)."""
        environment = self.environment(slug)
        body = checked(forms.RestoreHostsSerializer(data=request.data))
        version, is_new = services.restore_hosts(environment, number, **body, actor=self.actor)
        return self.answer(environment, version, status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)


class HostsDifference(HostsView):
    """The difference of two versions."""

    serializer_class = forms.HostsDifferenceSerializer

    @extend_schema(
        operation_id="environments_hosts_difference",
        parameters=[
            OpenApiParameter("before", int, required=True, description="number; 0: the empty file"),
            OpenApiParameter("after", int, required=True, description="number; 0: the empty file"),
        ],
        responses=forms.HostsDifferenceSerializer,
    )
    def get(self, request: Request, slug: str) -> Response:
        """As text and in meaning."""
        environment = self.readable(slug)
        numbers = {name: _number(request, name) for name in ("before", "after")}
        before, after = (services.text_of(environment, number) for number in numbers.values())
        meaning = hosts.difference(before, after)
        labels = [f"{slug} version {number}" for number in numbers.values()]
        content = {
            **numbers,
            "unified": hosts.unified(before, after, *labels),
            "added": [{"name": name, "addresses": ips} for name, ips in meaning.added.items()],
            "removed": [{"name": name, "addresses": ips} for name, ips in meaning.removed.items()],
            "changed": meaning.changed,
        }
        return Response(forms.HostsDifferenceSerializer(content).data)


class HostsTokenList(HostsView):
    """The tokens that download an environment's hosts file."""

    policy_action = "hosts_token.manage"
    serializer_class = forms.HostsTokenSerializer

    @extend_schema(operation_id="environments_hosts_tokens_list", responses=forms.HostsTokenSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """List them, the newest first, revoked ones too."""
        rows = HostsToken.objects.filter(environment=self.environment(slug)).select_related("created_by")
        return self.get_paginated_response(forms.HostsTokenSerializer(self.paginate_queryset(rows), many=True).data)

    @extend_schema(
        operation_id="environments_hosts_tokens_create",
        request=forms.NewHostsTokenSerializer,
        responses={201: forms.MadeHostsTokenSerializer},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Make one; this answer alone has its secret."""
        environment = self.environment(slug)
        name = checked(forms.NewHostsTokenSerializer(data=request.data))["name"]
        token, secret = tokens.create_hosts_token(environment, name, actor=self.actor)
        row = HostsToken.objects.select_related("created_by").get(pk=token.pk)
        content = {**forms.HostsTokenSerializer(row).data, "secret": secret}
        return Response(content, status=status.HTTP_201_CREATED)


class HostsTokenDetail(HostsView):
    """One of them."""

    policy_action = "hosts_token.manage"

    @extend_schema(operation_id="environments_hosts_tokens_revoke", responses={204: None})
    def delete(self, request: Request, slug: str, token_id: int) -> Response:
        """Revoke it; it counts at once."""
        tokens.revoke_hosts_token(self.environment(slug), token_id, actor=self.actor)
        return Response(status=status.HTTP_204_NO_CONTENT)


def file_answer(request: Any, environment: Environment) -> HttpResponseBase:
    """The current version as a file, or 304; Missing `hosts.none_yet` before the first: an empty file would empty the
    hosts file of whoever asks."""
    rows = HostsVersion.objects.filter(environment=environment).order_by("-number")
    current = rows.defer("text").first()
    if current is None:
        raise Missing("hosts.none_yet", environment=environment.slug)
    return conditional_text(request, lambda: current.text, digest=current.sha256, modified_at=current.created_at)


def _number(request: Request, name: str) -> int:
    text = request.query_params.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Invalid(fields={name: [{"code": "invalid", "params": {}}]})
    return int(text)
