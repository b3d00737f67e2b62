"""ViewState: everything that decides a picture of a volume, as one frozen value that goes to JSON and back."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Literal, get_args

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from viewer3d.errors import ViewError, WindowError
from viewer3d.geometry import Geometry
from viewer3d.window import Window

Vector = tuple[float, float, float]
PlaneName = Literal["axial", "coronal", "sagittal"]
PaneName = Literal["axial", "coronal", "sagittal", "3d"]
View = Literal["axial", "coronal", "sagittal", "3d", "mpr", "quad"]

STATE_VERSION = 2
"""2 knows inverted, enlarged and pointer; a state of version 1 is read with those at their defaults."""

CAMERA_MARGIN = 1.14
"""The 3D pane's shorter side is so many times what is seen in it: letters stand in the rest."""


@dataclass(frozen=True)
class Plane:
    """How a slice plane lies in the patient and on the screen.

    Attributes
    ----------
    name : str
    right, down : tuple of float
        World (LPS) directions of the screen's right and down.
    axis : int
        The world axis the plane is perpendicular to: 0 for x, 1 for y, 2 for z.
    """

    name: PlaneName
    right: Vector
    down: Vector
    axis: int


PLANES: dict[PlaneName, Plane] = {
    # The radiological convention: axial seen from the feet, coronal from the front, sagittal from the left.
    "axial": Plane("axial", (1, 0, 0), (0, 1, 0), 2),
    "coronal": Plane("coronal", (1, 0, 0), (0, 0, -1), 1),
    "sagittal": Plane("sagittal", (0, 1, 0), (0, 0, -1), 0),
}

PANES: dict[View, tuple[PaneName, ...]] = {
    "axial": ("axial",),
    "coronal": ("coronal",),
    "sagittal": ("sagittal",),
    "3d": ("3d",),
    "mpr": ("axial", "coronal", "sagittal"),
    "quad": ("axial", "3d", "coronal", "sagittal"),
}
"""The panes of each view, in reading order."""


@dataclass(frozen=True)
class SlicePane:
    """What one slice pane shows of its plane.

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
        if not (np.isfinite(self.zoom) and self.zoom > 0 and np.isfinite(self.pan).all()):
            raise ViewError(f"pane with zoom {self.zoom} and pan {self.pan}: give a zoom above 0 and finite mm")


@dataclass(frozen=True)
class Camera:
    """The eye of the 3D pane, in world mm.

    Attributes
    ----------
    position, focal_point : tuple of float
        Where the eye is and what it looks at.
    up : tuple of float
        The world direction that is up on the screen.
    angle : float
        Opening angle along the shorter side of the pane, in degrees.
    """

    position: Vector
    focal_point: Vector
    up: Vector = (0.0, 0.0, 1.0)
    angle: float = 30.0

    def __post_init__(self) -> None:
        way = np.subtract(self.focal_point, self.position)
        if not np.isfinite([*way, *self.up]).all() or not np.linalg.norm(np.cross(way, self.up)) > 0:
            raise ViewError(f"camera at {self.position} looking at {self.focal_point}, up {self.up}: no such view")
        if not 0 < self.angle < 180:
            raise ViewError(f"camera angle {self.angle} degrees: give one between 0 and 180")


@dataclass(frozen=True)
class Pointer:
    """What a person points at in a slice pane: its place and value are written there.

    Attributes
    ----------
    pane : {"axial", "coronal", "sagittal"}
    world : tuple of float
        The world point (LPS, mm).
    """

    pane: PlaneName
    world: Vector

    def __post_init__(self) -> None:
        if self.pane not in PLANES or not np.isfinite(self.world).all():
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
    version : int
        Of this record's form.
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
    version: int = STATE_VERSION

    def __post_init__(self) -> None:
        if self.view not in get_args(View):
            raise ViewError(f"no view is named {self.view!r}: give one of {', '.join(get_args(View))}")
        if len(self.cursor) != 3 or not np.isfinite(self.cursor).all():
            raise ViewError(f"cursor {self.cursor} is not three finite numbers: give LPS mm")
        if self.enlarged is not None and self.enlarged not in PANES[self.view]:
            raise ViewError(f"view {self.view} has no pane {self.enlarged!r} to enlarge: it has {PANES[self.view]}")

    @property
    def shown(self) -> View:
        """The view that is seen: that of the enlarged pane alone, if there is one."""
        return self.enlarged or self.view

    @property
    def panes(self) -> tuple[PaneName, ...]:
        """The panes that are seen, in reading order."""
        return PANES[self.shown]

    def slice_pane(self, plane: PlaneName) -> SlicePane:
        """Zoom and pan of a plane."""
        pane: SlicePane = getattr(self, plane)
        return pane

    def with_cursor(self, world: ArrayLike) -> ViewState:
        """Return the state with its cursor at a world point (mm)."""
        x, y, z = (float(v) for v in np.asarray(world, np.float64))
        return replace(self, cursor=(x, y, z))

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

    def to_json(self) -> str:
        """Write the state as JSON; every float comes back the same to the bit."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> ViewState:
        """Read a state that :meth:`to_json` wrote.

        Raises
        ------
        ViewError
            When the text is not JSON, not a state, or of a later version; the message says where.
        """
        try:
            version = msgspec.json.decode(text, type=_Versioned).version
            if version > STATE_VERSION:
                raise ViewError(f"state has version {version}, this viewer3d reads up to {STATE_VERSION}: update it")
            known = {f.name for f in fields(cls)}
            if unknown := sorted(set(msgspec.json.decode(text)) - known):
                raise ViewError(f"state has unknown fields {', '.join(unknown)}: expected {', '.join(sorted(known))}")
            return replace(msgspec.json.decode(text, type=cls), version=STATE_VERSION)
        except (msgspec.MsgspecError, WindowError) as error:
            raise ViewError(f"not a view state: {error}; give JSON as ViewState.to_json writes it") from error


class _Versioned(msgspec.Struct):
    version: int


def front_camera(points: ArrayLike, angle: float = 30.0) -> Camera:
    """Look at points from the patient's front and a little from above, so that they fill the pane.

    Parameters
    ----------
    points : array_like, shape (N, 3)
        World points of what is to be seen, in mm: the corners of a box, or a sample of what is visible in it.
    angle : float
        Opening angle along the shorter side of the pane, in degrees.
    """
    points = np.asarray(points, np.float64)
    centre = (points.min(0) + points.max(0)) / 2
    above = np.radians(15)
    toward = np.array([0.0, -np.cos(above), np.sin(above)])
    up = np.array([0.0, np.sin(above), np.cos(above)])
    slope = np.tan(np.radians(angle / 2)) / CAMERA_MARGIN
    away = points - centre
    # A point is in the pane when it is no further aside than the opening is wide at its depth.
    aside, depth = np.maximum(np.abs(away[:, 0]), np.abs(away @ up)), away @ toward
    distance = max(float((aside / slope + depth).max()), 1.0)
    return Camera(_vector(centre + distance * toward), _vector(centre), _vector((0, 0, 1)), angle)


def initial_state(geometry: Geometry, window: Window, view: View = "quad", rendering: str = "auto") -> ViewState:
    """Begin in the middle of a volume, everything fitted.

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
    return ViewState(geometry.center, window, camera, view, rendering=rendering)


def _vector(values: ArrayLike) -> Vector:
    x, y, z = (float(v) for v in np.asarray(values, np.float64))
    return x, y, z
