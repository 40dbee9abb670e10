"""Production: everything from the environment, and a refusal to start with what is missing or meant for a demo."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from opsportal.config import Config
from opsportal.settings.base import *  # noqa: F403
from opsportal.settings.base import from_config

config = Config()
_missing = config.missing()
if _missing:
    raise ImproperlyConfigured(f"Set {', '.join(_missing)}: production does not start without them.")
assert config.secret_key and config.field_keys and config.database_url and config.redis_url
SECRET_KEY = config.secret_key.get_secret_value()
FIELD_KEYS = config.field_keys.get_secret_value().split(",")
_redis = config.redis_url.get_secret_value()
if len(SECRET_KEY) < 50 or "demo" in SECRET_KEY or "insecure" in SECRET_KEY:
    raise ImproperlyConfigured("OPSPORTAL_SECRET_KEY is short or a demo's: use at least 50 random characters.")
if any("demo" in key for key in FIELD_KEYS):
    raise ImproperlyConfigured("OPSPORTAL_FIELD_KEYS is a demo's: generate keys with `manage.py field_key`.")
if _redis.startswith(("redis://", "rediss://")) and not urlsplit(_redis).password:
    raise ImproperlyConfigured("OPSPORTAL_REDIS_URL has no password: an open Redis is not accepted in production.")
ALLOWED_HOSTS = config.hosts()
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
SECURE_SSL_REDIRECT = False  # the proxy in front ends TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000
CONFIG: Config = config
globals().update(from_config(config, config.database_url.get_secret_value(), _redis))
DEBUG = False
