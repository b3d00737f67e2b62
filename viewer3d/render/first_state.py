"""Make the state that a volume is first seen with; nothing else chooses it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from numpy.typing import ArrayLike

from viewer3d.core.dose.levels import has_levels, highest_value
from viewer3d.core.images.image2d import check_has_window, first_view, flat_of
from viewer3d.core.layers import PlacedLayer, PlacedLayers
from viewer3d.core.members import check_member
from viewer3d.core.origin import series_of
from viewer3d.core.placing.regions import PlacedRegions, region_numbers
from viewer3d.core.sampling import Interpolation
from viewer3d.core.view.camera import front_camera
from viewer3d.core.view.look import NOT_RENDERED, ImageLook, RegionLook
from viewer3d.core.view.planes import PANES, View
from viewer3d.core.view.state import Slab, ViewState, as_slab, state_of_geometry
from viewer3d.core.volume import Volume
from viewer3d.core.window import AnyWindow, Window, window_between
from viewer3d.render.colors import GREY, palette
from viewer3d.render.cursor import find_place
from viewer3d.render.volume.transfer import AUTO, choose_preset
from viewer3d.render.window_choice import choose_window, is_inverted_first
from viewer3d.settings.names import colors_in_full, look_in_full, state_in_full

__all__ = ["first_state"]


def first_state(
    volume: Volume,
    view: View = "quad",
    window: AnyWindow | None = None,
    rendering: str = AUTO,
    *,
    couch_hidden: bool | None = None,
    face_hidden: bool = False,
    at: ArrayLike | str | None = None,
    colors: str | None = None,
) -> ViewState:
    """Return the state that a volume is first seen with: its middle, everything fitted into the panes.

    The camera of the 3D pane looks at what the transfer function shows.

    Parameters
    ----------
    volume : Volume
    view : str
        The layout.
    window : Window or str, optional
        See :func:`viewer3d.screenshot`.
    rendering : str
        Any name of a transfer function, or ``"auto"``; the state has the preset's own.
    couch_hidden : bool, optional
        Whether the 3D pane leaves out couch and head-holder. Without it, a view with a 3D pane does in a CT where what
        is found is plainly one, see :func:`viewer3d.render.couch.removal.begins_hidden`; True takes values in HU.
    face_hidden : bool
        Whether the 3D pane leaves out the front of a face; there must be one.
    at : array_like of shape (3,) or str, optional
        The point the slices go through, see :func:`viewer3d.render.cursor.find_place`; without it the centre of the
        middle voxel.
    colors : str, optional
        Name of the colour map of slices; without it grey. PET opens inverted in grey alone.

    Raises
    ------
    ViewError, WindowError
        When there is no such view, transfer function, window or place, couch and body cannot be told apart, or no face
        is found that is to be hidden.
    """
    view = first_view(volume, view)
    if rendering != AUTO:
        rendering = choose_preset(volume, rendering).name
    state = first_slices_state(volume, window, colors, view=view, rendering=rendering)
    state = state.with_look(0, face_hidden=face_hidden)
    if couch_hidden or face_hidden or shows_3d(view, rendering):
        state = _with_first_camera(volume, state, couch_hidden=couch_hidden)
    return state if at is None else state.with_cursor(find_place(volume, at))


def first_slices_state(
    volume: Volume,
    window: AnyWindow | None = None,
    colors: str | None = None,
    *,
    view: View = "quad",
    rendering: str = AUTO,
) -> ViewState:
    """Return a first state for slices alone: its camera looks at the whole box of the volume.

    Parameters
    ----------
    volume, window, colors, view
        As for :func:`first_state`.
    rendering : str
        Name of a transfer function; it is not looked up.

    Raises
    ------
    ViewError, WindowError
        When there is no such view or window, or an image in colour is to have one or a colour map.
    """
    check_has_window(volume, window, colors)
    state = state_of_geometry(volume.geometry, choose_window(volume, window), view, rendering)
    colors = colors_in_full(colors or GREY)
    state = state.with_look(colors=colors, inverted=is_inverted_first(volume, colors))
    if flat_of(volume) is not None:  # frames begin with the first
        state = state.with_cursor((*state.cursor[:2], 0.0))
    return replace(state, series=series_of([volume]))


def state_of_regions(placed: PlacedRegions) -> ViewState:
    """Return the first state of regions that are seen without a volume, in the middle of their grid."""
    return state_of_geometry(placed.segmentation.geometry, Window(0, 1))


def shows_3d(view: View, rendering: str) -> bool:
    """Return whether a first state of a view and a transfer function has its 3D pane prepared.

    A transfer function that was named is looked up in any view: a wrong name is an error, not passed over.
    """
    return "3d" in PANES[view] or rendering != AUTO


def _with_first_camera(volume: Volume, state: ViewState, *, couch_hidden: bool | None) -> ViewState:
    # Imported on call: what finds a couch and reads transfer functions is not for slices.
    from viewer3d.render.volume.volume_look import volume_look  # noqa: PLC0415

    if couch_hidden is None:
        from viewer3d.render.couch.removal import begins_hidden  # noqa: PLC0415

        couch_hidden = begins_hidden(volume)
    state = state.with_look(0, couch_hidden=couch_hidden)
    return state.with_camera(front_camera(volume_look(volume, state).points(volume)))


def with_slices(
    state: ViewState,
    *,
    inverted: bool | None = None,
    colors: str | None = None,
    slab: Slab | float | str | None = None,
    interpolation: Interpolation | None = None,
) -> ViewState:
    """Return a state with another look of its slices: what is not given stays.

    Parameters
    ----------
    state : ViewState
        Colours and what is inverted are those of its base.
    inverted : bool, optional
    colors : str, optional
        Name of a colour map.
    slab : Slab, float or str, optional
        See :func:`as_slab`.
    interpolation : {"linear", "nearest"}, optional

    Raises
    ------
    ViewError
        When the slab or the interpolation is none.
    """
    look = {"inverted": inverted, "colors": None if colors is None else colors_in_full(colors)}
    common: dict[str, Any] = {"slab": None if slab is None else as_slab(slab), "interpolation": interpolation}
    state = replace(state, **{name: value for name, value in common.items() if value is not None})
    return state.with_look(0, **{name: value for name, value in look.items() if value is not None})


FIRST_OPACITY: Final = {"PT": 0.7, "RTDOSE": 0.5}
"""Of overlays of a modality; of all others :data:`USUAL_OPACITY`."""

USUAL_OPACITY: Final = 0.5
"""Opacity at which an overlay and what lies below it count alike."""

FIRST_COLORS: Final = {"PT": "hot-iron", "RTDOSE": "rainbow"}
"""Of overlays of a modality; all others are grey. Hot iron is what readers of PET with CT have (PS3.6 B.1.1)."""

LINE_COLORS: Final = "rainbow"
"""Of lines of levels that stand alone, whatever the modality."""

FIRST_RAMP: Final = {"PT": 0.25, "RTDOSE": 0.1}
"""Of overlays of a modality: what is taken up little, or irradiated little, does not veil the anatomy below."""


def with_first_looks(state: ViewState, placed: PlacedLayers) -> ViewState:
    """Return a state with a first look for each layer, and for all regions, that it has none for.

    Parameters
    ----------
    state : ViewState
        Of the base, and perhaps of some of its overlays.
    placed : PlacedLayers
        All that is to be shown.

    Raises
    ------
    ViewError, WindowError
        When a layer is given a look that it cannot have.
    """
    state = state_in_full(state)
    if regions := placed.regions[len(state.regions) :]:
        state = replace(state, regions=(*state.regions, *map(first_region_look, regions)))
    lacking = placed.layers[len(state.layers) :]
    if not lacking:
        return state
    series = series_of([volume for layer in placed.layers for volume in layer.data]) if state.series else ()
    return replace(state, layers=(*state.layers, *map(first_look, lacking)), series=series)


def first_region_look(placed: PlacedRegions) -> RegionLook:
    """Return how regions first look: as was asked for, else segments filled and others as lines.

    Raises
    ------
    ViewError
        When no region has a name or number that is asked for; lists those that there are.
    """
    given = dict(placed.look)
    wanted = given.pop("segments", None)
    if wanted is not None:
        given["segments"] = region_numbers(placed, wanted)
    usual = {"fill": 0.0} if placed.structures is not None or placed.meshes is not None else {}
    return RegionLook(**{**usual, **given})


def first_window(volume: Volume) -> AnyWindow | None:
    """Return the window of an overlay: of a dose from 0 to its highest value; None for the volume's own."""
    highest = highest_value(volume) if volume.modality == "RTDOSE" and not volume.windows else 0.0
    return window_between(0.0, highest) if highest > 0 else None


def levels_window(levels: Sequence[float]) -> Window:
    """Return the window in which lines of levels have colours far from each other.

    The highest has the last colour, the lowest that of a quarter: the first ones are dark, and lines are thin.
    """
    low, high = levels[0], levels[-1]
    return window_between(low - (high - low) / 3 if high > low else min(0.0, low - 1), high)


def first_look(layer: PlacedLayer) -> ImageLook:
    """Return how an overlay first looks.

    As it was asked for, else as data of its modality are usually seen over others; in squares or right of a line, which
    are for comparing, opaque.

    Raises
    ------
    ViewError, WindowError
        When there is no such window, colour map, transfer function or member.
    """
    volume, given = layer.volume, dict(look_in_full(layer.look))
    are_lines = has_levels(given) and "opacity" not in given
    wanted = given.pop("window", None)
    if wanted is None:
        wanted = levels_window(given["levels"]) if are_lines else first_window(volume)
    window = choose_window(volume, wanted)
    # Lines are told from each other, and from what they lie over, by their colours.
    colors = given.setdefault("colors", LINE_COLORS if are_lines else FIRST_COLORS.get(volume.modality, GREY))
    palette(colors)  # refuses what is none
    check_member(layer.members, given.get("member", 0))
    if (rendering := given.get("rendering", NOT_RENDERED)) != NOT_RENDERED:
        from viewer3d.render.couch.removal import begins_hidden  # noqa: PLC0415 (it is not for slices)

        rendering = choose_preset(volume, rendering, is_overlay=True).name
        if "couch_hidden" not in given:
            given["couch_hidden"] = begins_hidden(volume)
    usual: dict[str, Any] = {"value_bar": colors != GREY, "opacity": 1.0, "ramp": 0.0}
    if given.get("blend", "over") == "over":  # squares and halves show one layer or the other
        usual["opacity"] = FIRST_OPACITY.get(volume.modality, USUAL_OPACITY)
        usual["ramp"] = FIRST_RAMP.get(volume.modality, 0.0)
    if are_lines:  # and their key
        usual |= {"opacity": 0.0, "ramp": 0.0, "value_bar": False}
    return ImageLook(window, **{**usual, **given, "rendering": rendering})
