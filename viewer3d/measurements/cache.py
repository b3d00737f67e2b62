"""Keep the results of measurements on one volume, so that none is measured twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from viewer3d.core.images.image2d import flat_of
from viewer3d.core.view.measurement import Measurement
from viewer3d.core.volume import Volume

if TYPE_CHECKING:
    from viewer3d.measurements.isocontours import GrownRegion
    from viewer3d.measurements.values import MeasurementResult

_MOST_RESULTS: Final = 512
"""Results kept: one for each measurement of a state, and for each step while one is dragged."""

_MOST_REGIONS: Final = 64
"""Regions of isocontours kept, each with its voxels."""


class MeasurementCache:
    """Measures on one volume and keeps the results.

    Parameters
    ----------
    volume : Volume
    layer : str
        Name of the layer whose values these are, where they are not those of the base.

    Attributes
    ----------
    volume : Volume
    layer : str
    """

    def __init__(self, volume: Volume, layer: str = "") -> None:
        self.volume, self.layer = volume, layer
        self._known: dict[Measurement, MeasurementResult] = {}
        self._regions: dict[Measurement, GrownRegion] = {}

    def of(self, measurement: Measurement) -> MeasurementResult:
        """Return the result of :func:`measure`, cached."""
        if measurement not in self._known:
            if len(self._known) >= _MOST_RESULTS:
                self._known.clear()
            self._known[measurement] = self._measure(measurement)
        return self._known[measurement]

    def _measure(self, measurement: Measurement) -> MeasurementResult:
        if measurement.kind == "isocontour" and flat_of(self.volume) is None:  # its voxels are drawn, too
            from viewer3d.measurements.isocontours import measure_isocontour  # noqa: PLC0415 (few are grown)

            return measure_isocontour(self.volume, measurement, region_of(self, measurement))
        from viewer3d.measurements.results import measure  # noqa: PLC0415 (most pictures have no measurements)

        return measure(self.volume, measurement)

    def texts(self, measurement: Measurement) -> tuple[str, ...]:
        """Return the result as lines of text; of values, the first names the layer where there is one to name."""
        result = self.of(measurement)
        if not self.layer:
            return result.texts
        from viewer3d.measurements.values import OUTSIDE_VOLUME, Isocontour, ProbeValue, Region  # noqa: PLC0415 (as above)

        lines = [f"reaches outside {self.layer}" if line == OUTSIDE_VOLUME else line for line in result.texts]
        if isinstance(result, Region | ProbeValue | Isocontour):
            lines[0] = f"{self.layer}: {lines[0]}"
        return tuple(lines)


def region_of(results: MeasurementCache, measurement: Measurement) -> GrownRegion:
    """Return the voxels of an isocontour, kept beside the results of measurements."""
    known = results._regions
    if measurement not in known:
        if len(known) >= _MOST_REGIONS:
            known.clear()
        from viewer3d.measurements.isocontours import grown_region  # noqa: PLC0415 (few are grown)

        known[measurement] = grown_region(results.volume, measurement)
    return known[measurement]
