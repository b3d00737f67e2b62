"""The values of a volume along a straight line, and of what lies over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.core.inputs import AnyVolume, as_volume
from viewer3d.core.layers import Overlays, PlacedLayer, place_layers
from viewer3d.core.sampling import Interpolation
from viewer3d.core.view.measurement import Measurement
from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.measurements.plots.point_values import PointValues

STEPS_A_VOXEL: Final = 2
"""Samples to the smallest side of a voxel: a linear interpolation between voxels loses none of its corners by more than
a quarter of a voxel."""

MOST_ON_LINE: Final = 4000
"""Of one line: more than the columns of any screen."""


@dataclass(frozen=True, eq=False)
class ProfileLine:
    """The values of one volume along a line.

    Attributes
    ----------
    name : str
        Of the layer; empty where there is one alone.
    values : ndarray of float64, shape (N,)
        In :attr:`unit`; NaN outside of the volume and where nothing was measured.
    unit : str
    """

    name: str
    values: NDArray[np.float64]
    unit: str


@dataclass(frozen=True, eq=False)
class LineProfile:
    """Values along a line, of one or more layers at the same points.

    Attributes
    ----------
    ends : ndarray of float64, shape (2, 3)
        Where the line begins and ends (LPS, mm).
    distances : ndarray of float64, shape (N,)
        mm from its beginning, evenly from 0 to its length.
    lines : tuple of ProfileLine
        The first is that which was asked for, or the active layer's.
    """

    ends: NDArray[np.float64]
    distances: NDArray[np.float64]
    lines: tuple[ProfileLine, ...]

    @property
    def points(self) -> NDArray[np.float64]:
        """The world points (LPS, mm), shape (N, 3), of the values."""
        length = float(self.distances[-1])
        share = self.distances[:, None] / length
        points: NDArray[np.float64] = (1 - share) * self.ends[0] + share * self.ends[1]
        return points

    @property
    def columns(self) -> dict[str, NDArray[np.float64]]:
        """The table of it: columns by name, arrays of shape (N,).

        Mm along the line, places in LPS, and the values of each layer.
        """
        table = {"distance_mm": self.distances}
        table |= {f"{axis}_LPS_mm": self.points[:, n] for n, axis in enumerate("xyz")}
        for line in self.lines:
            name = "_".join(part for part in (line.name.replace(" ", "_") or "value", line.unit) if part)
            table[name if name not in table else f"{name}_{len(table) - 3}"] = line.values
        return table


def profile(
    volume: AnyVolume,
    line: Measurement | ArrayLike,
    *,
    overlays: Overlays = (),
    step: float | None = None,
    interpolation: Interpolation = "linear",
) -> LineProfile:
    """Return the values of a volume along a straight line, and of volumes that lie over it.

    Parameters
    ----------
    volume : Volume, or what :func:`viewer3d.load` takes
    line : Measurement or array_like of shape (2, 3)
        A distance, or both ends (LPS, mm).
    overlays : sequence of Layer or data
        Volumes among them have a line each; segmentations and the like have no values.
    step : float, optional
        mm between values, at most; by default half of the smallest spacing of the volumes. The ends are in it.
    interpolation : {"linear", "nearest"}
        See :meth:`viewer3d.Volume.value_at`.

    Raises
    ------
    ViewError
        When the line is none, has no length, or the step is not above 0.

    Notes
    -----
    The values are those of the line alone, in the plane where it was drawn: a slab that slices are shown with has no
    part in them.

    Examples
    --------
    >>> volume = Volume.from_array(np.arange(5.0)[:, None, None] * np.ones((5, 3, 3)), np.eye(4))
    >>> found = profile(volume, [(0, 1, 1), (2, 1, 1)])
    >>> found.distances.tolist()
    [0.0, 0.5, 1.0, 1.5, 2.0]
    """
    layers = place_layers(as_volume(volume), overlays).layers
    named = [(layer.name if len(layers) > 1 else "", layer.volume) for layer in layers]
    return profile_of(named, line, step, interpolation)


def profile_of(
    volumes: Sequence[tuple[str, Volume]],
    line: Measurement | ArrayLike,
    step: float | None = None,
    interpolation: Interpolation = "linear",
) -> LineProfile:
    """Return the values along a line of volumes in one world, each with its name; see :func:`profile`."""
    ends = _ends_of(line)
    length = float(np.linalg.norm(ends[1] - ends[0]))
    finest = min(min(one.spacing) for _, one in volumes) / STEPS_A_VOXEL if step is None else float(step)
    if not length > 0 or not np.isfinite(length) or not finest > 0:
        raise ViewError(
            f"a profile of {length:g} mm in steps of {finest:g} mm: give two points apart, and a step above 0"
        )
    count = int(min(max(np.ceil(length / finest - 1e-9), 1), MOST_ON_LINE - 1)) + 1
    distances = np.linspace(0.0, length, count)
    points = LineProfile(ends, distances, ()).points
    lines = [
        ProfileLine(name, PointValues(one.geometry, points, interpolation).of(one), one.unit) for name, one in volumes
    ]
    return LineProfile(ends, distances, tuple(lines))


def shown_volumes(layers: Sequence[PlacedLayer], state: ViewState) -> list[tuple[str, Volume]]:
    """Return what :func:`profile_of` takes of the layers that a state shows, the active one first."""
    order = [state.active, *(n for n in range(len(layers)) if n != state.active)]
    chosen = [n for n in order if n == state.active or state.layers[n].shown]
    return [(layers[n].name if len(layers) > 1 else "", layers[n].members[state.layers[n].member]) for n in chosen]


def _ends_of(line: Measurement | ArrayLike) -> NDArray[np.float64]:
    if isinstance(line, Measurement):
        if line.kind != "distance":
            raise ViewError(f"a profile along a {line.kind}: give a distance, or two points in LPS mm")
        return np.array(line.points, np.float64)
    ends = np.asarray(line, np.float64)
    if ends.shape != (2, 3) or not np.isfinite(ends).all():
        raise ViewError(f"a profile along {line!r:.80}: give a distance, or two points in LPS mm")
    return ends
