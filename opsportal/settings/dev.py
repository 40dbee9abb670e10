"""The demo and development: secrets are made once and kept in the data folder, PostgreSQL and Valkey are embedded.

`manage.py demo` (opsportal/demo) sets OPSPORTAL_DATABASE_URL and OPSPORTAL_REDIS_URL for its children.
"""

from __future__ import annotations

import secrets

from cryptography.fernet import Fernet

from opsportal.config import Config
from opsportal.settings.base import *  # noqa: F403
from opsportal.settings.base import INSTALLED_APPS, from_config

config = Config(log_json=False, allow_loopback=True)


def _kept(name: str, make: str) -> str:
    path = config.data_dir / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(make, encoding="utf-8")
    return path.read_text(encoding="utf-8")


SECRET_KEY = (
    config.secret_key.get_secret_value() if config.secret_key else _kept("secret-key", secrets.token_urlsafe(60))
)
FIELD_KEYS = [_kept("field-key", Fernet.generate_key().decode())]
if config.field_keys:
    FIELD_KEYS = config.field_keys.get_secret_value().split(",")
ALLOWED_HOSTS = config.hosts() or ["127.0.0.1", "localhost", "[::1]"]
INSTALLED_APPS = [*INSTALLED_APPS, "apps.sandbox", "opsportal"]  # opsportal: the command `demo`
STATIC_ROOT = None  # nothing is collected: whitenoise asks the finders
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True  # a new build beside a running demo shows on reload
if not config.origins:
    config.origins = f"http://127.0.0.1:{config.port},http://localhost:{config.port}"
CONFIG: Config = config
globals().update(
    from_config(
        config,
        config.database_url.get_secret_value() if config.database_url else "postgresql://opsportal@127.0.0.1/opsportal",
        config.redis_url.get_secret_value() if config.redis_url else "redis://127.0.0.1:6379/0",
    )
)
