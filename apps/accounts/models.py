"""People, their API tokens, sessions and account links, and the count of failed logins.

Must not: know projects (a token names its project by plain id) or hold a token's or a link's secret: only its SHA-256.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now

USERNAME_PATTERN = r"^[a-z0-9][a-z0-9._-]{0,62}$"


class UserManager(BaseUserManager["User"]):
    """Creates people; names are compared in lower case."""

    def create_user(self, username: str, password: str | None = None, **extra: Any) -> User:
        """A user with a hashed password; without one nobody can sign in by password."""
        user = self.model(username=username.lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username=(username or "").lower())


class User(AbstractBaseUser):
    """A person. The id appears in version tags (`…-u17`) and is never used again."""

    class Language(models.TextChoices):
        EN = "en"
        ZH = "zh"

    class Theme(models.TextChoices):
        SYSTEM = "system"
        LIGHT = "light"
        DARK = "dark"

    class StartPage(models.TextChoices):
        INBOX = "inbox"
        PROJECTS = "projects"

    username = models.CharField(max_length=63, unique=True, validators=[RegexValidator(USERNAME_PATTERN)])
    display_name = models.CharField(max_length=100, blank=True)
    email = models.EmailField(blank=True)
    is_active = models.BooleanField(default=True)
    is_instance_admin = models.BooleanField(default=False)
    language = models.CharField(max_length=2, choices=Language, default=Language.EN)
    time_zone = models.CharField(max_length=50, default="Asia/Shanghai")
    # defaults in the database too: processes of the version before go on making rows while this one is rolled out
    theme = models.CharField(max_length=6, choices=Theme, default=Theme.SYSTEM, db_default="system")
    single_key_shortcuts = models.BooleanField(default=True, db_default=True)
    start_page = models.CharField(max_length=10, choices=StartPage, default=StartPage.INBOX, db_default="inbox")
    created_at = models.DateTimeField(db_default=Now())

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    class Meta:
        indexes = [models.Index(fields=["-created_at", "-id"], name="user_newest")]

    def __str__(self) -> str:
        return self.display_name or self.username


class ApiToken(models.Model):
    """A secret shown once, limited to scopes, at will to one project, and to a time of at most a year."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12, unique=True)
    secret_sha256 = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    project_id = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["user", "-created_at", "-id"], name="token_newest")]

    def __str__(self) -> str:
        return f"{self.name} (opt_{self.prefix}_…)"


class UserSession(models.Model):
    """Which session belongs to whom: Django's own table does not say, and a disabled user's must end at once."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    session_key = models.CharField(max_length=40, unique=True)
    ip = models.CharField(max_length=45, blank=True)
    user_agent = models.CharField(max_length=300, blank=True, default="", db_default="")
    created_at = models.DateTimeField(db_default=Now())
    last_seen_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["user", "-created_at", "-id"], name="session_newest")]

    def __str__(self) -> str:
        return f"session of user {self.user_id}"


class AccountLink(models.Model):
    """A link by which a person sets a password: once, until it ends, is used, or is revoked."""

    class Purpose(models.TextChoices):
        INVITATION = "invitation"
        PASSWORD_RESET = "password_reset"  # noqa: S105 - a purpose, no password

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="links")
    purpose = models.CharField(max_length=20, choices=Purpose)
    secret_sha256 = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["purpose", "-created_at", "-id"],
                name="link_open_newest",
                condition=models.Q(used_at__isnull=True, revoked_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.purpose} of user {self.user_id}"


class LoginThrottle(models.Model):
    """Attempts per (user name, address) in the running window, counted before the password is looked at."""

    key = models.CharField(max_length=64, primary_key=True)
    attempts = models.PositiveIntegerField(default=0)
    window_ends_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["window_ends_at"], name="login_window_end")]

    def __str__(self) -> str:
        return f"{self.attempts} attempts"
