"""The figures ``directions`` and ``mips``: the whole volume in 3D, and its maxima along each axis."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import Final, Unpack

import numpy as np

from viewer3d.core.geometry import Geometry
from viewer3d.core.inputs import AnyVolume, as_volume
from viewer3d.core.layers import AnyPlaced, Overlays, place_layers
from viewer3d.core.vectors import Points, vector
from viewer3d.core.view.camera import SIDES, Camera, side_camera
from viewer3d.core.view.planes import PLANES, Plane
from viewer3d.core.view.state import PATIENT_AXES, Slab, ViewState
from viewer3d.core.volume import Volume
from viewer3d.core.window import AnyWindow, auto_window
from viewer3d.errors import RenderError, ViewError
from viewer3d.figures.figure import figure
from viewer3d.figures.figure_state import slices_state, volume_state
from viewer3d.figures.labels import Labels
from viewer3d.figures.layout import Arrangement, arranged, check_arrangement, lay_out_page, tiled
from viewer3d.figures.page_builder import PageBuilder
from viewer3d.figures.pages.page import Page
from viewer3d.figures.regions.grids import silhouettes
from viewer3d.figures.sections import Section, SliceDrawer, box_around
from viewer3d.figures.style import Style, StyleOptions, check_unused, page_colors
from viewer3d.render import gl
from viewer3d.render.face.cut import FaceCut
from viewer3d.render.face.regions import check_regions
from viewer3d.render.face.removal import face_to_hide, with_face_hidden
from viewer3d.render.marks.display_list import Color
from viewer3d.render.panes3d.volume_pane import VolumePane
from viewer3d.render.volume.volume_look import volume_look

ALONG: Final = 0.1
"""Voxels: a grid axis whose ends are less far beside a plane's normal counts as parallel to it."""

SIDE_NAMES = {"A": "Anterior", "P": "Posterior", "L": "Left", "R": "Right", "H": "Head", "F": "Feet"}
"""What views from the patient's sides are called."""


@figure
def directions(
    volume: AnyVolume,
    sides: str = "ALPR",
    rendering: str = "auto",
    *,
    couch_hidden: bool | None = None,
    face_hidden: bool | None = None,
    overlays: Overlays = (),
    state: ViewState | None = None,
    **options: Unpack[StyleOptions],
) -> tuple[Page, ViewState]:
    """Show the volume in 3D from the patient's sides, from equally far away.

    Parameters
    ----------
    volume : Volume, or what :func:`viewer3d.load` takes
    sides : str
        Letters of the sides to look from, in this order: A and P (front, back), L and R, H and F (head, feet).
    rendering : str
        Name of a transfer function, see :func:`viewer3d.screenshot`.
    couch_hidden, face_hidden : bool, optional
        See :func:`viewer3d.screenshot`; without it as a given state says.
    overlays : sequence of Layer or data
        What is drawn over it, from the lowest to the highest, see :func:`viewer3d.screenshot`. Choices of window,
        colours and the like are those of the volume.
    state : ViewState, optional
        What is not chosen otherwise: transfer function, crop, ...
    **options : StyleOptions
        Those of :class:`viewer3d.figures.Style`.

    Raises
    ------
    RenderError
        When no OpenGL works here.
    """
    volume, style = as_volume(volume), Style(**options)
    check_unused(style, "directions", "inverted", "slab")
    if not sides or set(sides) - set(SIDES):
        raise ViewError(f"sides {sides!r}: give letters of {''.join(SIDES)}, as in ALPR")
    if not (opengl := gl.find_opengl()).works:
        raise RenderError(f"3D cannot be drawn: {opengl.why_not}; run {gl.MEND}")
    drawer = SliceDrawer(volume, overlays)
    hidden = {"couch_hidden": couch_hidden, "face_hidden": face_hidden}
    state = drawer.layered(volume_state(volume, "3d", rendering, state, style, **hidden))
    points = volume_look(volume, state).points(volume)
    shape = _shape(points, sides)
    layout = lay_out_page(*tiled(len(sides), shape, style), style, key=drawer.key(state, style))
    builder = PageBuilder(layout, style)
    cameras = cameras_of(points, sides, layout.panes[0].size)
    with closing(VolumePane(volume)) as pane:
        for side, camera, rect in zip(sides, cameras, layout.panes, strict=False):
            builder.add_volume(pane, drawer, rect, state.with_camera(camera), SIDE_NAMES[side])
    return builder.page(), state.with_camera(cameras[0])


def _shape(points: Points, sides: str) -> tuple[float, float]:
    # Width and height of a pane in which the points fit, from each of the sides.
    extent = points.max(0) - points.min(0)
    ups = [np.array(SIDES[side][1]) for side in sides]
    rights = [np.cross(up, SIDES[side][0]) for side, up in zip(sides, ups, strict=True)]
    wide, high = (max(float(extent @ np.abs(axis)) for axis in axes) for axes in (rights, ups))
    return max(wide, high / 3, 1.0), max(high, wide / 3, 1.0)


def cameras_of(points: Points, sides: str, shape: tuple[float, float]) -> list[Camera]:
    """Return cameras at the patient's sides, equally far from points, so that all show them in one size.

    Parameters
    ----------
    points : ndarray of float64, shape (N, 3)
        World points of what is to be seen, in mm.
    sides : str
        Their letters.
    shape : tuple of float
        Width and height of the panes, in any unit.
    """
    fitted = [side_camera(points, side, shape) for side in sides]
    distance = max(float(np.linalg.norm(np.subtract(one.position, one.focal_point))) for one in fitted)
    return [
        replace(camera, position=vector(camera.focal_point + distance * np.array(SIDES[side][0])))
        for side, camera in zip(sides, fitted, strict=True)
    ]


@figure
def mips(
    volume: AnyVolume,
    window: AnyWindow | None = None,
    layout: Arrangement = "row",
    *,
    face_hidden: bool | None = None,
    overlays: Overlays = (),
    state: ViewState | None = None,
    **options: Unpack[StyleOptions],
) -> tuple[Page, ViewState]:
    """Show the maximum of the whole volume along the patient's three axes, in one scale.

    Parameters
    ----------
    volume : Volume, or what :func:`viewer3d.load` takes
    window : Window or str, optional
        See :func:`viewer3d.screenshot`; without it the bone window for values in HU, the one PET opens in for
        SUV, else one from the maxima.
    layout : {"row", "column"}
        Side by side, or one below the other.
    face_hidden : bool, optional
        Whether the front of a face is left out, see :func:`viewer3d.screenshot`; without it as a given state says.
    overlays : sequence of Layer or data
        What is drawn over it, each the maximum of its whole depth, from the lowest to the highest, see
        :func:`viewer3d.screenshot`. Choices of window, colours and the like are those of the volume. Of segments and
        regions of interest the silhouette is: a pixel belongs to each that has a voxel anywhere behind it.
    state : ViewState, optional
        What is not chosen otherwise: window, colours, ...
    **options : StyleOptions
        Those of :class:`viewer3d.figures.Style`.

    Raises
    ------
    ViewError
        When no face is found that is to be hidden, or a region over it would show it.
    """
    volume, style, arrangement = as_volume(volume), Style(**options), check_arrangement(layout)
    check_unused(style, "mips", "slab")
    planes = [PLANES[name] for name in ("coronal", "sagittal", "axial")]
    if face_hidden is None:
        face_hidden = state is not None and state.layers[0].face_hidden
    shown, over, cut = _without_face(volume, overlays, face_hidden=face_hidden)
    flats = [_flattened(shown, plane) or shown for plane in planes]
    if window is None and state is None and not volume.is_in_suv:
        maxima = np.concatenate([flat.window_values() for flat in flats])
        window = "bone" if volume.unit == "HU" else auto_window(maxima)
    # Maxima are of the whole volume, so the cursor of a state makes no difference.
    cuts = state is not None and volume.geometry.contains(state.cursor)
    drawer = SliceDrawer(shown, over, ground=page_colors(style).pane)
    state = drawer.layered(slices_state(volume, style, window, None if cuts else "center", state)).unturned()
    state = state.with_look(0, face_hidden=face_hidden)
    if cut is not None:
        check_regions(cut, drawer.regions, state.regions)
    box = box_around(volume.geometry)
    sections = [Section(plane, volume.geometry.center, box) for plane in planes]
    sides = arranged([one.sides for one in sections], arrangement)
    page = lay_out_page(*sides, style, strip=style.value_bar, key=drawer.key(state, style))
    builder = PageBuilder(page, style)
    for section, flat, rect in zip(sections, flats, page.panes, strict=True):
        projector, thickness = _projector(drawer, state, section.plane, flat, page_colors(style).pane)
        drawn = replace(state, axes=PATIENT_AXES, slab=Slab(thickness, "maximum"))
        layers = drawer.labels(state) if section is sections[0] else ()
        labels = Labels(f"MIP {section.plane.name}", layers=layers, scale=section is sections[-1])
        builder.add_slice(projector, section, rect, drawn, labels)
    builder.add_bars(drawer.scales(state))
    return builder.page(), replace(state, view="mpr", enlarged=None)


def _without_face(volume: Volume, overlays: Overlays, *, face_hidden: bool) -> tuple[Volume, Overlays, FaceCut | None]:
    # The volume and what lies over it, all without the face that one of them is to hide, and where that is.
    placed = place_layers(volume, overlays)
    asking = [volume] if face_hidden else [one.volume for one in placed.layers[1:] if one.look.get("face_hidden")]
    if not asking:
        return volume, overlays, None
    cut = face_to_hide(asking[0])
    layers = [replace(one, members=with_face_hidden(one.members, cut)) for one in placed.layers[1:]]
    return with_face_hidden([volume], cut)[0], [*layers, *placed.regions], cut


def _projector(
    drawer: SliceDrawer, state: ViewState, plane: Plane, flat: Volume, ground: Color
) -> tuple[SliceDrawer, float]:
    """Return what draws the maxima of all layers along a plane's normal, and how thick its slabs are.

    Layers are flattened onto a plane through the middle of the volume if all can be; else slabs around it are sampled
    that hold the whole of each.
    """
    volume, center = drawer.volume, drawer.volume.geometry.center[plane.axis]
    pairs = zip(drawer.regions, state.regions, strict=True)
    regions = [silhouettes(one, look, plane.axis, center) for one, look in pairs]
    others = [layer.members[look.member] for layer, look in zip(drawer.layers[1:], state.layers[1:], strict=True)]
    flats = [_flattened(one, plane) for one in others]
    if flat is volume or any(one is None for one in flats):
        low, high = (np.array(end)[plane.axis] for end in box_around(volume.geometry))
        ends = [end[plane.axis] for one in others for end in box_around(one.geometry)]
        thickness = max([high - low, *(2 * abs(end - center) for end in ends)])
        return SliceDrawer(volume, [*drawer.layers[1:], *regions], ground=ground), float(thickness)
    overlays: list[AnyPlaced] = []
    for layer, one in zip(drawer.layers[1:], flats, strict=True):
        assert one is not None
        affine = one.affine.copy()
        affine[plane.axis, 3] += center - one.geometry.center[plane.axis]  # where the section cuts it, however far away
        placed = replace(one, geometry=Geometry(affine, one.shape))
        overlays.append(replace(layer, members=(placed,) * len(layer.members)))
    return SliceDrawer(flat, [*overlays, *regions], ground=ground), 0.0


def _flattened(volume: Volume, plane: Plane) -> Volume | None:
    """Return the maxima along a plane's normal as a volume of one slice; None of an oblique volume.

    It takes a hundredth of the time of samples of a slab, and needs an axis of the grid that lies along the normal, see
    :data:`ALONG`. Maxima are interpolated between pixels, which none of the voxels' own values stays above.
    """
    geometry = volume.geometry
    along = int(np.argmax(np.abs(geometry.direction[plane.axis])))
    span = geometry.affine[:3, along] * geometry.shape[along]
    if np.linalg.norm(np.delete(span, plane.axis)) > ALONG * min(geometry.spacing):
        return None
    voxels = np.fmax.reduce(volume.voxels, axis=along, keepdims=True)
    affine = geometry.affine.copy()
    affine[:3, 3] += geometry.affine[:3, along] * (geometry.shape[along] - 1) / 2
    affine[:3, along] = span
    i, j, k = voxels.shape
    return replace(volume, voxels=voxels, geometry=Geometry(affine, (i, j, k)), measured=None)
