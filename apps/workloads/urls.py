"""The routes of `workloads`, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from apps.workloads import views

urlpatterns = [
    path("workloads/", views.WorkloadList.as_view(), name="workload-list"),
    path("workloads/adopt", views.WorkloadAdopt.as_view(), name="workload-adopt"),
    path("workloads/<int:workload_id>/", views.WorkloadDetail.as_view(), name="workload-detail"),
]
