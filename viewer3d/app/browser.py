"""The browser: a desktop window on a folder, whose series are loaded in the background."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer3d.app.beside.catalog_panel import CellRow
from viewer3d.app.how_opened import fused_note, load_fused, opening_view, row_below
from viewer3d.app.in_notebook import ShownInNotebook, own_screen
from viewer3d.app.opening import error_message, loaded_overlays, overlays_over, with_masks
from viewer3d.app.places.place_panel import FoundPlace, PlacePanel
from viewer3d.app.prompt import in_kernel, run_beside_prompt, run_until_closed, run_while
from viewer3d.app.saving import OpenedFiles
from viewer3d.app.sessions.keeping import KeepChoice
from viewer3d.app.task import Step, Task
from viewer3d.app.viewer import Viewer
from viewer3d.app.window.controls import WARNING_SECONDS
from viewer3d.app.window.notes import BAR_LOW, BAR_MIDDLE, note_marks, progress_marks
from viewer3d.app.window.screen import EventHandler, Screen, drawable
from viewer3d.core.images.image2d import flat_of
from viewer3d.core.layers import Layer, Overlays, PlacedLayers, as_overlays, place_layers
from viewer3d.core.progress import Progress
from viewer3d.core.view.planes import View
from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume
from viewer3d.dicom.series.catalog import Catalog, CatalogEntry, CatalogObject, CatalogRequest, build_catalog
from viewer3d.errors import Viewer3DError, ViewError
from viewer3d.render.marks.display_list import EMPTY
from viewer3d.render.marks.raster import Rasterizer
from viewer3d.render.panes import Rect, check_size

OverlayLoader = Callable[[Sequence[Volume], Progress], Sequence[Layer]]
"""Takes the volumes of the series that was opened first and a progress, and returns what lies over them."""

_STEP_SECONDS = 0.05
"""Between two pictures of the progress bar, at least."""


@dataclass(frozen=True)
class _Loaded:
    # A series that was loaded, what lies over it, and what to say of what does not.
    volumes: Sequence[Volume]
    overlays: Overlays
    note: str
    row: int  # of the catalog
    laid: int | None = None  # the row that the last of the overlays is of, where the table has it open so


class Browser(ShownInNotebook, PlacePanel):
    """Shows the series of a folder in a desktop window, first the one asked for or the largest.

    Parameters
    ----------
    source : path or None
        A folder (searched at any depth), one file, a DICOMDIR or a zip; None for a window in which one is opened later.
    view : {"quad", "mpr", "axial", "coronal", "sagittal", "3d"}, optional
        Without it what opens how is decided by :mod:`viewer3d.app.how_opened`: the view, and what lies over what.
    size : tuple of int
        Width and height in pixels.
    request : CatalogRequest
        Which series to open first, and how to read all of them.
    begin : callable, optional
        Is called with the volume that was loaded first, and returns the state to begin with.
    opened : callable, optional
        Is called with the volumes of every series that was opened.
    overlays : sequence of Layer or data, or callable
        What is drawn over the first series that is opened, and over every other one that it lies in as well; or what
        loads that: it is called with the volumes of that series and a progress, beside the window.
    keep : {"keep", "resume", "forget"}
        What becomes of what is kept of every series that is shown, see :class:`viewer3d.Viewer`.
    screen : Screen, optional
        What shows it, instead of a desktop window of its own.

    Raises
    ------
    RenderError
        When there is no display.
    """

    def __init__(
        self,
        source: Any,
        view: View | None = None,
        size: tuple[int, int] = (1200, 900),
        *,
        request: CatalogRequest = CatalogRequest(),  # noqa: B008 (frozen)
        begin: Callable[[Volume], ViewState] | None = None,
        opened: Callable[[Sequence[Volume]], object] = lambda _: None,
        overlays: Overlays | OverlayLoader = (),
        keep: KeepChoice = "keep",
        screen: Screen | None = None,
    ) -> None:
        self._view, self._begin, self._keep, self._opened_view = view, begin, keep, view
        shown_on = own_screen(check_size(size)) if screen is None else screen
        super().__init__(shown_on, source, opened, keeps_recent=keep != "forget")
        self._area.set_title("viewer3d")
        self._overlays: tuple[Layer, ...] | OverlayLoader = overlays if callable(overlays) else as_overlays(overlays)
        self._message = ""
        self._error: Exception | None = None
        self._raster = Rasterizer()
        self._drawn: tuple[object, Step, float] = (None, Step(), 0.0)
        self._is_stopped = False
        self._request = request
        self._start(partial(self.find, source), self._show_found)

    @property
    def is_open(self) -> bool:
        """Whether the desktop window is open."""
        return self._area.is_open

    @property
    def event_files(self) -> tuple[int, ...]:
        """File descriptors that can be read when the desktop window has events."""
        return self._desktop.event_files

    @property
    def picture_handler(self) -> EventHandler:
        """What handles the events of the picture beside the panel."""
        is_alone = self._viewer is None or self.prompt.prompt is not None
        return super().picture_handler if is_alone else self.cells.handler

    @property
    def is_loading(self) -> bool:
        """Whether the folder is searched or a series is loaded."""
        return self._job is not None

    @property
    def message(self) -> str:
        """What the window says of the series that was chosen last; empty when it says nothing."""
        return self._message

    @property
    def error(self) -> Exception | None:
        """Why the series that was chosen last could not be shown; None where it was."""
        return self._error

    def show(self) -> Viewer | None:
        """Open the window and wait until it is closed; at the prompt of IPython, until a series is loaded.

        Returns
        -------
        Viewer or None
            The viewer of the series that was loaded. None when the window was closed before one was.

        Raises
        ------
        Viewer3DError
            When nothing there can be shown. A series that cannot be loaded is told in the window.
        """
        is_beside_prompt = run_beside_prompt(self) or in_kernel()
        self.open()
        if not is_beside_prompt:
            run_until_closed(self)
            return self._viewer
        try:
            run_while(self, lambda: self.is_open and self._viewer is None)
        except BaseException:
            self.close()
            raise
        return self._viewer

    def process_events(self) -> bool:
        """Process events, show what has changed, and return whether there was anything to do."""
        job = self._job
        if job is not None and job[0].is_over:
            self._job = None
            self._finish(*job)
        if not self.is_open:
            return False
        self._load_waiting()
        self._begin_thumbnails()
        self.prompt.process()
        worked = self._update_controls()
        if self._viewer is not None:
            return self.cells.process_events() | self.finish_events() | worked
        if self._area.process_events() or self.finish_events() or worked:
            width, height = self._area.device.size(self._area.size)
            self._area.show(np.full((height, width, 3), EMPTY, np.uint8), [Rect(0, 0, width, height)])
        return worked

    def choose(self, entry: int, *, over: bool = False) -> None:
        """Load a row of the catalog, instead of what is being loaded.

        Parameters
        ----------
        entry : int
            Of a series, which is shown then; or of a segmentation or structure set, which is laid over the series that
            is shown, or taken off again.
        over : bool
            Whether a series, too, is to be laid over the one that is shown.
        """
        self.stop_job()
        is_over = isinstance(self._catalog.rows[entry], CatalogObject) or (over and entry != self._shown_entry)
        below = None if over or is_over else self._row_below(entry)
        if below is not None and below == self._shown_entry and self._viewer is not None:
            self._start(partial(self._load_over, entry, self._viewer), self._for_cell(partial(self._lay_over, entry)))
        elif not is_over or self._viewer is None:
            self.panel = replace(self.panel, opened=entry, selected=entry, has_keys=False)
            row = None if self._viewer is None else self._row  # of the cell that is active now
            self._start(partial(self._load, entry, below, row), self._for_cell(self._show_volumes))
        elif entry in self.panel.lying:
            self._take_off(entry, self._viewer)
        else:
            self._start(partial(self._load_over, entry, self._viewer), self._for_cell(partial(self._lay_over, entry)))

    def _row_below(self, entry: int) -> int | None:
        """Return the row that one opens over by the table; None where it is alone, or was asked for otherwise."""
        if self._view is not None or entry in self.panel.lying or (self._viewer is None and self._overlays):
            return None
        return row_below(self._catalog.rows, entry, self._shown_entry)

    def stop_job(self) -> None:
        """Stop what is being loaded, because something else is to be, and hide the message."""
        if self._job is not None:
            self._job[0].stop()
            self._job = None
            self._keep_what_is_shown()
        self._message, self._error = "", None

    def find_series(self, source: Any, progress: Progress) -> Catalog:
        """Find the series of a place: of the first one as was asked for."""
        request = self._request
        if self._stays:  # another place: which series of the first one was meant says nothing of it
            request = CatalogRequest(how=replace(request.how, presentation=CatalogRequest().how.presentation))
        return build_catalog(source, request, progress)

    def stop_loading(self) -> bool:
        """Stop what is being loaded and return whether anything was."""
        if self._job is None:
            return False
        self._job[0].stop()
        self._is_stopped = True  # also where it was just done
        return True

    def dismiss_message(self) -> bool:
        """Hide the message and return whether there was one."""
        had, self._message = bool(self._message), ""
        return had

    def close(self) -> None:
        """Close the window, end what is being loaded and free what is held."""
        self._area.close()
        for task in (self._drawing_thumbnails, self._job and self._job[0]):
            if task is not None:
                task.stop()
        self.cells.close()

    def _screen_in_notebook(self) -> Screen:
        return self._desktop

    def _show_error(self, error: Viewer3DError) -> None:
        self._message, self._error = str(error), error

    def _say(self, message: str) -> None:
        self._message, self._error = message, None

    def _start(self, work: Callable[[Progress], Any], then: Callable[[Any], None]) -> None:
        self._job, self._is_stopped = (Task(work), then), False

    def _finish(self, task: Task[Any], then: Callable[[Any], None]) -> None:
        result, failed = None, False
        try:
            result = task.result()
        except Exception as error:  # whatever a damaged file does: another may be chosen
            if not (self._catalog.entries or self._stays):
                raise  # nothing was found: the caller is told
            self._message, self._error, failed = error_message(error), error, True
        if result is not None and not self._is_stopped:
            then(result)
        elif self._viewer is None and len(self._catalog.rows) < 2 and not (failed or self._stays):
            self._end_empty()
        else:
            self._keep_what_is_shown()

    def _keep_what_is_shown(self) -> None:
        # Loading was stopped or failed: another series can be chosen.
        has_others = len(self._catalog.rows) > 1
        self.panel = replace(self.panel, opened=self._shown_entry, is_wanted=self.panel.is_wanted or has_others)

    def _show_found(self, found: FoundPlace) -> None:
        catalog, was_wanted = found.catalog, self._stays and self.panel.is_wanted
        self._list_catalog(catalog)
        self._list_recent(found.recent)
        if not catalog.entries:
            self.panel = replace(self.panel, is_wanted=True)
            self._message = self._empty_words
            return
        count, first = len(catalog.rows), catalog.rows.index(catalog.entries[catalog.first])
        self.panel = replace(self.panel, selected=first, is_wanted=count > 1 or was_wanted)
        self.choose(first)
        self._message = found.problem

    def _load(self, entry: int, below: int | None, shown: CellRow | None, progress: Progress) -> _Loaded:
        rows, fused, told = self._catalog.rows, tuple[Layer, ...](), ""
        row = rows[entry]
        assert isinstance(row, CatalogEntry)
        if below is None:
            volumes = row.load(progress)
        else:
            volumes, fused, told = load_fused(rows[below], row, progress)
        if shown is None:
            given, note = self._overlays, ""
            overlays = loaded_overlays(given(volumes, progress) if callable(given) else given)
        else:
            base, over = shown.first.layers[0].data, (*shown.first.overlays, *shown.laid.values())
            overlays, note = overlays_over(volumes, over, base)
        listed, laid = (below, entry) if below is not None and fused else (entry, None)
        lying = with_masks(volumes, (*overlays, *fused), progress)
        return _Loaded(volumes, lying, " ".join(filter(None, (told, note))), listed, laid)

    def _show_volumes(self, loaded: _Loaded) -> None:
        volumes, overlays = loaded.volumes, loaded.overlays
        self.panel = replace(self.panel, opened=loaded.row)
        view = self._view or opening_view(volumes, self._catalog.rows[loaded.row])
        if self._viewer is None:
            state = None if self._begin is None else self._begin(volumes[0])
            if state is not None and self._view is None and flat_of(volumes[0]) is None:
                state = state.with_view(view)
            size = drawable(self._area.size)
            screen = self.cells.add_screen()
            how: dict[str, Any] = {"state": state, "screen": screen, "overlays": overlays, "keep": self._keep}
            viewer = Viewer(volumes, view, size, **how)
            viewer._shown_by = self
            self._rows.append(CellRow(loaded.row, viewer.placed if loaded.laid is None else place_layers(volumes, ())))
            self.cells.begin(viewer)
            if viewer.placed.overlays:  # the panel is there for the layers, also with one series
                self.panel = replace(self.panel, is_wanted=True)
        else:
            try:
                before = self._viewer.state.view
                stays = self._view is not None or self._has_own_layout()
                # An image has one pane, and after it the layout of volumes comes back.
                opens = view if not stays or flat_of(self._viewer.volume) is not None else None
                self._viewer.exchange(volumes, overlays=overlays, note=loaded.note, view=opens)
                if self.cells.count > 1 and flat_of(volumes[0]) is None:  # a cell keeps its layout
                    self._viewer.state = self._viewer.state.with_view(before)
            except ViewError as error:
                self._show_error(error)
                self._keep_what_is_shown()
                return
        assert self._viewer is not None
        self._row.entry, self._opened_view = self.panel.opened, view
        if loaded.laid is not None:
            self._row.laid[loaded.laid] = self._viewer.placed.overlays[-1]
        if loaded.note:
            told = dict.fromkeys((loaded.note, self._viewer.note))
            self._viewer.steering.presenter.controls.show_note("; ".join(filter(None, told)), WARNING_SECONDS)
        self._viewer.files = OpenedFiles(self._place(self._shown_entry), self._catalog.found)
        self._mark_what_lies_over()
        self._opened(volumes)

    def _has_own_layout(self) -> bool:
        # Whether the person has chosen another layout than the one that what is shown opened in.
        return self._viewer is not None and self._viewer.state.view != self._opened_view

    def _lay_over(self, entry: int, placed: PlacedLayers) -> None:
        assert self._viewer is not None
        before = self._viewer.placed.overlays
        (new,) = (one for one in placed.overlays if one not in before)
        rows, told = self._catalog.rows, [*map(str, new.notes)]
        if self._view is None and row_below(rows, entry, self._shown_entry) == self._shown_entry:
            told.insert(0, fused_note(rows[self._shown_entry], rows[entry]))
        self._viewer.set_overlays(placed.overlays, note=" ".join(told))
        self._row.laid[entry] = new
        self._mark_what_lies_over()

    def _update_controls(self) -> bool:
        """Show again what lies over the picture if it has changed, and return whether it has."""
        step, prompt = Step() if self._job is None else self._job[0].step, self.prompt.marks()
        key = (self._message, self._job is not None, self.size, prompt)
        now, (drawn, drawn_step, at) = time.monotonic(), self._drawn
        if drawn == key and (drawn_step == step or now < at + _STEP_SECONDS):
            return False
        self._drawn = (key, step, now)
        is_over = self._job is not None or self._message or prompt
        self._area.draw_over = self._draw_over if is_over else None
        self._area.show_again()
        return True

    def _draw_over(self, picture: NDArray[np.uint8]) -> None:
        device = self._area.device
        size = device.points((picture.shape[1], picture.shape[0]))
        if self._job is not None:
            share = BAR_MIDDLE if self._viewer is None else BAR_LOW
            marks = progress_marks(size, self._job[0].step, share)
        elif self._message:
            marks = note_marks(size, self._message, alone=self._viewer is None)
        else:
            marks = ()
        self._raster.draw(picture, device.marks((*marks, *self.prompt.marks())))
