"""Projects, environments, placements and who holds which grant (DECISIONS D1, D13, D14).

Must not: know tickets, releases or workloads; decide rights (the policy room does, asking `grants.py`).
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Tier(models.TextChoices):
    """What an environment is for; rules hang on the tier, never on a name."""

    DEVELOPMENT = "development"
    TEST = "test"
    STAGING = "staging"
    PRODUCTION = "production"


class ShellPolicy(models.TextChoices):
    """How a shell is opened in an environment's containers."""

    OPEN = "open"
    TICKET = "ticket"
    TICKET_OR_BREAK_GLASS = "ticket_or_break_glass"


class Role(models.TextChoices):
    """What a grant lets a person do in one (project, environment)."""

    DEVELOPER = "developer"
    TESTER = "tester"
    OPS = "ops"


class Project(models.Model):
    """The root object: everything hangs on it (P1). `language` is the slug of a catalog row."""

    class Stage(models.TextChoices):
        REQUESTED = "requested"
        ACTIVE = "active"
        ARCHIVED = "archived"
        WITHDRAWN = "withdrawn"

    slug = models.CharField(max_length=80, unique=True, help_text="of a withdrawn one with ~ and its ticket's number")
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    language = models.CharField(max_length=40)
    gitlab = models.ForeignKey("integrations.GitLabServer", on_delete=models.PROTECT, related_name="+")
    gitlab_path = models.CharField(max_length=400)
    jenkins = models.ForeignKey("integrations.JenkinsController", on_delete=models.PROTECT, related_name="+")
    registry = models.ForeignKey("integrations.Registry", on_delete=models.PROTECT, related_name="+")
    image_repository = models.CharField(max_length=255, help_text="path inside the registry, without host and tag")
    owners = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="owned_projects", blank=True)
    contacts = models.JSONField(default=list, blank=True)
    alarm_contacts = models.JSONField(default=list, db_default=[], blank=True, help_text="like contacts")
    deploy_path = models.CharField(max_length=400, blank=True, db_default="", help_text="on a virtual machine")
    log_path = models.CharField(max_length=400, blank=True, db_default="", help_text="stdout; empty: nobody said")
    start_command = models.JSONField(default=list, db_default=[], blank=True, help_text="argv, never shell text")
    stop_command = models.JSONField(default=list, db_default=[], blank=True, help_text="argv, never shell text")
    callback = models.JSONField(default=dict, db_default={}, blank=True, help_text='{} or {"url": https}')
    created_at = models.DateTimeField(db_default=Now())
    admitted_at = models.DateTimeField(null=True, blank=True, db_default=Now(), help_text="null: asked for only")
    withdrawn_at = models.DateTimeField(null=True, blank=True, help_text="asked for and not admitted; the name is free")
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-created_at", "-id"], name="project_newest")]

    def __str__(self) -> str:
        return self.slug

    @property
    def stage(self) -> Project.Stage:
        """How far it is: asked for, in use, archived, or given up before it was admitted."""
        if self.withdrawn_at is not None:
            return self.Stage.WITHDRAWN
        if self.admitted_at is None:
            return self.Stage.REQUESTED
        return self.Stage.ACTIVE if self.archived_at is None else self.Stage.ARCHIVED

    @classmethod
    def in_stage(cls, stage: str) -> Q:
        """The condition of a stage, over rows."""
        return {
            cls.Stage.REQUESTED: Q(admitted_at__isnull=True, withdrawn_at__isnull=True),
            cls.Stage.ACTIVE: Q(admitted_at__isnull=False, withdrawn_at__isnull=True, archived_at__isnull=True),
            cls.Stage.ARCHIVED: Q(admitted_at__isnull=False, withdrawn_at__isnull=True, archived_at__isnull=False),
            cls.Stage.WITHDRAWN: Q(withdrawn_at__isnull=False),
        }[cls.Stage(stage)]


class Environment(models.Model):
    """A global row of the promotion chain (E1, D1)."""

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    tier = models.CharField(max_length=20, choices=Tier.choices)
    position = models.PositiveIntegerField(default=0)
    approvals_required = models.PositiveSmallIntegerField(default=0)
    promotes_from = models.ManyToManyField("self", symmetrical=False, related_name="promotes_to", blank=True)
    shell_policy = models.CharField(
        max_length=24, choices=ShellPolicy.choices, blank=True, db_default="", help_text="empty: by the tier"
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.slug

    @property
    def is_gated(self) -> bool:
        """Whether an image needs a verdict in a predecessor to enter (D15)."""
        return self.tier in (Tier.STAGING, Tier.PRODUCTION)

    @property
    def shell_rule(self) -> str:
        """The policy that counts for shells here."""
        by_tier = ShellPolicy.TICKET_OR_BREAK_GLASS if self.tier == Tier.PRODUCTION else ShellPolicy.OPEN
        return self.shell_policy or by_tier


class Placement(models.Model):
    """Environment × cluster × wave × namespace pattern (D1)."""

    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="placements")
    cluster = models.ForeignKey("integrations.Cluster", on_delete=models.PROTECT, related_name="placements")
    wave = models.PositiveSmallIntegerField(default=1)
    namespace_pattern = models.CharField(max_length=100, default="{environment}")
    quota = models.JSONField(
        default=dict, db_default={}, blank=True, help_text="of each of its namespaces: hard of a ResourceQuota"
    )

    class Meta:
        ordering = ["wave", "id"]
        constraints = [models.UniqueConstraint(fields=["environment", "cluster"], name="placement_once_per_cluster")]

    def __str__(self) -> str:
        return f"{self.environment} on {self.cluster}"

    def namespace_for(self, project: Project) -> str:
        """The namespace of a project here: only `{environment}` and `{project}` are replaced, as plain text."""
        return self.namespace_pattern.replace("{environment}", self.environment.slug).replace("{project}", project.slug)


class ProjectEnvironment(models.Model):
    """Project × environment: that a project uses an environment, with its own number of approvals and lock."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="environments")
    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="projects")
    approvals_required = models.PositiveSmallIntegerField(null=True, blank=True)
    locked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    lock_reason = models.CharField(max_length=200, blank=True)
    locked_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "environment"], name="project_environment_once")]

    def __str__(self) -> str:
        return f"{self.project} in {self.environment}"

    @property
    def approvals_needed(self) -> int:
        """Approvals a promote to here needs: the project's own number, else the environment's."""
        if self.approvals_required is not None:
            return self.approvals_required
        return self.environment.approvals_required


class Grant(models.Model):
    """One role for one person in one (project, environment), with an optional end (P5)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="grants")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="grants")
    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=20, choices=Role.choices)
    expires_at = models.DateTimeField(null=True, blank=True)
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "project", "environment", "role"],
                condition=Q(revoked_at__isnull=True),
                name="grant_once_while_live",
            )
        ]
        indexes = [models.Index(fields=["user", "project"], name="grant_user_project")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.project_id}/{self.environment_id}"

    @staticmethod
    def live() -> Q:
        """The condition of a live grant; the clock is the database's."""
        return Q(revoked_at__isnull=True) & (Q(expires_at__isnull=True) | Q(expires_at__gt=Now()))


class Pin(models.Model):
    """A project that a person keeps at hand; it gives no right."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "project"], name="pin_once")]
        indexes = [models.Index(fields=["user", "created_at", "id"], name="pin_order")]

    def __str__(self) -> str:
        return f"{self.user_id} pinned {self.project_id}"


class Resource(models.Model):
    """A server, database or link bound to a project (P1)."""

    class Kind(models.TextChoices):
        SERVER = "server"
        DATABASE = "database"
        DASHBOARD = "dashboard"
        LINK = "link"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="resources")
    environment = models.ForeignKey(Environment, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    name = models.CharField(max_length=200)
    address = models.CharField(max_length=400, blank=True)
    note = models.CharField(max_length=400, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class HostsVersion(models.Model):
    """A version of an environment's hosts file (E6): never edited, followed by the next number."""

    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="hosts_versions")
    number = models.PositiveIntegerField()
    text = models.TextField(blank=True, help_text="canonical, see hosts.checked")
    sha256 = models.CharField(max_length=64, help_text="of the text in UTF-8")
    note = models.CharField(max_length=200, blank=True)
    restored_from = models.PositiveIntegerField(null=True, blank=True, help_text="number of the version it repeats")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["environment", "number"], name="hosts_version_once")]

    def __str__(self) -> str:
        return f"hosts of environment {self.environment_id}, version {self.number}"


class HostsToken(models.Model):
    """A secret, shown once, that downloads one environment's hosts file and does nothing else."""

    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="hosts_tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12, unique=True)
    secret_sha256 = models.CharField(max_length=64)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["environment", "-created_at", "-id"], name="hosts_token_newest")]

    def __str__(self) -> str:
        return f"{self.name} (oph_{self.prefix}_…)"


class MigrationRevision(models.Model):
    """Where the traffic of one project in one environment goes (P8): never edited, followed by the next number.

    Per environment and not per project: test may run in containers for weeks while production still has its virtual
    machines. By project and environment and not by their pair's row, so that the history outlives a project's leaving
    an environment. Without a row everything runs on virtual machines.
    """

    class State(models.TextChoices):
        VM = "vm"
        MIXED = "mixed"
        CONTAINER = "container"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="migration_revisions")
    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="migration_revisions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=20, choices=State.choices)
    container_weight = models.PositiveSmallIntegerField(help_text="percent of the requests that go to containers")
    container_servers = models.JSONField(default=list, help_text="host:port of a LoadBalancer or Ingress, canonical")
    reason = models.CharField(max_length=200)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "environment", "number"], name="migration_revision_once"),
            models.CheckConstraint(
                name="migration_weight_of_state",
                condition=Q(state="vm", container_weight=0)
                | Q(state="container", container_weight=100)
                | Q(state="mixed", container_weight__gte=1, container_weight__lte=99),
            ),
        ]

    def __str__(self) -> str:
        return f"migration of project {self.project_id} in environment {self.environment_id}, revision {self.number}"
