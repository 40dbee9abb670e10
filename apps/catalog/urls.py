"""The routes of `catalog`, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from apps.catalog import views, views_drift, views_standards

urlpatterns = [
    path("languages/", views.LanguageList.as_view(), name="language-list"),
    path("languages/<slug:slug>/", views.LanguageDetail.as_view(), name="language-detail"),
    path("projects/<slug:slug>/dockerfile", views.ProjectDockerfile.as_view(), name="project-dockerfile"),
    path("languages/<slug:slug>/templates/", views.TemplateList.as_view(), name="language-template-list"),
    path("languages/<slug:slug>/drift/", views_drift.LanguageDrift.as_view(), name="language-drift"),
    path("projects/<slug:slug>/job-drift", views_drift.ProjectJobDrift.as_view(), name="project-job-drift"),
    path("languages/<slug:slug>/templates/preview", views.TemplatePreview.as_view(), name="language-template-preview"),
    path("standards/", views_standards.StandardList.as_view(), name="standard-list"),
    path("standards/<str:standard_id>/", views_standards.StandardDetail.as_view(), name="standard-detail"),
    path("standards/<str:standard_id>/try", views_standards.StandardTry.as_view(), name="standard-try"),
]
