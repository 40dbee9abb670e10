"""What the environment (or a `.env` file) says, typed: the only place that reads environment variables.

Must not: hold defaults that would be unsafe in production; `settings/env.py` refuses to start without the
values named in `PRODUCTION_REQUIRED`.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PRODUCTION_REQUIRED = ("secret_key", "field_keys", "database_url", "redis_url", "allowed_hosts", "origins")

# A server that vanished without a word (power, network) is noticed within a minute, not after the kernel's two hours.
SESSION = {
    "connect_timeout": 5,
    "keepalives_idle": 20,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 40_000,
}
# A request without a session is refused after four seconds. The pool's own attempts double their distance each time, so
# they are given up early and begun anew by the next request: a server that is back is used at once, however long it
# was away.
POOL = {"timeout": 4, "reconnect_timeout": 3}


class Config(BaseSettings):
    """Each field is the environment variable `OPSPORTAL_<NAME>`. Times are seconds."""

    model_config = SettingsConfigDict(env_prefix="OPSPORTAL_", env_file=".env", extra="ignore")

    debug: bool = False
    secret_key: SecretStr | None = None
    field_keys: SecretStr | None = Field(default=None, description="Fernet keys, comma separated, newest first")
    database_url: SecretStr | None = Field(default=None, description="postgresql://user:password@host:port/name")
    database_pool: int = 16
    redis_url: SecretStr | None = Field(default=None, description="redis://:password@host:6379/0 or unix:///path?db=0")
    allowed_hosts: str = ""
    origins: str = Field(default="", description="exact origins that may send unsafe requests and open sockets")
    time_zone: str = Field(default="Asia/Shanghai", description="the company's zone; version tags are minted in it")
    data_dir: Path = Path(".data")
    ui_dir: Path | None = Field(default=Path("frontend/dist"), description="the built pages; empty: the API alone")
    port: int = 8000
    log_level: str = "INFO"
    log_json: bool = True
    metrics_token: SecretStr | None = None
    # the engine
    worker_threads: int = 8
    lease_seconds: float = 60.0
    chore_lease_seconds: float = Field(
        default=15.0, description="after so long another worker takes over periodic work"
    )
    sweep_seconds: float = 1.0
    stop_seconds: float = Field(
        default=20.0, description="how long a worker that is asked to stop waits for calls under way"
    )
    calls_per_system: int = 8
    calls_per_project: int = 4
    poll_seconds: float = Field(default=1.0, description="how often a Jenkins controller is asked for its builds")
    build_recheck_seconds: float = 30.0
    lost_seconds: float = Field(default=30.0, description="two reads this far apart without a build make it lost (D23)")
    build_deadline_seconds: float = 7200.0
    rollout_deadline_seconds: float = 1800.0
    good_after_seconds: float = Field(
        default=600.0, description="a version that ran ready this long is a known good one (D18)"
    )
    refused_pods_seconds: float = Field(
        default=120.0, description="how long pods refused by a quota may stay refused before the rollout failed"
    )
    rollout_recheck_seconds: float = 10.0
    callback_seconds: float = Field(
        default=120.0, description="how long a project's callback is tried before its ticket ends without an answer"
    )
    fingerprint_seconds: float = 15.0
    outside_timeout: float = 10.0
    allow_loopback: bool = Field(default=False, description="let outside systems live on this machine (demo, tests)")
    # accounts
    mail_url: SecretStr | None = Field(
        default=None, description="smtp://user:password@host:587/?tls=1 or smtps://…; empty: the portal sends no mail"
    )
    mail_from: str = Field(default="", description="sender's address; empty: opsportal@ the host of the first origin")
    invitation_seconds: float = Field(default=259200.0, description="how long an invitation's link works")
    password_reset_seconds: float = Field(default=7200.0, description="how long a password reset's link works")
    # terminals
    terminal_shells: str = Field(
        default="/bin/bash,/bin/ash,/bin/sh", description="the shells a terminal may start, tried in this order"
    )
    terminal_sessions_per_user: int = Field(
        default=5, ge=1, le=200, description="shells a person may have open at once"
    )
    # recordings of terminals
    recording_url: SecretStr | None = Field(
        default=None, description="s3://key:secret@host/bucket?region=…; empty: the directory `recordings` of data_dir"
    )
    recording_days: int = Field(default=180, ge=0, description="recordings are deleted after so many days; 0: never")
    recording_megabytes: int = Field(default=4096, ge=1, description="a session whose recording is bigger is ended")
    # the demo's stand-in servers
    demo_build_seconds: float | None = Field(default=None, description="how long a build of the stand-in Jenkins takes")
    demo_executors: int | None = Field(default=None, description="how many builds it runs at once")

    @field_validator("ui_dir", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if value == "" else value

    def hosts(self) -> list[str]:
        """`allowed_hosts` as a list."""
        return [h.strip() for h in self.allowed_hosts.split(",") if h.strip()]

    def origin_list(self) -> list[str]:
        """`origins` as a list."""
        return [o.strip().rstrip("/") for o in self.origins.split(",") if o.strip()]

    def mail_sender(self) -> str:
        """The address mails come from."""
        host = urlsplit(next(iter(self.origin_list()), "")).hostname
        return self.mail_from or f"opsportal@{host or 'localhost'}"

    def missing(self) -> list[str]:
        """Environment variables that production needs and that are not set."""
        return [f"OPSPORTAL_{n.upper()}" for n in PRODUCTION_REQUIRED if not getattr(self, n)]


def database(url: str, pool: int) -> dict[str, object]:
    """Django's DATABASES entry for a PostgreSQL URL; `?host=/socket/folder` names a unix socket folder."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    options: dict[str, object] = dict(SESSION)
    if pool:
        options["pool"] = {"min_size": 1, "max_size": pool, **POOL}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host", parts.hostname or ""),
        "PORT": str(parts.port or query.get("port", "")),
        "OPTIONS": options,
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
    }


def mail(url: str, sender: str, timeout: float) -> dict[str, object]:
    """Django's mail settings for `smtp://` (`?tls=1`: STARTTLS) or `smtps://`; nobody asks them without a URL."""
    parts = urlsplit(url or "smtp://localhost")
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("OPSPORTAL_MAIL_URL is not of the form smtp://user:password@host:587/?tls=1")
    starts_tls = parts.scheme == "smtp" and dict(parse_qsl(parts.query)).get("tls", "0") not in ("", "0", "false")
    usual_port = {"smtps": 465}.get(parts.scheme, 587 if starts_tls else 25)
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or usual_port,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": starts_tls,
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": timeout,
        "DEFAULT_FROM_EMAIL": sender,
    }
