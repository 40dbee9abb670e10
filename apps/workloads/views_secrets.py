"""The API of held secrets: which there are, setting one, removing one. Must not: answer a value, or log a body."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_204_NO_CONTENT

from apps.common.errors import Missing
from apps.policy.permissions import actor_of
from apps.projects.models import ProjectEnvironment
from apps.workloads import secrets
from apps.workloads import serializers_secrets as forms
from apps.workloads.models import HeldSecret
from apps.workloads.rendering.secrets import PULL_KEY
from apps.workloads.views_configurations import NAME, ConfigurationView, checked

PAGING = ("limit", "cursor")


class SecretView(ConfigurationView):
    """What the views of this module share."""

    policy_actions: ClassVar = {"GET": "configuration.read", "PUT": "secret.manage", "DELETE": "secret.manage"}
    serializer_class: Any = forms.HeldSecretSerializer
    queryset: Any = HeldSecret.objects.none()

    def place(self, slug: str, environment: str, workload: str) -> ProjectEnvironment:
        """Where the workload is, or may come to be."""
        pair = self.pair(slug, environment)
        if len(workload) > 63 or NAME.fullmatch(workload) is None:
            raise Missing
        return pair

    def shown(self, pair: ProjectEnvironment, workload: str, rows: list[HeldSecret]) -> list[dict[str, Any]]:
        context = {"in_use": secrets.keys_in_use(pair, workload)}
        return list(forms.HeldSecretSerializer(rows, many=True, context=context).data)


class SecretList(SecretView):
    """What is held for a workload."""

    keyset = ("key",)

    @extend_schema(
        operation_id="secrets_list",
        parameters=[forms.HeldSecretQuerySerializer],
        responses=forms.HeldSecretSerializer(many=True),
    )
    def get(self, request: Request, slug: str) -> Response:
        """List the keys with their versions; the image pull Secret has the key `.pull`. No answer has a value."""
        given = {name: text for name, text in request.query_params.dict().items() if name not in PAGING}
        wanted = checked(forms.HeldSecretQuerySerializer(data=given))
        pair = self.place(slug, wanted["environment"], wanted["workload"])
        page = self.paginate_queryset(secrets.held_secrets(pair, wanted["workload"])) or []
        return self.get_paginated_response(self.shown(pair, wanted["workload"], list(page)))


class SecretDetail(SecretView):
    """One value."""

    @extend_schema(
        operation_id="secrets_set", request=forms.NewHeldSecretSerializer, responses=forms.HeldSecretSerializer
    )
    def put(self, request: Request, slug: str, environment: str, workload: str, key: str) -> Response:
        """Hold a new version of it. Clusters get it with the next configuration."""
        pair = self.place(slug, environment, workload)
        value = checked(forms.NewHeldSecretSerializer(data=request.data))["value"]
        row = secrets.set_secret(pair, workload, key, value, actor=actor_of(request))
        return Response(self.shown(pair, workload, [row])[0])

    @extend_schema(operation_id="secrets_delete", responses={204: None})
    def delete(self, request: Request, slug: str, environment: str, workload: str, key: str) -> Response:
        """Forget it; refused while the configuration in force names it."""
        pair = self.place(slug, environment, workload)
        secrets.delete_secret(pair, workload, key, actor=actor_of(request))
        return Response(status=HTTP_204_NO_CONTENT)


class PullSecretDetail(SecretView):
    """What images of the workload are pulled with."""

    @extend_schema(
        operation_id="pull_secrets_set", request=forms.NewPullSecretSerializer, responses=forms.HeldSecretSerializer
    )
    def put(self, request: Request, slug: str, environment: str, workload: str) -> Response:
        """Hold a new version of it. Clusters get it with the next configuration that names no other pull Secret."""
        pair = self.place(slug, environment, workload)
        body = checked(forms.NewPullSecretSerializer(data=request.data))
        row = secrets.set_pull_secret(pair, workload, **body, actor=actor_of(request))
        return Response(self.shown(pair, workload, [row])[0])

    @extend_schema(operation_id="pull_secrets_delete", responses={204: None})
    def delete(self, request: Request, slug: str, environment: str, workload: str) -> Response:
        """Forget it; it leaves the clusters with the next configuration."""
        pair = self.place(slug, environment, workload)
        secrets.delete_secret(pair, workload, PULL_KEY, actor=actor_of(request))
        return Response(status=HTTP_204_NO_CONTENT)
