"""Transfer functions: from values to colour and opacity, as data, and which of them suits a volume."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.render.marks.numbers import round_down

AUTO = "auto"
"""The name that stands for the transfer function that suits the volume."""

BONE = 220.0
"""HU: what is denser is bone, or vessels with contrast medium."""

AIR = -512.0
"""HU: a CT that does not say its unit holds HU, most likely, when values are below half of air's."""

LEAST_BONE = 0.002
"""Part of the voxels that must be denser than :data:`BONE` for bone to be worth looking at."""

OUTLIERS = 99.0
"""Percentile that the brightest voxels count as when background is told from tissue: a bladder in PET is far off."""


class Preset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row of ``presets/rendering.toml``; what its fields mean is written there."""

    name: str
    title: str
    scale: Literal["HU", "SUV", "percentile"]
    blend: Literal["composite", "maximum"]
    points: tuple[tuple[float, str, float], ...]
    alias: tuple[str, ...] = ()
    step: float = 1.0
    ambient: float = 1.0
    diffuse: float = 0.0
    specular: float = 0.0
    specular_power: float = 1.0
    film_points: tuple[tuple[float, str, float], ...] = ()
    suv_points: tuple[tuple[float, str, float], ...] = ()

    def film(self, volume: Volume) -> Preset:
        """Return the preset as PET of a volume is shown dark on white: with points for that, if it has such."""
        if volume.is_in_suv and self.suv_points:
            return msgspec.structs.replace(self, scale="SUV", points=self.suv_points)
        return msgspec.structs.replace(self, points=self.film_points or self.points)


class _PresetFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    preset: list[Preset]


@dataclass(frozen=True)
class TransferFunction:
    """A preset in the values of one volume.

    Attributes
    ----------
    preset : Preset
    values : tuple of float
        Of the preset's points, in the unit of the volume, growing.
    colors : tuple of (float, float, float)
        Red, green and blue of each point, 0 to 1.
    opacities : tuple of float
        Of 1 mm of each point's value, 0 to 1.
    """

    preset: Preset
    values: tuple[float, ...]
    colors: tuple[tuple[float, float, float], ...]
    opacities: tuple[float, ...]

    def values_from(self, share: float) -> tuple[float, float]:
        """Return the values between which opacity exceeds a share of its greatest; infinite where an end does."""
        least = share * max(self.opacities)
        seen = [n for n, opacity in enumerate(self.opacities) if opacity > least]
        return self._crossing(seen[0] - 1, seen[0], least), self._crossing(seen[-1] + 1, seen[-1], least)

    @property
    def densest(self) -> float:
        """The value of the greatest opacity; infinite where no lower opacity follows it.

        Opacity grows up to it and falls from there, so of several values the most opaque is the highest of those not
        above it, or the lowest of those not below.
        """
        opacities = np.array(self.opacities)
        n = int(opacities.argmax())
        return self.values[n] if (opacities[n:] < opacities[n]).any() else np.inf

    @property
    def step(self) -> float:
        """What values are shifted by at a time: some fiftieth of their span, as 1, 2 or 5 times a power of ten.

        The last point, which is for all beyond, counts no more than the one before.
        """
        return round_down((self.values[-2] - self.values[0]) / 50)

    def _crossing(self, clear: int, dense: int, least: float) -> float:
        # Where opacity, linear between a clear point and its denser neighbour, is the least that counts.
        if not 0 <= clear < len(self.values):
            return -np.inf if clear < 0 else np.inf
        way = (least - self.opacities[clear]) / (self.opacities[dense] - self.opacities[clear])
        return self.values[clear] + way * (self.values[dense] - self.values[clear])


@cache
def presets() -> dict[str, Preset]:
    """Return the transfer functions by name, in the order of their file."""
    text = files("viewer3d.presets").joinpath("rendering.toml").read_bytes()
    return {row.name: row for row in msgspec.toml.decode(text, type=_PresetFile).preset}


def choose_preset(volume: Volume, name: str = AUTO) -> Preset:
    """Find a transfer function by its name.

    Parameters
    ----------
    volume : Volume
    name : str
        One of :func:`presets` or another name for it, as 3D Slicer's, in large or small letters, with spaces or dashes;
        ``"auto"`` is bone for values in HU where there is some, else skin; the highest activity for PET; and what MR
        suits for all else. Of a CT that does not say its unit those for HU can be had as well, and are taken where air
        is as far below 0 as in HU.

    Raises
    ------
    ViewError
        When there is none of that name, or it is for values in HU and the volume's are not; the message lists them.
    """
    if name == AUTO:
        return presets()[_auto(volume)]
    row = _by_any_name().get(_plain(name))
    known = [row.name for row in presets().values() if row.scale != "HU" or volume.is_like_hu]
    if row is None:
        raise ViewError(f"no transfer function is named {name!r}: give one of {', '.join((AUTO, *known))}")
    if row.name not in known:
        raise ViewError(
            f"transfer function {row.name} is for values in HU, these are in {volume.unit or 'no unit'}: "
            f"give one of {', '.join((AUTO, *known))}"
        )
    return row


def offered_presets(volume: Volume) -> tuple[str, ...]:
    """Return the names of the transfer functions that suit a volume's values; all, of a CT that says no unit."""
    scales = {"HU"} if volume.unit == "HU" else {"HU", "percentile"} if volume.is_like_hu else {"percentile"}
    return tuple(name for name, row in presets().items() if row.scale in scales)


@cache
def _by_any_name() -> dict[str, Preset]:
    return {_plain(name): row for row in presets().values() for name in (row.name, *row.alias)}


def _plain(name: str) -> str:
    # Names are the same in large and small letters, with spaces, dashes or neither.
    return name.lower().translate({ord(sign): None for sign in " -_"})


def _auto(volume: Volume) -> str:
    if volume.unit == "HU" or (volume.is_like_hu and volume.sample().min() < AIR):
        return "ct-bone" if np.mean(volume.sample() > BONE) >= LEAST_BONE else "ct-skin"
    return "pet-mip" if volume.modality in ("PT", "NM") else "mr-default"


def transfer_function(volume: Volume, preset: Preset, shift: float = 0.0) -> TransferFunction:
    """Put a preset's points in a volume's own values.

    Parameters
    ----------
    volume : Volume
        Percentiles are those of :meth:`Volume.sample` above the background, see :func:`otsu_threshold`.
    preset : Preset
    shift : float
        What all values are raised by, in the unit of the volume.
    """
    values = np.array([point[0] for point in preset.points], np.float64)
    if preset.scale == "percentile":
        values = np.percentile(_tissue(volume.sample()), values)
    values += shift
    # VTK wants growing values; where percentiles meet, the next float will do (and float32, for voxels are no finer).
    for n in range(1, len(values)):
        values[n] = max(values[n], np.nextafter(np.float32(values[n - 1]), np.float32(np.inf)))
    colors = tuple(_rgb(point[1]) for point in preset.points)
    return TransferFunction(preset, tuple(values.tolist()), colors, tuple(point[2] for point in preset.points))


def _tissue(sample: NDArray[Any]) -> NDArray[Any]:
    # The values above the background: air has noise of its own in MR and PET, so its lowest value does not part it.
    finite = np.asarray(sample[np.isfinite(sample)], np.float64)
    if not finite.size:
        return np.zeros(1)
    tissue = finite[finite > otsu_threshold(np.minimum(finite, np.percentile(finite, OUTLIERS)))]
    return tissue if tissue.size else finite


def otsu_threshold(values: NDArray[np.float64]) -> float:
    """Part values in two groups that differ most: N. Otsu, IEEE Trans. SMC 9 (1979) 62-66, on 256 bins.

    Parameters
    ----------
    values : ndarray of float64
        Finite, at least one.

    Returns
    -------
    float
        An edge of a bin between the two groups; somewhere near the value when all are the same.
    """
    counts, edges = np.histogram(values, 256)
    middles = (edges[:-1] + edges[1:]) / 2
    below, total = np.cumsum(counts), counts.sum()
    first = np.cumsum(counts * middles)
    with np.errstate(divide="ignore", invalid="ignore"):
        between = (first[-1] * below / total - first) ** 2 / (below * (total - below))
    between[~np.isfinite(between)] = 0
    # An empty gap between the groups leaves many equally good bins: the middle one is the fairest.
    best = np.flatnonzero(between >= between.max() * (1 - 1e-9))
    return float(edges[(best[0] + best[-1]) // 2 + 1])


def _rgb(color: str) -> tuple[float, float, float]:
    red, green, blue = (value / 255 for value in bytes.fromhex(color.removeprefix("#")))
    return red, green, blue
