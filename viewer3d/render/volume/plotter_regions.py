"""Put segments and regions of interest into a user's own pyvista plotter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from viewer3d.core.contours.planes import contour_grid
from viewer3d.core.geometry import Geometry
from viewer3d.core.inputs import AnyVolume, as_volume
from viewer3d.core.mesh import Mesh
from viewer3d.core.option_names import names_checked
from viewer3d.core.placing.frames import check_frame, check_transform
from viewer3d.core.segmentation import Segment, Segmentation
from viewer3d.core.structures import Roi, StructureSet
from viewer3d.errors import StructureError, ViewError
from viewer3d.render.volume.label_surface import label_surface
from viewer3d.render.volume.surface_actor import AMBIENT, DIFFUSE, surface_data

if TYPE_CHECKING:
    import pyvista

__all__ = ["add_segmentation", "add_structures"]

StructureStyle = Literal["surface", "contours"]
"""How regions of interest are drawn: as closed surfaces, or as the lines of their contours."""

_Several = int | str | Sequence[int | str]
"""One segment or region of interest by its number or name, or several."""

CONTOUR_WIDTH: Final = 2.0
"""Of contours, in pixels."""

CONTOUR_POINT: Final = 8.0
"""Of contours of one point, in pixels."""


@names_checked
def add_segmentation(
    plotter: pyvista.Plotter,
    segmentation: Segmentation,
    segments: _Several | None = None,
    *,
    opacity: float = 1.0,
    volume: AnyVolume | None = None,
    transform: ArrayLike | None = None,
    same_frame: bool = False,
) -> dict[int, pyvista.Actor]:
    """Show the surfaces of segments in a user's own pyvista plotter, in their own colours.

    They stand where the patient is: world is LPS in mm, as that of :func:`viewer3d.add_volume` and
    :func:`viewer3d.add_slices`. They are closed, smooth, and enclose what their voxels do. The lights are the
    plotter's.

    Parameters
    ----------
    plotter : pyvista.Plotter
        Its active renderer gets the actors, and its camera is reset to see all.
    segmentation : Segmentation
    segments : int, str or sequence of such, optional
        Numbers or names of those to show; without it all. One without voxels has no actor.
    opacity : float
        0 to 1. Beside a volume rendering give 1: VTK draws what is translucent before volumes, which then cover it.
    volume : Volume or what :func:`viewer3d.load` takes, optional
        What they are shown with: it is checked that both are in one frame of reference. Without it nothing is.
    transform : array_like, shape (4, 4), optional
        From the world of the segmentation to that of the plotter, both LPS in mm.
    same_frame : bool
        Whether to trust that segmentation and volume are in one frame of reference, whatever they say.

    Returns
    -------
    dict of int to pyvista.Actor
        By the number of the segment, in world mm (LPS). ``plotter.remove_actor`` takes each, and
        ``plotter.add_legend()`` lists their names.

    Raises
    ------
    SegmentError
        When there is no such segment.
    ViewError
        When the opacity is not 0 to 1, the transform is none, or the volume is of another frame of reference and
        nothing says how they lie.

    Examples
    --------
    >>> plotter = pyvista.Plotter()                                                 # doctest: +SKIP
    >>> viewer3d.add_volume(plotter, volume, "ct-bone")                             # doctest: +SKIP
    >>> actors = viewer3d.add_segmentation(plotter, organs, ["liver", "spleen"])    # doctest: +SKIP
    >>> plotter.remove_actor(actors[5])                                             # doctest: +SKIP
    """
    _check_opacity(opacity)
    chosen = [segmentation.segment(one) for one in _listed(segments, segmentation.segments)]
    moved = None if transform is None else check_transform(transform)
    if volume is not None:
        check_frame(as_volume(volume), segmentation, "segmentation", transform=moved, same_frame=same_frame)
    actors = {}
    for segment in chosen:
        mesh = _moved(label_surface(segmentation, segment.number).mesh, moved)
        if len(mesh.triangles):
            actors[segment.number] = _add_surface(plotter, mesh, segment, opacity)
    plotter.reset_camera()  # type: ignore[call-arg]
    return actors


@names_checked
def add_structures(
    plotter: pyvista.Plotter,
    structures: StructureSet,
    rois: _Several | None = None,
    *,
    style: StructureStyle = "surface",
    opacity: float = 1.0,
    line_width: float = CONTOUR_WIDTH,
    volume: AnyVolume | Geometry | None = None,
    transform: ArrayLike | None = None,
    same_frame: bool = False,
) -> dict[int, pyvista.Actor]:
    """Show regions of interest in a user's own pyvista plotter, in their own colours.

    They stand where the patient is: world is LPS in mm, as that of :func:`viewer3d.add_volume` and
    :func:`viewer3d.add_slices`.

    Parameters
    ----------
    plotter : pyvista.Plotter
        Its active renderer gets the actors, and its camera is reset to see all.
    structures : StructureSet
    rois : int, str or sequence of such, optional
        Numbers or names of those to show; without it all. One of which there is nothing to show has no actor.
    style : {"surface", "contours"}
        Closed surfaces around the masks of the regions, or their contours as they are: closed and open lines, points.
    opacity : float
        0 to 1. Beside a volume rendering give 1: VTK draws what is translucent before volumes, which then cover it.
    line_width : float
        Of contours, in pixels.
    volume : Volume, what :func:`viewer3d.load` takes, or Geometry, optional
        The grid of the masks. Of a volume the frame of reference is checked. Without it nothing is, and masks have a
        grid of their own, in the planes of each region's contours.
    transform : array_like, shape (4, 4), optional
        From the world of the structures to that of the plotter, both LPS in mm.
    same_frame : bool
        Whether to trust that structures and volume are in one frame of reference, whatever they say.

    Returns
    -------
    dict of int to pyvista.Actor
        By the number of the region, in world mm (LPS). ``plotter.remove_actor`` takes each, and
        ``plotter.add_legend()`` lists their names.

    Raises
    ------
    StructureError
        When there is no such region or style, or the contours of one tell no grid.
    ViewError
        When the opacity is not 0 to 1, the transform is none, or the volume is of another frame of reference and
        nothing says how they lie.

    Examples
    --------
    >>> viewer3d.add_structures(plotter, plan, "PTV", volume=volume)                # doctest: +SKIP
    >>> viewer3d.add_structures(plotter, plan, ["Bladder", "Rectum"], style="contours")  # doctest: +SKIP
    """
    _check_opacity(opacity)
    if style not in get_args(StructureStyle):
        raise StructureError(f"style {style!r:.40}: give one of {', '.join(get_args(StructureStyle))}")
    chosen = [structures.roi(one) for one in _listed(rois, structures.rois)]
    moved = None if transform is None else check_transform(transform)
    where = volume if volume is None or isinstance(volume, Geometry) else as_volume(volume)
    actors = {}
    for roi in chosen:
        if where is not None and not isinstance(where, Geometry):
            own = structures.with_info(frame_of_reference=roi.frame_of_reference)
            check_frame(where, own, roi.name, transform=moved, same_frame=same_frame)
        if style == "contours":
            if roi.contours:
                actors[roi.number] = _add_contours(plotter, roi, moved, opacity, line_width)
        elif roi.closed:
            grid = where if isinstance(where, Geometry) else getattr(where, "geometry", None)
            mesh = _roi_surface(structures, roi, grid, moved)
            if len(mesh.triangles):
                actors[roi.number] = _add_surface(plotter, mesh, roi, opacity)
    plotter.reset_camera()  # type: ignore[call-arg]
    return actors


def _check_opacity(opacity: float) -> None:
    if not 0 <= opacity <= 1:
        raise ViewError(f"opacity {opacity}: give 0 to 1")


def _listed(given: _Several | None, regions: Sequence[Segment] | Sequence[Roi]) -> Sequence[int | str]:
    if given is None:
        return [one.number for one in regions]
    return [given] if isinstance(given, int | str | np.integer) else given


def _moved(mesh: Mesh, transform: Any) -> Mesh:
    if transform is None:
        return mesh
    return Mesh(mesh.points @ transform[:3, :3].T + transform[:3, 3], mesh.triangles, name=mesh.name)


def _roi_surface(structures: StructureSet, roi: Roi, grid: Geometry | None, transform: Any) -> Mesh:
    """Return the surface around a region's mask, on a grid of the plotter's world or on the region's own."""
    if grid is None:
        own = contour_grid([one.points for one in roi.closed], structures.measure(roi.number).step)
        if own is None:
            raise StructureError(f"{roi.name}: its contours do not tell the grid of a mask: give the volume")
        return _moved(_surface_on(structures, roi, own, None), transform)
    return _surface_on(structures, roi, grid, transform)


def _surface_on(structures: StructureSet, roi: Roi, grid: Geometry, transform: Any) -> Mesh:
    mask = structures.mask(roi.number, grid, transform=transform)
    return label_surface(Segmentation.from_array(mask, grid.affine, names=[roi.name]), 1).mesh


def _add_surface(plotter: pyvista.Plotter, mesh: Mesh, region: Segment | Roi, opacity: float) -> pyvista.Actor:
    import pyvista  # noqa: PLC0415 (0.4 s that only a user of pyvista should pay)

    actor = plotter.add_mesh(
        pyvista.wrap(surface_data(mesh)),
        style="surface",
        smooth_shading=False,  # it has normals; pyvista would split and make them anew
        ambient=AMBIENT,
        diffuse=DIFFUSE,
        specular=0.0,
        lighting=True,
        **_common(region, opacity),
    )
    actor.prop.interpolation = "Phong"
    return actor


def _add_contours(
    plotter: pyvista.Plotter, roi: Roi, transform: Any, opacity: float, line_width: float
) -> pyvista.Actor:
    import pyvista  # noqa: PLC0415 (as above)

    lines: list[int] = []
    single: list[int] = []
    first = 0
    for one in roi.contours:
        numbers = range(first, first + len(one.points))
        first = numbers.stop
        if one.type == "POINT" or len(one.points) == 1:
            single += [entry for number in numbers for entry in (1, number)]
            continue
        around = (*numbers, numbers.start) if one.is_closed else (*numbers,)
        lines += [len(around), *around]
    points = np.concatenate([one.points for one in roi.contours])
    if transform is not None:
        points = points @ transform[:3, :3].T + transform[:3, 3]
    data = pyvista.PolyData(points, lines=lines or None, verts=single or None)
    return plotter.add_mesh(
        data,
        style="wireframe" if lines else "points",
        line_width=line_width,
        point_size=CONTOUR_POINT,
        render_points_as_spheres=True,
        lighting=False,
        **_common(roi, opacity),
    )


def _common(region: Segment | Roi, opacity: float) -> dict[str, Any]:
    # All that a theme of the user's could change otherwise.
    return {
        "color": [part / 255 for part in region.color],
        "opacity": opacity,
        "label": region.name or str(region.number),
        "show_edges": False,
        "show_scalar_bar": False,
        "reset_camera": False,
        "render": False,
    }
