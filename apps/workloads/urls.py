"""The routes of `workloads`, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from apps.workloads import urls_presets, urls_secrets, views
from apps.workloads import views_configurations as configurations

_ONE = "projects/<slug:slug>/configurations/<slug:environment>/<slug:name>/"

urlpatterns = [
    path("workloads/", views.WorkloadList.as_view(), name="workload-list"),
    path("workloads/adopt", views.WorkloadAdopt.as_view(), name="workload-adopt"),
    path("workloads/<int:workload_id>/", views.WorkloadDetail.as_view(), name="workload-detail"),
    path("projects/<slug:slug>/configurations/", configurations.ConfigurationList.as_view(), name="configuration-list"),
    path(_ONE, configurations.ConfigurationCurrent.as_view(), name="configuration-current"),
    path(f"{_ONE}revisions/", configurations.RevisionList.as_view(), name="configuration-revision-list"),
    path(
        f"{_ONE}revisions/<int:number>/",
        configurations.RevisionDetail.as_view(),
        name="configuration-revision-detail",
    ),
    path(f"{_ONE}difference", configurations.RevisionDifference.as_view(), name="configuration-difference"),
    path(f"{_ONE}export.yaml", configurations.ExportYaml.as_view(), name="configuration-export-yaml"),
    path(f"{_ONE}chart", configurations.ExportChart.as_view(), name="configuration-export-chart"),
    path("configuration-schema", configurations.ConfigurationSchema.as_view(), name="configuration-schema"),
    path("configurations/preview", configurations.ConfigurationPreview.as_view(), name="configuration-preview"),
    *urls_presets.urlpatterns,
    *urls_secrets.urlpatterns,
]
