"""The routes of `projects`, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from apps.projects import views
from apps.projects import views_environments as environments
from apps.projects import views_hosts as hosts
from apps.projects import views_migration as migration
from apps.projects import views_pins as pins

urlpatterns = [
    path("projects/", views.ProjectList.as_view(), name="project-list"),
    # str: a withdrawn project's slug has a ~
    path("projects/<str:slug>/", views.ProjectDetail.as_view(), name="project-detail"),
    path("projects/<slug:slug>/refs", views.ProjectRefs.as_view(), name="project-refs"),
    path("projects/<str:slug>/environments/", views.ProjectEnvironmentList.as_view(), name="project-environment-list"),
    path(
        "projects/<slug:slug>/environments/<slug:environment>/",
        views.ProjectEnvironmentDetail.as_view(),
        name="project-environment-detail",
    ),
    path(
        "projects/<slug:slug>/environments/<slug:environment>/migration/",
        migration.Migration.as_view(),
        name="migration",
    ),
    path(
        "projects/<slug:slug>/environments/<slug:environment>/migration/back",
        migration.MigrationBack.as_view(),
        name="migration-back",
    ),
    path(
        "projects/<slug:slug>/environments/<slug:environment>/migration/history/",
        migration.MigrationHistory.as_view(),
        name="migration-history",
    ),
    path(
        "projects/<slug:slug>/environments/<slug:environment>/migration/upstream",
        migration.MigrationUpstream.as_view(),
        name="migration-upstream",
    ),
    path("projects/<str:slug>/resources/", views.ProjectResourceList.as_view(), name="project-resource-list"),
    path(
        "projects/<slug:slug>/resources/<int:resource_id>/",
        views.ProjectResourceDetail.as_view(),
        name="project-resource-detail",
    ),
    path("pins/", pins.PinList.as_view(), name="pin-list"),
    path("pins/<slug:slug>/", pins.PinDetail.as_view(), name="pin-detail"),
    path("environments/", environments.EnvironmentList.as_view(), name="environment-list"),
    path("environments/<slug:slug>/", environments.EnvironmentDetail.as_view(), name="environment-detail"),
    path("environments/<slug:slug>/placements/", environments.PlacementList.as_view(), name="placement-list"),
    path(
        "environments/<slug:slug>/placements/<int:placement_id>/",
        environments.PlacementDetail.as_view(),
        name="placement-detail",
    ),
    path("environments/<slug:slug>/hosts/", hosts.HostsFile.as_view(), name="hosts"),
    path("environments/<slug:slug>/hosts/text", hosts.HostsText.as_view(), name="hosts-text"),
    path("environments/<slug:slug>/hosts/difference", hosts.HostsDifference.as_view(), name="hosts-difference"),
    path("environments/<slug:slug>/hosts/versions/", hosts.HostsVersionList.as_view(), name="hosts-version-list"),
    path(
        "environments/<slug:slug>/hosts/versions/<int:number>/",
        hosts.HostsVersionDetail.as_view(),
        name="hosts-version-detail",
    ),
    path(
        "environments/<slug:slug>/hosts/versions/<int:number>/restore",
        hosts.HostsRestore.as_view(),
        name="hosts-restore",
    ),
    path("environments/<slug:slug>/hosts/tokens/", hosts.HostsTokenList.as_view(), name="hosts-token-list"),
    path(
        "environments/<slug:slug>/hosts/tokens/<int:token_id>/",
        hosts.HostsTokenDetail.as_view(),
        name="hosts-token-detail",
    ),
    path("grants/", environments.GrantList.as_view(), name="grant-list"),
    path("grants/<int:grant_id>/", environments.GrantDetail.as_view(), name="grant-detail"),
]
