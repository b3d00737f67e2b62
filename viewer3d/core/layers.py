"""The layers of a scene: data that lie in one world, the base and what is drawn over it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
from numpy.typing import ArrayLike

from viewer3d.core.dose.levels import look_of_levels, placed_levels
from viewer3d.core.geometry import SHEAR_TOLERANCE, Affine, Geometry, on_one_grid
from viewer3d.core.grids.place_errors import with_steps
from viewer3d.core.inputs import AnyVolume, as_layer_data
from viewer3d.core.members import as_members
from viewer3d.core.mesh import MESH_MODALITY, Mesh, MeshSet, as_mesh_set
from viewer3d.core.notes.note import Note, as_notes
from viewer3d.core.placing.frames import check_frame, check_transform, loaded_transform
from viewer3d.core.placing.overlap import check_points_overlap, overlap_notes
from viewer3d.core.placing.regions import AnyRegions, PlacedRegions, moved_regions, points_of
from viewer3d.core.sampling import MOST_SHEARED, fill_value, resample_upright, upright_grid
from viewer3d.core.segmentation import Segmentation
from viewer3d.core.structures import StructureSet
from viewer3d.core.text import printable
from viewer3d.core.view.look import ImageLook, RegionLook
from viewer3d.core.view.state import MOST_LAYERS
from viewer3d.core.volume import Volume
from viewer3d.errors import GeometryError, ViewError

if TYPE_CHECKING:
    from viewer3d.core.dose.plan import AnyPlan

_IDENTITY: Final = np.eye(4)

_KINDS: Final = {"PT": "PET", "RTDOSE": "dose", "SEG": "segments", "RTSTRUCT": "structures", MESH_MODALITY: "mesh"}
"""What a layer of a modality is called, where it is not by the modality itself."""


@dataclass(frozen=True, eq=False)
class Layer:
    """Data to be drawn over others, where they lie and how they first look.

    Parameters
    ----------
    data : Volume, sequence of Volume, Segmentation, StructureSet, Mesh, sequence of Mesh, or path
        A volume, all volumes of a 4-D set, regions, meshes, or a path of any of them; also else what
        :func:`viewer3d.load` takes.
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
        any that :func:`viewer3d.screenshot` takes; of a segmentation, structure set or meshes fields of
        :class:`~viewer3d.core.view.look.RegionLook`, of which ``segments`` may be a name, a number or a list of them.
        What is not given is chosen by the modality. ``levels`` may be a text, ``"20Gy:40Gy"`` or ``"50%:95%"``, or
        numbers in the unit of the layer; percent are of the plan's prescription, or of the layer's maximum.
    plan : Plan, float or path, optional
        What levels of a dose in Gy are in percent of: a plan, its file, or the prescribed dose in Gy. The look holds
        the dose, ``level_base``, so that nothing else needs the plan.

    Raises
    ------
    ViewError
        When the transform mirrors, is singular or no affine, the look has fields that there are not, or levels are
        none; or there is a plan and no levels.
    DoseError
        When the plan prescribes no dose.

    Examples
    --------
    >>> Layer("dose", plan=60, look={"levels": "50%:95%"}).look
    {'levels': '50%:95%', 'level_base': 60.0, 'level_base_name': 'prescription'}
    >>> Layer("pet", look={"window": "0-10", "opacity": 0.5}).look
    {'window': '0-10', 'opacity': 0.5}
    """

    data: AnyVolume | Segmentation | StructureSet | Mesh | MeshSet | Sequence[Mesh]
    name: str = ""
    transform: ArrayLike | str | os.PathLike[str] | None = None
    same_frame: bool = False
    look: Mapping[str, Any] = field(default_factory=dict)
    plan: AnyPlan | None = None

    def __post_init__(self) -> None:
        if self.transform is not None:
            if not isinstance(self.transform, str | os.PathLike):
                object.__setattr__(self, "transform", check_transform(self.transform))
            if self.same_frame:
                raise ViewError("both a transform and same_frame were given: give the transform alone")
        look = dict(self.look or {})
        kinds = {Volume: (ImageLook,)} | dict.fromkeys((Segmentation, StructureSet, Mesh, MeshSet), (RegionLook,))
        check_look_names(look, *kinds.get(type(self.data), (ImageLook, RegionLook)))
        plan = None
        if self.plan is not None:
            from viewer3d.core.dose.plan import as_plan  # noqa: PLC0415 (few layers have a plan)

            plan = as_plan(self.plan)
            object.__setattr__(self, "plan", plan)
        object.__setattr__(self, "look", look_of_levels(look, plan))
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
        As :class:`Layer` has it; levels are numbers in the unit.
    notes : tuple of Note
        What is to be said of where it lies.
    """

    members: tuple[Volume, ...]
    name: str
    data: tuple[Volume, ...]
    transform: Affine | None = None
    same_frame: bool = False
    look: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    @property
    def volume(self) -> Volume:
        """The first of its members."""
        return self.members[0]

    @property
    def has_graphics(self) -> bool:
        """Whether any of its members was loaded with graphics, overlay planes or shutters of its files."""
        return any(one.graphics is not None for one in self.members)


@dataclass(frozen=True, eq=False)
class PlacedLayers:
    """All that a scene shows, in the world of its base.

    Attributes
    ----------
    layers : tuple of PlacedLayer
        The base, and what has values over it, from the lowest to the highest.
    regions : tuple of PlacedRegions
        Segmentations, structure sets and meshes, which lie over all of them.
    """

    layers: tuple[PlacedLayer, ...]
    regions: tuple[PlacedRegions, ...] = ()

    @property
    def overlays(self) -> tuple[AnyPlaced, ...]:
        """All but the base, as they are given to what places layers: those stay where they are."""
        return (*self.layers[1:], *self.regions)

    @property
    def notes(self) -> tuple[Note, ...]:
        """All notes on its data and on where they lie, from the base on, each once."""
        found = [note for layer in self.layers for one in layer.data for note in (*one.notes, *layer.notes)]
        found += [note for one in self.regions for note in (*one.data.notes, *one.notes)]
        return as_notes(dict.fromkeys(found))


AnyPlaced = PlacedLayer | PlacedRegions
"""What lies over a base, in its world."""


def volumes_of(overlays: Sequence[AnyPlaced]) -> tuple[Volume, ...]:
    """Return the volumes of overlays as they were given; regions have none."""
    return tuple(volume for layer in overlays if isinstance(layer, PlacedLayer) for volume in layer.data)


def check_look_names(look: Mapping[str, Any], *kinds: type[Any]) -> None:
    """Check that a look has only fields that looks of one of some kinds have.

    Raises
    ------
    ViewError
        When it has others; lists those that there are.
    """
    known = list(dict.fromkeys(f.name for kind in kinds for f in fields(kind)))
    if unknown := sorted(set(look) - set(known)):
        raise ViewError(f"look has no {', '.join(unknown)}: give some of {', '.join(known)}")


AnyLayer = AnyVolume | Segmentation | StructureSet | Mesh | MeshSet | Layer | PlacedLayer | PlacedRegions
"""What is drawn over a base: a :class:`Layer`, its data alone, or what :func:`place_layers` returned of one."""

Overlays = (
    Sequence[AnyLayer]
    | Layer
    | PlacedLayer
    | PlacedRegions
    | Volume
    | Segmentation
    | StructureSet
    | Mesh
    | MeshSet
    | str
    | os.PathLike[str]
)
"""What is drawn over a base, from the lowest to the highest; one may be given without a list."""


def place_layers(base: Volume | Sequence[Volume], overlays: Overlays = ()) -> PlacedLayers:
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
    regions: list[PlacedRegions] = []
    given = listed_overlays(overlays)
    if len(given) >= MOST_LAYERS:
        raise ViewError(f"{len(given)} overlays: a scene has {MOST_LAYERS - 1} at most")
    for number, one in enumerate(given, 1):
        if isinstance(one, PlacedLayer):
            placed.append(one)
            continue
        if isinstance(one, PlacedRegions):
            regions.append(one)
            continue
        layer = one if isinstance(one, Layer) else Layer(one)
        data = as_layer_data(layer.data, layer.look)
        data = as_mesh_set(data) or data
        taken = [*(other.name for other in placed), *(other.name for other in regions)]
        if isinstance(data, Segmentation | StructureSet | MeshSet):
            name = layer.name or _free_name(_name_of(data), taken, number)
            regions.append(_placed_regions(members[0], data, layer, name))
        else:
            volumes = as_members(cast("Volume | Sequence[Volume]", data))
            name = layer.name or _free_name(_name_of(volumes[0]), taken, number)
            placed.append(_placed(members[0], volumes, layer, name))
    return PlacedLayers(tuple(placed), tuple(regions))


def as_overlays(overlays: Overlays) -> tuple[Layer, ...]:
    """Return overlays as layers, from the lowest to the highest, whose data need not be loaded."""
    layers = []
    for one in listed_overlays(overlays):
        if isinstance(one, PlacedLayer | PlacedRegions):
            data = one.data if isinstance(one, PlacedLayer) else one.given
            layers.append(Layer(data, one.name, one.transform, one.same_frame, one.look))
        else:
            layers.append(one if isinstance(one, Layer) else Layer(one))
    return tuple(layers)


def place_without_volume(overlays: Overlays) -> PlacedLayers:
    """Return segmentations and structure sets that lie in the world of the last of them, without a volume.

    Parameters
    ----------
    overlays : sequence of Layer or data
        The last is a segmentation, whose grid is the base's. One on the same grid needs no frame of reference.

    Raises
    ------
    ViewError
        When the last is no segmentation, or another does not lie in its world.
    """
    layers = as_overlays(overlays)
    found = [as_layer_data(layer.data, layer.look) for layer in layers]
    last = found[-1]
    if not isinstance(last, Segmentation):
        raise ViewError("there is no volume, and the last overlay has no grid: give a volume, or a segmentation last")
    low, high = last.geometry.bounds
    affine = np.diag([*(high - low), 1.0])
    affine[:3, 3] = (low + high) / 2
    box = Volume.from_array(np.zeros((1, 1, 1), np.int16), affine, frame_of_reference=last.frame_of_reference)
    trusted = []
    for layer, data in zip(layers, found, strict=True):
        on_grid = isinstance(data, Segmentation) and on_one_grid(data.geometry, last.geometry)
        is_said = isinstance(data, Segmentation) and data.frame_of_reference and last.frame_of_reference
        same = layer.transform is None and (data is last or (on_grid and not is_said))
        trusted.append(replace(layer, data=cast("Any", data), same_frame=layer.same_frame or same))
    placed = place_layers(box, trusted)
    return replace(placed, regions=tuple(replace(one, base=last.geometry) for one in placed.regions))


def listed_overlays(overlays: Overlays) -> list[Any]:
    """Return overlays as a list: one may be given without."""
    alone = isinstance(
        overlays,
        (Layer, PlacedLayer, PlacedRegions, Volume, Segmentation, StructureSet, Mesh, MeshSet, str, os.PathLike),
    )
    return [overlays] if alone else list(cast("Sequence[Any]", overlays))


def _placed(base: Volume, data: tuple[Volume, ...], layer: Layer, name: str) -> PlacedLayer:
    check_look_names(layer.look, ImageLook)
    transform, how = loaded_transform(base, data[0], layer.transform)
    notes = check_frame(base, data[0], name, transform=transform, how=how, same_frame=layer.same_frame)
    members = data
    if transform is not None and not np.array_equal(transform, _IDENTITY):
        geometry = _moved(data[0].geometry, transform, name)
        data_there = tuple(
            one if one.graphics is None else replace(one, graphics=one.graphics.moved(transform)) for one in data
        )
        if geometry.shear > SHEAR_TOLERANCE:
            members = tuple(_upright(one, geometry, name) for one in data_there)
            text = (
                f"{name}: its transform shears (cosine {geometry.shear:.4f} between two axes): it was resampled to "
                "right angles, linearly within its slices."
            )
            notes += (Note(text, "placing.sheared"),)
        else:
            errors = data[0].info.place_errors.moved(transform)
            members = tuple(replace(one.with_info(place_errors=errors), geometry=geometry) for one in data_there)
    notes += overlap_notes(base.geometry, members[0].geometry, name)
    look = placed_levels(layer.look, data[0])
    return PlacedLayer(members, name, data, transform, layer.same_frame, look, notes)


def _placed_regions(base: Volume, given: AnyRegions, layer: Layer, name: str) -> PlacedRegions:
    check_look_names(layer.look, RegionLook)
    transform, how = loaded_transform(base, given, layer.transform)
    data, notes = given, tuple[Note, ...]()
    if isinstance(given, StructureSet) and transform is None and not layer.same_frame:
        data, notes = _of_frame(base, given, name)
    notes = (*check_frame(base, data, name, transform=transform, how=how, same_frame=layer.same_frame), *notes)
    if transform is not None and not np.array_equal(transform, _IDENTITY):
        data = moved_regions(data, transform, name)
    if isinstance(data, Segmentation):
        notes += overlap_notes(base.geometry, data.geometry, name)
    else:
        check_points_overlap(base.geometry, points_of(data), name)
    if isinstance(data, MeshSet):
        notes += tuple(
            Note(f"{one.name} is not closed: it has no inside, and slices show its lines alone.", "placing.open_mesh")
            for one in data.regions
            if not one.is_closed
        )
    return PlacedRegions(data, given, name, base.geometry, transform, layer.same_frame, layer.look, notes)


def _of_frame(base: Volume, given: StructureSet, name: str) -> tuple[StructureSet, tuple[Note, ...]]:
    """Return those regions of interest that are in the base's frame of reference, where only some are."""
    frames = {roi.frame_of_reference for roi in given.rois}
    own = tuple(roi for roi in given.rois if roi.frame_of_reference == base.frame_of_reference)
    if len(frames) < 2 or not own:
        return given, ()
    left = ", ".join(roi.name for roi in given.rois if roi not in own)
    notes = (Note(f"{name}: not in the frame of reference of the base, and left out: {left}.", "placing.left_out"),)
    return replace(given.with_info(frame_of_reference=base.frame_of_reference), rois=own), notes


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
    made = volume.with_info(place_errors=with_steps(volume.info.place_errors, *sheared.affine[:3, :2].T))
    return replace(made, voxels=voxels, geometry=Geometry(grid.affine, grid.shape), measured=measured)


def _name_of(data: Volume | AnyRegions) -> str:
    return _KINDS.get(data.modality, printable(data.modality)) or "layer"


def _free_name(name: str, taken: Sequence[str], number: int) -> str:
    return f"{name} {number}" if name in taken or name == "layer" else name
