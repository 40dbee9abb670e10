"""The languages the portal brings: a Dockerfile template and the name of the Jenkins template job of each (P4, B4).

The build shell has compiled before the image is made, so a Dockerfile only puts things in place. Start commands are
defaults; a Deployment's `command` replaces them. Must not: use an image that may move, run as root, or take any value
but `project` and `language`.
"""

from __future__ import annotations

from dataclasses import dataclass

HEAD = """\
# {{ project }} ({{ language }}): made by the portal; the build shell has compiled before this runs.
"""
# The Dockerfile travels inside the image, so that whoever finds the image can tell how it was made (B5).
OWN_COPY = """\
COPY Dockerfile /opsportal/Dockerfile
"""

JAVA = (
    HEAD
    + """\
FROM eclipse-temurin:17.0.12_7-jre-jammy
ENV TZ=Asia/Shanghai \\
    LANG=C.UTF-8 \\
    JAVA_TOOL_OPTIONS="-XX:MaxRAMPercentage=75.0 -XX:+ExitOnOutOfMemoryError"
RUN ln -snf "/usr/share/zoneinfo/$TZ" /etc/localtime && echo "$TZ" > /etc/timezone \\
    && groupadd --system --gid 10001 app && useradd --system --uid 10001 --gid app --no-create-home app
WORKDIR /app
COPY --chown=10001:10001 target/*.jar /app/app.jar
"""
    + OWN_COPY
    + """\
USER 10001:10001
EXPOSE 8080
ENTRYPOINT ["java", "-jar", "/app/app.jar"]
"""
)

GO = (
    HEAD
    + """\
FROM alpine:3.20.3
ENV TZ=Asia/Shanghai
RUN apk add --no-cache ca-certificates tzdata \\
    && addgroup -S -g 10001 app && adduser -S -D -H -u 10001 -G app app
WORKDIR /app
COPY out/ /app/bin/
# The build shell leaves one program in out/, called after its module.
RUN set -- /app/bin/* && test "$#" -eq 1 && mv "$1" /app/server
"""
    + OWN_COPY
    + """\
USER 10001:10001
EXPOSE 8080
ENTRYPOINT ["/app/server"]
"""
)

PHP = (
    HEAD
    + """\
FROM php:8.3.11-apache-bookworm
ENV TZ=Asia/Shanghai
RUN docker-php-ext-install opcache pdo_mysql \\
    && printf 'date.timezone=%s\\n' "$TZ" > "$PHP_INI_DIR/conf.d/timezone.ini" \\
    && mv "$PHP_INI_DIR/php.ini-production" "$PHP_INI_DIR/php.ini" \\
    && sed -i 's/^Listen 80$/Listen 8080/' /etc/apache2/ports.conf \\
    && sed -i 's/:80>/:8080>/; s#/var/www/html#/var/www/app/public#' /etc/apache2/sites-available/000-default.conf
WORKDIR /var/www/app
COPY --chown=www-data:www-data . /var/www/app/
"""
    + OWN_COPY
    + """\
USER www-data
EXPOSE 8080
CMD ["apache2-foreground"]
"""
)

NODEJS = (
    HEAD
    + """\
FROM node:20.17.0-bookworm-slim
ENV TZ=Asia/Shanghai \\
    NODE_ENV=production \\
    PORT=8080
WORKDIR /app
COPY --chown=node:node . /app/
"""
    + OWN_COPY
    + """\
USER node
EXPOSE 8080
CMD ["npm", "start", "--silent"]
"""
)

PYTHON = (
    HEAD
    + """\
FROM python:3.11.9-slim-bookworm
ENV TZ=Asia/Shanghai \\
    PYTHONUNBUFFERED=1 \\
    PYTHONDONTWRITEBYTECODE=1 \\
    PORT=8080
RUN groupadd --system --gid 10001 app && useradd --system --uid 10001 --gid app --no-create-home app
WORKDIR /app
COPY wheels/ /tmp/wheels/
RUN pip install --no-cache-dir --no-index /tmp/wheels/*.whl && rm -r /tmp/wheels
COPY --chown=10001:10001 . /app/
"""
    + OWN_COPY
    + """\
USER 10001:10001
EXPOSE 8080
CMD ["python", "-m", "app"]
"""
)


@dataclass(frozen=True)
class DefaultLanguage:
    """One language as the portal brings it."""

    slug: str
    name: str
    dockerfile: str

    @property
    def jenkins_template(self) -> str:
        """The name of its template job in Jenkins."""
        return f"tpl-{self.slug}"


DEFAULTS = (
    DefaultLanguage("java", "Java (Maven)", JAVA),
    DefaultLanguage("go", "Go", GO),
    DefaultLanguage("php", "PHP", PHP),
    DefaultLanguage("nodejs", "Node.js", NODEJS),
    DefaultLanguage("python", "Python", PYTHON),
)
