"""The routes of `access`, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from apps.access import urls_intake, urls_provisions, views, views_resync

urlpatterns = [
    path("access/requests/", views.AccessRequests.as_view(), name="access-requests"),
    path("access/check/", views.AccessCheck.as_view(), name="access-check"),
    path("access/repositories/", views.AccessRepositories.as_view(), name="access-repositories"),
    path("access/options/", views.AccessOptions.as_view(), name="access-options"),
    path("languages/<slug:slug>/resync/", views_resync.LanguageResync.as_view(), name="language-resync"),
    *urls_provisions.patterns,
    *urls_intake.patterns,
]
