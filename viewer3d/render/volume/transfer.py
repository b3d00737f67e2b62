"""Transfer functions, from values to colour and opacity, and the choice of one that suits a volume."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from viewer3d.core.sampling import counted_percentiles
from viewer3d.core.view.own_looks import is_in_full, parse_transfer, short_name
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.render.marks.value_texts import round_down
from viewer3d.settings.names import own_transfers, rendering_in_full

AUTO: Final = "auto"
"""Name that stands for the transfer function that suits the volume."""

BONE: Final = 220.0
"""HU: what is denser is bone, or vessels with contrast medium."""

_HALF_AIR: Final = -512.0
"""HU: a CT that does not say its unit holds HU, most likely, when values lie below half of air's."""

LEAST_BONE: Final = 0.002
"""Least share of the voxels above :data:`BONE` for which bone is shown first."""

OUTLIERS: Final = 99.0
"""Percentile that brighter voxels count as when background is parted from tissue: a bladder in PET is far off."""


class Preset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A transfer function as ``presets/rendering.toml`` has it; its fields are explained there."""

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
        """Return the preset for PET that is shown dark on white, with its own points for that, if it has some."""
        if volume.is_in_suv and self.suv_points:
            return msgspec.structs.replace(self, scale="SUV", points=self.suv_points)
        return msgspec.structs.replace(self, points=self.film_points or self.points)

    def suited(self, volume: Volume) -> Preset:
        """Return the preset for a volume: a composite with points in SUV has those where the volume is in SUV."""
        if self.blend == "composite" and self.suv_points and volume.is_in_suv:
            return msgspec.structs.replace(self, scale="SUV", points=self.suv_points)
        return self


class _PresetFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    preset: list[Preset]


@dataclass(frozen=True)
class TransferFunction:
    """A preset with its points in the values of one volume.

    Attributes
    ----------
    preset : Preset
    values : tuple of float
        Of the preset's points, in the unit of the volume, ascending.
    colors : tuple of (float, float, float)
        Red, green and blue at each point, 0 to 1.
    opacities : tuple of float
        Opacity of 1 mm at each point, 0 to 1.
    """

    preset: Preset
    values: tuple[float, ...]
    colors: tuple[tuple[float, float, float], ...]
    opacities: tuple[float, ...]

    def range_above(self, share: float) -> tuple[float, float]:
        """Return the values between which opacity exceeds a share of its greatest.

        Parameters
        ----------
        share : float
            0 to 1.

        Returns
        -------
        tuple of float
            In the unit of the volume; infinite where opacity does not fall below it any more.
        """
        least = share * max(self.opacities)
        seen = [n for n, opacity in enumerate(self.opacities) if opacity > least]
        return self._crossing(seen[0] - 1, seen[0], least), self._crossing(seen[-1] + 1, seen[-1], least)

    def opacities_of(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """Return the opacity of 1 mm of each of some values.

        Parameters
        ----------
        values : ndarray of int16 or float32, any shape
            In the unit of the volume.

        Returns
        -------
        ndarray of float32, of the same shape
            0 to 1.
        """
        opacities = np.array(self.opacities)
        if values.dtype != np.int16:
            return np.asarray(np.interp(values, self.values, opacities), np.float32)
        table = np.interp(np.arange(1 << 16, dtype=np.uint16).view(np.int16), self.values, opacities)
        return np.take(table.astype(np.float32), values.view(np.uint16))

    @property
    def most_opaque(self) -> float:
        """The value of the greatest opacity; infinite where no lower opacity follows it.

        Opacity rises up to it and falls from there, so of several values the most opaque is the highest of those not
        above it, or the lowest of those not below.
        """
        opacities = np.array(self.opacities)
        n = int(opacities.argmax())
        return self.values[n] if (opacities[n:] < opacities[n]).any() else np.inf

    @property
    def step(self) -> float:
        """The step in which values are shifted, in the unit of the volume.

        It is a fiftieth of their span at most, as 1, 2 or 5 times a power of ten. The last point, which is for all
        values beyond, does not count.
        """
        return round_down((self.values[-2] - self.values[0]) / 50)

    def _crossing(self, clear: int, dense: int, least: float) -> float:
        # The value where opacity, linear between a clear point and its denser neighbour, is the least that counts.
        if not 0 <= clear < len(self.values):
            return -np.inf if clear < 0 else np.inf
        share = (least - self.opacities[clear]) / (self.opacities[dense] - self.opacities[clear])
        return self.values[clear] + share * (self.values[dense] - self.values[clear])


@cache
def presets() -> dict[str, Preset]:
    """Return the transfer functions by name, in the order of their file."""
    text = (Path(__file__).parents[2] / "presets" / "rendering.toml").read_bytes()
    return {row.name: row for row in msgspec.toml.decode(text, type=_PresetFile).preset}


def find_preset(name: str) -> Preset | None:
    """Return the transfer function of a name of :func:`presets`, or one in full; None when there is none.

    Raises
    ------
    ViewError
        When what is in full means nothing.
    """
    return _own_preset(name) if is_in_full(name) else presets().get(name)


@cache
def _own_preset(text: str) -> Preset:
    own = parse_transfer(text)
    title = own.name.replace("-", " ").capitalize()
    return Preset(
        own.text,
        title,
        own.scale,
        own.blend,
        own.points,
        step=own.step,
        ambient=own.ambient,
        diffuse=own.diffuse,
        specular=own.specular,
        specular_power=own.specular_power,
    )


def choose_preset(volume: Volume, name: str = AUTO, *, is_overlay: bool = False) -> Preset:
    """Return the transfer function of a name.

    Parameters
    ----------
    volume : Volume
    name : str
        One of :func:`presets` or another name for it, as 3D Slicer's, in large or small letters, with spaces or dashes.
        ``"auto"`` is bone for values in HU where there is some, else skin; the highest activity for PET; and one for
        MR for all else. For a CT that does not say its unit those for HU are allowed as well, and ``"auto"`` chooses
        among them where air is as far below 0 as in HU.
    is_overlay : bool
        Whether it is drawn beside another volume. A projection of the highest values lies at no depth: then it is
        refused, and ``"auto"`` is uptake for PET.

    Returns
    -------
    Preset

    Raises
    ------
    ViewError
        When there is none of that name, it is for values in HU and the volume's are not, or one that is drawn beside
        another volume is a projection; the message lists those there are.
    """
    if name == AUTO:
        name = _auto(volume)
        return presets()["pet-uptake" if is_overlay and name == "pet-mip" else name]
    row = _by_any_name().get(_plain(name)) or find_preset(rendering_in_full(name))
    if row is not None and _is_for(volume, row) and not (is_overlay and row.blend == "maximum"):
        return row
    names = [AUTO, *(one.name for one in presets().values() if _is_for(volume, one))]
    names = [one for one in names if one == AUTO or not is_overlay or presets()[one].blend == "composite"]
    if row is None:
        raise ViewError(f"no transfer function is named {name!r}: give one of {', '.join([*names, *own_transfers()])}")
    if not _is_for(volume, row):
        raise ViewError(
            f"transfer function {short_name(row.name)} is for values in {row.scale}, these are in "
            f"{volume.unit or 'no unit'}: give one of {', '.join(names)}"
        )
    raise ViewError(
        f"transfer function {short_name(row.name)} shows the highest value behind each pixel, at no depth: beside "
        f"another volume give one of {', '.join(names)}"
    )


def _is_for(volume: Volume, row: Preset) -> bool:
    return volume.is_like_hu if row.scale == "HU" else volume.is_in_suv if row.scale == "SUV" else True


def offered_presets(volume: Volume, own: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the names of the transfer functions for a volume's values; of a CT that says no unit all.

    Parameters
    ----------
    volume : Volume
    own : iterable of str
        Others, in full: those for such values come after the built-in ones.
    """
    scales = {"HU"} if volume.unit == "HU" else {"HU", "percentile"} if volume.is_like_hu else {"percentile"}
    built_in = (name for name, row in presets().items() if row.scale in scales)
    return (*built_in, *(name for name in own if _is_for(volume, _own_preset(name))))


@cache
def _by_any_name() -> dict[str, Preset]:
    return {_plain(name): row for row in presets().values() for name in (row.name, *row.alias)}


def _plain(name: str) -> str:
    # Names are the same in large and small letters, with spaces, dashes or neither.
    return name.lower().translate({ord(sign): None for sign in " -_"})


def _auto(volume: Volume) -> str:
    if volume.unit == "HU" or (volume.is_like_hu and volume.sample().min() < _HALF_AIR):
        return "ct-bone" if np.mean(volume.sample() > BONE) >= LEAST_BONE else "ct-skin"
    return "pet-mip" if volume.modality in ("PT", "NM") else "mr-default"


def transfer_function(volume: Volume, preset: Preset, shift: float = 0.0, stretch: float = 1.0) -> TransferFunction:
    """Return a preset with its points in a volume's own values.

    Parameters
    ----------
    volume : Volume
        Percentiles are those of :meth:`Volume.sample` above the background, see :func:`otsu_threshold`.
    preset : Preset
        See also :meth:`Preset.suited`.
    shift : float
        What all values are raised by, in the unit of the volume.
    stretch : float
        What the distances of the values from their middle are multiplied by, before they are shifted. The middle is
        that of the first point and the last but one: the last is for all values beyond, and lies where it suits.

    Returns
    -------
    TransferFunction
    """
    preset = preset.suited(volume)
    values = np.array([point[0] for point in preset.points], np.float64)
    if preset.scale == "percentile":
        values = np.percentile(_tissue(volume.sample()), values)
    if stretch != 1:
        middle = (values[0] + values[-2]) / 2
        values = middle + stretch * (values - middle)
    values += shift
    # VTK wants growing values; where percentiles meet, the next float will do (and float32, for voxels are no finer).
    for n in range(1, len(values)):
        values[n] = max(values[n], np.nextafter(np.float32(values[n - 1]), np.float32(np.inf)))
    colors = tuple(_rgb(point[1]) for point in preset.points)
    return TransferFunction(preset, tuple(values.tolist()), colors, tuple(point[2] for point in preset.points))


def _tissue(sample: NDArray[Any]) -> NDArray[Any]:
    # The values above the background. In MR and PET air has noise, so the lowest value does not part it from tissue.
    finite = np.asarray(sample[np.isfinite(sample)], np.float64)
    if not finite.size:
        return np.zeros(1)
    tissue = finite[finite > tissue_threshold(sample)]
    return tissue if tissue.size else finite


def tissue_threshold(sample: NDArray[Any]) -> float:
    """Return the threshold between the background and what is imaged, see :func:`otsu_threshold`.

    Parameters
    ----------
    sample : ndarray, shape (N,)
        Some of a volume's values; without a finite one it is 0. Those above :data:`OUTLIERS` count as that.
    """
    finite = sample[np.isfinite(sample)]
    if not finite.size:
        return 0.0
    if finite.dtype.kind == "f":
        return otsu_threshold(np.minimum(finite, np.percentile(np.asarray(finite, np.float64), OUTLIERS)))
    values, counts = np.unique(finite, return_counts=True)  # some thousands of whole numbers
    return otsu_threshold(np.minimum(values, counted_percentiles(values, counts, (OUTLIERS,))[0]), counts)


def otsu_threshold(values: NDArray[np.float64], counts: NDArray[np.intp] | None = None) -> float:
    """Return the threshold that parts values in the two groups that differ most.

    N. Otsu, IEEE Trans. SMC 9 (1979) 62-66, on 256 bins.

    Parameters
    ----------
    values : ndarray of float64, shape (N,)
        In any unit; finite, at least one.
    counts : ndarray of int, shape (N,), optional
        How often there is each of them; without it once.

    Returns
    -------
    float
        An edge of a bin between the two groups, in the unit of the values; somewhere near the value when all are the
        same.
    """
    binned, edges = np.histogram(values, 256, weights=counts)
    middles = (edges[:-1] + edges[1:]) / 2
    below, total = np.cumsum(binned), binned.sum()
    first = np.cumsum(binned * middles)
    with np.errstate(divide="ignore", invalid="ignore"):
        between = (first[-1] * below / total - first) ** 2 / (below * (total - below))
    between[~np.isfinite(between)] = 0
    # An empty gap between the groups leaves many equally good bins: the middle one is the fairest.
    best = np.flatnonzero(between >= between.max() * (1 - 1e-9))
    return float(edges[(best[0] + best[-1]) // 2 + 1])


def _rgb(color: str) -> tuple[float, float, float]:
    red, green, blue = (value / 255 for value in bytes.fromhex(color.removeprefix("#")))
    return red, green, blue
