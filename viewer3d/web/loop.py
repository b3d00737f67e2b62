"""Process the events of a viewer in browsers, and draw no faster than they show it."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from threading import RLock
from typing import Final

from viewer3d.app.browser import Browser
from viewer3d.app.opening import error_message, report
from viewer3d.app.viewer import Viewer
from viewer3d.errors import Viewer3DError
from viewer3d.web.screen import WebScreen
from viewer3d.web.spoken import Spoken

UNWATCHED_SECONDS: Final = 0.25
"""From look to look while no browser shows anything: a cine that nobody sees is hardly drawn."""


class Served:
    """A viewer or a browser of series on a screen in browsers.

    :func:`viewer3d.app.prompt.run_until_closed` runs it.

    Parameters
    ----------
    source : Viewer or Browser
        With the screen as its own, and opened.
    screen : WebScreen
        Its ``wake`` also ends the wait of the loop from now on.
    waits : bool
        Whether there is a file to wait for, which :meth:`close` has to free: not where another loop calls this.

    Attributes
    ----------
    source : Viewer or Browser
    screen : WebScreen
    """

    def __init__(self, source: Viewer | Browser, screen: WebScreen, *, waits: bool = True) -> None:
        self.source, self.screen = source, screen
        self._spoken = Spoken(source)
        self._has_failed, self._processed_at = False, -UNWATCHED_SECONDS
        self._pipe: tuple[int, ...] = ()
        self._piping = RLock()  # a signal may wake it within its close
        if waits and os.name == "posix":  # elsewhere only sockets can be waited for: the loop looks again and again
            self._pipe = os.pipe()
            for end in self._pipe:
                os.set_blocking(end, False)
        self._wake_before, screen.wake = screen.wake, self.wake

    @property
    def is_open(self) -> bool:
        """Whether what is shown is open."""
        return self.source.is_open

    @property
    def event_files(self) -> tuple[int, ...]:
        """File descriptor that can be read when something was said by a browser."""
        return self._pipe[:1]

    def wake(self) -> None:
        """End the wait of the loop; from any thread."""
        self._wake_before()
        with self._piping, suppress(OSError):  # full: it is awake
            if pipe := self._pipe:
                os.write(pipe[1], b"\0")

    def process_events(self) -> bool:
        """Process events and draw while a browser can take a picture; return whether anything was done."""
        self._drain()
        worked, has_events = False, self.screen.has_events
        is_due = has_events or self.screen.is_watched or time.monotonic() >= self._processed_at + UNWATCHED_SECONDS
        if is_due and self.screen.can_take and (has_events or not self._has_failed):
            worked, self._processed_at = self._process(), time.monotonic()
        worked |= self.screen.send_due(is_busy=worked)
        if not worked and self.screen.clients and not self._has_failed:
            self._say_due()
        return worked

    def close(self) -> None:
        """Close what is shown, and free what is held."""
        self.source.close()
        self.screen.close()
        self.screen.wake = self._wake_before
        with self._piping:  # else another thread may write to a file that was opened with this number
            pipe, self._pipe = self._pipe, ()
            for end in pipe:
                os.close(end)

    def _say_due(self) -> None:
        try:
            for kind, text in self._spoken.due().items():
                self.screen.say(text, kind)
        except Exception as error:  # noqa: BLE001, RUF100 (who sees the picture must not lose it)
            report(error)
            self._has_failed = True

    def _process(self) -> bool:
        try:
            worked = self.source.process_events()
        except Exception as error:
            if isinstance(error, Viewer3DError) and self._has_nothing:
                raise  # nothing at the path can be shown: who has called is told
            if not isinstance(error, Viewer3DError):
                report(error)
            self._has_failed = True  # what fails fails again: the next event tries
            self.screen.say(error_message(error), "note")
            return False
        self._has_failed = False
        return worked

    @property
    def _has_nothing(self) -> bool:
        return isinstance(self.source, Browser) and self.source.viewer is None

    def _drain(self) -> None:
        if self._pipe:
            with suppress(OSError):  # empty
                while os.read(self._pipe[0], 4096):
                    pass
