"""The state of a view: everything that decides a picture of a volume, as JSON or a frozen value."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any, Final, Literal, cast, get_args

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from viewer3d.core.geometry import Geometry
from viewer3d.core.vectors import LARGEST_MM, Axes, Vector, are_upright, is_near, vector
from viewer3d.core.view.camera import Camera, front_camera
from viewer3d.core.view.measurement import Measurement
from viewer3d.core.view.planes import PANES, PLANES, PaneName, Plane, PlaneName, View
from viewer3d.core.view.slab import Blend as Blend  # noqa: PLC0414 (a part of a state, so found here as well)
from viewer3d.core.view.slab import Slab as Slab  # noqa: PLC0414 (a part of a state, so found here as well)
from viewer3d.core.view.slab import as_slab as as_slab  # noqa: PLC0414 (a part of a state, so found here as well)
from viewer3d.core.view.slab import parse_slab as parse_slab  # noqa: PLC0414 (a part of a state, so found here as well)
from viewer3d.core.window import Window
from viewer3d.errors import ViewError, WindowError

STATE_VERSION = 5
"""2 has inverted, enlarged and pointer; 3 has axes, slab, colors and all after them; later ones those of
:data:`_LATER_FIELDS`. Older states are read with the fields they lack at their defaults."""

_LATER_FIELDS: Final = {"interpolation": 4, "series": 5}
"""Fields that came after version 3, and the version that knows them. They are written where they are not at their
defaults, and a record says the first version that knows all it holds: what shows nothing new is written as ever."""

_FIRST_VERSION: Final = 3
"""The version of a state that holds none of :data:`_LATER_FIELDS`."""

Interpolation = Literal["linear", "nearest"]

ZOOM_LIMITS: Final = (1e-3, 1e4)
"""Least and most a pane may be zoomed."""

MOST_MEASUREMENTS: Final = 1000
"""Of one view: each is measured and drawn again with every picture."""

PATIENT_AXES: Axes = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
"""The axes of planes that are not oblique: those of the patient."""

AXES_TOLERANCE = 1e-6
"""How far axes may be from orthonormal."""


@dataclass(frozen=True)
class SlicePane:
    """Zoom and pan of one slice pane.

    Attributes
    ----------
    zoom : float
        1 fits the whole volume in the pane; 2 shows it twice as large.
    pan : tuple of float
        The world point in the pane's middle, less the centre of the volume, in mm along the screen's right and down.
    """

    zoom: float = 1.0
    pan: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        if not (ZOOM_LIMITS[0] <= self.zoom <= ZOOM_LIMITS[1] and is_near(self.pan)):
            raise ViewError(
                f"pane with zoom {self.zoom} and pan {self.pan}: give a zoom from {ZOOM_LIMITS[0]:g} to "
                f"{ZOOM_LIMITS[1]:g}, and mm up to {LARGEST_MM:g}"
            )


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
    given: dict[str, Any] = {
        "inverted": inverted,
        "colors": colors,
        "slab": None if slab is None else as_slab(slab),
        "interpolation": interpolation,
    }
    return replace(state, **{name: value for name, value in given.items() if value is not None})


def check_interpolation(interpolation: str) -> Interpolation:
    """Return the name of an interpolation.

    Raises
    ------
    ViewError
        When there is no such one.
    """
    if interpolation not in get_args(Interpolation):
        choices = " or ".join(get_args(Interpolation))
        raise ViewError(f"no interpolation is named {interpolation!r}: give {choices}")
    return cast("Interpolation", interpolation)


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
    window : Window
        From values to grey, the same in every pane.
    camera : Camera
        The eye of the 3D pane.
    view : {"axial", "coronal", "sagittal", "3d", "mpr", "quad"}
        Which panes there are and how they are laid out.
    axial, coronal, sagittal : SlicePane
        Zoom and pan of each plane.
    rendering : str
        Name of the transfer function of the 3D pane.
    inverted : bool
        Whether slices show black what they would show white, and the other way round.
    enlarged : {"axial", "coronal", "sagittal", "3d"}, optional
        The pane that fills the picture for now, instead of all those of the view.
    pointer : Pointer, optional
        What is pointed at.
    axes : tuple of three tuples of float
        World directions that the sagittal, coronal and axial planes are perpendicular to: orthonormal and
        right-handed. Those of the patient unless planes are oblique.
    slab : Slab
        How thick slices are.
    colors : str
        Name of the colour map of slices, see ``presets/colors.toml``.
    value_bar : bool
        Whether slices have a bar that says which colour is which value.
    rendering_shift : float
        What the transfer function's values are raised by, in the unit of the volume.
    crop : Box, optional
        All that the 3D pane shows lies in it.
    couch_hidden : bool
        Whether the 3D pane leaves out couch and head-holder.
    planes_shown : bool
        Whether the slices stand in the 3D pane.
    measurements : tuple of Measurement
    member : int
        Which volume of a 4-D set is seen, from 0 in the order of ``load_all``.
    version : int
        Of this record's form.
    interpolation : {"linear", "nearest"}
        Whether slices are interpolated between voxels, or show each voxel as the box it stands for.
    series : tuple of str
        Digests of the series it was made on, see :func:`viewer3d.core.origin.series_of`; none where that is not
        known. They decide nothing that is seen, so states that differ in them alone are equal.
    """

    cursor: Vector
    window: Window
    camera: Camera
    view: View = "quad"
    axial: SlicePane = field(default_factory=SlicePane)
    coronal: SlicePane = field(default_factory=SlicePane)
    sagittal: SlicePane = field(default_factory=SlicePane)
    rendering: str = "auto"
    inverted: bool = False
    enlarged: PaneName | None = None
    pointer: Pointer | None = None
    axes: Axes = PATIENT_AXES
    slab: Slab = field(default_factory=Slab)
    colors: str = "grey"
    value_bar: bool = False
    rendering_shift: float = 0.0
    crop: Box | None = None
    couch_hidden: bool = False
    planes_shown: bool = False
    measurements: tuple[Measurement, ...] = ()
    member: int = 0
    version: int = STATE_VERSION
    interpolation: Interpolation = "linear"
    series: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        if self.view not in get_args(View):
            raise ViewError(f"no view is named {self.view!r}: give one of {', '.join(get_args(View))}")
        if len(self.cursor) != 3 or not is_near(self.cursor):
            raise ViewError(f"cursor {self.cursor} is not three finite numbers up to {LARGEST_MM:g}: give LPS mm")
        if len(self.measurements) > MOST_MEASUREMENTS:
            raise ViewError(f"{len(self.measurements):,} measurements: a view holds {MOST_MEASUREMENTS:,} at most")
        if self.enlarged is not None and self.enlarged not in PANES[self.view]:
            raise ViewError(f"view {self.view} has no pane {self.enlarged!r} to enlarge: it has {PANES[self.view]}")
        check_interpolation(self.interpolation)
        A = np.array(self.axes, np.float64)
        if A.shape != (3, 3) or not are_upright(A, AXES_TOLERANCE) or np.linalg.det(A) < 0:
            raise ViewError(f"axes {self.axes}: give three perpendicular unit directions, right-handed")
        if not np.isfinite(self.rendering_shift) or self.member < 0:
            raise ViewError(
                f"shift {self.rendering_shift} and member {self.member}: give a finite shift and a member from 0"
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
        """Return a plane, rotated with the axes."""
        return PLANES[name].rotated(self.axes) if self.is_oblique else PLANES[name]

    def slice_pane(self, plane: PlaneName) -> SlicePane:
        """Return the zoom and pan of a plane."""
        pane: SlicePane = getattr(self, plane)
        return pane

    def with_cursor(self, world: ArrayLike) -> ViewState:
        """Return the state with its cursor at a world point (LPS, mm), shape (3,)."""
        return replace(self, cursor=vector(world))

    def with_window(self, window: Window) -> ViewState:
        """Return the state with another window."""
        return replace(self, window=window)

    def with_view(self, view: View) -> ViewState:
        """Return the state with another layout, no pane of it enlarged."""
        return replace(self, view=view, enlarged=None)

    def with_pane(self, plane: PlaneName, pane: SlicePane) -> ViewState:
        """Return the state with another zoom and pan in one plane."""
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
            known = {f.name for f in fields(cls)}
            if unknown := sorted(set(msgspec.json.decode(text)) - known):
                raise ViewError(f"state has unknown fields {', '.join(unknown)}: expected {', '.join(sorted(known))}")
            return replace(msgspec.json.decode(text, type=cls), version=STATE_VERSION)
        except (msgspec.MsgspecError, WindowError, RecursionError, UnicodeError, OverflowError) as error:
            raise ViewError(f"not a view state: {error}; give JSON as ViewState.to_json writes it") from error


class _Versioned(msgspec.Struct):
    version: int


def version_of(text: str | bytes) -> int:
    """Return the version that a record in JSON says it has.

    Raises
    ------
    msgspec.MsgspecError
        When the text is not JSON or says none.
    """
    return msgspec.json.decode(text, type=_Versioned).version


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
        _leave_out_defaults(plain)
    for name in (name for name, held in vars(value).items() if isinstance(held, ViewState)):
        _leave_out_defaults(plain[name])
    return msgspec.json.encode(plain)


def _leave_out_defaults(state: dict[str, Any]) -> None:
    for f in fields(ViewState):
        if f.name in _LATER_FIELDS and state[f.name] == f.default:
            del state[f.name]
    state["version"] = max([_FIRST_VERSION, *(version for name, version in _LATER_FIELDS.items() if name in state)])
    state["window"] = window_to_builtins(state["window"])


def window_to_builtins(window: dict[str, Any]) -> dict[str, Any]:
    """Leave out of a window as plain values the table that few have: one without is written as ever."""
    return {name: value for name, value in window.items() if name != "table" or value}


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
    camera = front_camera(geometry.corners)
    return ViewState(geometry.middle, window, camera, view, rendering=rendering)
