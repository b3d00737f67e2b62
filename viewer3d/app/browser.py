"""Browser: a window on a folder. Its series are loaded in the background, and chosen in a panel."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer3d.app.prompt import live_beside_prompt, stay
from viewer3d.app.viewer import Viewer
from viewer3d.app.window.desktop import Desktop
from viewer3d.app.window.help import note_marks
from viewer3d.app.window.panel import Panel, Thumbnail, draw_panel
from viewer3d.app.window.panel_interactor import Feeling, NoHands, PanelHands
from viewer3d.app.window.progress_bar import LOW, MIDDLE, progress_marks
from viewer3d.app.window.screen import Part, drawable
from viewer3d.core.planes import View
from viewer3d.core.task import Progress, Step, Task
from viewer3d.core.view import ViewState
from viewer3d.core.volume import Volume
from viewer3d.dicom.series.catalog import Shelf, Wish, find_shelf
from viewer3d.errors import Viewer3DError, ViewError
from viewer3d.render.marks.display_list import EMPTY
from viewer3d.render.marks.raster import Ink
from viewer3d.render.panes import Rect, check_size

STEP_SECONDS = 0.05
"""How far loading is, is drawn no more often."""


class Browser:
    """Shows the series of a folder in a window: first the one that is meant, or else the one with the most slices.

    Parameters
    ----------
    where : path
        A folder (searched at any depth), one file, a DICOMDIR or a zip.
    view : {"quad", "mpr", "axial", "coronal", "sagittal", "3d"}
    size : tuple of int
        Width and height in pixels.
    wish : Wish
        What is meant, and how all is to be read.
    begin : callable, optional
        Is called with the volume that was loaded first; returns the state to begin with.
    opened : callable, optional
        Is called with the volumes of every series that was loaded.

    Raises
    ------
    RenderError
        When there is no display.
    """

    def __init__(
        self,
        where: Any,
        view: View = "quad",
        size: tuple[int, int] = (1200, 900),
        *,
        wish: Wish = Wish(),  # noqa: B008 (frozen)
        begin: Callable[[Volume], ViewState] | None = None,
        opened: Callable[[Sequence[Volume]], object] = lambda _: None,
    ) -> None:
        self._view, self._begin, self._opened = view, begin, opened
        self._desktop = Desktop(check_size(size))
        self._part = Part(self._desktop)
        self._part.name("viewer3d")
        self._viewer: Viewer | None = None
        self._shelf = Shelf((), 0)
        self._thumbnails: list[Thumbnail | None] = []
        self._drawing_thumbnails: Task[None] | None = None
        self.panel, self._seen, self._message = Panel(), -1, ""
        self._ink = Ink()
        self._drawn: tuple[object, Step, float] = (None, Step(), 0.0)
        self._is_stopped = False
        self._job: tuple[Task[Any], Callable[[Any], None]] | None = None
        self._do(partial(find_shelf, where, wish), self._fill)

    @property
    def viewer(self) -> Viewer | None:
        """What shows the series that was loaded; None until the first is."""
        return self._viewer

    @property
    def is_open(self) -> bool:
        """Whether the window is there."""
        return self._part.is_open

    @property
    def files(self) -> tuple[int, ...]:
        """Numbers of the files that can be read when something has happened to the window."""
        return self._desktop.files

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the window in pixels."""
        return self._desktop.size

    @property
    def beside(self) -> Feeling:
        """The hands on what lies beside the panel."""
        return NoHands(self._part.close) if self._viewer is None else self._viewer.hands

    def show(self) -> ViewState | Browser | None:
        """Open the window and stay until it is closed; at the prompt of IPython return at once.

        Returns
        -------
        ViewState, Browser or None
            What was seen last, or None when the window was closed before anything was; at the prompt of IPython the
            browser itself.

        Raises
        ------
        Viewer3DError
            When nothing there can be shown. What cannot be loaded is told in the window.
        """
        is_beside_prompt = live_beside_prompt(self)
        self._desktop.open(PanelHands(self))
        if is_beside_prompt:
            return self
        stay(self)
        return None if self._viewer is None else self._viewer.last_state

    def turn(self) -> bool:
        """Take what has happened and show what has changed; returns whether there was anything to do."""
        job = self._job
        if job is not None and job[0].is_over:
            self._job = None
            self._end(*job)
        if not self.is_open:
            return False
        worked = self._cover()
        if self._viewer is not None:
            return self._viewer.turn() or worked
        if self._part.turn() or worked:
            width, height = self._part.size
            self._part.show(np.full((height, width, 3), EMPTY, np.uint8), [Rect(0, 0, width, height)])
        return worked

    def choose(self, entry: int) -> None:
        """Load an entry of the shelf, instead of what is being loaded."""
        if self._job is not None:
            self._job[0].stop()
        self._message = ""
        self.panel = replace(self.panel, opened=entry, selected=entry, has_keys=False)
        self._do(self._shelf.entries[entry].load, self._open)

    def stop(self) -> bool:
        """Stop what is being loaded; returns whether anything was."""
        if self._job is None:
            return False
        self._job[0].stop()
        self._is_stopped = True  # also where it was just done
        return True

    def hush(self) -> bool:
        """Take the message away; returns whether there was one."""
        had, self._message = bool(self._message), ""
        return had

    def close(self) -> None:
        """Close the window, end what is being loaded and free what is held."""
        self._part.close()
        for task in (self._drawing_thumbnails, self._job and self._job[0]):
            if task is not None:
                task.stop()
        if self._viewer is not None:
            self._viewer.close()

    def _do(self, work: Callable[[Progress], Any], then: Callable[[Any], None]) -> None:
        self._job, self._is_stopped = (Task(work), then), False

    def _end(self, task: Task[Any], then: Callable[[Any], None]) -> None:
        result, failed = None, False
        try:
            result = task.result()
        except Exception as error:  # whatever a damaged file does: another may be chosen
            if not self._shelf.entries:
                raise  # nothing was found: who asked for it is told where it was asked
            self._message, failed = _told(error), True
        if result is not None and not self._is_stopped:
            then(result)
        elif self._viewer is None and len(self._shelf.entries) < 2 and not failed:
            self._part.close()
        else:
            self._stay_with_what_is_seen()

    def _stay_with_what_is_seen(self) -> None:
        # It was stopped, or cannot be seen: another can be chosen.
        has_others = len(self._shelf.entries) > 1
        self.panel = replace(self.panel, opened=self._seen, is_shown=self.panel.is_shown or has_others)

    def _fill(self, shelf: Shelf) -> None:
        self._shelf = shelf
        count = len(shelf.entries)
        self.panel = Panel(count, selected=shelf.first, is_shown=count > 1)
        self._thumbnails = [None] * count
        if count > 1:
            self._drawing_thumbnails = Task(self._draw_thumbnails)
        self.choose(shelf.first)

    def _draw_thumbnails(self, progress: Progress) -> None:
        for number, entry in enumerate(self._shelf.entries):
            progress("thumbnails", number, len(self._shelf.entries))
            with suppress(Exception):  # its box stays empty; why, is said when it is chosen
                self._thumbnails[number] = entry.thumbnail()

    def _open(self, volumes: Sequence[Volume]) -> None:
        if self._viewer is None:
            state = None if self._begin is None else self._begin(volumes[0])
            self._viewer = Viewer(volumes, self._view, drawable(self._part.size), state=state, screen=self._part)
        else:
            try:
                self._viewer.exchange(volumes)
            except ViewError as error:
                self._message = str(error)
                self._stay_with_what_is_seen()
                return
        self._seen = self.panel.opened
        self._opened(volumes)

    def _cover(self) -> bool:
        """Draw anew what lies over the picture, if it has changed; returns whether it has."""
        step = Step() if self._job is None else self._job[0].step
        there = sum(thumbnail is not None for thumbnail in self._thumbnails)
        key = (self.panel, there, self._message, self._job is not None, self.size)
        now, (drawn, drawn_step, at) = time.monotonic(), self._drawn
        if drawn == key and (drawn_step == step or now < at + STEP_SECONDS):
            return False
        self._drawn = (key, step, now)
        self._part.cover = self._draw if self._job is not None or self._message else None
        self._part.side = self._side() if self.panel.is_shown else np.zeros((1, 0, 3), np.uint8)
        self._part.show_again()
        return True

    def _side(self) -> NDArray[np.uint8]:
        return draw_panel(self.panel, self.size, self._shelf.entries, self._thumbnails, self._ink)

    def _draw(self, picture: NDArray[np.uint8]) -> None:
        size = picture.shape[1], picture.shape[0]
        if self._job is not None:
            share = MIDDLE if self._viewer is None else LOW
            self._ink.draw(picture, progress_marks(size, self._job[0].step, share))
        else:
            self._ink.draw(picture, note_marks(size, self._message, alone=self._viewer is None))


def _told(error: Exception) -> str:
    """Return what the window says of an error: one that nobody expected is named as such."""
    if isinstance(error, Viewer3DError):
        return str(error)
    return f"it cannot be shown: {type(error).__name__}: {error}; this is a defect of viewer3d, please report it"
