"""Who may look at the page: somebody on this machine who has this start's token. It comes once in the address, then as a cookie."""

from __future__ import annotations

import hmac
import secrets
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lamina.serving.gate import HEADERS, check_host, check_origin, refusal
from lamina.serving.settings import Refused, Serving

TOKEN = "token"
CLOSED = """<!doctype html><meta charset="utf-8"><title>Lamina</title>
<p>This page opens with the address that was printed in the terminal: it holds a token that no other program has.</p>"""


def token() -> str:
    """A new one, for one start."""
    return secrets.token_urlsafe(24)


class Gate:
    """Refuses strangers before anything is read. port: so that pages of several models, on one machine, do not take each other's
    cookies."""

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self.app, self.token = app, token.encode()
        self.cookie = f"lamina-{port}"
        self.local = Serving(host="127.0.0.1", port=port)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *HEADERS]
            await send(message)

        try:
            answer = self._check(scope)
        except Refused as error:
            answer = refusal(error)
        if answer is not None:
            return await answer(scope, receive, sending)
        return await self.app(scope, receive, sending)

    def _check(self, scope: Scope) -> Response | None:
        """An answer where the request ends here.

        Raises:
            Refused: it is a stranger's.
        """
        headers = dict(scope["headers"])
        host = headers.get(b"host", b"")
        check_host(host, self.local)
        start = scope["path"] == "/" and scope["method"] in ("GET", "HEAD")
        check_origin(headers, linked=start)
        if start and (shown := parse_qs(scope["query_string"].decode("latin-1")).get(TOKEN)):
            if not self._is(shown[-1]):
                return HTMLResponse(CLOSED, 401)
            entered = RedirectResponse("/", 303)  # without the token: an address is kept, copied and shown
            entered.set_cookie(self.cookie, self.token.decode(), httponly=True, samesite="strict", path="/")
            return entered
        kind, _, bearer = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        if (kind.lower() == "bearer" and self._is(bearer.strip())) or self._is(self._kept(headers)):
            return None
        if start:
            return HTMLResponse(CLOSED, 401)
        raise Refused(401, "The token of this start was not shown. Open the address that was printed in the terminal.")

    def _kept(self, headers: dict[bytes, bytes]) -> str:
        """The token that the browser kept."""
        jar: SimpleCookie = SimpleCookie()
        try:
            jar.load(headers.get(b"cookie", b"").decode("latin-1"))
        except CookieError:
            return ""
        return jar[self.cookie].value if self.cookie in jar else ""

    def _is(self, shown: str) -> bool:
        return hmac.compare_digest(shown.encode("utf-8", "replace"), self.token)
