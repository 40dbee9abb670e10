"""The test suite: fixed keys, quick hashing, an in-memory channel layer; servers are named by tests/conftest.py."""

from __future__ import annotations

from opsportal.config import Config
from opsportal.settings.base import *  # noqa: F403
from opsportal.settings.base import INSTALLED_APPS, from_config

config = Config(
    _env_file=None,
    log_json=False,
    sweep_seconds=0.2,
    poll_seconds=0.2,
    refused_pods_seconds=0.5,
    origins="http://testserver",
    allow_loopback=True,
)  # type: ignore[call-arg]
SECRET_KEY = "test-only-" + "x" * 60
FIELD_KEYS = ["c3R1ZGVudHN0dWRlbnRzdHVkZW50c3R1ZGVudHN0dWQ="]
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = [*INSTALLED_APPS, "apps.sandbox", "opsportal"]  # opsportal: the command `demo`
STATIC_ROOT = None  # nothing is collected: whitenoise asks the finders
WHITENOISE_USE_FINDERS = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CONFIG: Config = config
globals().update(
    from_config(
        config,
        config.database_url.get_secret_value() if config.database_url else "postgresql://opsportal@127.0.0.1/opsportal",
        config.redis_url.get_secret_value() if config.redis_url else "redis://127.0.0.1:6379/0",
    )
)
