"""Results of measurements on images in no space: lengths in their own unit, colours for values."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from viewer3d.core.images.image2d import FlatVolume
from viewer3d.core.vectors import Vector, vector
from viewer3d.core.view.measurement import Measurement
from viewer3d.measurements.extent import reaches_outside

if TYPE_CHECKING:
    from viewer3d.measurements.values import MeasurementResult, VolumeResult

_MM: Final = re.compile(r"\bmm(?=2?\b)")
_OF_VALUES: Final = ("mean ", "min ", "no voxel")
"""What lines of text on values begin with: colours have none."""

_NUMBERS_OF_VALUES: Final = (
    *("count", "mean", "sd", "min", "max", "value", "unit", "mean_uncertainty", "threshold", "threshold_percent"),
)

_OF_SPACE: Final = ("volume ", "MTV ", "from ")
"""What lines of text on a region in space begin with: an image has no volume."""

_NUMBERS_OF_SPACE: Final = ("volume_ml", "volume_uncertainty_ml", "peak", "tlg")


@dataclass(frozen=True)
class ImageResult:
    """The result of a measurement on an image that lies in no space.

    Attributes
    ----------
    result : Length, Angle, Region or ProbeValue
        Its numbers; lengths and areas are in :attr:`length_unit`, whatever the class says of mm.
    length_unit : str
        ``"mm"``, or ``"px"`` where nobody measured these: the distance from column to column.
    points : tuple of tuple of float
        The points of the measurement as column, row and frame, from 0.
    is_color : bool
        Whether the image is of colours: then nothing was measured of values.
    color : tuple of int, optional
        Red, green and blue of a probe in colours.
    """

    result: VolumeResult
    length_unit: str
    points: tuple[Vector, ...]
    is_color: bool = False
    color: tuple[int, int, int] | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """The result as lines of text."""
        if self.color is not None:
            return ("RGB {} {} {}".format(*self.color),)
        lines = [one for one in self.result.texts if not (self.is_color and one.startswith(_OF_VALUES))]
        lines = lines or (["colours have no values"] if self.result.texts else [])
        flat = (one for one in lines if not one.startswith(_OF_SPACE))
        return tuple(_MM.sub(self.length_unit, one).replace("the volume", "the image") for one in flat)

    @property
    def outside(self) -> bool:
        """Whether a part of it lies outside of the image."""
        return self.result.outside

    def row(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return a row of a table as it holds on the image: names end with its unit, and places are pixels."""
        left_out = {"right", "down", "points_mm", *_NUMBERS_OF_SPACE, *(_NUMBERS_OF_VALUES if self.is_color else ())}
        named = {
            re.sub(r"_mm(2?)$", rf"_{self.length_unit}\1", name): value
            for name, value in row.items()
            if name not in left_out
        }
        return {**named, **({"color": self.color} if self.color else {}), "points_pixels": self.points}


def on_image(flat: FlatVolume, measurement: Measurement, result: MeasurementResult) -> ImageResult:
    """Return a result, as of a volume, as it holds on an image."""
    if isinstance(result, ImageResult):
        return result
    points = tuple(vector(one) for one in flat.geometry.world_to_index(np.array(measurement.points, np.float64)))
    is_color = bool(flat.channels)
    color = flat.color_at(measurement.points[0]) if is_color and measurement.kind == "probe" else None
    if measurement.kind == "isocontour":  # its sphere is a disc in one frame
        result = replace(result, outside=reaches_outside(flat.geometry, measurement, is_flat=True))
    return ImageResult(result, flat.length_unit, points, is_color, color)
