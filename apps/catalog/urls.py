"""The routes of `catalog`, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from apps.catalog import views

urlpatterns = [
    path("languages/", views.LanguageList.as_view(), name="language-list"),
    path("languages/<slug:slug>/", views.LanguageDetail.as_view(), name="language-detail"),
    path("projects/<slug:slug>/dockerfile", views.ProjectDockerfile.as_view(), name="project-dockerfile"),
    path("languages/<slug:slug>/templates/", views.TemplateList.as_view(), name="language-template-list"),
]
