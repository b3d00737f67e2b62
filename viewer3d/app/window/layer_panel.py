"""The panel beside the picture of a viewer, kept drawn: its layers, and of a browser the series too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from viewer3d.app.input.interactor import Interactor
from viewer3d.app.input.region_gestures import place_of_region
from viewer3d.app.window.bar.shown_bar import BarHandler, ShownBar
from viewer3d.app.window.layer_list import LayerRow, draw_list, layer_rows
from viewer3d.app.window.panel import (
    Panel,
    layers_height,
    panel_text_size,
    panel_width,
    toggled_panel,
    with_layer_in_sight,
    with_layers_scrolled,
    with_region_marked,
)
from viewer3d.app.window.panel_interactor import PanelInteractor
from viewer3d.app.window.region_list import (
    AnyRegionRow,
    GraphicsRow,
    RegionPart,
    RegionRow,
    graphics_rows,
    pressed_region,
    region_rows,
)
from viewer3d.app.window.screen import EventHandler, PictureArea, Screen
from viewer3d.app.window.series.draw_series import SeriesRows, draw_panel, row_tip_marks
from viewer3d.app.window.series.series_list import list_ends, with_row_in_sight
from viewer3d.core.layers import PlacedLayer, PlacedLayers
from viewer3d.core.view.look import RegionLook
from viewer3d.core.view.state import ViewState
from viewer3d.render.display.device_pixels import DelayedRasterizer


class LayersShown(Protocol):
    """What is shown beside the panel, as a :class:`viewer3d.Viewer`."""

    state: ViewState

    @property
    def layers(self) -> tuple[PlacedLayer, ...]:
        """The base and what lies over it."""

    @property
    def placed(self) -> PlacedLayers:
        """The same with the segmentations and structure sets over it."""

    @property
    def interactor(self) -> Interactor:
        """What handles the events of the picture."""


class LayerPanel:
    """The panel of a desktop window with the layers of what is shown, and what events in it do.

    Parameters
    ----------
    desktop : Screen

    Attributes
    ----------
    panel : Panel
    bar : ShownBar
        The tool bar between panel and picture.
    """

    def __init__(self, desktop: Screen) -> None:
        self._desktop = desktop
        self._events: PanelInteractor | None = None
        self._area = PictureArea(desktop)
        self.panel = Panel(is_wanted=True)
        self._panel_raster = DelayedRasterizer()
        self._area.after_events = self._update_panel
        self._area.toggle_panel = self._toggle_panel
        self._area.toggle_bar = self._toggle_bar
        self._area.ask_path, self._area.ask_place = self.ask_path, self.ask_place
        self.bar = ShownBar()
        self._drawn_panel: object = None
        self._has_changed = False
        self._active: int | None = None
        self._in_sight: tuple[frozenset[int], tuple[int, ...]] = (frozenset(), ())
        self._region_rows: tuple[object, tuple[AnyRegionRow, ...]] = (None, ())
        self._drawn_entries: tuple[object, NDArray[np.uint8], Any] = (None, np.zeros((1, 0, 3), np.uint8), ())

    @property
    def area(self) -> PictureArea:
        """The area of the window beside the panel."""
        return self._area

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the desktop window in pixels."""
        return self._desktop.size

    @property
    def picture_handler(self) -> EventHandler:
        """What handles the events of the picture beside the panel."""
        raise NotImplementedError

    @property
    def panel_columns(self) -> int:
        """How wide the panel is in pixels; 0 without one."""
        return panel_width(self.size) if self.panel.is_shown else 0

    @property
    def left_columns(self) -> int:
        """How many columns of pixels lie at the left of the picture: panel and tool bar."""
        return self.panel_columns + self.bar.width(self.size)

    @property
    def is_modal(self) -> bool:
        """Whether palette or help is shown over the picture, and takes keys and mouse."""
        shown = self._layers_shown()
        return shown is not None and shown.interactor.modal is not None

    def open(self) -> None:
        """Open the window and return at once: the caller calls its ``process_events`` while it is open."""
        self._events = PanelInteractor(self)
        self._desktop.open(BarHandler(self, self._events))

    def choose(self, entry: int, *, over: bool = False) -> None:
        """Do nothing: there are no series to choose."""

    def choose_below(self, row: int) -> None:
        """Do nothing: there is nothing below the layers."""

    def ask_place(self) -> str | None:
        """Return why no other folder can be opened here."""
        return self.ask_path()

    def ask_path(self) -> str | None:
        """Return why no other folder can be opened here."""
        return "this window shows what a program gave it: `viewer3d show FOLDER` opens one that reads other folders"

    def put_beside(self, entry: int | None = None) -> None:
        """Put a row of the catalog beside what is shown, without one that which is selected."""
        raise NotImplementedError

    def stop_loading(self) -> bool:
        """Return that nothing was being loaded."""
        return False

    def dismiss_message(self) -> bool:
        """Return that there was no message."""
        return False

    @property
    def region_rows(self) -> tuple[AnyRegionRow, ...]:
        """The rows of graphics of files, of segmentations and structure sets, and of their regions."""
        return self._region_rows[1]

    def press_region(self, part: RegionPart) -> None:
        """Do what a press on a part of a row of regions does: hide, fold, or move the crosshair there."""
        shown = self._layers_shown()
        if shown is None:
            return
        shown.interactor.join_gesture(None)
        if isinstance(part.row, GraphicsRow):
            shown.state = pressed_region(shown.state, part, (), RegionLook())
            return
        context, turn = shown.interactor.context, part.row.turn
        if turn >= len(context.regions):  # gone since it was seen, by an event just before
            return
        if part.part == "fold":
            self.panel = replace(self.panel, folded=self.panel.folded ^ {turn})
        elif part.part == "name" and isinstance(part.row, RegionRow):
            place = place_of_region(context, turn, part.row.number)
            shown.state = shown.state if place is None else shown.state.with_cursor(place)
        else:
            numbers, first = tuple(context.regions[turn].names), context.first.regions[turn]
            shown.state = pressed_region(shown.state, part, numbers, first)

    def change_layers(self, change: Callable[[ViewState], ViewState]) -> None:
        """Change the state of what is shown."""
        shown = self._layers_shown()
        if shown is not None:
            shown.interactor.join_gesture(self._events and self._events.slider)
            shown.state = change(shown.state)

    def _toggle_panel(self) -> bool:
        self.panel = toggled_panel(self.panel) if self.panel.has_content else self.panel
        return self.panel.has_content

    def _toggle_bar(self) -> str:
        self.bar.is_wanted = not self.bar.is_wanted
        return "" if self.bar.is_wanted else "the tool bar is hidden: / and 'tool bar' shows it again"

    def _layers_shown(self) -> LayersShown | None:
        raise NotImplementedError

    def _series_rows(self) -> SeriesRows:
        return SeriesRows()

    def _entries_beside(self) -> frozenset[int]:
        return frozenset()

    def finish_events(self) -> bool:
        """Show the panel if that is due, and return whether it has changed since this was called."""
        self._area.show_due_panel()
        changed, self._has_changed = self._has_changed, False
        return changed

    def _update_panel(self) -> None:
        # After events, so that panel and picture are seen to change as one.
        shown = self._layers_shown()
        rows = () if shown is None else layer_rows(shown.layers, shown.state)
        regions = () if shown is None else self._rows_of_regions(shown)
        if len(rows) != self.panel.layers:
            self.panel = replace(self.panel, layers=len(rows), first_layer=0)
        if len(regions) != self.panel.region_rows:
            self.panel = with_layers_scrolled(replace(self.panel, region_rows=len(regions)), self.size, 0)
        active = next((number for number, row in enumerate(rows) if row.is_active), None)
        if active is not None and active != self._active:
            self.panel = with_layer_in_sight(self.panel, self.size, active)
        self._active = active
        marked = -1 if shown is None else _row_gone_to(shown, regions)
        if marked != self.panel.marked:
            self.panel = with_region_marked(self.panel, self.size, marked)
        self._keep_in_sight()
        series = self._series_rows()
        there = sum(thumbnail is not None for thumbnail in series.thumbnails)
        self._panel_raster.device = device = self._area.device
        self.bar.update(shown)
        drawn = (self.panel, self.size, there, rows, regions, series) if self.panel.is_shown else None
        key = drawn, device, self.size, self.bar.width(self.size) and self.bar.key
        if key == self._drawn_panel:
            return
        self._drawn_panel, self._has_changed = key, True
        bar = self.bar.picture(self.size, device)
        self._area.set_panel(np.hstack([self._draw_panel(rows, series, there), bar]) if self.panel.is_shown else bar)
        tip = self.bar.tip(self.size) or row_tip_marks(self.panel, self.size, series, self._area.size[0])
        self._area.set_tip(tip)

    def _keep_in_sight(self) -> None:
        # What is shown, beside it or over it is scrolled into sight when it comes, and when there is less room.
        beside = self._entries_beside() - {self.panel.opened}
        if beside != self.panel.beside:
            self.panel = replace(self.panel, beside=beside)
        panel = self.panel
        marked, room = beside | panel.lying, (panel.opened, panel.is_shown, *list_ends(panel, self.size))
        (marked_before, room_before), self._in_sight = self._in_sight, (marked, room)
        if marked == marked_before and room == room_before:
            return
        for row in (*sorted(marked - marked_before), *((panel.opened,) if room != room_before else ())):
            self.panel = with_row_in_sight(self.panel, self.size, row)

    def _rows_of_regions(self, shown: LayersShown) -> tuple[AnyRegionRow, ...]:
        placed, looks = shown.placed.regions, shown.state.regions
        graphics = graphics_rows(shown.layers, shown.state)
        key = (placed, looks, self.panel.folded, graphics)
        if self._region_rows[0] != key:
            self._region_rows = key, (*graphics, *region_rows(placed, shown.state, self.panel.folded))
        return self._region_rows[1]

    def _draw_panel(self, rows: Sequence[LayerRow], series: SeriesRows, there: int) -> NDArray[np.uint8]:
        size, panel, raster = self.size, self.panel, self._panel_raster
        key = (panel, size, raster.device, there, series)
        if self._drawn_entries[0] != key:  # a slider that is dragged draws them once
            entries = draw_panel(panel, size, series, raster)
            self._drawn_entries = key, entries, raster.take()
        picture = self._drawn_entries[1].copy()
        above = picture[: layers_height(panel, size), :-1]
        text = panel_text_size(size)
        regions = self.region_rows
        draw_list(above, rows, panel.first_layer, text, raster, regions=regions, marked=panel.marked)
        return raster.finish(picture, (*self._drawn_entries[2], *raster.take()))


def _row_gone_to(shown: LayersShown, rows: Sequence[AnyRegionRow]) -> int:
    """Return the first row of a region whose place the cursor has gone to; -1 where it is at none."""
    cursor = shown.state.cursor
    here = {
        (turn, number)
        for turn, regions in enumerate(shown.interactor.context.regions)
        for number, place in regions.places.items()
        if place == cursor
    }
    if not here:
        return -1
    found = (n for n, row in enumerate(rows) if isinstance(row, RegionRow) and (row.turn, row.number) in here)
    return next(found, -1)
