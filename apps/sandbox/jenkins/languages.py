"""What the build of each language says: which files give it away, its lines per stage, and how it fails.

Only words; must not run or time anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Trouble:
    """Where a build breaks and why; fills the failure lines."""

    file: str
    line: int
    message: str


@dataclass(frozen=True)
class Language:
    """One language. `{app}`, `{file}`, `{line}` and `{message}` are filled in; the other lines stand as they are."""

    name: str
    marks: tuple[str, ...]
    suffix: str
    prepare: tuple[str, ...]
    compile: tuple[str, ...]
    test: tuple[str, ...]
    compile_error: tuple[str, ...]
    test_failure: tuple[str, ...]
    message: str

    def lines(self, which: tuple[str, ...], app: str, trouble: Trouble | None = None) -> list[str]:
        """These lines with the blanks filled in."""
        at = trouble or Trouble("", 0, "")
        values = {"{app}": app, "{file}": at.file, "{line}": str(at.line), "{message}": at.message}
        return [_fill(line, values) for line in which]


def _fill(line: str, values: dict[str, str]) -> str:
    for blank, value in values.items():
        line = line.replace(blank, value)
    return line


JAVA = Language(
    "java", ("pom.xml",), ".java",
    ("+ mvn --version", "Apache Maven 3.9.9 (8e8579a9e76f7d015ee5ec7bfcdc97d260186937)", "Java version: 17.0.12, vendor: Eclipse Adoptium",
     "[INFO] Scanning for projects...", "[INFO] Building {app} 1.0.0", "[INFO] --- dependency:3.7.0:resolve (default-cli) @ {app} ---"),
    ("+ mvn -B clean package -DskipTests", "[INFO] --- clean:3.4.0:clean (default-clean) @ {app} ---",
     "[INFO] --- resources:3.3.1:resources (default-resources) @ {app} ---", "[INFO] Copying 2 resources from src/main/resources to target/classes",
     "[INFO] --- compiler:3.13.0:compile (default-compile) @ {app} ---", "[INFO] Compiling 24 source files with javac [debug release 17] to target/classes",
     "[INFO] --- jar:3.4.1:jar (default-jar) @ {app} ---", "[INFO] Building jar: target/{app}.jar", "[INFO] BUILD SUCCESS"),
    ("+ mvn -B surefire:test", "[INFO] Running com.example.ApplicationTest", "[INFO] Tests run: 12, Failures: 0, Errors: 0, Skipped: 0", "[INFO] BUILD SUCCESS"),
    ("[INFO] -------------------------------------------------------------", "[ERROR] COMPILATION ERROR :",
     "[ERROR] {file}:[{line},17] {message}", "[INFO] 1 error", "[INFO] BUILD FAILURE",
     "[ERROR] Failed to execute goal org.apache.maven.plugins:maven-compiler-plugin:3.13.0:compile (default-compile) on project {app}: Compilation failure"),
    ("[ERROR] Tests run: 12, Failures: 1, Errors: 0, Skipped: 0, Time elapsed: 0.21 s <<< FAILURE!",
     "[ERROR] {file}:{line} {message}", "[ERROR] There are test failures.", "[INFO] BUILD FAILURE"),
    "cannot find symbol",
)  # fmt: skip
GO = Language(
    "go", ("go.mod",), ".go",
    ("+ go version", "go version go1.23.1 linux/amd64", "+ go mod download"),
    ("+ go vet ./...", "+ env CGO_ENABLED=0 go build -trimpath -o out/ ./..."),
    ("+ go test ./...", "ok  \t{app}/internal/service\t0.412s", "?   \t{app}/cmd/server\t[no test files]"),
    ("# {app}", "./{file}:{line}:9: {message}", "BUILD FAILURE"),
    ("--- FAIL: TestHandler (0.01s)", "    {file}:{line}: {message}", "FAIL\t{app}/internal/service\t0.305s", "FAIL", "BUILD FAILURE"),
    "undefined: newServer",
)  # fmt: skip
PHP = Language(
    "php", ("composer.json",), ".php",
    ("+ composer --version", "Composer version 2.7.9 2024-09-04 14:43:28", "PHP version 8.3.11 (/usr/local/bin/php)"),
    ("+ composer install --no-dev --no-interaction --prefer-dist --optimize-autoloader", "Installing dependencies from lock file",
     "Verifying lock file contents can be installed on current platform.", "Package operations: 31 installs, 0 updates, 0 removals",
     "Generating optimized autoload files", "+ xargs -0 -r -n 1 php -l"),
    ("+ vendor/bin/phpunit", "PHPUnit 10.5.35 by Sebastian Bergmann and contributors.", "............  12 / 12 (100%)", "OK (12 tests, 34 assertions)"),
    ("PHP Parse error:  {message} in {file} on line {line}", "Errors parsing {file}", "BUILD FAILURE"),
    ("There was 1 failure:", "1) AppTest::testIndex", "{message}", "{file}:{line}", "FAILURES!", "Tests: 12, Assertions: 34, Failures: 1.", "BUILD FAILURE"),
    'syntax error, unexpected identifier "return"',
)  # fmt: skip
NODEJS = Language(
    "nodejs", ("package.json",), ".js",
    ("+ node --version", "v20.17.0", "+ npm ci", "added 412 packages, and audited 413 packages in 4s", "found 0 vulnerabilities"),
    ("+ npm run build", "> {app}@1.0.0 build", "vite v5.4.8 building for production...", "transforming...", "✓ 214 modules transformed.", "✓ built in 2.31s"),
    ("+ npm test", "> {app}@1.0.0 test", "Test Files  4 passed (4)", "     Tests  21 passed (21)"),
    ("error during build:", "{file} ({line}:8): {message}", "npm ERR! code ELIFECYCLE", "npm ERR! errno 1", "BUILD FAILURE"),
    (" FAIL  {file}:{line}", "AssertionError: {message}", "     Tests  1 failed | 20 passed (21)", "npm ERR! Test failed.", "BUILD FAILURE"),
    '"createApp" is not exported by "src/app.js"',
)  # fmt: skip
PYTHON = Language(
    "python", ("requirements.txt", "pyproject.toml", "setup.py"), ".py",
    ("+ python3 --version", "Python 3.11.9", "+ python3 -m pip wheel --wheel-dir wheels -r requirements.txt",
     "Collecting flask==3.0.3", "Saved ./wheels/flask-3.0.3-py3-none-any.whl", "Successfully built wheels"),
    ("+ python3 -m compileall -q .",),
    ("+ python3 -m pytest -q", "............                                                             [100%]", "12 passed in 0.84s"),
    ('*** Error compiling "{file}"...', '  File "{file}", line {line}', "SyntaxError: {message}", "BUILD FAILURE"),
    ("=================================== FAILURES ===================================", "{file}:{line}: AssertionError: {message}",
     "1 failed, 11 passed in 0.91s", "BUILD FAILURE"),
    "invalid syntax",
)  # fmt: skip
PLAIN = Language(
    "plain", (), "",
    ("+ ls",), ("+ make --if-present",), (),
    ("{file}:{line}: {message}", "make: *** [Makefile:2: all] Error 1", "BUILD FAILURE"),
    ("{file}:{line}: {message}", "BUILD FAILURE"),
    "missing separator",
)  # fmt: skip
LANGUAGES = (JAVA, GO, PHP, NODEJS, PYTHON)


def recognise(files: Iterable[str]) -> Language:
    """The language of a repository by the files at its top; a PHP project's package.json does not make it Node."""
    top = {name for name in files if "/" not in name}
    return next((language for language in LANGUAGES if top & set(language.marks)), PLAIN)
