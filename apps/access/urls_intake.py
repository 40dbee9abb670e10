"""The routes of bulk intake, below /api/v1/; `urls` takes them in."""

from __future__ import annotations

from django.urls import path

from apps.access import views_intake as views

ONE = "access/intakes/<int:intake_id>/"

patterns = [
    path("access/intakes/", views.IntakeList.as_view(), name="intakes"),
    path("access/intakes/template/", views.IntakeTemplate.as_view(), name="intake-template"),
    path(ONE, views.IntakeDetail.as_view(), name="intake"),
    path(f"{ONE}rows/", views.IntakeRows.as_view(), name="intake-rows"),
    path(f"{ONE}rows/<int:row_id>/", views.IntakeRowDetail.as_view(), name="intake-row"),
    path(f"{ONE}tick/", views.IntakeTick.as_view(), name="intake-tick"),
    path(f"{ONE}correct/", views.IntakeCorrect.as_view(), name="intake-correct"),
    path(f"{ONE}take/", views.IntakeTake.as_view(), name="intake-take"),
    path(f"{ONE}stop/", views.IntakeStop.as_view(), name="intake-stop"),
    path(f"{ONE}csv/", views.IntakeExport.as_view(), name="intake-export"),
]
