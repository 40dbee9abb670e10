"""The API of presets: list, save, delete. Must not: decide rights or change a row (presets does)."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.catalog.models import Language
from apps.common.errors import Invalid, Missing
from apps.common.parsers import StrictJSONParser
from apps.policy.actor import Actor
from apps.policy.permissions import actor_of
from apps.policy.services import require
from apps.projects.models import Project
from apps.workloads import presets
from apps.workloads import serializers_presets as forms
from apps.workloads.models import ConfigurationPreset
from apps.workloads.views_configurations import checked

PAGING = ("limit", "cursor")


class PresetView(generics.GenericAPIView[Any]):
    """What the views of this module share."""

    parser_classes = (StrictJSONParser,)
    serializer_class: Any = forms.PresetSerializer
    queryset = ConfigurationPreset.objects.none()

    @property
    def actor(self) -> Actor:
        return actor_of(self.request)

    def told(self, rows: list[ConfigurationPreset]) -> list[dict[str, Any]]:
        context = {"deletable": presets.deletable(rows, self.actor)}
        return list(forms.PresetSerializer(rows, many=True, context=context).data)


class PresetList(PresetView):
    """The presets of a project and of a language."""

    policy_actions: ClassVar = {"GET": "configuration.read", "POST": "preset.create"}
    keyset = ("name", "id")

    @extend_schema(
        operation_id="configuration_presets_list",
        parameters=[forms.PresetQuerySerializer],
        responses=forms.PresetSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """List them by name. A project's are for its members, a language's for whoever is signed in."""
        given = {name: text for name, text in request.query_params.dict().items() if name not in PAGING}
        wanted = checked(forms.PresetQuerySerializer(data=given))
        project = self._project(wanted["project"]) if "project" in wanted else None
        if project is not None:
            require(self.actor, "configuration.read", project_id=project.pk)
        language = _language(wanted["language"]) if "language" in wanted else None
        page = self.paginate_queryset(presets.presets_of(project, language)) or []
        return self.get_paginated_response(self.told(list(page)))

    @extend_schema(
        operation_id="configuration_presets_create",
        request=forms.NewPresetSerializer,
        responses={201: forms.PresetSerializer},
    )
    def post(self, request: Request) -> Response:
        """Save a document under a name. What belongs to one environment is taken out of it."""
        body = checked(forms.NewPresetSerializer(data=request.data))
        is_project = body["scope"] == "project"
        owner = self._project(body["project"]) if is_project else _language(body["language"])
        made = presets.create_preset(owner, body["name"], body["document"], actor=self.actor)
        return Response(self.told([made])[0], status=status.HTTP_201_CREATED)

    def _project(self, slug: str) -> Project:
        found = Project.objects.filter(slug=slug).first()
        if found is None:
            raise Missing
        return found


class PresetDetail(PresetView):
    """One preset."""

    policy_action = "preset.delete"

    @extend_schema(operation_id="configuration_presets_delete", responses={204: None})
    def delete(self, request: Request, preset_id: int) -> Response:
        """Delete it. Forms that were filled from it stay what they are."""
        presets.delete_preset(preset_id, actor=self.actor)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _language(slug: str) -> Language:
    found = Language.objects.filter(slug=slug).first()
    if found is None:
        raise Invalid(fields={"language": [{"code": "does_not_exist", "params": {"value": slug}}]})
    return found
