"""The routes of provisioning and removal, below /api/v1/; `urls` takes them in."""

from __future__ import annotations

from django.urls import path

from apps.access import views_provisions as views

patterns = [
    path("projects/<str:slug>/provisions/", views.ProvisionList.as_view(), name="project-provisions"),
    path("projects/<slug:slug>/archive/", views.ProjectArchive.as_view(), name="project-archive"),
    path("access/requests/<int:ticket>/undo/", views.AccessUndo.as_view(), name="access-undo"),
]
