"""Keep the results of measurements on one volume, so that none is measured twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from viewer3d.core.view.measurement import Measurement
from viewer3d.core.volume import Volume

if TYPE_CHECKING:
    from viewer3d.measurements.values import MeasurementResult

_MOST_RESULTS: Final = 512
"""Results kept: one for each measurement of a state, and for each step while one is dragged."""


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

    def of(self, measurement: Measurement) -> MeasurementResult:
        """Return the result of :func:`measure`, cached."""
        if measurement not in self._known:
            if len(self._known) >= _MOST_RESULTS:
                self._known.clear()
            from viewer3d.measurements.results import measure  # noqa: PLC0415 (most pictures have no measurements)

            self._known[measurement] = measure(self.volume, measurement)
        return self._known[measurement]

    def texts(self, measurement: Measurement) -> tuple[str, ...]:
        """Return the result as lines of text; of values, the first names the layer where there is one to name."""
        result = self.of(measurement)
        if not self.layer:
            return result.texts
        from viewer3d.measurements.values import OUTSIDE_VOLUME, ProbeValue, Region  # noqa: PLC0415 (as above)

        lines = [f"reaches outside {self.layer}" if line == OUTSIDE_VOLUME else line for line in result.texts]
        if isinstance(result, Region | ProbeValue):
            lines[0] = f"{self.layer}: {lines[0]}"
        return tuple(lines)
