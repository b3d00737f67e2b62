"""The figure ``key_images``: a page of the slices that a person marked in a view."""

from __future__ import annotations

from dataclasses import replace
from typing import Unpack

from viewer3d.core.inputs import AnyVolume, as_volume
from viewer3d.core.layers import Overlays
from viewer3d.core.view.key_image import KeyImage
from viewer3d.core.view.state import ViewState
from viewer3d.errors import ViewError
from viewer3d.figures.figure import figure
from viewer3d.figures.figure_state import slices_state
from viewer3d.figures.labels import Labels
from viewer3d.figures.layout import NARROW_LABEL_MARGIN, lay_out_page, tiled
from viewer3d.figures.page_builder import PageBuilder
from viewer3d.figures.pages.page import Page
from viewer3d.figures.sections import Section, SliceDrawer, box_around
from viewer3d.figures.style import Style, StyleOptions, page_colors
from viewer3d.render.cursor import check_place
from viewer3d.render.marks.annotations import image_text, plane_title, sampling_text
from viewer3d.render.marks.display_list import PLANE_COLORS


@figure
def key_images(
    volume: AnyVolume, *, state: ViewState, overlays: Overlays = (), **options: Unpack[StyleOptions]
) -> tuple[Page, ViewState]:
    """Show the key images of a view in their order, each as it was marked.

    Each has its own window, slab, oblique axes and turn; colours, overlays and measurements are those of the state. All
    are shown whole, in one scale.

    Parameters
    ----------
    volume : Volume, or what :func:`viewer3d.load` takes
        Of a set the one whose key images are to be shown: a state tells which by ``layers[0].member``, and key images
        of the others are left out.
    state : ViewState
        Whose :attr:`~viewer3d.ViewState.key_images` are shown, as the window saves it.
    overlays : sequence of Layer or data
        What is drawn over it, from the lowest to the highest, see :func:`viewer3d.screenshot`.
    **options : StyleOptions
        Those of :class:`viewer3d.figures.Style`. What they say of slices is for all of them. Panel letters take the
        place of the numbers of key images.

    Raises
    ------
    ViewError
        When the state has no key images of the volume.

    Examples
    --------
    >>> saved = ViewState.from_json(Path("viewer3d-0001.json").read_text())      # doctest: +SKIP
    >>> figures.key_images(ct, state=saved).save("key images.pdf")               # doctest: +SKIP
    """
    volume, style = as_volume(volume), Style(**options)
    if not isinstance(state, ViewState):
        raise ViewError("key_images shows slices that were marked: give the state of a view that has some")
    drawer = SliceDrawer(volume, overlays, ground=page_colors(style).pane)
    shown = _shown(state)
    state = drawer.layered(slices_state(volume, style, None, None, state))
    for _, one in shown:
        check_place(volume, one.cursor)
    states = [style.apply_to(one.shown_in(state)) for _, one in shown]
    box = box_around(volume.geometry)
    planes = [one.plane for _, one in shown]
    sections = [
        Section(drawn.plane_on_screen(name), drawn.cursor, box) for name, drawn in zip(planes, states, strict=True)
    ]
    # All panes are of one size, into which any of the planes fits.
    sides = max(one.sides[0] for one in sections), max(one.sides[1] for one in sections)
    is_even = len({drawn.layers[0].window for drawn in states}) == 1
    key = drawer.key(state, style, sections)
    strip = style.value_bar and is_even
    layout = lay_out_page(*tiled(len(sections), sides, style), style, margin=NARROW_LABEL_MARGIN, strip=strip, key=key)
    builder = PageBuilder(layout, style)
    for k, ((number, one), section, drawn) in enumerate(zip(shown, sections, states, strict=True)):
        # What lies over the volume looks alike in all: the first says how.
        layers = drawer.labels(drawn)
        pane = section.pane(layout.mm_per_pixel, layout.panes[k].size)
        image = image_text(volume.geometry, drawn, pane)
        words = [plane_title(drawn, one.plane), image, sampling_text(drawn)]
        labels = Labels(
            _title(number, one, style),
            PLANE_COLORS[one.plane],
            how="   ".join(filter(None, words)),
            position=True,
            layers=layers if k == 0 else layers[:1],
            scale=k == len(sections) - 1,
            bars=style.value_bar and not is_even,
        )
        builder.add_slice(drawer, section, layout.panes[k], drawn, labels)
    if is_even:
        builder.add_bars(drawer.scales(states[0]))
    return builder.page(), replace(states[0], pointer=None)


def _shown(state: ViewState) -> list[tuple[int, KeyImage]]:
    """Return the key images of the volume that a state shows, with their numbers from 1.

    Raises
    ------
    ViewError
        When there are none.
    """
    if not state.key_images:
        raise ViewError("the state has no key images: Ctrl + d marks them in the window")
    member = state.layers[0].member
    found = [(number, one) for number, one in enumerate(state.key_images, 1) if one.member == member]
    if not found:
        others = ", ".join(str(one + 1) for one in sorted({one.member for one in state.key_images}))
        raise ViewError(
            f"the state shows volume {member + 1} of a set, and its key images are of volume {others}: give a state "
            "that shows one of these, and that volume"
        )
    return found


def _title(number: int, one: KeyImage, style: Style) -> str:
    parts = ([] if style.panel_letters else [str(number)]) + ([one.name] if one.name else [])
    return "  ".join(parts)
