"""The API of outside systems: list, add, change, test. Clusters may be read by everybody signed in.

Must not: answer a secret, or hold a transaction while an outside system is asked.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.errors_api import language_of
from apps.integrations import serializers, services
from apps.integrations.models import Cluster, Connection, GitLabServer, JenkinsController, Registry
from apps.integrations.streaming import MEDIA_TYPE, LinesRenderer, shown, streamed

INTEGRATION = dict.fromkeys(("GET", "POST", "PATCH"), "integration.manage")
CLUSTER = {"GET": "cluster.read", "POST": "cluster.manage", "PATCH": "cluster.manage"}


class ConnectionView(generics.GenericAPIView[Any]):
    """What all views of this room share; subclasses name the model and its serializer."""

    model: type[Connection]
    policy_actions = INTEGRATION
    keyset = ("name", "id")
    lookup_field = "name"

    def get_queryset(self) -> QuerySet[Any]:
        related = ["credential_set_by"] + (["registry"] if self.model is Cluster else [])
        return self.model._default_manager.select_related(*related)


class ListView(ConnectionView, generics.ListAPIView[Any]):
    """All rows by name, and adding one."""

    def post(self, request: Request) -> Response:
        """Add one; test it afterwards."""
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        row = services.create_connection(self.model, body.validated_data, actor=request.actor)  # type: ignore[attr-defined]
        return Response(self.get_serializer(row).data, status=status.HTTP_201_CREATED)


class DetailView(ConnectionView):
    """One row."""

    def get(self, request: Request, name: str) -> Response:
        """Show it, without its secret."""
        return Response(self.get_serializer(self.get_object()).data)

    def patch(self, request: Request, name: str) -> Response:
        """Change it. Another address needs the secret anew."""
        row = self.get_object()
        body = self.get_serializer(row, data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        row = services.update_connection(row, dict(body.validated_data), actor=request.actor)  # type: ignore[attr-defined]
        return Response(self.get_serializer(row).data)


class TestView(ConnectionView):
    """The connection test: a checklist with the time of each line and, if red, the credential or right to fix."""

    __test__ = False
    renderer_classes = [JSONRenderer, LinesRenderer]

    @extend_schema(
        request=serializers.CheckRequestSerializer,
        responses={
            (200, "application/json"): serializers.CheckResultSerializer,
            (200, MEDIA_TYPE): serializers.CheckSerializer,
        },
    )
    def post(self, request: Request, name: str) -> HttpResponseBase:
        """Run the test now and keep its result.

        With `Accept: application/x-ndjson` each check is one line, sent the moment it is known; the last line is
        `{"at", "ok"}`, or an error's `{"code", "params", "detail", "request_id"}` when the result could not be kept.
        """
        row = self.get_object()
        body = serializers.CheckRequestSerializer(data=request.data or {})
        body.is_valid(raise_exception=True)
        check = partial(services.check_connection, row, actor=request.actor, **body.validated_data)  # type: ignore[attr-defined]
        if isinstance(request.accepted_renderer, LinesRenderer):
            return streamed(lambda tell: check(tell=tell), request)
        result = check()
        language = language_of(request)
        return Response({**result, "checks": [shown(one, language) for one in result["checks"]]})

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(response, Response):  # a refusal is one JSON object, whatever was asked for
            request.accepted_renderer, request.accepted_media_type = JSONRenderer(), JSONRenderer.media_type
        return super().finalize_response(request, response, *args, **kwargs)


class GitLabServers(ConnectionView):
    """GitLab servers."""

    model = GitLabServer
    serializer_class = serializers.GitLabServerSerializer


class JenkinsControllers(ConnectionView):
    """Jenkins controllers."""

    model = JenkinsController
    serializer_class = serializers.JenkinsControllerSerializer


class Registries(ConnectionView):
    """Registries."""

    model = Registry
    serializer_class = serializers.RegistrySerializer


class Clusters(ConnectionView):
    """Clusters."""

    model = Cluster
    serializer_class = serializers.ClusterSerializer
    policy_actions = CLUSTER


class GitLabServerList(GitLabServers, ListView): ...


class GitLabServerDetail(GitLabServers, DetailView): ...


class GitLabServerTest(GitLabServers, TestView): ...


class JenkinsControllerList(JenkinsControllers, ListView): ...


class JenkinsControllerDetail(JenkinsControllers, DetailView): ...


class JenkinsControllerTest(JenkinsControllers, TestView): ...


class RegistryList(Registries, ListView): ...


class RegistryDetail(Registries, DetailView): ...


class RegistryTest(Registries, TestView): ...


class ClusterList(Clusters, ListView): ...


class ClusterDetail(Clusters, DetailView): ...


class ClusterTest(Clusters, TestView): ...
