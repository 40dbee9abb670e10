"""Rows that say which outside systems exist and how the portal signs in to them (D25).

Must not: talk to an outside system, or hand a secret to anything but `clients.py`; API answers never carry them.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.common.fields import EncryptedField


class Connection(models.Model):
    """What every outside system's row has. `SECRET_FIELD` names its write-only field, `ADDRESS_FIELD` the field with its URL."""

    SECRET_FIELD = "token"  # noqa: S105 - the name of a field
    ADDRESS_FIELD = "url"
    SYSTEM = ""

    name = models.SlugField(max_length=63, unique=True)
    ca_pem = models.TextField(blank=True, help_text="CA certificates to trust for this system, and no others")
    is_enabled = models.BooleanField(default=True)
    last_check = models.JSONField(null=True, blank=True, help_text="the last connection test: {at, ok, checks}")
    credential_set_at = models.DateTimeField(null=True, blank=True)
    credential_set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        abstract = True
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class GitLabServer(Connection):
    """A GitLab, with a token that may read projects and create tags."""

    SYSTEM = "GitLab"

    url = models.URLField(max_length=400)
    token = EncryptedField()


class JenkinsController(Connection):
    """A Jenkins controller, with a user and that user's API token (a password would need crumbs)."""

    SYSTEM = "Jenkins"

    url = models.URLField(max_length=400)
    username = models.CharField(max_length=200)
    token = EncryptedField()


class Registry(Connection):
    """An OCI registry. `host` is what stands in image references; `token_host` the token service's, when another."""

    SECRET_FIELD = "password"  # noqa: S105 - the name of a field
    SYSTEM = "Registry"

    url = models.URLField(max_length=400)
    host = models.CharField(max_length=255)
    token_host = models.CharField(max_length=255, blank=True)
    username = models.CharField(max_length=200, blank=True)
    password = EncryptedField(blank=True)


class Cluster(Connection):
    """A Kubernetes cluster. `uid` is its kube-system namespace's uid, filled by the first connection test."""

    ADDRESS_FIELD = "api_url"
    SYSTEM = "Kubernetes"

    uid = models.CharField(max_length=64, blank=True, editable=False)
    api_url = models.URLField(max_length=400)
    token = EncryptedField()
    data_centre = models.CharField(max_length=63, blank=True)
    registry = models.ForeignKey(Registry, null=True, blank=True, on_delete=models.PROTECT, related_name="clusters")
    pull_host = models.CharField(max_length=255, blank=True, help_text="registry host in patched references (D25)")
    rack_label = models.CharField(
        max_length=317,
        default="topology.kubernetes.io/zone",
        help_text="the node label that names the rack; workloads spread over racks by it (E7)",
    )

    class Meta(Connection.Meta):
        constraints = [models.UniqueConstraint(fields=["uid"], condition=~Q(uid=""), name="cluster_uid_once")]

    @property
    def image_host(self) -> str:
        """The host that image references on this cluster name: its own pull host, else its registry's."""
        return self.pull_host or (self.registry.host if self.registry else "")
