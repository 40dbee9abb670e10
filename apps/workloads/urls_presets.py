"""The routes of presets, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from apps.workloads import views_presets as views

urlpatterns = [
    path("configuration-presets/", views.PresetList.as_view(), name="configuration-preset-list"),
    path("configuration-presets/<int:preset_id>/", views.PresetDetail.as_view(), name="configuration-preset-detail"),
]
