"""The routes of held secrets, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from apps.workloads import views_secrets as views

_OF_WORKLOAD = "projects/<slug:slug>/secrets/<slug:environment>/<slug:workload>/"

urlpatterns = [
    path("projects/<slug:slug>/secrets/", views.SecretList.as_view(), name="secret-list"),
    path(f"{_OF_WORKLOAD}.pull", views.PullSecretDetail.as_view(), name="pull-secret-detail"),
    path(f"{_OF_WORKLOAD}<str:key>", views.SecretDetail.as_view(), name="secret-detail"),
]
