"""The verb serve and viewer3d.serve: what is printed, opened and refused, and how it ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result
from websockets.sync.client import ClientConnection

import viewer3d
from tests.phantom_files import write_phantom
from tests.web.server.peers import Client, receive, send
from viewer3d import Viewer, Volume, phantom
from viewer3d.app.browser import Browser
from viewer3d.app.input.keys.screen_traits import ScreenTraits
from viewer3d.app.prompt import HOOK
from viewer3d.cli import main
from viewer3d.errors import BadFileError, NotFoundError, ViewError, WebError
from viewer3d.web.server import serve as module
from viewer3d.web.server.addresses import PageAddress, listen
from viewer3d.web.server.console import duration_words, parse_idle

URL = re.compile(r"http://127\.0\.0\.1:(\d+)/#token=([\w-]{43})\n")


@pytest.fixture(scope="module")
def volume() -> Volume:
    return phantom.volume(shape=(24, 20, 16))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("served") / "ct"
    write_phantom(folder, shape=(24, 20, 8), spacing=(14.0, 12.0, 20.0))
    return folder


def run(*words: object) -> Result:
    return CliRunner().invoke(main, ["serve", *map(str, words), "--view", "mpr", "--size", "300x200"])


def told(volume: Any, **page: Any) -> str:
    """The one line of the error."""
    with pytest.raises(WebError) as error:
        viewer3d.serve(volume, "mpr", (300, 200), open_browser=False, **page)
    return str(error.value)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The URLs that a browser has opened."""
    urls: list[str] = []
    browser = SimpleNamespace(name="firefox", open=lambda url, **_: urls.append(url) or True)
    monkeypatch.setattr(webbrowser, "get", lambda: browser)
    return urls


def test_the_url_is_the_one_line_on_standard_output(folder: Path, opened: list[str]) -> None:
    done = run(folder, "--idle", "0.05s")
    assert done.exit_code == 0, done.output
    assert URL.fullmatch(done.stdout)
    assert done.stderr.splitlines() == [
        "viewer3d: this link lets one browser in, once; Ctrl+C here ends it, or when nothing was done for 0.05 seconds",
        "viewer3d: ended: nothing was done for 0.05 seconds",
    ]
    assert opened == [done.stdout.strip()]


def test_nothing_is_opened_where_that_is_not_wanted(folder: Path, opened: list[str]) -> None:
    done = run(folder, "--idle", "0.03", "--no-browser")
    assert (done.exit_code, opened) == (0, [])
    assert "browser was" not in done.stderr


def test_without_a_browser_the_url_is_there_all_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise webbrowser.Error("none")

    for get, why in (
        (none, "no browser was found on this machine"),
        (lambda: SimpleNamespace(name="/usr/bin/w3m"), "w3m shows no pictures"),
    ):
        monkeypatch.setattr(webbrowser, "get", get)
        done = run(folder, "--idle", "0.03")
        found = URL.fullmatch(done.stdout)
        assert found is not None
        port = found[1]
        assert f"viewer3d: {why}: open the URL yourself; on another machine after ssh -L {port}:127.0.0.1:{port} " in (
            done.stderr
        )


def test_a_browser_that_does_not_start_is_told(
    volume: Volume, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for fails in (lambda *_, **__: False, lambda *_, **__: 1 / 0):
        monkeypatch.setattr(webbrowser, "get", lambda fails=fails: SimpleNamespace(name="x", open=fails))
        viewer3d.serve(volume, "mpr", (300, 200), idle=0.03)
        assert "viewer3d: the browser did not start: open the URL yourself\n" in capsys.readouterr().err


class Tab:
    """Sees the page as soon as its URL is printed, in a thread of its own, and does something there."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, work: Callable[[ClientConnection], object], first: str = "frame"
    ) -> None:
        self.work, self.first, self.why, self.failure = work, first, "", ""
        self.got: dict[str, Any] = {}
        self.thread = threading.Thread(target=self.run)
        monkeypatch.setattr(module, "print_url", self.begin)

    def begin(self, url: str) -> bool:
        self.found = URL.fullmatch(f"{url}\n")
        self.thread.start()
        return True

    def run(self) -> None:
        try:
            assert self.found is not None
            client = Client(int(self.found[1]), self.found[2])
            assert client.enter() == 204
            with client.socket() as there:
                self.got = receive(there, self.first)
                self.work(there)
                self.why = receive(there, "end")["why"]
        except BaseException as error:  # told by the test
            self.failure = repr(error)
            signal.raise_signal(signal.SIGTERM)

    def ended(self) -> str:
        """Why the page was told that it ends."""
        self.thread.join(20)
        assert self.failure == ""
        return self.why


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_ends_it_in_order(volume: Volume, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    number = getattr(signal, name, None)
    if number is None:
        pytest.skip(f"no {name} here")
    before = signal.getsignal(number)
    tab = Tab(monkeypatch, lambda _: os.kill(os.getpid(), number))
    viewer = viewer3d.serve(volume, "mpr", (300, 200), open_browser=False)
    assert tab.ended() == "The viewer has ended: it was stopped where it runs."
    assert signal.getsignal(number) is before
    assert not viewer.is_open


def test_the_viewer_has_what_was_seen_last(volume: Volume, monkeypatch: pytest.MonkeyPatch) -> None:
    def turn(there: ClientConnection) -> None:
        send(there, {"t": "wheel", "n": 2, "x": 50, "y": 50})
        receive(there, "frame")
        os.kill(os.getpid(), signal.SIGINT)

    tab = Tab(monkeypatch, turn)
    first = viewer3d.Viewer(volume, "mpr", (300, 200), off_screen=True).state
    viewer = viewer3d.serve(volume, "mpr", (300, 200), open_browser=False)
    assert tab.ended()
    assert viewer.state.cursor != first.cursor
    assert viewer.state == first.with_cursor(viewer.state.cursor)


def test_the_program_may_close_it(volume: Volume, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function of the program's that is called with a change."""
    tab = Tab(monkeypatch, lambda there: send(there, {"t": "wheel", "n": 1, "x": 50, "y": 50}))
    made: list[Viewer] = []
    begin = module.Serving.begin

    def begin_and_close(serving: module.Serving) -> None:
        assert isinstance(serving.source, Viewer)
        serving.source.on_cursor(lambda _: serving.end("enough was seen"))
        made.append(serving.source)
        begin(serving)

    monkeypatch.setattr(module.Serving, "begin", begin_and_close)
    assert viewer3d.serve(volume, "mpr", (300, 200), open_browser=False) is made[0]
    assert tab.ended() == "The viewer has ended: enough was seen."


@pytest.mark.slow
def test_a_file_that_vanishes_is_told_in_the_page_which_lives_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_phantom(tmp_path, shape=(24, 20, 8), spacing=(14.0, 12.0, 20.0))
    load = Browser._load

    def load_less(browser: Browser, *how: Any) -> Any:
        for path in sorted(tmp_path.rglob("*.dcm"))[2:4]:
            path.unlink()
        return load(browser, *how)

    monkeypatch.setattr(Browser, "_load", load_less)
    tab = Tab(monkeypatch, lambda _: os.kill(os.getpid(), signal.SIGTERM), "say")
    with pytest.raises(BadFileError, match="cannot be read"):  # what was seen last is asked for, and there is nothing
        viewer3d.serve(tmp_path, "mpr", (300, 200), open_browser=False)
    assert tab.ended() == "The viewer has ended: it was stopped where it runs."
    assert "cannot be read (No such file or directory)" in tab.got["text"]


def test_in_another_thread_signals_are_left_alone(volume: Volume) -> None:
    before, results = signal.getsignal(signal.SIGINT), list[Viewer]()

    def work() -> None:
        results.append(viewer3d.serve(volume, "mpr", (300, 200), open_browser=False, idle=0.03))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(20)
    assert len(results) == 1
    assert signal.getsignal(signal.SIGINT) is before


def test_without_pipes_to_wait_for_and_with_fewer_signals_it_is_the_same(
    volume: Volume, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, where only sockets can be waited for."""
    monkeypatch.setattr("viewer3d.web.loop.os", SimpleNamespace(name="nt"))
    monkeypatch.delattr(signal, "SIGHUP", raising=False)

    def act(there: ClientConnection) -> None:
        send(there, {"t": "key", "key": "i"})
        receive(there, "frame")
        os.kill(os.getpid(), signal.SIGINT)

    tab = Tab(monkeypatch, act)
    viewer = viewer3d.serve(volume, "mpr", (300, 200), open_browser=False)
    assert tab.ended() == "The viewer has ended: it was stopped where it runs."
    assert viewer.state.look.inverted


@pytest.mark.parametrize(
    "place",
    [
        *("viewer3d.app.viewer.Viewer.open", "viewer3d.web.server.page_server.PageServer.start"),
        *("viewer3d.web.server.serve.print_url", "viewer3d.web.server.serve.open_page"),
        "viewer3d.web.loop.Served.process_events",
        *("viewer3d.web.screen.WebScreen.send_due", "viewer3d.web.loop.Served.__init__"),
        "viewer3d.web.server.serve.listen",
    ],
)
@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_what_breaks_off_leaves_no_thread_no_file_and_no_port(
    volume: Volume, monkeypatch: pytest.MonkeyPatch, place: str, error: type[BaseException]
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise error

    files = Path("/proc/self/fd")
    before = threading.active_count(), signal.getsignal(signal.SIGINT), files.is_dir() and len(list(files.iterdir()))
    with monkeypatch.context() as patch:
        patch.setattr(place, breaks)
        patch.setattr(webbrowser, "get", lambda: SimpleNamespace(name="firefox", open=lambda *_, **__: True))
        with pytest.raises((error, WebError)):
            viewer3d.serve(volume, "mpr", (300, 200), idle=5)
    after = threading.active_count(), signal.getsignal(signal.SIGINT), files.is_dir() and len(list(files.iterdir()))
    assert after == before


class Shell:
    """An IPython with a prompt."""

    pt_app, active_eventloop = object(), None
    parent = SimpleNamespace(interact=True)

    def enable_gui(self, gui: str) -> None:
        self.active_eventloop = gui

    def showtraceback(self) -> None:
        raise AssertionError


@pytest.mark.slow
def test_at_a_prompt_it_returns_at_once(
    volume: Volume, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hooks = ModuleType("IPython.terminal.pt_inputhooks")
    hooks.registered = {}  # type: ignore[attr-defined]
    hooks.register = hooks.registered.__setitem__  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython.terminal.pt_inputhooks", hooks)
    shell = Shell()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    for what in (volume, folder):
        viewer = viewer3d.serve(what, "mpr", (300, 200), open_browser=False)
        assert viewer.is_open
        found = URL.fullmatch(capsys.readouterr().out)
        assert found is not None
        client = Client(int(found[1]), found[2])
        assert client.enter() == 204
        hook, asked = hooks.registered[HOOK], [0]  # type: ignore[attr-defined]
        with client.socket() as there:

            def input_is_ready(there: ClientConnection = there, asked: list[int] = asked) -> bool:
                asked[0] += 1
                return asked[0] > 25

            hook(SimpleNamespace(input_is_ready=input_is_ready, fileno=lambda: 0))
            receive(there, "frame")
            viewer.close()
            asked[0] = 15
            hook(SimpleNamespace(input_is_ready=input_is_ready, fileno=lambda: 0))
            assert receive(there, "end")["why"] == "the viewer was closed"
        assert hook._sources == []
        assert capsys.readouterr().err.endswith("viewer3d: ended\n")


def test_a_notebook_is_told_of_the_widget(volume: Volume, monkeypatch: pytest.MonkeyPatch) -> None:
    shell = SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    with pytest.raises(ViewError, match=r"a notebook needs no server: viewer3d.Viewer\(volume\).widget\(\)"):
        viewer3d.serve(volume)


def test_without_the_extra_it_is_named(volume: Volume, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "websockets.asyncio.server", None)
    assert told(volume) == "serving needs websockets, which is not installed: pip install 'viewer3d[web]'"


def test_what_cannot_be_served_is_one_line(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "note.txt").write_text("no image")
    with listen(PageAddress()) as listener:
        port = listener.getsockname()[1]
        for words, says in (
            ((folder, "--port", port), f"port {port} is in use: give another --port, or none for any that is free"),
            ((folder, "--host", "0.0.0.0"), "--host 0.0.0.0 serves others on the network: give --certificate"),
            ((folder, "--host", "no.such.invalid", "--insecure"), "--host no.such.invalid: no such host is known"),
            (
                (folder, "--certificate", tmp_path / "no.pem"),
                f"{tmp_path / 'no.pem'}: no such file; give a cert",
            ),
            (
                (folder, "--idle", "8 parsecs"),
                "--idle '8 parsecs': expected a time as 30m, 8h or 2d, or none",
            ),
            ((tmp_path / "nothing",), f"{tmp_path / 'nothing'}: no such file or folder; give a folder of DICOM files"),
            ((folder, "--state", "{}", "--resume"), "--state"),
        ):
            done = run(*words, "--no-browser")
            assert (done.exit_code, done.stdout) == (2, ""), words
            assert done.stderr.startswith(f"viewer3d: {says}")
            assert done.stderr.count("\n") == 1
    done = run(tmp_path, "--no-browser")  # is told when it was searched, which may take long
    assert done.exit_code == 2
    assert "viewer3d: ended\n" in done.stderr
    assert f"viewer3d: {tmp_path}" in done.stderr.splitlines()[-1]
    ends: list[str] = []
    close = module._PageScreen.close
    monkeypatch.setattr(module._PageScreen, "close", lambda one, why="": (ends.append(why), close(one, why)))
    with pytest.raises(NotFoundError) as found:
        viewer3d.serve(tmp_path, open_browser=False)
    assert ends[0] == f"The viewer has ended: {found.value}."  # pages are told why, too


def test_where_nobody_could_be_told_the_url_nothing_is_served(
    volume: Volume, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = threading.active_count()
    for stream in (None, ClosedStream()):
        monkeypatch.setattr(sys, "stdout", stream)
        assert told(volume) == "standard output is closed, and no browser opens: nobody could be told the URL"
        assert viewer3d.serve(volume, "mpr", (300, 200), idle=0.03)  # the browser knows
    assert len(opened) == 2
    assert threading.active_count() == before


class ClosedStream:
    """A stream that cannot be written to."""

    def write(self, _text: str) -> int:
        raise BrokenPipeError

    def flush(self) -> None:
        raise BrokenPipeError


def test_without_standard_error_it_serves_all_the_same(volume: Volume, monkeypatch: pytest.MonkeyPatch) -> None:
    for stream in (None, ClosedStream()):
        monkeypatch.setattr(sys, "stderr", stream)
        assert viewer3d.serve(volume, "mpr", (300, 200), open_browser=False, idle=0.03)


def test_insecure_is_said_aloud(volume: Volume, capsys: pytest.CaptureFixture[str]) -> None:
    viewer3d.serve(volume, "mpr", (300, 200), host="0.0.0.0", insecure=True, open_browser=False, idle=0.03)
    told_aloud = capsys.readouterr().err.splitlines()
    assert told_aloud[0].startswith(
        "viewer3d: --insecure: pictures, keys and the token go over the network as they are"
    )
    assert not any("ssh -L" in line for line in told_aloud)


def test_a_server_that_fails_ends_the_viewer(
    volume: Volume, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from viewer3d.web.server import page_server

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("not in the plan")

    monkeypatch.setattr(page_server, "serve", fail)
    assert told(volume) == "the server of the page has failed: see above, and start it again"
    assert "RuntimeError: not in the plan" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        *(
            ("8h", 28800.0),
            ("30m", 1800.0),
            ("2d", 172800.0),
            ("90s", 90.0),
            ("90", 90.0),
            (0.5, 0.5),
            (" 1.5 H ", 5400.0),
        ),
        *(("none", None), ("None", None), (None, None)),
    ],
)
def test_a_time_is_read(text: Any, seconds: float | None) -> None:
    assert parse_idle(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "h", "0", "0h", "-1h", "1w", "8 h m", "1e3", "nan", "inf", "9" * 400, "٣h", 0, -1, True]
)
def test_what_is_no_time_is_refused(text: Any) -> None:
    with pytest.raises(WebError, match="expected a time as 30m, 8h or 2d, or none for never"):
        parse_idle(text)


def test_a_time_is_spelled_as_a_person_would() -> None:
    seconds = (28800, 3600, 5400, 172800, 90, 0.5, 60, 1)
    assert [duration_words(float(one)) for one in seconds] == [
        *("8 hours", "1 hour", "90 minutes", "2 days", "90 seconds", "0.5 seconds", "1 minute", "1 second")
    ]


@pytest.mark.slow
def test_the_program_ends_with_ctrl_c_and_its_streams_may_be_closed(folder: Path) -> None:
    command = [sys.executable, "-m", "viewer3d", "serve", str(folder), "--view", "mpr", "--no-browser"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        found = URL.fullmatch(program.stdout.readline().decode())
        assert found is not None
        program.stdout.close()  # as `| head -1` does
        client = Client(int(found[1]), found[2])
        assert client.enter() == 204
        with client.socket() as there:
            receive(there, "frame")
            program.send_signal(signal.SIGINT)
            assert receive(there, "end")["why"] == "The viewer has ended: it was stopped where it runs."
        assert program.wait(20) == 0
        assert program.stderr.read().decode().splitlines()[-1] == "viewer3d: ended: it was stopped where it runs"


@pytest.mark.slow
def test_the_program_ends_well_with_its_terminal_and_says_when_its_url_cannot_be_printed(folder: Path) -> None:
    command = [sys.executable, "-m", "viewer3d", "serve", str(folder), "--view", "mpr", "--no-browser"]
    ours, theirs = os.openpty()
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True) as program:
        os.close(theirs)
        told = b""
        while b"ends it" not in told:
            told += os.read(ours, 4096)
        os.close(ours)
        program.send_signal(signal.SIGHUP)
        assert program.wait(20) == 0
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    said = "viewer3d: standard output is closed, and no browser opens: nobody could be told the URL"
    assert ended.stderr.splitlines()[-1] == said


@pytest.mark.parametrize(("place", "opens"), [(PageAddress(), True), (PageAddress("0.0.0.0", insecure=True), False)])
def test_other_folders_are_opened_by_who_comes_by_this_machine_alone(place: PageAddress, opens: bool) -> None:
    with listen(place) as listener:
        screen = module._PageScreen((300, 200), is_titled=False, is_own=not listener.hosts.any_address)
    with Viewer(phantom.volume(shape=(24, 20, 16)), "mpr", (300, 200), screen=screen, keep="forget") as viewer:
        viewer.open()
        assert ScreenTraits(True, opens, closes_by_keys=False) == viewer.interactor.context.screen
        viewer.interactor.key("q")
        assert viewer.note == "close the tab; Ctrl + c in the terminal ends the server"
        assert viewer.is_open
