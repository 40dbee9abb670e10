"""Routes of the audit trail."""

from django.urls import path

from apps.audit import views

urlpatterns = [
    path("audit/", views.AuditEventList.as_view(), name="audit-list"),
    path("audit/export", views.AuditExport.as_view(), name="audit-export"),
]
