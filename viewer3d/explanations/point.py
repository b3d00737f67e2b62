"""Explain the value and the colour of a volume at a point of the patient."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from viewer3d.core.inputs import AnyVolume, as_volumes
from viewer3d.core.layers import Overlays, PlacedLayers, place_layers
from viewer3d.core.progress import Progress
from viewer3d.core.vectors import vector
from viewer3d.core.view.planes import PLANES, PlaneName
from viewer3d.core.view.state import ViewState
from viewer3d.dicom.files.sources import DicomInput
from viewer3d.dicom.series.scan import Scan, scan
from viewer3d.errors import ViewError
from viewer3d.explanations.slices import SlicePixel, WithSources, explain_slice
from viewer3d.explanations.values import Explanation, PicturePlace
from viewer3d.render.first_state import first_state, with_first_looks
from viewer3d.render.layer_stack import LayerStack
from viewer3d.render.marks.display_list import BLACK
from viewer3d.render.panes import PaneGeometry
from viewer3d.render.slices.pixels import PanePixels

if TYPE_CHECKING:
    from viewer3d.explanations.stored import Sources


def explain(
    volume: AnyVolume,
    world: ArrayLike,
    plane: PlaneName = "axial",
    *,
    overlays: Overlays = (),
    state: ViewState | None = None,
    files: DicomInput | Scan | None = None,
    progress: Progress | None = None,
) -> Explanation:
    """Explain the value and the colour of a volume at a point, from what files store.

    Parameters
    ----------
    volume : Volume, sequence of Volume, or path
        Of a 4-D set all volumes: the state says which is seen. A path is loaded, and is `files` as well.
    world : array_like, shape (3,)
        LPS, in mm; a pixel of a slice through it is explained.
    plane : {"axial", "coronal", "sagittal"}
        Of the slice: it counts where the state has a slab.
    overlays : sequence of Layer or data
        What is drawn over it, from the lowest to the highest.
    state : ViewState, optional
        Window, slab, colours and all else; without it the first state of the volume.
    files : path, Scan, ... , optional
        Where the files are that the volume was loaded from: then it is said what they store for each voxel.
    progress : callable, optional
        As for :func:`viewer3d.load`.

    Returns
    -------
    Explanation
        ``print`` shows all of it; from its numbers the colour can be computed again.

    Raises
    ------
    ViewError
        When there is no such plane, the state is for other layers, or files have other values than the voxels.
    BadFileError
        When a file cannot be read.

    Examples
    --------
    >>> print(viewer3d.explain(volume, (12.5, -80, 40), files="folder"))  # doctest: +SKIP
    """
    if plane not in PLANES:
        raise ViewError(f"no plane is named {plane!r}: give one of {', '.join(PLANES)}")
    point = np.asarray(world, np.float64)
    if point.shape != (3,) or not np.isfinite(point).all():
        raise ViewError(f"point {world!r:.60}: give three finite numbers, LPS in mm")
    if files is None and isinstance(volume, str):
        files = volume
    placed = place_layers(as_volumes(volume), overlays)
    begin = state or first_state(placed.layers[0].members[0], plane)
    begin = with_first_looks(begin, placed)
    return explain_point(placed, begin, plane, point, stored_sources(files, progress))


def explain_point(
    placed: PlacedLayers, state: ViewState, plane: PlaneName, world: ArrayLike, sources: Sources | None
) -> Explanation:
    """Explain a point of a slice through it, as a state shows it.

    A checkerboard, a line that splits a pane and outlines are of whole panes, and left out: each overlay is seen here.
    """
    looks = tuple(replace(look, blend="over", levels=()) for look in state.layers)
    state = replace(state, layers=looks, regions=tuple(replace(look, outline=0) for look in state.regions))
    stack = LayerStack(placed.layers[0].members, placed.overlays)
    stack.check(state)
    pane = PaneGeometry(state.plane(plane), vector(world), 1.0, (1, 1))
    names = tuple(layer.name for layer, look in zip(stack.layers, state.layers, strict=True) if look.shown)
    pixel = SlicePixel(stack.slice_layers(state), names, PanePixels(pane, state.slab), 0, 0)
    found = explain_slice(pixel, with_sources(sources))
    place = PicturePlace("a point", plane, (0.0, 0.0), pane.origin, vector(pane.plane.normal), pane.mm_per_pixel)
    return Explanation(place, found.layers, BLACK, found.values, found.covers, found.color)


def stored_sources(files: DicomInput | Scan | None, progress: Progress | None = None) -> Sources | None:
    """Return what finds stored values among files; None without any."""
    if files is None:
        return None
    from viewer3d.core.progress import stage_progress  # noqa: PLC0415 (only where files are given)
    from viewer3d.explanations.stored import Sources  # noqa: PLC0415

    return Sources([scan(files, progress=stage_progress(progress, "headers"))])


def with_sources(sources: Sources | None) -> WithSources | None:
    """Return what adds stored values to layers; None where there are no files."""
    return None if sources is None else partial(sources.explained)
