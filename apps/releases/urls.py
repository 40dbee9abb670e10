"""The routes of `releases`, below /api/v1/; loading them hands this room's knowledge to the tickets' API."""

from __future__ import annotations

from django.urls import path

from apps.releases import views, views_first_hour
from apps.releases import views_overview as overview
from apps.releases.api import Releases
from apps.tickets.api import extend

extend(Releases())

urlpatterns = [
    path("releases/", views.ReleaseList.as_view(), name="release-list"),
    path("releases/<int:release_id>/", views.ReleaseDetail.as_view(), name="release-detail"),
    path("releases/<int:release_id>/commits", views.ReleaseCommits.as_view(), name="release-commits"),
    path("releases/<int:release_id>/presence", views.ReleasePresence.as_view(), name="release-presence"),
    path("releases/<int:release_id>/dockerfile", views.ReleaseDockerfile.as_view(), name="release-dockerfile"),
    path("releases/<int:release_id>/verdicts/", views.ReleaseVerdicts.as_view(), name="release-verdicts"),
    path("builds/<int:build_id>/", views.BuildDetail.as_view(), name="build-detail"),
    path("builds/<int:build_id>/log", views.BuildLog.as_view(), name="build-log"),
    path("first-hour", views_first_hour.FirstHour.as_view(), name="first-hour"),
    path("board", views.Board.as_view(), name="board"),
    path("project-summaries", overview.ProjectSummaries.as_view(), name="project-summaries"),
    path("typical", overview.Typical.as_view(), name="typical"),
]
