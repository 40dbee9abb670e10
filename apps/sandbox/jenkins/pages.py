"""The answers of Jenkins that are not JSON: error pages, redirects, empty bodies, and the headers each carries.

Must not: decide who may do what.
"""

from __future__ import annotations

import html
import secrets
import uuid
from urllib.parse import quote

from aiohttp import web

VERSION = "2.462.3"
# A real error page is some 73 kB of markup; a client must neither store it whole nor look for sense in it.
ICONS = "".join(
    f"<symbol id='symbol-{n:03d}' viewBox='0 0 512 512'><path d='M{n} 64a192 192 0 10192 192A192 192 0 00256 64z' "
    "fill='none' stroke='currentColor' stroke-miterlimit='10' stroke-width='32'/></symbol>\n"
    for n in range(410)
)


def jetty(status: int, message: str) -> web.Response:
    """An error page of the servlet container: before Jenkins itself is reached, so without its headers."""
    body = (
        f"<html>\n<head>\n<title>Error {status} {html.escape(message)}</title>\n</head>\n<body>"
        f"<h2>HTTP ERROR {status} {html.escape(message)}</h2>\n<hr/>Powered by Jetty:// 10.0.24</body>\n</html>\n"
    )
    return _response(status, body, "iso-8859-1")


def unauthorised() -> web.Response:
    """Wrong credentials."""
    answer = jetty(401, "Unauthorized")
    answer.headers["WWW-Authenticate"] = 'Basic realm="Jenkins"'
    return answer


def no_crumb() -> web.Response:
    """A POST without a valid crumb."""
    return jetty(403, "No valid crumb was included in the request")


def uri_too_long() -> web.Response:
    """The request line is over Jetty's limit."""
    answer = _response(414, "<h1>Bad Message 414</h1><pre>reason: URI Too Long</pre>", "iso-8859-1")
    answer.force_close()
    return answer


def sign_in(path: str) -> web.Response:
    """Nobody is signed in: 403 with a page that goes to the log-in form."""
    there = f"/login?from={quote(path, safe='')}"
    body = (
        f"<html><head><meta http-equiv='refresh' content='1;url={there}'/>"
        f"<script>window.location.replace('{there}');</script></head>"
        "<body style='background-color:white; color:white;'>\nAuthentication required\n<!--\n-->\n</body></html>"
    )
    answer = _response(403, body, "utf-8")
    answer.headers["X-Jenkins"] = VERSION
    return answer


def forbidden(reason: str) -> web.Response:
    """Signed in, but not allowed."""
    return page(403, "Access Denied", reason)


def page(status: int, title: str, text: str) -> web.Response:
    """A page of Jenkins' own with its layout, as also API clients get it."""
    body = (
        f"<!DOCTYPE html><html class=''><head resURL='/static/0badcafe'><title>{html.escape(title)} - Jenkins</title>"
        f"</head><body data-version='{VERSION}' class='yui-skin-sam jenkins-{VERSION}'><div id='main-panel'>"
        f"<h1>{html.escape(title)}</h1><p>{html.escape(text)}</p></div>\n<svg style='display:none'>\n{ICONS}</svg>"
        f"<footer class='page-footer jenkins-mobile-hide'>Jenkins {VERSION}</footer></body></html>"
    )
    answer = _response(status, body, "utf-8")
    answer.headers["X-Jenkins"] = VERSION
    return answer


def not_found() -> web.Response:
    """No such page, job or build."""
    return page(404, "Not Found", "This page may not exist, or you may not have permission to see it.")


def failure(message: str) -> web.Response:
    """A request Jenkins understood and refused: 400, the reason in X-Error."""
    answer = page(400, "Error", message)
    answer.headers["X-Error"] = "".join(c if " " <= c <= "~" or "\xa0" <= c <= "\xff" else " " for c in message)
    return answer


def oops() -> web.Response:
    """An exception inside Jenkins: 500, and nothing about its cause."""
    ident = uuid.uuid4()
    return page(500, "Oops!", f"A problem occurred while processing the request. Logging ID={ident}")


def conflict(message: str) -> web.Response:
    """The thing is in a state that forbids it."""
    return page(409, "Error", message)


def post_only(*, allow: bool) -> web.Response:
    """A page that wants POST; only some say so in `Allow`."""
    answer = page(405, "Error", "This URL requires POST")
    if allow:
        answer.headers["Allow"] = "POST"
    return answer


def down(text: str) -> web.Response:
    """Restarting or starting: no header tells that this is Jenkins, none when to come back."""
    return _response(503, f"<!DOCTYPE html><html><head><title>{text}</title></head><body>{text}</body></html>", "utf-8")


def redirect(where: str) -> web.Response:
    """302 without a body."""
    return web.Response(status=302, headers={"Location": where})


def empty(status: int) -> web.Response:
    """No body."""
    return web.Response(status=status)


def json_text(text: str) -> web.Response:
    """An answer of the API."""
    headers = {"X-Jenkins": VERSION, "X-Content-Type-Options": "nosniff"}
    return web.Response(body=text.encode(), content_type="application/json", charset="utf-8", headers=headers)


def session_cookie(value: str) -> str:
    """A Set-Cookie line; the cookie's name carries the instance's hash."""
    return f"{SESSION_COOKIE}={value}; Path=/; HttpOnly"


def new_session() -> str:
    """A fresh session id."""
    return f"node0{secrets.token_hex(12)}.node0"


SESSION_COOKIE = "JSESSIONID." + secrets.token_hex(4)


def _response(status: int, body: str, charset: str) -> web.Response:
    return web.Response(status=status, body=body.encode(charset), content_type="text/html", charset=charset)
