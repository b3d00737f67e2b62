"""The figures ``windows`` and ``compare``: one slice under several windows, or of two volumes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Unpack

import numpy as np
from numpy.typing import ArrayLike

from viewer3d.core.inputs import AnyVolume, as_volume
from viewer3d.core.layers import Overlays
from viewer3d.core.members import dimension_text, varying_dimensions
from viewer3d.core.notes.note import Note
from viewer3d.core.view.planes import PlaneName
from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume
from viewer3d.core.window import AnyWindow
from viewer3d.errors import ViewError
from viewer3d.figures.default_windows import windows_or_default
from viewer3d.figures.difference import ONE_ALONE, DifferenceColors, difference_limit, subtract
from viewer3d.figures.figure import figure
from viewer3d.figures.figure_state import slices_state, with_default_look
from viewer3d.figures.labels import Labels, ValueScale, how_text, window_title
from viewer3d.figures.layout import lay_out_page, tiled
from viewer3d.figures.page_builder import PageBuilder, PaneFacts
from viewer3d.figures.pages.page import DrawnDifference, Page
from viewer3d.figures.sections import SliceDrawer, check_plane, sections_of
from viewer3d.figures.style import Style, StyleOptions, page_colors
from viewer3d.render.window_choice import choose_window


@figure
def windows(
    volume: AnyVolume,
    windows: Sequence[AnyWindow] | AnyWindow | None = None,
    plane: PlaneName = "axial",
    at: ArrayLike | str | None = None,
    *,
    overlays: Overlays = (),
    state: ViewState | None = None,
    **options: Unpack[StyleOptions],
) -> tuple[Page, ViewState]:
    """Show one slice under several windows.

    Parameters
    ----------
    volume : Volume, or what :func:`viewer3d.load` takes
    windows : sequence of Window or str, or one of them, optional
        As for :func:`viewer3d.screenshot`; without them soft tissue, lung and bone for values in HU, 0 to 5, 10 and 20
        for SUV, else the volume's own and ``"auto"``.
    plane : {"axial", "coronal", "sagittal"}
    at : array_like of shape (3,), or str, optional
        A point on it: LPS mm, ``"ras:x,y,z"``, ``"index:i,j,k"``, ``"center"``, ``"max"`` or ``"auto"`` (most anatomy).
    overlays : sequence of Layer or data
        What is drawn over it, from the lowest to the highest, see :func:`viewer3d.screenshot`. Choices of window,
        colours and the like are those of the volume.
    state : ViewState, optional
        What is not chosen otherwise: slab, colours, oblique axes, ...
    **options : StyleOptions
        Those of :class:`viewer3d.figures.Style`. With value bars each pane has its own.
    """
    volume, style, name = as_volume(volume), Style(**options), check_plane(plane)
    chosen = windows_or_default(volume, windows)
    looks = [choose_window(volume, window) for window in chosen]
    drawer = SliceDrawer(volume, overlays, ground=page_colors(style).pane)
    state = drawer.layered(replace(slices_state(volume, style, looks[0], at, state), view=name, enlarged=None))
    (section,) = sections_of(state, [name], volume.geometry)
    layout = lay_out_page(*tiled(len(looks), section.sides, style), style, key=drawer.key(state, style, [section]))
    builder = PageBuilder(layout, style)
    for k, (window, given, rect) in enumerate(zip(looks, chosen, layout.panes, strict=False)):
        first, last = k == 0, k == len(looks) - 1
        drawn = state.with_look(0, window=window)
        # What lies over the volume looks alike in all: the first says how.
        title, layers, how = window_title(given), drawer.labels(drawn), how_text(state) if first else ""
        shown = layers if first else layers[:1]
        labels = Labels(title, how=how, position=first, layers=shown, sides=first, scale=last, bars=style.value_bar)
        builder.add_slice(drawer, section, rect, drawn, labels)
    return builder.page(), state


@figure
def compare(  # noqa: PLR0917 (in the order a person thinks of them)
    before: AnyVolume,
    after: AnyVolume,
    at: ArrayLike | str | None = None,
    window: AnyWindow | None = None,
    planes: Sequence[PlaneName] | PlaneName = ("axial", "coronal", "sagittal"),
    names: Sequence[str] | None = None,
    *,
    difference: bool = False,
    notes: bool | None = None,
    overlays: Overlays = (),
    state: ViewState | None = None,
    **options: Unpack[StyleOptions],
) -> tuple[Page, ViewState]:
    """Show two volumes on the same planes of the world, side by side.

    Parameters
    ----------
    before, after : Volume, or what :func:`viewer3d.load` takes
        They share a frame of reference: a point of the world is the same place in both. The panes show the whole of
        the first.
    at : array_like of shape (3,), or str, optional
        The point, of the first volume: LPS mm, ``"ras:x,y,z"``, ``"index:i,j,k"``, ``"center"``, ``"max"`` or
        ``"auto"``.
    window : Window or str, optional
        See :func:`viewer3d.screenshot`. A second volume with values of another unit is shown under its own.
    planes : sequence of {"axial", "coronal", "sagittal"}, or one of them
        One row each.
    names : sequence of str, optional
        What the two are called; without it by what they differ in: time, echo, ..., modality or unit, else "First"
        and "Second".
    difference : bool
        Whether a third column shows the second less the first, as both are shown (slabs too): blue where it is less,
        orange where more, hatched where one of them does not reach.
    notes : bool, optional
        Whether what keeps the values of the two from being compared is said below the panes, as it is without it. The
        recipe has it anyway.
    overlays : sequence of Layer or data
        What is drawn over both, from the lowest to the highest, see :func:`viewer3d.screenshot`; not over their
        difference. It lies in the world of the first.
    state : ViewState, optional
        Of the first volume and the overlays: what is not chosen otherwise.
    **options : StyleOptions
        Those of :class:`viewer3d.figures.Style`.

    Raises
    ------
    ViewError
        When the two have no place in common, or their difference has no unit.

    Notes
    -----
    What keeps the values of the two from being compared (:func:`viewer3d.compare_acquisitions`: kernel, slice
    thickness, uptake time, ...) is said below the panes, a line each with what it does to numbers, in
    :attr:`~viewer3d.figures.Figure.compared` and in the recipe.
    """
    before, after, style = as_volume(before), as_volume(after), Style(**options)
    _check_pair(before, after, difference=difference)
    names = side_names(before, after) if names is None else names
    listed = _listed(planes, names)
    ground = page_colors(style).pane
    first_drawer = SliceDrawer(before, overlays, ground=ground)
    state = replace(slices_state(before, style, window, at, state), view="mpr", enlarged=None)
    state = first_drawer.layered(state)
    sections = sections_of(state, listed, before.geometry)
    wide, high = max(one.sides[0] for one in sections), [one.sides[1] for one in sections]
    key = first_drawer.key(state, style, sections)
    compared = _compared(before, after)
    columns = [wide] * (3 if difference else 2)
    layout = lay_out_page(
        columns, high, style, strip=style.value_bar, key=key, notes=() if notes is False else compared
    )
    other = state if before.unit == after.unit else with_default_look(after, state)
    pair = _Pair(first_drawer, SliceDrawer(after, overlays, ground=ground), state, other)
    limit = difference_limit(pair.before, pair.after, sections, state) if difference else None
    colors = DifferenceColors.on(page_colors(style))
    builder = PageBuilder(layout, style)
    for section, rects in zip(sections, layout.cells, strict=True):
        # All rows have the same windows and scale: the first shows the windows, the last the scale bar.
        first, last = section is sections[0], section is sections[-1]
        layers, how = pair.before.labels(state) if first else (), how_text(state) if first else ""
        labels = Labels(names[0], how=how, position=True, layers=layers)
        builder.add_slice(pair.before, section, rects[0], state, labels)
        layers = pair.after.labels(other)[:1] if first and other is not state else ()
        builder.add_slice(pair.after, section, rects[1], other, Labels(names[1], layers=layers, scale=last))
        if limit is not None:
            pane = section.pane(layout.mm_per_pixel, rects[2].size)
            found = subtract(pair.before, pair.after, pane, state)
            hatched = ONE_ALONE if (found.in_one & ~found.in_both).any() else ""
            pixels = colors.pixels(found, limit, hatch=max(2, layout.text // 3))
            drawn = DrawnDifference(pair.before.drawn(pane, state), pair.after.drawn(pane, state), colors, limit)
            facts = PaneFacts(notes=pair.before.notes(pane, state).joined(pair.after.notes(pane, other)))
            builder.add_pixels(pixels, pane, rects[2], Labels("Difference", note=hatched), facts, drawn=drawn)
    builder.add_bars(pair.scales(None if limit is None else colors.scale(limit, before.unit)))
    return replace(builder.page(), compared=compared), state


def _compared(before: Volume, after: Volume) -> tuple[Note, ...]:
    from viewer3d.measurements.comparability.acquisitions import (  # noqa: PLC0415 (figures of one volume need none)
        compare_acquisitions,
    )

    return tuple(one.note for one in compare_acquisitions(before, after))


def side_names(before: Volume, after: Volume) -> tuple[str, str]:
    """Name two volumes by what they differ in, but for descriptions, which may name a patient."""
    which = (before.which, after.which)
    for texts in (
        tuple(
            ", ".join(dimension_text(name, one[name]) for name in varying_dimensions(which) if name in one)
            for one in which
        ),
        (before.modality, after.modality),
        (before.unit, after.unit),
    ):
        if all(texts) and texts[0] != texts[1]:
            return texts[0][:1].upper() + texts[0][1:], texts[1][:1].upper() + texts[1][1:]
    return "First", "Second"


@dataclass(frozen=True)
class _Pair:
    before: SliceDrawer
    after: SliceDrawer
    state: ViewState
    other: ViewState

    def scales(self, difference: ValueScale | None) -> list[ValueScale]:
        """Return the scales of its value bars: of overlays, of each unit, and of the difference."""
        scales = self.before.scales(self.state)
        if self.other is not self.state:
            scales.append(self.after.scale(self.other))
        return scales if difference is None else [*scales, difference]


def _listed(planes: Sequence[PlaneName] | PlaneName, names: Sequence[str]) -> list[PlaneName]:
    listed = [planes] if isinstance(planes, str) else list(planes)
    if isinstance(names, str) or len(names) != 2 or not listed:
        raise ViewError(f"names {names!r} and planes {planes!r}: give two names, and one plane or more")
    return [check_plane(name) for name in listed]


def _check_pair(before: Volume, after: Volume, *, difference: bool) -> None:
    (low, high), (other_low, other_high) = before.geometry.bounds, after.geometry.bounds
    if (np.maximum(low, other_low) >= np.minimum(high, other_high)).any():
        ends = (" ".join(f"{v:.0f}" for v in end) for end in (low, high, other_low, other_high))
        raise ViewError(
            "the two volumes have no place in common: one reaches from {} to {} mm, the other from {} to {}; "
            "give two of one frame of reference".format(*ends)
        )
    if difference and before.unit != after.unit:
        units = " and ".join(volume.unit or "no unit" for volume in (before, after))
        raise ViewError(f"values in {units} have no difference: give two volumes of one unit, or difference=False")
