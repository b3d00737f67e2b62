"""Decide who may see the page: host, origin, token and cookie of a request."""

from __future__ import annotations

import ipaddress
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from viewer3d.web import client

TOKEN_HEADER: Final = "X-Viewer3d-Token"
"""The header in which the page's script sends the token: a page of another site cannot, without asking first."""

SESSION_PATH: Final = "/session"
"""Where the token is exchanged for the cookie; without a token, whether the cookie is valid."""

SOCKET_PATH: Final = "/socket"
"""Where the websocket is opened."""

_PAGE: Final = "page.html"

_TYPES: Final = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
"""Of the files that the page consists of."""

_TOKEN_BYTES: Final = 32
"""256 bits of the system's random numbers, as ``secrets`` recommends them: nobody guesses one."""

# A name, an IPv4 or an IPv6 address, and perhaps a port (RFC 3986, 3.2.2): nothing that ends a header or a word.
_HOST: Final = re.compile(r"(?P<name>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?")

HEADERS: Final = (
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
"""Of every answer."""


@dataclass(frozen=True)
class PageRequest:
    """A request as it came, before anything of it is believed.

    Attributes
    ----------
    path : str
    headers : tuple of (str, str)
        In their order, several of a name where there were several.
    method : str
    """

    path: str
    headers: tuple[tuple[str, str], ...] = ()
    method: str = "GET"

    def all_of(self, name: str) -> tuple[str, ...]:
        """Return the values of a header, however its name is written."""
        return tuple(value for one, value in self.headers if one.lower() == name.lower())


@dataclass(frozen=True)
class Answer:
    """What a request is answered, instead of a websocket.

    Attributes
    ----------
    status : int
        Of HTTP.
    body : bytes
    headers : tuple of (str, str)
        Without those of every answer.
    """

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class HostNames:
    """The names under which a page is reached.

    Attributes
    ----------
    names : frozenset of str
        In lower case; IPv6 addresses in brackets.
    any_address : bool
        Whether every IP address may be asked for: what listens on a network has some that it does not know, behind a
        router. A page of another site is asked for by a name, never by an address (DNS rebinding).
    """

    names: frozenset[str]
    any_address: bool = False

    def match(self, host: str) -> re.Match[str] | None:
        """Return the parts of a ``Host`` header that is one of them, with any port; None where it is none."""
        found = _HOST.fullmatch(host)
        if found is None:
            return None
        name = found["name"].lower()
        return found if name in self.names or (self.any_address and _is_address(name)) else None


def client_files() -> dict[str, bytes]:
    """Return the files that the page consists of, by name."""
    folder = Path(client.__file__).parent
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix in _TYPES}


@dataclass
class Access:
    """Says of each request what it is given, and has the secrets of one run.

    Parameters
    ----------
    hosts : HostNames
    scheme : {"http", "https"}
    files : mapping of str to bytes, optional
        What the page consists of, by name; by default the files of :mod:`viewer3d.web.client`.
    """

    hosts: HostNames
    scheme: Literal["http", "https"] = "http"
    files: Mapping[str, bytes] = field(default_factory=client_files)
    token: str = field(default_factory=lambda: secrets.token_urlsafe(_TOKEN_BYTES), init=False, repr=False)
    _session: str = field(default_factory=lambda: secrets.token_urlsafe(_TOKEN_BYTES), init=False, repr=False)
    _is_exchanged: bool = field(default=False, init=False)

    def answer(self, request: PageRequest) -> Answer | None:
        """Return what a request is answered; None where it may open the websocket."""
        hosts = request.all_of("Host")
        host = self.hosts.match(hosts[0]) if len(hosts) == 1 else None
        if host is None:
            return refusal("the viewer is not at this address: open the URL that was printed where it runs")
        if request.method != "GET":
            return Answer(405, b"", (("Allow", "GET"),))
        origins = request.all_of("Origin")
        if any(origin != f"{self.scheme}://{host.string}" for origin in origins) or len(origins) > 1:
            return refusal("a page of another site asked for this")
        if not _is_from_here(request):
            return refusal("a page of another site asked for this")
        if request.path == SESSION_PATH:
            return self._exchange(request, host)
        if request.path != SOCKET_PATH:
            return self._file(request.path, host)
        if not origins:
            return refusal("a websocket is opened by the page alone, which says its origin")
        if not self._has_cookie(request, host):
            return refusal(_NO_COOKIE)
        return None

    def _exchange(self, request: PageRequest, host: re.Match[str]) -> Answer:
        """Exchange the token for the cookie, once in a run."""
        if self._has_cookie(request, host):
            return Answer(204)
        tokens = request.all_of(TOKEN_HEADER)
        if len(tokens) != 1:
            return refusal(_NO_COOKIE)
        if not _is_same(tokens[0], self.token):
            return refusal("this is not the token of this run: open the URL that was printed last")
        if self._is_exchanged:
            return refusal("this link was used already, and opens one browser: start the viewer again for a new one")
        self._is_exchanged = True
        secure = "; Secure" if self.scheme == "https" else ""
        cookie = f"{_cookie_name(host)}={self._session}; Path=/; HttpOnly; SameSite=Strict{secure}"
        return Answer(204, b"", (("Set-Cookie", cookie),))

    def _has_cookie(self, request: PageRequest, host: re.Match[str]) -> bool:
        """Return whether a request has the cookie, perhaps beside others of the same name."""
        pairs = (one.strip().partition("=") for text in request.all_of("Cookie") for one in text.split(";"))
        values = [value for name, _, value in pairs if name == _cookie_name(host)]
        return any([_is_same(value, self._session) for value in values])  # noqa: C419 (each takes its time)

    def _file(self, path: str, host: re.Match[str]) -> Answer:
        """Return a file of the page, which holds nothing of what is shown."""
        name = _PAGE if path == "/" else path.removeprefix("/")
        if name not in self.files or path == f"/{_PAGE}":
            return Answer(404, b"nothing is here: the page is at /\n", (_TEXT,))
        suffix = Path(name).suffix
        kind = ("Content-Type", f"{_TYPES[suffix]}; charset=utf-8")
        return Answer(200, self.files[name], (kind, ("Content-Security-Policy", self._policy(host.string))))

    def _policy(self, host: str) -> str:
        """Return what the page may load: its own script and style, and the websocket (CSP level 3)."""
        # Safari before 15.4 does not count a websocket of the same host as 'self'.
        socket = f"{'wss' if self.scheme == 'https' else 'ws'}://{host}{SOCKET_PATH}"
        return (
            f"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' {socket}; "
            "img-src blob: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )


def refusal(why: str) -> Answer:
    """Return the answer to a request that is refused, in words."""
    return Answer(403, f"{why}\n".encode(), (_TEXT,))


_TEXT: Final = ("Content-Type", "text/plain; charset=utf-8")
_NO_COOKIE: Final = "this browser was not let in: open the URL that was printed where the viewer runs, with its token"


def _is_from_here(request: PageRequest) -> bool:
    """Return whether this page asks, or a person who types an address; older browsers do not say."""
    sites, modes, kinds = (request.all_of(f"Sec-Fetch-{name}") for name in ("Site", "Mode", "Dest"))
    if request.path == "/" and modes == ("navigate",) and kinds == ("document",):
        return True  # also by a link on another page: the page itself holds nothing, and is in no frame
    return set(sites) <= {"same-origin", "none"}


def _cookie_name(host: re.Match[str]) -> str:
    """Return the name of the cookie, with the port that the browser knows, which a tunnel may change.

    Cookies know no ports, and two viewers may be reached at two ports of one host.
    """
    return f"viewer3d-{host['port'] or 'default'}"


def _is_same(given: str, secret: str) -> bool:
    # Bytes that are no ASCII are surrogates in headers as websockets before 16 gives them.
    return secrets.compare_digest(given.encode(errors="surrogateescape"), secret.encode())


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
