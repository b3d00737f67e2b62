"""The state of a view: everything that decides a picture of a volume, as JSON or a frozen value."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any, Final, get_args

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from viewer3d.core.geometry import Geometry
from viewer3d.core.sampling import Interpolation, check_interpolation
from viewer3d.core.vectors import AXES_TOLERANCE as AXES_TOLERANCE  # noqa: PLC0414 (a part of a state, as below)
from viewer3d.core.vectors import LARGEST_MM, Axes, Vector, are_axes, is_near, vector
from viewer3d.core.vectors import PATIENT_AXES as PATIENT_AXES  # noqa: PLC0414 (a part of a state, so found here as well)
from viewer3d.core.view.camera import Camera, front_camera
from viewer3d.core.view.key_image import MOST_KEY_IMAGES, KeyImage
from viewer3d.core.view.look import ImageLook, RegionLook
from viewer3d.core.view.measurement import Measurement
from viewer3d.core.view.planes import PANES, PLANES, PaneName, Plane, PlaneName, View
from viewer3d.core.view.slab import Blend as Blend  # noqa: PLC0414 (a part of a state, so found here as well)
from viewer3d.core.view.slab import Slab as Slab  # noqa: PLC0414 (a part of a state, so found here as well)
from viewer3d.core.view.slab import as_slab as as_slab  # noqa: PLC0414 (a part of a state, so found here as well)
from viewer3d.core.view.slab import parse_slab as parse_slab  # noqa: PLC0414 (a part of a state, so found here as well)
from viewer3d.core.view.slice_pane import ZOOM_LIMITS as ZOOM_LIMITS  # noqa: PLC0414 (a part of a state, so found here as well)
from viewer3d.core.view.slice_pane import SlicePane as SlicePane  # noqa: PLC0414 (a part of a state, so found here as well)
from viewer3d.core.view.versions import (
    LAYERS_VERSION,
    LOOK_FIELDS,
    STATE_VERSION,
    leave_out_defaults,
    upgraded,
    version_of,
)
from viewer3d.core.window import Window
from viewer3d.errors import ViewError, WindowError

MOST_MEASUREMENTS: Final = 1000
"""Of one view: each is measured and drawn again with every picture."""

MOST_LAYERS: Final = 100
"""Of one view: each is sampled and drawn with every picture."""


@dataclass(frozen=True)
class Box:
    """A box along the patient's axes.

    Attributes
    ----------
    low, high : tuple of float
        Its lowest and highest corner (LPS, mm).
    """

    low: Vector
    high: Vector

    def __post_init__(self) -> None:
        if not is_near([self.low, self.high]) or not np.all(np.less(self.low, self.high)):
            raise ViewError(f"box from {self.low} to {self.high}: give finite LPS mm, each lower end below the higher")


@dataclass(frozen=True)
class Pointer:
    """The point under the mouse in a slice pane, whose position and value are written there.

    Attributes
    ----------
    pane : {"axial", "coronal", "sagittal"}
    world : tuple of float
        The world point (LPS, mm).
    """

    pane: PlaneName
    world: Vector

    def __post_init__(self) -> None:
        if self.pane not in PLANES or not is_near(self.world):
            raise ViewError(f"pointer at {self.world} in {self.pane!r}: give a slice pane and finite LPS mm")


@dataclass(frozen=True)
class ViewState:
    """Everything that decides a picture of a volume, besides the volume and the size of the picture.

    Attributes
    ----------
    cursor : tuple of float
        The world point (LPS, mm) through which all three slices go.
    camera : Camera
        The eye of the 3D pane.
    layers : tuple of ImageLook
        How each layer looks: first the base, whose voxels slices step and panes fit by, then what lies over it.
    view : {"axial", "coronal", "sagittal", "3d", "mpr", "quad"}
        Which panes there are and how they are laid out.
    axial, coronal, sagittal : SlicePane
        Zoom, pan and turn of each plane.
    enlarged : {"axial", "coronal", "sagittal", "3d"}, optional
        The pane that fills the picture for now, instead of all those of the view.
    pointer : Pointer, optional
        What is pointed at.
    axes : tuple of three tuples of float
        World directions that the sagittal, coronal and axial planes are perpendicular to: orthonormal and
        right-handed. Those of the patient unless planes are oblique.
    slab : Slab
        How thick slices are.
    crop : Box, optional
        All that the 3D pane shows lies in it.
    planes_shown : bool
        Whether the slices stand in the 3D pane.
    measurements : tuple of Measurement
    version : int
        Of this record's form.
    interpolation : {"linear", "nearest"}
        Whether slices are interpolated between voxels, or show each voxel as the box it stands for.
    series : tuple of str
        Digests of the series it was made on, see :func:`viewer3d.core.origin.series_of`; none where that is not
        known. They decide nothing that is seen, so states that differ in them alone are equal.
    active : int
        Which layer a window that is dragged or chosen, colours and measurements are meant for.
    regions : tuple of RegionLook
        How segmentations and structure sets look, which lie over all layers: one each, from the lowest to the highest.
    key_images : tuple of KeyImage
        Slices that a person marked, in the order in which they were.
    """

    cursor: Vector
    camera: Camera
    layers: tuple[ImageLook, ...]
    view: View = "quad"
    axial: SlicePane = field(default_factory=SlicePane)
    coronal: SlicePane = field(default_factory=SlicePane)
    sagittal: SlicePane = field(default_factory=SlicePane)
    enlarged: PaneName | None = None
    pointer: Pointer | None = None
    axes: Axes = PATIENT_AXES
    slab: Slab = field(default_factory=Slab)
    crop: Box | None = None
    planes_shown: bool = False
    measurements: tuple[Measurement, ...] = ()
    version: int = STATE_VERSION
    interpolation: Interpolation = "linear"
    series: tuple[str, ...] = field(default=(), compare=False)
    active: int = 0
    regions: tuple[RegionLook, ...] = ()
    key_images: tuple[KeyImage, ...] = ()

    def __post_init__(self) -> None:
        if self.view not in get_args(View):
            raise ViewError(f"no view is named {self.view!r}: give one of {', '.join(get_args(View))}")
        if len(self.cursor) != 3 or not is_near(self.cursor):
            raise ViewError(f"cursor {self.cursor} is not three finite numbers up to {LARGEST_MM:g}: give LPS mm")
        if len(self.measurements) > MOST_MEASUREMENTS:
            raise ViewError(f"{len(self.measurements):,} measurements: a view holds {MOST_MEASUREMENTS:,} at most")
        if len(self.key_images) > MOST_KEY_IMAGES:
            raise ViewError(f"{len(self.key_images):,} key images: a view holds {MOST_KEY_IMAGES} at most")
        if self.enlarged is not None and self.enlarged not in PANES[self.view]:
            raise ViewError(f"view {self.view} has no pane {self.enlarged!r} to enlarge: it has {PANES[self.view]}")
        check_interpolation(self.interpolation)
        if not are_axes(self.axes):
            raise ViewError(f"axes {self.axes}: give three perpendicular unit directions, right-handed")
        if (
            len(self.layers) + len(self.regions) > MOST_LAYERS
            or not self.layers
            or not 0 <= self.active < len(self.layers)
        ):
            raise ViewError(
                f"{len(self.layers)} layers, number {self.active} active: give 1 to {MOST_LAYERS}, one of them active"
            )

    @property
    def shown(self) -> View:
        """The view that is seen: the enlarged pane alone, if there is one."""
        return self.enlarged or self.view

    @property
    def panes(self) -> tuple[PaneName, ...]:
        """The panes that are seen, in reading order."""
        return PANES[self.shown]

    @property
    def is_oblique(self) -> bool:
        """True when the planes are not along the patient's axes."""
        return self.axes != PATIENT_AXES

    def plane(self, name: PlaneName) -> Plane:
        """Return a plane as it lies in the patient, rotated with the axes; its pane may show it turned."""
        return PLANES[name].rotated(self.axes) if self.is_oblique else PLANES[name]

    def plane_on_screen(self, name: PlaneName) -> Plane:
        """Return a plane as its pane shows it: turned and mirrored."""
        pane = self.slice_pane(name)
        return self.plane(name).on_screen(pane.turned, mirrored=pane.mirrored)

    def unturned(self) -> ViewState:
        """Return the state with no pane turned or mirrored."""
        turned = [name for name in PLANES if not self.slice_pane(name).is_unturned]
        return replace(self, **{name: self.slice_pane(name).unturned() for name in turned}) if turned else self  # type: ignore[arg-type]

    def slice_pane(self, plane: PlaneName) -> SlicePane:
        """Return the zoom, pan and turn of a plane's pane."""
        pane: SlicePane = getattr(self, plane)
        return pane

    def with_cursor(self, world: ArrayLike) -> ViewState:
        """Return the state with its cursor at a world point (LPS, mm), shape (3,)."""
        return replace(self, cursor=vector(world))

    @property
    def look(self) -> ImageLook:
        """How the active layer looks."""
        return self.layers[self.active]

    def with_look(self, number: int | None = None, /, **changes: Any) -> ViewState:
        """Return the state with another look of one layer.

        Parameters
        ----------
        number : int, optional
            Of the layer, from 0; without it the active one.
        **changes
            Fields of :class:`ImageLook`: what is not given stays.

        Raises
        ------
        ViewError
            When there is no such layer, or a layer cannot look so.
        """
        number = self.active if number is None else number
        if not 0 <= number < len(self.layers):
            raise ViewError(f"there is no layer {number}: the state has {len(self.layers)}, counted from 0")
        look = replace(self.layers[number], **changes)
        return replace(self, layers=(*self.layers[:number], look, *self.layers[number + 1 :]))

    def with_region(self, number: int, /, **changes: Any) -> ViewState:
        """Return the state with other fields of the look of one of its regions, counted from 0."""
        if not 0 <= number < len(self.regions):
            raise ViewError(f"there are no regions {number}: the state has {len(self.regions)}, counted from 0")
        look = replace(self.regions[number], **changes)
        return replace(self, regions=(*self.regions[:number], look, *self.regions[number + 1 :]))

    def with_window(self, window: Window) -> ViewState:
        """Return the state with another window of the active layer."""
        return self.with_look(window=window)

    def with_view(self, view: View) -> ViewState:
        """Return the state with another layout, no pane of it enlarged."""
        return replace(self, view=view, enlarged=None)

    def with_pane(self, plane: PlaneName, pane: SlicePane) -> ViewState:
        """Return the state with another zoom, pan and turn in one plane."""
        return replace(self, **{plane: pane})  # type: ignore[arg-type]

    def with_camera(self, camera: Camera) -> ViewState:
        """Return the state with another eye in the 3D pane."""
        return replace(self, camera=camera)

    def with_measurement(self, measurement: Measurement) -> ViewState:
        """Return the state with one more measurement, the last; ``viewer3d.measure`` gives its numbers."""
        return replace(self, measurements=(*self.measurements, measurement))

    def to_json(self) -> str:
        """Write the state as JSON; every float comes back the same to the bit."""
        return msgspec.json.format(encode_json(self), indent=2).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> ViewState:
        """Read a state that :meth:`to_json` wrote.

        Raises
        ------
        ViewError
            When the text is not JSON, not a state, or of a later version; the message says where.
        """
        try:
            version = version_of(text)
            if version > STATE_VERSION:
                raise ViewError(f"state has version {version}, this viewer3d reads up to {STATE_VERSION}: update it")
            plain = msgspec.json.decode(text)
            known = {f.name for f in fields(cls)} | (set() if version >= LAYERS_VERSION else set(LOOK_FIELDS))
            if unknown := sorted(set(plain) - known):
                raise ViewError(f"state has unknown fields {', '.join(unknown)}: expected {', '.join(sorted(known))}")
            made = msgspec.convert(upgraded(plain, version), type=cls)
            # msgspec leaves out of a value what was not written, and then out of its JSON too: all are set here.
            layers, regions = tuple(map(replace, made.layers)), tuple(map(replace, made.regions))
            measurements, keys = tuple(map(replace, made.measurements)), tuple(map(replace, made.key_images))
            panes = {name: replace(made.slice_pane(name)) for name in PLANES}
            marks: dict[str, Any] = {"measurements": measurements, "key_images": keys}
            return replace(made, layers=layers, regions=regions, **marks, **panes)  # type: ignore[arg-type]
        except (msgspec.MsgspecError, WindowError, RecursionError, UnicodeError, OverflowError) as error:
            raise ViewError(f"not a view state: {error}; give JSON as ViewState.to_json writes it") from error


def encode_json(value: object) -> bytes:
    """Write a frozen value as JSON: equal ones alike, whether their numbers are int, float or numpy's.

    Raises
    ------
    ViewError
        When a name in it is no text: JSON has no lone surrogates, which damaged arguments of a shell become.
    """
    try:
        written = msgspec.json.encode(value, enc_hook=_number)
    except UnicodeEncodeError as error:
        raise ViewError(f"{error.object!r} is no text: a letter in it is damaged; write it anew") from None
    # Read once: where a float is meant and 400 was given, 400.0 comes back, and the same picture is the same file.
    plain = msgspec.to_builtins(msgspec.json.decode(written, type=type(value)))
    if isinstance(value, ViewState):
        leave_out_defaults(plain, ViewState)
    for name in (name for name, held in vars(value).items() if isinstance(held, ViewState)):
        leave_out_defaults(plain[name], ViewState)
    return msgspec.json.encode(plain)


def _number(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{value!r} cannot be written as JSON: give numbers, text and the values of this package")


def state_of_geometry(geometry: Geometry, window: Window, view: View = "quad", rendering: str = "auto") -> ViewState:
    """Begin in the middle of a volume, on the centre of a voxel, everything fitted.

    Parameters
    ----------
    geometry : Geometry
        Of the volume to be seen.
    window : Window
        The first window.
    view : str
        The first layout.
    rendering : str
        The first transfer function of the 3D pane.
    """
    return ViewState(geometry.middle, front_camera(geometry.corners), (ImageLook(window, rendering=rendering),), view)
