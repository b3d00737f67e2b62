"""The panel of a window on a folder: which row of the catalog each cell shows, and what goes beside."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from viewer3d.app.beside.cell_panel import CellPanel
from viewer3d.app.beside.views import as_series
from viewer3d.app.opening import original_data, with_masks
from viewer3d.app.saving import OpenedFiles
from viewer3d.app.task import Task
from viewer3d.app.viewer import Viewer
from viewer3d.app.window.panel import Panel
from viewer3d.app.window.screen import Screen
from viewer3d.app.window.series.draw_series import SeriesRows, Thumbnail, numbered_alike, row_texts
from viewer3d.core.inputs import is_loadable
from viewer3d.core.layers import AnyPlaced, Layer, PlacedLayers, place_layers
from viewer3d.core.members import as_members
from viewer3d.core.origin import series_of
from viewer3d.core.progress import Progress
from viewer3d.core.view.side_by_side import SideBySide
from viewer3d.core.volume import Volume
from viewer3d.dicom.series.catalog import Catalog, CatalogEntry, CatalogObject, CatalogRequest, build_catalog
from viewer3d.errors import Viewer3DError, ViewError
from viewer3d.recipes.words.line import UNKNOWN_PLACE, DataPlace


@dataclass
class CellRow:
    """What a window on a folder knows of a cell.

    Attributes
    ----------
    entry : int
        The row of the catalog that it shows.
    first : PlacedLayers
        What it showed first.
    laid : dict of int to PlacedLayer or PlacedRegions
        What was laid over it, by the rows of the catalog.
    """

    entry: int
    first: PlacedLayers
    laid: dict[int, AnyPlaced] = field(default_factory=dict)


class CatalogPanel(CellPanel):
    """The panel of a window on a folder, with the rows of its catalog that the cells show.

    Parameters
    ----------
    desktop : Screen
    source : path
        See :class:`viewer3d.app.browser.Browser`.
    opened : callable
        Is called with the volumes of every series that was opened.
    """

    def __init__(self, desktop: Screen, source: Any, opened: Callable[[Sequence[Volume]], object]) -> None:
        super().__init__(desktop)
        self._source, self._opened = source, opened
        self._catalog = Catalog((), 0)
        self._thumbnails: list[Thumbnail | None] = []
        self._listed = SeriesRows()
        self._rows: list[CellRow] = []  # of each cell
        self._waiting: list[tuple[Any, Sequence[str]]] = []
        self._saved: SideBySide | None = None
        self._requested = 0
        self._job: tuple[Task[Any], Callable[[Any], None]] | None = None

    @property
    def selected_text(self) -> str:
        """The row of series that Return is for, in words; empty where keys are not for the panel."""
        panel = self.panel
        if not (panel.is_shown and panel.has_keys and panel.selected < panel.listed):
            return ""
        return "; ".join(row_texts(panel, self._listed, panel.selected))

    @property
    def viewer(self) -> Viewer | None:
        """The viewer of what was loaded, of several that of the active cell; None until the first is."""
        return self._viewer

    @property
    def _viewer(self) -> Viewer | None:
        return self.cells.viewer if self.cells.count else None

    @property
    def _shown_entry(self) -> int:
        return self._row.entry  # -1 while nothing is shown

    @property
    def _row(self) -> CellRow:
        return self._rows[self.cells.active] if self._rows else CellRow(-1, PlacedLayers(()))

    def put_beside(self, entry: int | None = None) -> None:
        """Put a series beside what is shown: a row of the catalog, without one that which is selected.

        What a cell shows already is put beside it at once, of a 4-D set its next time; else it is loaded, instead of
        what is being loaded. Where nothing is shown yet it is the first.
        """
        entry = self.panel.selected if entry is None else entry
        if entry >= self.panel.count or not isinstance(self._catalog.rows[entry], CatalogEntry):
            self._say("only a series can stand beside another: choose one in the panel")
            return
        if not self.cells.count:
            self.choose(entry)
            return
        shown = next((n for n, one in enumerate(self._rows) if one.entry == entry), None)
        if shown is None:
            self.stop_job()
            self._start(self._catalog.rows[entry].load, partial(self._put_beside, entry))
            return
        try:
            self.cells.put_again(shown)
        except ViewError as error:
            self._show_error(error)
            return
        self._rows[-1] = replace(self._rows[shown], laid=dict(self._rows[shown].laid))
        self.cells.viewers[-1].files = self.cells.viewers[shown].files

    def cell_was_activated(self) -> None:
        """Show in the panel what the active cell shows."""
        self.panel = replace(self.panel, opened=self._row.entry)
        self._mark_what_lies_over()

    def cell_was_added(self) -> None:
        """Begin to know what the new cell shows; of none of the rows until that is said."""
        self._rows.append(CellRow(-1, self.cells.viewers[-1].placed))

    def cell_was_closed(self, number: int) -> None:
        """Drop what was known of a cell."""
        del self._rows[number]

    def _for_cell(self, then: Callable[[Any], None]) -> Callable[[Any], None]:
        """Return what is done with what was loaded for the cell that is active now, if it is there still."""
        viewer = self._viewer

        def finish(result: Any) -> None:
            if viewer is None:
                then(result)
            elif viewer in self.cells.viewers:
                self.cells.activate(self.cells.viewers.index(viewer))
                then(result)

        return finish

    def choose(self, entry: int, *, over: bool = False) -> None:
        """Load a row of the catalog, instead of what is being loaded."""
        raise NotImplementedError

    def stop_job(self) -> None:
        """Stop what is being loaded, because something else is to be."""
        raise NotImplementedError

    def _start(self, work: Callable[[Progress], Any], then: Callable[[Any], None]) -> None:
        raise NotImplementedError

    def _show_error(self, error: Viewer3DError) -> None:
        raise NotImplementedError

    def put_requested(self, beside: Sequence[Any], saved: SideBySide | None = None) -> None:
        """Load one after another what a caller asked for beside the first series, then show saved views.

        Parameters
        ----------
        beside : sequence of path, Volume or Layer
        saved : SideBySide, optional
            Of the first series and of those beside it; a series of a view that is not given is looked for in the
            catalog.
        """
        views = () if saved is None else saved.cells[1:]
        count = max(len(beside), len(views))
        digests = [views[n].series if n < len(views) else () for n in range(count)]
        self._waiting = [(beside[n] if n < len(beside) else None, digests[n]) for n in range(count)]
        self._saved, self._requested = saved, count

    def _load_waiting(self) -> None:
        # What is to be put beside is loaded when all else is done.
        if self._job is not None or not self.cells.count:
            return
        if self._waiting:
            given, digests = self._waiting.pop(0)
            self._start(partial(self._load_requested, given, digests), self._put_requested)
        elif self._saved is not None:
            saved, self._saved = self._saved, None
            if self.cells.count <= self._requested:
                return  # one of them could not be loaded, which was told
            try:
                self.cells.take(saved)
            except ViewError as error:
                self._show_error(error)

    def _load_requested(self, given: Any, digests: Sequence[str], progress: Progress) -> tuple[int, Any, Any]:
        if given is None:
            catalog = build_catalog(self._catalog.found, CatalogRequest(digests=tuple(digests)), progress)
            entry = catalog.entries[catalog.first]
            volumes = entry.load(progress)
            if not set(series_of(volumes)) & set(digests):
                raise ViewError("a series that was seen side by side is not here: give its files with --beside")
            rows = enumerate(self._catalog.rows)
            same = (n for n, one in rows if isinstance(one, CatalogEntry) and _is_row(one, entry))
            return next(same, -1), volumes, None
        data, transform = as_series(given)
        if not is_loadable(data):
            return -1, as_members(data), transform  # type: ignore[arg-type]
        catalog = build_catalog(data, CatalogRequest(digests=tuple(digests)), progress)
        return -1, catalog.entries[catalog.first].load(progress), transform

    def _put_requested(self, loaded: tuple[int, Sequence[Volume], Any]) -> None:
        entry, volumes, transform = loaded
        try:
            viewer = self.cells.put(volumes, transform=transform)
        except Viewer3DError as error:
            self._show_error(error)
            return
        self._rows[-1].entry = entry
        if entry >= 0:
            viewer.files = OpenedFiles(self._place(entry), self._catalog.found)
        self._opened(volumes)

    def _put_beside(self, entry: int, volumes: Sequence[Volume]) -> None:
        try:
            viewer = self.cells.put(volumes)
        except ViewError as error:
            self._show_error(error)
            return
        self._rows[-1].entry = entry
        viewer.files = OpenedFiles(self._place(entry), self._catalog.found)
        self._opened(volumes)

    def _place(self, entry: int) -> DataPlace:
        """Return where the files of a series are, and what tells it from others there."""
        if entry < 0:
            return UNKNOWN_PLACE
        row, source = self._catalog.rows[entry], self._source
        given = source if isinstance(source, list | tuple) else [source]
        paths = tuple(os.path.abspath(one) for one in given if isinstance(one, str | os.PathLike))  # noqa: PTH100 (as typed)
        if len(paths) < len(given) or not isinstance(row, CatalogEntry):
            return UNKNOWN_PLACE  # datasets, or what was scanned already
        if len(self._catalog.entries) == 1:
            return DataPlace(paths)
        return DataPlace(paths, row.series, row.stack) if row.series else UNKNOWN_PLACE

    def _load_over(self, entry: int, viewer: Viewer, progress: Progress) -> PlacedLayers:
        data = self._catalog.rows[entry].load(progress)
        base = viewer.placed.layers[0].data
        placed = place_layers(base, [*viewer.placed.overlays, Layer(data)])  # refused before contours are filled
        with_masks(base, placed.overlays, progress)
        return placed

    def _take_off(self, entry: int, viewer: Viewer) -> None:
        gone = original_data(self._row.laid.pop(entry))
        viewer.set_overlays([one for one in viewer.placed.overlays if original_data(one) is not gone])
        self._mark_what_lies_over()

    def _mark_what_lies_over(self) -> None:
        assert self._viewer is not None
        there = [original_data(one) for one in self._viewer.placed.overlays]
        lying = frozenset(n for n, one in self._row.laid.items() if any(original_data(one) is data for data in there))
        self.panel = replace(self.panel, lying=lying)

    def _list_catalog(self, catalog: Catalog) -> None:
        """Take another catalog, and list it in the panel."""
        self._catalog, rows = catalog, catalog.rows
        self._thumbnails = [None] * len(rows)
        offered = frozenset(n for n, one in enumerate(rows) if isinstance(one, CatalogObject))
        self._listed = SeriesRows(numbered_alike(rows), self._thumbnails, catalog.refused)
        self.panel = Panel(len(rows), len(catalog.refused), offered=offered)

    def _series_rows(self) -> SeriesRows:
        return self._listed

    def _entries_beside(self) -> frozenset[int]:
        return frozenset(one.entry for number, one in enumerate(self._rows) if number != self.cells.active)

    def choose_below(self, row: int) -> None:
        """Say in full why something cannot be shown."""
        self._say(": ".join(row_texts(self.panel, self._listed, row)))

    def _say(self, message: str) -> None:
        raise NotImplementedError


def _is_row(one: CatalogEntry, other: CatalogEntry) -> bool:
    return (one.series, one.stack) == (other.series, other.stack)
