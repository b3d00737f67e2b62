"""The layers of a scene: data that lie in one world, the base and what is drawn over it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import product
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
from numpy.typing import ArrayLike

from viewer3d.core.geometry import SHEAR_TOLERANCE, Affine, Geometry, on_one_grid
from viewer3d.core.inputs import AnyVolume, as_volumes
from viewer3d.core.members import as_members
from viewer3d.core.sampling import MOST_SHEARED, fill_value, resample_upright, upright_grid
from viewer3d.core.series_info import Described
from viewer3d.core.text import printable
from viewer3d.core.view.look import ImageLook
from viewer3d.core.view.state import MOST_LAYERS
from viewer3d.core.volume import Volume
from viewer3d.errors import GeometryError, ViewError

if TYPE_CHECKING:
    from viewer3d.core.segmentation import Segmentation
    from viewer3d.core.structures import StructureSet

LITTLE_OVERLAP: Final = 0.25
"""Where less of either of two grids lies in the other it is said: a whole-body PET holds all of a chest CT."""

_PROBES: Final = 12
"""Points along each axis of a grid that tell which share of it lies in another: to 1 %."""

_IDENTITY: Final = np.eye(4)

_KINDS: Final = {"PT": "PET", "RTDOSE": "dose"}
"""What a layer of a modality is called, where it is not by the modality itself."""


@dataclass(frozen=True, eq=False)
class Layer:
    """Data to be drawn over others, where they lie and how they first look.

    Parameters
    ----------
    data : Volume, sequence of Volume, or path
        A volume, all volumes of a 4-D set, or what :func:`viewer3d.load` takes.
    name : str
        What it is called in pictures; without it by its modality.
    transform : array_like, shape (4, 4), or path, optional
        From the data's world to that of the base, both LPS in mm; or a file with it, of any kind that
        :func:`viewer3d.load_transform` reads. Without it the data must say that they are in the base's frame of
        reference.
    same_frame : bool
        Whether to trust that the data are in the base's frame of reference, whatever they say.
    look : mapping, optional
        How it first looks: fields of :class:`~viewer3d.core.view.look.ImageLook` by name, of which ``window`` may be
        any that :func:`viewer3d.screenshot` takes; what is not given is chosen by the modality.

    Raises
    ------
    ViewError
        When the transform mirrors, is singular or no affine, or the look has fields that there are not.

    Examples
    --------
    >>> Layer("pet", look={"window": "0-10", "opacity": 0.5}).look
    {'window': '0-10', 'opacity': 0.5}
    """

    data: AnyVolume
    name: str = ""
    transform: ArrayLike | str | os.PathLike[str] | None = None
    same_frame: bool = False
    look: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.transform is not None:
            if not isinstance(self.transform, str | os.PathLike):
                object.__setattr__(self, "transform", check_transform(self.transform))
            if self.same_frame:
                raise ViewError("both a transform and same_frame were given: give the transform alone")
        look = dict(self.look or {})
        known = [f.name for f in fields(ImageLook)]
        if unknown := sorted(set(look) - set(known)):
            raise ViewError(f"look has no {', '.join(unknown)}: give some of {', '.join(known)}")
        object.__setattr__(self, "look", look)
        object.__setattr__(self, "name", printable(self.name))


@dataclass(frozen=True, eq=False)
class PlacedLayer:
    """A layer whose data lie in the world of the base.

    Attributes
    ----------
    members : tuple of Volume
        One, or all of a 4-D set; their affines lead to the base's world (LPS, mm).
    name : str
    data : tuple of Volume
        The same as they were given.
    transform : ndarray of float64, shape (4, 4), optional
        What they were placed by, where it was given.
    same_frame : bool
        Whether they were trusted to be in the base's frame of reference.
    look : mapping
        As :class:`Layer` has it.
    notes : tuple of str
        What is to be said of where it lies.
    """

    members: tuple[Volume, ...]
    name: str
    data: tuple[Volume, ...]
    transform: Affine | None = None
    same_frame: bool = False
    look: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def volume(self) -> Volume:
        """The first of its members."""
        return self.members[0]


AnyLayer = AnyVolume | Layer | PlacedLayer
"""What is drawn over a base: a :class:`Layer`, its data alone, or what :func:`place_layers` returned of one."""

Overlays = Sequence[AnyLayer] | Layer | PlacedLayer | Volume | str | os.PathLike[str]
"""What is drawn over a base, from the lowest to the highest; one may be given without a list."""


def place_layers(base: Volume | Sequence[Volume], overlays: Overlays = ()) -> tuple[PlacedLayer, ...]:
    """Return the layers of a scene, all in the world of the first.

    Parameters
    ----------
    base : Volume or sequence of Volume
        Slices step by its voxels and panes are fitted to it; several are a 4-D set.
    overlays : sequence of Layer or data
        From the lowest to the highest; one may be given without a list. Those that lie in the world of this base
        already stay as they are.

    Raises
    ------
    ViewError
        When data are not in the base's frame of reference and nothing says how they lie in it, or do not overlap it.
    """
    members = as_members(base)
    placed = [PlacedLayer(members, _name_of(members[0]), members)]
    given = _listed(overlays)
    if len(given) >= MOST_LAYERS:
        raise ViewError(f"{len(given)} overlays: a scene has {MOST_LAYERS - 1} at most")
    for number, one in enumerate(given, 1):
        if isinstance(one, PlacedLayer):
            placed.append(one)
            continue
        layer = one if isinstance(one, Layer) else Layer(one)
        data = as_members(as_volumes(layer.data))
        name = layer.name or _free_name(_name_of(data[0]), [other.name for other in placed], number)
        placed.append(_placed(members[0], data, layer, name))
    return tuple(placed)


def as_overlays(overlays: Overlays) -> tuple[Layer, ...]:
    """Return overlays as layers, from the lowest to the highest, whose data need not be loaded."""
    layers = []
    for one in _listed(overlays):
        if isinstance(one, PlacedLayer):
            layers.append(Layer(one.data, one.name, one.transform, one.same_frame, one.look))
        else:
            layers.append(one if isinstance(one, Layer) else Layer(one))
    return tuple(layers)


def _listed(overlays: Overlays) -> list[Any]:
    alone = isinstance(overlays, Layer | PlacedLayer | Volume | str | os.PathLike)
    return [overlays] if alone else list(cast("Sequence[Any]", overlays))


def _placed(base: Volume, data: tuple[Volume, ...], layer: Layer, name: str) -> PlacedLayer:
    transform, how = loaded_transform(base, data[0], layer.transform)
    notes = check_frame(base, data[0], name, transform=transform, how=how, same_frame=layer.same_frame)
    members = data
    if transform is not None and not np.array_equal(transform, _IDENTITY):
        geometry = _moved(data[0].geometry, transform, name)
        if geometry.shear > SHEAR_TOLERANCE:
            members = tuple(_upright(one, geometry, name) for one in data)
            notes += (
                f"{name}: its transform shears (cosine {geometry.shear:.4f} between two axes): it was resampled to "
                "right angles, linearly within its slices.",
            )
        else:
            members = tuple(replace(one, geometry=geometry) for one in data)
    notes += _overlap_notes(base.geometry, members[0].geometry, name)
    return PlacedLayer(members, name, data, transform, layer.same_frame, layer.look, notes)


def loaded_transform(
    base: Volume | Segmentation,
    data: Volume | Segmentation,
    transform: ArrayLike | str | os.PathLike[str] | None,
) -> tuple[Affine | None, str]:
    """Return a transform that was given as a matrix or as a file, and what it is called in notes.

    Raises
    ------
    Viewer3DError
        When a file holds none, or none between the frames of reference of the two, or the matrix is none.
    """
    if transform is None:
        return None, ""
    if not isinstance(transform, str | os.PathLike):
        return check_transform(transform), _GIVEN
    from viewer3d.formats.load_transform import read_transform  # noqa: PLC0415 (a matrix that is there needs no reader)

    file = read_transform(transform)
    return file.between(base.frame_of_reference, data.frame_of_reference), file.how


_GIVEN: Final = "a given matrix"
"""What placed a layer, where nothing more is known of it."""


def check_frame(
    base: Volume | Segmentation,
    data: Volume | Segmentation | StructureSet,
    name: str,
    *,
    transform: ArrayLike | None = None,
    how: str = _GIVEN,
    same_frame: bool = False,
) -> tuple[str, ...]:
    """Check that data lie in the base's frame of reference, or that it was said how they lie in it.

    Parameters
    ----------
    base : Volume or Segmentation
    data : Volume, Segmentation or StructureSet
    name : str
        Of the data, in messages.
    transform : array_like, shape (4, 4), optional
        From the world of the data to that of the base, LPS in mm.
    how : str
        What the transform is called in notes.
    same_frame : bool
        Whether to trust that they are in one frame of reference.

    Returns
    -------
    tuple of str
        What is to be said of where they lie.

    Raises
    ------
    ViewError
        When they are of different or unknown frames of reference, and nothing says how they lie.
    """
    if transform is not None:
        return (f"{name} was placed by {how}.",)
    if base.frame_of_reference and base.frame_of_reference == data.frame_of_reference:
        return ()
    if same_frame:
        return (f"{name} is taken to be in the frame of reference of the base, as was asked for.",)
    unknown = not (base.frame_of_reference and data.frame_of_reference)
    grid: Geometry | None = getattr(data, "geometry", None)  # contours have none
    if unknown and grid is not None and on_one_grid(base.geometry, grid):
        return (f"{name} does not say its frame of reference; it lies on the grid of the base, and is drawn there.",)
    theirs = "not said" if not data.frame_of_reference else f"another ({frame_label(data)})"
    own = frame_label(base) if base.frame_of_reference else "not said"
    raise ViewError(
        f"{name}: its frame of reference is {theirs}, that of the base {own}: give a transform (4 x 4, from its LPS mm "
        "to those of the base, or a file with it), or same_frame where you know that they are one"
    )


def frame_label(data: Described) -> str:
    """Return a short name of a frame of reference that identifies nobody: the beginning of its SHA-256."""
    return data.frame_of_reference_digest[:8]


def _overlap_notes(base: Geometry, other: Geometry, name: str) -> tuple[str, ...]:
    if not overlap(base, other):
        raise ViewError(
            f"{name} does not overlap the base: it reaches {_extent_text(other)}, the base {_extent_text(base)}; "
            "check its transform and frame of reference"
        )
    share = max(share_within(other, base), share_within(base, other))
    if share >= LITTLE_OVERLAP:
        return ()
    return (f"Little of {name} lies in the base: {100 * share_within(other, base):.0f} % of its grid.",)


def overlap(one: Geometry, other: Geometry) -> bool:
    """Return whether two grids share any point, outer half voxels included.

    Two convex bodies do not if a plane parts them, which then is one of their faces or contains an edge of each
    (separating axis theorem; S. Gottschalk, M. Lin, D. Manocha, OBBTree, SIGGRAPH 1996).
    """
    edges = [geometry.affine[:3, :3].T for geometry in (one, other)]
    faces = [np.cross(E[a], E[b]) for E in edges for a, b in ((0, 1), (1, 2), (2, 0))]
    crossed = [np.cross(first, second) for first, second in product(*edges)]
    for axis in (*faces, *crossed):
        length = np.linalg.norm(axis)
        if length < 1e-9 * np.linalg.norm(edges[0]):  # parallel edges part nothing that faces do not
            continue
        first, second = (geometry.corners @ (axis / length) for geometry in (one, other))
        if first.max() <= second.min() or second.max() <= first.min():
            return False
    return True


def share_within(one: Geometry, other: Geometry) -> float:
    """Return which share of a grid lies in another, 0 to 1, to about 1 %."""
    steps = [(np.arange(_PROBES) + 0.5) / _PROBES * n - 0.5 for n in one.shape]
    points = one.index_to_world(np.stack(np.meshgrid(*steps, indexing="ij"), -1).reshape(-1, 3))
    index = other.world_to_index(points)
    inside = np.all((index >= -0.5) & (index <= np.array(other.shape) - 0.5), axis=1)
    return float(np.mean(inside))


def _extent_text(geometry: Geometry) -> str:
    (x0, y0, z0), (x1, y1, z1) = geometry.bounds
    return f"x {x0:.0f} to {x1:.0f}, y {y0:.0f} to {y1:.0f}, z {z0:.0f} to {z1:.0f} mm (LPS)"


def _moved(geometry: Geometry, transform: Affine, name: str) -> Geometry:
    try:
        moved = Geometry(transform @ geometry.affine, geometry.shape)
    except GeometryError as error:
        raise ViewError(f"{name}: its transform leaves no grid ({error})") from None
    return moved


def _upright(volume: Volume, sheared: Geometry, name: str) -> Volume:
    """Return a volume resampled to right angles, from where a transform that shears puts it."""
    grid = upright_grid(sheared.affine, sheared.shape)
    if np.prod(grid.shape, dtype=float) > MOST_SHEARED * np.prod(sheared.shape, dtype=float):
        raise ViewError(
            f"{name}: its transform shears by too much (cosine {sheared.shear:.4f} between two axes): give a rigid "
            "one, or resample the data by it"
        )
    fill = fill_value(volume.voxels, volume.background, is_ct=volume.is_like_hu)
    voxels, measured = resample_upright(volume.voxels, grid, fill, volume.measured)
    return replace(volume, voxels=voxels, geometry=Geometry(grid.affine, grid.shape), measured=measured)


def check_transform(transform: ArrayLike) -> Affine:
    """Return a transform as a float64 array of shape (4, 4), read-only.

    Raises
    ------
    ViewError
        When it is no affine, singular, or mirrors.
    """
    try:
        matrix = np.array(transform, np.float64)
    except (TypeError, ValueError):
        matrix = np.empty(0)
    if matrix.shape != (4, 4) or not np.isfinite(matrix).all() or not np.array_equal(matrix[3], (0, 0, 0, 1)):
        raise ViewError(
            "transform is not a finite 4 x 4 matrix with last row 0 0 0 1: give one from the LPS mm of the data to "
            "those of the base"
        )
    lengths = np.linalg.norm(matrix[:3, :3], axis=0)
    size = 0.0 if lengths.min() == 0 else float(np.linalg.det(matrix[:3, :3] / lengths))
    if abs(size) < _LEAST_VOLUME:
        raise ViewError("transform is singular: it flattens the data; give one that can be inverted")
    if size < 0:
        raise ViewError("transform mirrors: left would be right; give one of a positive determinant")
    matrix.flags.writeable = False
    return matrix


_LEAST_VOLUME: Final = 1e-6
"""Of the box that unit axes span after a transform: with less they lie in a plane but for rounding."""


def _name_of(volume: Volume) -> str:
    return _KINDS.get(volume.modality, printable(volume.modality)) or "layer"


def _free_name(name: str, taken: Sequence[str], number: int) -> str:
    return f"{name} {number}" if name in taken or name == "layer" else name
