"""The builder of a page: it adds panel after panel, each with its labels and its letter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.view.state import ViewState
from viewer3d.figures.contrast import legible_on
from viewer3d.figures.labels import (
    NAMED_FOOT,
    NAMED_HEAD,
    Labels,
    ValueScale,
    in_foreground,
    most_telling,
    page_value_bar,
    pane_marks,
    panel_letter,
    title_marks,
)
from viewer3d.figures.layout import PageLayout, key_place, notes_place
from viewer3d.figures.pages.page import Drawn, DrawnVolume, Page, PagePanel
from viewer3d.figures.sections import Section, SliceDrawer
from viewer3d.figures.style import Style, page_colors
from viewer3d.render.marks.annotations import identity_marks
from viewer3d.render.marks.display_list import DisplayList, Text
from viewer3d.render.marks.metrics import MarkMetrics
from viewer3d.render.marks.note_marks import NO_NOTES, PaneNotes, place_notes
from viewer3d.render.marks.orientation import camera_letters
from viewer3d.render.marks.value_bar import LEAST_HEIGHT
from viewer3d.render.panes import PaneGeometry, Rect
from viewer3d.render.panes3d.volume_pane import VolumePane
from viewer3d.render.volume.request import render_request


@dataclass(frozen=True)
class PaneFacts:
    """What a pane tells of its data.

    Attributes
    ----------
    identity : tuple of str
        Lines that name the patient, where the data hold them.
    notes : PaneNotes
    """

    identity: tuple[str, ...] = ()
    notes: PaneNotes = NO_NOTES


NO_FACTS: Final = PaneFacts()


class PageBuilder:
    """Builds a page from its panels.

    Parameters
    ----------
    layout : PageLayout
        Where they lie.
    style : Style
    """

    def __init__(self, layout: PageLayout, style: Style) -> None:
        self._layout = layout
        self._style = style
        self._panels: list[PagePanel] = []
        self._marks: DisplayList = ()
        self._identities: set[tuple[str, ...]] = set()

    def metrics(self, rect: Rect) -> MarkMetrics:
        """Return the measures of a pane's marks."""
        return MarkMetrics(rect.width, rect.height, self._layout.text)

    def add_slice(self, drawer: SliceDrawer, section: Section, rect: Rect, state: ViewState, labels: Labels) -> None:
        """Add a slice of layers, with the windows, slab, colours and measurements of a state."""
        pane = section.pane(self._layout.mm_per_pixel, rect.size)
        page = self.metrics(rect)
        others = pane_marks(page, pane, labels, self._letter(), self._style.scale) if drawer.has_several else ()
        marks = (*labels.marks, *drawer.measurements(pane, state, page, others))
        pixels = drawer.pixels(pane, state, page.line_scale)
        drawn = drawer.drawn(pane, state, page.line_scale)
        facts = PaneFacts(drawer.identity(state), drawer.notes(pane, state))
        self.add_pixels(pixels, pane, rect, replace(labels, marks=marks), facts, drawn=drawn)

    def add_pixels(
        self,
        pixels: NDArray[np.uint8],
        pane: PaneGeometry,
        rect: Rect,
        labels: Labels,
        facts: PaneFacts = NO_FACTS,
        *,
        drawn: Drawn | None = None,
    ) -> None:
        """Add a slice pane of pixels, (height, width, 3) uint8, and what they were drawn of."""
        marks = pane_marks(self.metrics(rect), pane, labels, self._letter(), self._style.scale)
        self._append(rect, pixels, marks, facts, drawn=drawn)

    def add_volume(self, pane: VolumePane, drawer: SliceDrawer, rect: Rect, state: ViewState, title: str = "") -> None:
        """Add a 3D rendering as a state has it; where OpenGL does not work the panel says so."""
        volume = drawer.volume
        request = render_request(volume, state, rect.size, drawer.layers[1:], drawer.regions)
        is_film = request.look.is_film
        ground = request.look.ground if is_film else page_colors(self._style).pane_3d
        pixels = np.empty((rect.height, rect.width, 3), np.uint8)
        slices = drawer.slice_layers(state) if request.cuts else None
        marks = pane.draw(pixels, request, slices, "still", ground)
        if pane.has_opengl:
            page = self.metrics(rect)
            titles = title_marks(page, title or request.look.title(volume), self._letter())
            marks = (*marks, *camera_letters(page, state.camera), *titles)
            more = [request.look.hidden_text(volume), *request.titles("still")]
            if not any(panel.in_3d for panel in self._panels):  # one such text on a page
                x, y = titles[-1].x, titles[-1].y
                lines = enumerate((line for line in more if line), 1)
                marks = (*marks, *(Text(x, y + n * page.step, line, page.size) for n, line in lines))
        facts = PaneFacts(drawer.identity(state), drawer.volume_notes(state, request))
        shown = DrawnVolume(volume, request, ground) if pane.has_opengl else None
        self._append(rect, pixels, marks, facts, drawn=shown, is_light=is_film)

    def add_bars(self, scales: Sequence[ValueScale]) -> None:
        """Add value bars beside the panes, one below the other, where the style has them.

        Where there is no room for those of all layers, bars of greys are the first to be left out.
        """
        if not self._style.value_bar:
            return
        strip = self._layout.strip
        if any(scale.name for scale in scales):
            least = (NAMED_HEAD + LEAST_HEIGHT + NAMED_FOOT) * self._layout.text + 3  # what is rounded on the way
            scales = most_telling(scales, int(strip.height / least))
        count = len(scales)
        for n, scale in enumerate(scales):
            room = Rect(strip.left, n * strip.height // count, strip.width, strip.height // count)
            self._marks += page_value_bar(room, self._layout.text, scale, page_colors(self._style))

    def add_marks(self, marks: DisplayList) -> None:
        """Add marks beside the panes, in pixels of the page."""
        self._marks += marks

    def page(self) -> Page:
        """Return the page with all that was added, its key and its notes."""
        style, key, notes = self._style, self._layout.key, self._layout.notes
        marks = key.marks(*key_place(self._layout)) if key else ()
        marks += notes.marks(*notes_place(self._layout)) if notes else ()
        marks = (*self._marks, *in_foreground(marks, page_colors(style)))
        return Page(self._layout.size, style.dpi, style.background, tuple(self._panels), marks)

    def _append(
        self,
        rect: Rect,
        pixels: NDArray[np.uint8],
        marks: DisplayList,
        facts: PaneFacts,
        *,
        drawn: Drawn | None,
        is_light: bool = False,
    ) -> None:
        marks = (*marks, *self._identity(rect, facts.identity, marks))
        marks = (*marks, *place_notes(self.metrics(rect), facts.notes, marks).marks)
        marks = legible_on(pixels, marks) if is_light or page_colors(self._style).is_light else marks
        self._panels.append(PagePanel(rect, pixels, marks, isinstance(drawn, DrawnVolume), drawn, facts.notes))

    def _identity(self, rect: Rect, identity: tuple[str, ...], others: DisplayList) -> DisplayList:
        # The identity of the patient, where the volume holds it: one label for each volume of a page.
        if not identity or identity in self._identities:
            return ()
        self._identities.add(identity)
        return identity_marks(self.metrics(rect), identity, others)

    def _letter(self) -> str:
        return panel_letter(len(self._panels)) if self._style.panel_letters else ""
