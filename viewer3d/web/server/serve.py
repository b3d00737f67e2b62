"""Show a volume or a folder in a browser: a page on this machine, until it is stopped or idle."""

from __future__ import annotations

import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from viewer3d.app.browser import Browser
from viewer3d.app.opening import report
from viewer3d.app.prompt import run_beside_prompt, run_until_closed, run_while
from viewer3d.app.show import open_requested, viewer_of
from viewer3d.app.viewer import Viewer
from viewer3d.core.inputs import AnyVolume
from viewer3d.core.layers import Layer, Overlays
from viewer3d.core.view.planes import View
from viewer3d.core.view.side_by_side import SideBySide
from viewer3d.core.view.state import ViewState
from viewer3d.errors import Viewer3DError, ViewError, WebError
from viewer3d.web.loop import Served
from viewer3d.web.phones import PhoneFit
from viewer3d.web.screen import WebScreen
from viewer3d.web.server.access import Access
from viewer3d.web.server.addresses import Listener, PageAddress, listen
from viewer3d.web.server.console import duration_words, open_page, parse_idle, print_remark, print_url
from viewer3d.web.server.limits import Limits

__all__ = ["serve"]

IDLE: Final = "8h"
"""A working day: what was forgotten is not there the next morning."""


@dataclass(frozen=True)
class PageChoice:
    """Where a page is served, to whom and for how long.

    Attributes
    ----------
    address : PageAddress
    open_browser : bool
        Whether the page is opened in the browser of this machine.
    identify : bool
        Whether the title of the page may say what was scanned.
    idle : float, optional
        Seconds without a hand in any page after which it ends; None for never.
    fits_phones : bool
        Whether a phone begins with one pane and without the panel: not where a view was asked for.
    """

    address: PageAddress = field(default_factory=PageAddress)
    open_browser: bool = True
    identify: bool = False
    idle: float | None = 8 * 3600.0
    fits_phones: bool = True


def serve(
    what: AnyVolume,
    view: View | None = None,
    size: tuple[int, int] = (1200, 900),
    *,
    state: ViewState | SideBySide | None = None,
    overlays: Overlays = (),
    beside: Sequence[AnyVolume | Layer] = (),
    host: str = "127.0.0.1",
    port: int = 0,
    open_browser: bool = True,
    certificate: str | Path | None = None,
    key: str | Path | None = None,
    insecure: bool = False,
    identify: bool = False,
    idle: float | str | None = IDLE,
    resume: bool = False,
    forget: bool = False,
) -> Viewer:
    """Show a volume, a 4-D set or a folder in a browser, until Ctrl+C, or until it was idle.

    The URL of the page is printed on standard output, and has a token that lets one browser in, once. See
    docs/serving.md. At the prompt of IPython it returns at once (of a folder, as soon as a series is loaded).

    Parameters
    ----------
    what, view, state, overlays, beside, resume, forget
        As of :func:`viewer3d.show`.
    size : tuple of int
        Width and height in pixels before a page has told its own.
    host : str
        What it listens at: this machine alone, unless another address or name of it is given; ``"0.0.0.0"`` are all.
        Others are served with a certificate, or where ``insecure`` says so.
    port : int
        0 for any that is free.
    open_browser : bool
        Whether the page is opened in the browser of this machine.
    certificate, key : path-like, optional
        Files of PEM for TLS; the key may be in the file of the certificate.
    insecure : bool
        Whether others on the network are served without TLS: who is on the way reads along.
    identify : bool
        Whether names of persons may be shown, and the title of the page says what was scanned.
    idle : float or str, optional
        Seconds, or a time as ``"30m"``, ``"8h"`` or ``"2d"``, without a hand in any page and without a page that
        comes, after which it ends; ``None`` or ``"none"`` for never.

    Returns
    -------
    Viewer
        As of :func:`viewer3d.show`.

    Raises
    ------
    WebError
        When the page cannot be served: websockets is not installed, the port is in use, the host is none of this
        machine, a certificate is missing or of no use, or nobody could be told the URL.
    ViewError, DicomError
        As of :func:`viewer3d.show`; in a notebook, which needs no server.

    Examples
    --------
    >>> viewer = serve(volume)                                           # doctest: +SKIP
    >>> viewer = serve("folder", overlays=[segmentation], idle="30m")    # doctest: +SKIP
    """
    asked: dict[str, Any] = {"state": state, "beside": beside, "resume": resume, "forget": forget}

    def show_on(screen: WebScreen) -> Viewer | Browser:
        """Return what shows it on a screen."""
        return open_requested(what, view, size, screen=screen, overlays=overlays, identify=identify, **asked)

    address = PageAddress(host, port, certificate, key, insecure)
    page = PageChoice(address, open_browser, identify, parse_idle(idle), view is None and state is None)
    shown = serve_source(show_on, size, page)
    viewer = viewer_of(shown)
    if viewer is None:
        assert isinstance(shown, Browser)
        raise shown.error or ViewError("it was stopped before anything was loaded: there is no view of it")
    return viewer


def serve_source(
    show_on: Callable[[WebScreen], Viewer | Browser], size: tuple[int, int], page: PageChoice
) -> Viewer | Browser:
    """Serve what is shown on a screen until it is stopped; at the prompt of IPython return at once.

    Parameters
    ----------
    show_on : callable
        Is called with the screen and returns what is shown on it, not open yet.
    size : tuple of int
        Of the screen before a page has told its own.
    page : PageChoice

    Raises
    ------
    WebError, ViewError
        As of :func:`serve`.
    """
    _check_here()
    with ExitStack() as held:
        listener = listen(page.address)
        held.callback(listener.close)
        screen = _PageScreen(size, is_titled=page.identify, is_own=not listener.hosts.any_address)
        source = show_on(screen)
        held.callback(source.close)
        serving = Serving(source, screen, listener, page)
        held.callback(serving.close)
        if run_beside_prompt(serving):
            serving.begin()
            if isinstance(source, Browser):
                run_while(serving, lambda: source.is_open and source.viewer is None)
            held.pop_all()  # the prompt closes it
            return source
        with _ended_by_signals(serving):  # before anybody is told the URL, and may ask it to end
            serving.begin()
            run_until_closed(serving)
    return source


class Serving:
    """What is shown on a screen in pages, and the server of these, for the loops of the prompt.

    Parameters
    ----------
    source : Viewer or Browser
        What is shown.
    screen : WebScreen
    listener : Listener
    page : PageChoice
    limits : Limits

    Attributes
    ----------
    source : Viewer or Browser
    why : str
        Why it ends; empty while it does not.
    """

    def __init__(
        self,
        source: Viewer | Browser,
        screen: WebScreen,
        listener: Listener,
        page: PageChoice,
        limits: Limits = Limits(),  # noqa: B008 (frozen)
    ) -> None:
        from viewer3d.web.server.page_server import PageServer  # noqa: PLC0415 (the extra "web")

        self.source, self.why, self._failure = source, "", ""
        self._screen, self._page, self._told, self._has_begun = screen, page, 0, False
        self._access = Access(listener.hosts, "http" if listener.secure is None else "https")
        self._address, self._is_bare = listener.url, listener.hosts.any_address and listener.secure is None
        port = listener.getsockname()[1]
        to_own = f"; on another machine after ssh -L {port}:127.0.0.1:{port} {socket.gethostname()}"
        self._tunnel = "" if listener.hosts.any_address else to_own
        self._server = PageServer(screen, self._access, listener, limits)
        self._served = Served(source, screen)
        self._phones = PhoneFit(source, screen) if page.fits_phones else None

    @property
    def is_open(self) -> bool:
        """Whether what is shown is open."""
        return self._served.is_open

    @property
    def event_files(self) -> tuple[int, ...]:
        """File descriptors that can be read when there are events."""
        return self._served.event_files

    @property
    def url(self) -> str:
        """The URL of the page, with the token: a fragment is in no log, request or referrer."""
        return f"{self._address}#token={self._access.token}"

    @property
    def tabs(self) -> int:
        """How many pages see it now."""
        return self._server.tabs

    def begin(self) -> None:
        """Open what is shown, serve the page, say where it is, and open it in a browser.

        Raises
        ------
        WebError
            When nobody can be told where it is.
        """
        self.source.open()
        self._server.start()
        self._has_begun = True
        if self._is_bare:
            print_remark(
                "--insecure: pictures, keys and the token go over the network as they are; "
                "who is on the way sees them, and can steer the viewer"
            )
        is_printed = print_url(self.url)
        why_not = open_page(self.url) if self._page.open_browser else "not asked for"
        if why_not and not is_printed:
            raise WebError("standard output is closed, and no browser opens: nobody could be told the URL")
        ends = "" if self._page.idle is None else f", or when nothing was done for {duration_words(self._page.idle)}"
        print_remark(f"this link lets one browser in, once; Ctrl+C here ends it{ends}")
        if why_not and self._page.open_browser:
            print_remark(f"{why_not}: open the URL yourself{self._tunnel}")

    def process_events(self) -> bool:
        """Process events and draw, or end it where that is due; return whether there was anything to do."""
        idle = self._page.idle
        if not self.why and idle is not None and time.monotonic() > self._server.acted_at + idle:
            self.why = f"nothing was done for {duration_words(idle)}"
        if self.why:
            self._screen.close(self._farewell)
            return True
        while self._told < len(self._server.failures):
            report(self._server.failures[self._told])
            self._told += 1
        if not self._server.is_running:
            raise WebError("the server of the page has failed: see above, and start it again")
        if self._phones is not None:
            self._phones.fit()
        try:
            return self._served.process_events()
        except Viewer3DError as error:  # nothing there can be shown: pages are told as the caller is
            self._failure = str(error)
            raise

    def end(self, why: str) -> None:
        """End it with the next events; from a signal, or any thread."""
        self.why = why
        self._served.wake()

    def close(self) -> None:
        """Tell the pages that it ends, close them and free what is held."""
        self._screen.close(self._farewell)
        self._server.stop()  # before what it wakes is closed
        self._served.close()
        if self._has_begun:
            self._has_begun = False
            print_remark(f"ended: {self.why}" if self.why else "ended")

    @property
    def _farewell(self) -> str:
        why = self._failure or self.why
        return f"The viewer has ended: {why}." if why else "The viewer has ended."


class _PageScreen(WebScreen):
    """A screen whose title says nothing of a patient, unless that is asked for.

    Who comes by this machine alone, with the token that it printed, is the person who has started it: other folders
    may be opened then, as in the window.
    """

    def __init__(self, size: tuple[int, int], *, is_titled: bool, is_own: bool) -> None:
        super().__init__(size)
        self._is_titled, self._is_own = is_titled, is_own

    @property
    def opens_places(self) -> bool:
        """Whether who sees it may open other folders of this machine."""
        return self._is_own

    @property
    def how_to_close(self) -> str:
        """How a person closes it."""
        return "close the tab; Ctrl + c in the terminal ends the server"

    def set_title(self, title: str) -> None:
        """Set the title of the pages; a description of a series is free text, and may name anybody."""
        super().set_title(title if self._is_titled else "viewer3d")


def _check_here() -> None:
    """Refuse a notebook, and a Python without websockets."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if hasattr(shell, "kernel"):
        raise ViewError(
            "a notebook needs no server: viewer3d.Viewer(volume).widget() shows it in a cell "
            "(pip install 'viewer3d[notebook]'); or run `viewer3d serve PATH` in a terminal"
        )
    try:
        import_module("websockets.asyncio.server")
    except ImportError as error:
        raise WebError("serving needs websockets, which is not installed: pip install 'viewer3d[web]'") from error


@contextmanager
def _ended_by_signals(serving: Serving) -> Iterator[None]:
    """Let Ctrl+C and what else asks this process to end do so in order; the second Ctrl+C at once."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are for the main thread
        return

    def ask(number: int, frame: Any) -> None:
        """Handle a signal."""
        if serving.why and number == signal.SIGINT:
            signal.default_int_handler(number, frame)
        serving.end("it was stopped where it runs")

    names = ("SIGINT", "SIGTERM", "SIGHUP")  # the last where a terminal is closed; not with nohup
    numbers = [one for one in (getattr(signal, name, None) for name in names) if one is not None]
    before = {one: signal.getsignal(one) for one in numbers}
    ours = [one for one in numbers if before[one] not in {signal.SIG_IGN, None}]
    try:
        for one in ours:
            signal.signal(one, ask)
        yield
    finally:
        for one in ours:
            signal.signal(one, before[one])
