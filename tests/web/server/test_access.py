"""Who may see the page: every request that is refused, and the one way in."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from viewer3d.web.server.access import (
    SESSION_PATH,
    SOCKET_PATH,
    TOKEN_HEADER,
    Access,
    Answer,
    HostNames,
    PageRequest,
    client_files,
)
from viewer3d.web.server.addresses import LOOPBACK_NAMES

FILES = {"page.html": b"<!doctype html>", "viewer.js": b"export {}", "viewer.css": b"html {}"}
HOST = "127.0.0.1:8000"
HERE = {"Host": HOST, "Origin": f"http://{HOST}"}
FETCHED = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
CLICKED = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@pytest.fixture
def access() -> Access:
    return Access(HostNames(LOOPBACK_NAMES), files=FILES)


def ask(access: Access, path: str, headers: Mapping[str, str] = HERE, method: str = "GET") -> Answer | None:
    return access.answer(PageRequest(path, tuple(headers.items()), method))


def status(access: Access, path: str, headers: Mapping[str, str] = HERE, method: str = "GET") -> int:
    """101 where the websocket may open."""
    answer = ask(access, path, headers, method)
    return 101 if answer is None else answer.status


def cookie(access: Access, host: str = HOST) -> str:
    """Exchange the token, and return what the browser sends from then on."""
    answer = ask(access, SESSION_PATH, {"Host": host, TOKEN_HEADER: access.token, **FETCHED})
    assert answer is not None
    assert answer.status == 204
    return dict(answer.headers)["Set-Cookie"].partition(";")[0]


def test_the_page_is_given_to_who_asks_at_its_address(access: Access) -> None:
    for host in ("127.0.0.1:8000", "localhost:8000", "LocalHost:8000", "[::1]:8000", "localhost", "localhost:1"):
        for headers in ({}, {"Origin": f"http://{host}"}, {"Sec-Fetch-Site": "none"}, FETCHED, CLICKED):
            answer = ask(access, "/", {"Host": host, **headers})
            assert answer is not None
            assert (answer.status, answer.body) == (200, FILES["page.html"])
    kinds = {path: dict(ask(access, path).headers)["Content-Type"] for path in ("/", "/viewer.js", "/viewer.css")}  # type: ignore[union-attr]
    assert kinds == {
        "/": "text/html; charset=utf-8",
        "/viewer.js": "text/javascript; charset=utf-8",
        "/viewer.css": "text/css; charset=utf-8",
    }


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:8000", "127.0.0.1.evil.example", "127.0.0.2:8000", "localhost.", "", "[::2]"),
        *("127.0.0.1:8000 ", "127.0.0.1:8000\n", "127.0.0.1:", "127.0.0.1:123456", "a@127.0.0.1", "127.0.0.1/x", "1"),
        *("2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "0.0.0.0:8000", "localhost:8000, evil.example"),
    ],
)
def test_a_foreign_host_is_refused_everywhere(access: Access, host: str) -> None:
    session = cookie(access)
    for path in ("/", "/viewer.js", SESSION_PATH, SOCKET_PATH, "/nothing"):
        headers = {"Host": host, "Origin": f"http://{host}", "Cookie": session, TOKEN_HEADER: access.token}
        assert status(access, path, headers) == 403


def test_a_request_has_one_host(access: Access) -> None:
    assert status(access, "/", {}) == 403
    assert access.answer(PageRequest("/", (("Host", HOST), ("host", HOST)))).status == 403  # type: ignore[union-attr]


def test_addresses_are_asked_for_where_others_are_served() -> None:
    access = Access(HostNames(LOOPBACK_NAMES | {"ward.example"}, any_address=True), "https", FILES)
    for host in ("192.0.2.7:8000", "[2001:db8::1]:8000", "ward.example", "Ward.Example:443", "127.0.0.1"):
        assert status(access, "/", {"Host": host, "Origin": f"https://{host}"}) == 200
        assert status(access, "/", {"Host": host, "Origin": f"http://{host}"}) == 403
    assert status(access, "/", {"Host": "evil.example"}) == 403


@pytest.mark.parametrize(
    "origin",
    [
        *("http://evil.example", "null", "", "https://127.0.0.1:8000", "http://127.0.0.1", "http://127.0.0.1:8001"),
        *("http://localhost:8000", "http://127.0.0.1:8000/", "http://127.0.0.1:8000.evil.example", "file://"),
    ],
)
def test_another_origin_is_refused_everywhere(access: Access, origin: str) -> None:
    session = cookie(access)
    for path in ("/", "/viewer.js", SESSION_PATH, SOCKET_PATH):
        assert status(access, path, {"Host": HOST, "Origin": origin, "Cookie": session}) == 403
    headers = (("Host", HOST), ("Origin", HERE["Origin"]), ("Origin", HERE["Origin"]), ("Cookie", session))
    assert access.answer(PageRequest(SOCKET_PATH, headers)).status == 403  # type: ignore[union-attr]


def test_the_socket_wants_an_origin_and_the_cookie(access: Access) -> None:
    session = cookie(access)
    assert status(access, SOCKET_PATH, {**HERE, "Cookie": session}) == 101
    assert status(access, SOCKET_PATH, {**HERE, "Cookie": f"a=b; {session}; c"}) == 101
    assert status(access, SOCKET_PATH, {**HERE, "Cookie": f"viewer3d-8000=tossed; {session}"}) == 101
    assert status(access, SOCKET_PATH, {"Host": HOST, "Cookie": session}) == 403  # no origin
    name, _, value = session.partition("=")
    for wrong in (
        "",
        name,
        f"{name}=",
        f"{name}={value}x",
        f"{name}={value[:-1]}",
        f"{name}={access.token}",
        f"x{session}",
    ):
        assert status(access, SOCKET_PATH, {**HERE, "Cookie": wrong}) == 403
    assert status(access, SOCKET_PATH, HERE) == 403
    for odd in ("é", "\udce9", "\0", "٣"):  # bytes that are no ASCII, as two versions of websockets give them
        assert status(access, SOCKET_PATH, {**HERE, "Cookie": f"{name}={odd}"}) == 403
    assert status(access, SOCKET_PATH, {**HERE, "Cookie": session, "Sec-Fetch-Site": "cross-site"}) == 403
    assert status(access, SOCKET_PATH, {**HERE, "Cookie": session, "Sec-Fetch-Site": "same-site"}) == 403


def test_a_token_comes_alone(access: Access) -> None:
    for tokens in ([access.token] * 2, [access.token, "x"], ["x", access.token], [f"{access.token}, x"], [""]):
        headers = (("Host", HOST), *((TOKEN_HEADER, one) for one in tokens))
        assert access.answer(PageRequest(SESSION_PATH, headers)).status == 403  # type: ignore[union-attr]


def test_the_token_is_exchanged_once(access: Access) -> None:
    for wrong in ("", "x", access.token + "x", access.token[:-1], access.token.swapcase(), "é"):
        assert status(access, SESSION_PATH, {"Host": HOST, TOKEN_HEADER: wrong}) == 403
    assert status(access, SESSION_PATH, {"Host": HOST}) == 403
    session = cookie(access)
    replayed = ask(access, SESSION_PATH, {"Host": HOST, TOKEN_HEADER: access.token})
    assert replayed is not None
    assert (replayed.status, dict(replayed.headers).get("Set-Cookie")) == (403, None)
    assert b"was used already" in replayed.body
    again = ask(access, SESSION_PATH, {"Host": HOST, TOKEN_HEADER: access.token, "Cookie": session})
    assert again is not None
    assert (again.status, again.headers) == (204, ())  # a second tab of the same browser
    assert status(access, SESSION_PATH, {"Host": HOST, "Cookie": session}) == 204  # and a reload


def test_a_wrong_token_does_not_use_the_right_one_up(access: Access) -> None:
    assert status(access, SESSION_PATH, {"Host": HOST, TOKEN_HEADER: "guessed"}) == 403
    assert status(access, SESSION_PATH, {"Host": "evil.example", TOKEN_HEADER: access.token}) == 403
    assert status(access, SESSION_PATH, {"Host": HOST, TOKEN_HEADER: access.token, **CLICKED}) == 403
    assert cookie(access)


def test_the_cookie_is_for_this_page_alone() -> None:
    for scheme, ends in (("http", ""), ("https", "; Secure")):
        access = Access(HostNames(LOOPBACK_NAMES), scheme, FILES)  # type: ignore[arg-type]
        answer = ask(access, SESSION_PATH, {"Host": "localhost:8123", TOKEN_HEADER: access.token})
        assert answer is not None
        made = dict(answer.headers)["Set-Cookie"]
        assert re.fullmatch(rf"viewer3d-8123=[\w-]{{43}}; Path=/; HttpOnly; SameSite=Strict{ends}", made)
        assert access.token not in made


def test_each_run_has_its_own_secrets() -> None:
    runs = [Access(HostNames(LOOPBACK_NAMES), files=FILES) for _ in range(3)]
    assert len({one.token for one in runs} | {cookie(one) for one in runs}) == 6
    assert all(len(one.token) == 43 and one.token not in repr(one) for one in runs)
    assert all(cookie(run_).partition("=")[2] not in repr(run_) for run_ in [Access(HostNames(LOOPBACK_NAMES))])


def test_what_is_not_there_and_other_methods_are_refused(access: Access) -> None:
    paths = (
        "/page.html",
        "/viewer.py",
        "/../errors.py",
        "//",
        "/?",
        "/viewer.js?x",
        "/%2e%2e/x",
        "*",
        "",
        "socket",
        "/session/",
    )
    assert {status(access, path) for path in paths} == {404}
    for method in ("HEAD", "POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "get"):
        answer = ask(access, "/", HERE, method)
        assert answer is not None
        assert (answer.status, dict(answer.headers)["Allow"]) == (405, "GET")


def test_parts_of_the_page_are_not_for_other_sites(access: Access) -> None:
    for site in ("cross-site", "same-site", "elsewhere"):
        for path in ("/", "/viewer.js", SESSION_PATH):
            for mode, kind in (("no-cors", "script"), ("navigate", "iframe"), ("navigate", "embed"), ("cors", "empty")):
                fetched = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": kind}
                assert status(access, path, {"Host": HOST, **fetched}) == 403
    assert status(access, "/viewer.js", {"Host": HOST, **CLICKED}) == 403


def test_the_page_may_load_what_is_its_own_and_nothing_else(access: Access) -> None:
    answer = ask(access, "/")
    assert answer is not None
    policy = dict(
        part.strip().partition(" ")[::2] for part in dict(answer.headers)["Content-Security-Policy"].split(";")
    )
    assert policy.pop("connect-src") == f"'self' ws://{HOST}/socket"
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "blob: data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }


def test_no_answer_says_what_was_asked(access: Access) -> None:
    """What comes with a request is not written into the answer, nor into its headers."""
    for path, headers in (
        ("/<script>", HERE),
        ("/", {"Host": "evil<script>"}),
        ("/", {**HERE, "Origin": "<script>"}),
        (SESSION_PATH, {"Host": HOST, TOKEN_HEADER: "<script>\r\nSet-Cookie: a=b"}),
        (SOCKET_PATH, {**HERE, "Cookie": "<script>"}),
    ):
        answer = ask(access, path, headers)
        assert answer is not None
        assert answer.status in (403, 404)
        assert b"<script>" not in answer.body
        assert "script>" not in str(answer.headers)


def test_the_files_of_the_page_are_those_of_the_package() -> None:
    assert all(name.endswith((".html", ".js", ".css")) for name in client_files())
