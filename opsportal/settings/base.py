"""Settings shared by every way of running. Must not read the environment itself: `opsportal.config` does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from opsportal.bundle import HASHED, static_dirs
from opsportal.config import Config

BASE_DIR = Path(__file__).resolve().parents[2]

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "apps.common",
    "apps.audit",
    "apps.policy",
    "apps.accounts",
    "apps.integrations",
    "apps.projects",
    "apps.catalog",
    "apps.tickets",
    "apps.workloads",
    "apps.releases",
    "apps.access",
    "apps.terminals",
    "opsportal.doctor",
]
MIDDLEWARE = [
    "apps.common.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "apps.common.middleware.BodyLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "opsportal.urls"
ASGI_APPLICATION = "opsportal.asgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "opsportal" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {},
    }
]
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = False  # sentences live in apps/common/messages/*.json, shared with the browser
APPEND_SLASH = False
STATIC_URL = "/static/"
STATIC_ROOT: Path | None = BASE_DIR / "static"
WHITENOISE_IMMUTABLE_FILE_TEST = HASHED  # a year for what has a hash in its name, a minute for the rest
WHITENOISE_ALLOW_ALL_ORIGINS = False
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_SAMESITE = "Lax"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
MAX_BODY_BYTES = 2 * 1024 * 1024

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.accounts.authentication.TokenAuthentication",
        "apps.accounts.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["apps.policy.permissions.DeclaredAction"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "apps.common.pagination.KeysetPagination",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.common.parsers.StrictJSONParser"],
    "EXCEPTION_HANDLER": "apps.common.errors_api.handle",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "opsportal",
    "DESCRIPTION": "Everything the portal does, as an API. Errors have one shape: code, params, detail, fields.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "IntakeState": "apps.access.models_intake.Intake.State",
        "IntakeReadingState": "apps.access.models_intake.IntakeReading.State",
        "IntakeRowState": "apps.access.models_intake.IntakeRow.State",
        "IntakeConfidence": "apps.access.models_intake.IntakeRow.Confidence",
        "IntakeSource": "apps.access.models_intake.Intake.Source",
        "TemplateKind": "apps.catalog.models.TemplateVersion.Kind",
        "ResourceKind": "apps.projects.models.Resource.Kind",
        "FirstHourStepName": "apps.releases.first_hour.STEPS",
        "MigrationState": "apps.projects.models.MigrationRevision.State",
        "StandardLevel": "apps.catalog.standards.rules.LEVELS",
        "PresetScope": "apps.workloads.presets.SCOPES",
        "TemplateProblemLevel": "apps.catalog.rendering.PROBLEM_LEVELS",
        "JobStanding": "apps.catalog.looking.STANDINGS",
        "JobDifferenceKind": "apps.catalog.drift.KINDS",
        "ShellPolicy": "apps.projects.models.ShellPolicy",
        "TerminalState": "apps.terminals.models.TerminalSession.State",
        "TerminalCleanupState": "apps.terminals.serializers.CLEANUP_STATES",
        "ContainerState": "apps.workloads.pods.meaning.STATES",
        "PodState": "apps.workloads.pods.meaning.POD_STATES",
    },
}

# filled by from_config
CELERY: dict[str, Any] = {}
CHANNEL_LAYERS: dict[str, Any] = {}
SOCKET_ORIGINS: list[str] = []
UI_DIR: Path | None = None
STATICFILES_DIRS: list[tuple[str, Path]] = []


def from_config(config: Config, database_url: str, redis_url: str) -> dict[str, Any]:
    """The settings that depend on the environment; each settings module merges them into its globals."""
    from opsportal.config import database, mail

    celery_url = redis_url
    if redis_url.startswith("unix://"):  # kombu has words of its own for a socket and for the database number
        celery_url = redis_url.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=", 1)
    ui_dir = config.ui_dir and BASE_DIR / config.ui_dir
    return {
        "UI_DIR": ui_dir,
        "STATICFILES_DIRS": static_dirs(ui_dir),
        "DEBUG": config.debug,
        "DATABASES": {"default": database(database_url, config.database_pool)},
        "CHANNEL_LAYERS": {
            "default": {
                "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
                "CONFIG": {"hosts": [{"address": redis_url, "socket_timeout": None}], "prefix": "opsportal"},
            }
        },
        "CELERY": {
            "broker_url": celery_url,
            "task_serializer": "json",
            "accept_content": ["json"],
            "task_ignore_result": True,
            "task_default_queue": "doorbell",
            "broker_connection_retry_on_startup": True,
            "broker_connection_max_retries": None,  # a broker may be away for a night: the worker goes on without it
            # kombu drops a connection on which nothing came for 1 s + twice the interval, so a mute broker is noticed
            "broker_transport_options": {
                "socket_connect_timeout": 1,
                "socket_timeout": 5,
                "socket_keepalive": True,
                "health_check_interval": 3,
            },
            "worker_direct": True,  # a queue of each worker's own beside the doorbell: `manage.py probe_worker`
            "worker_hijack_root_logger": False,
            "timezone": "UTC",
        },
        "CSRF_TRUSTED_ORIGINS": config.origin_list(),
        "SOCKET_ORIGINS": config.origin_list(),
        **mail(
            config.mail_url.get_secret_value() if config.mail_url else "", config.mail_sender(), config.outside_timeout
        ),
    }
