"""The job ``statistics``: values of the whole volume, and inside of what lies over it, as columns.

The columns of the whole volume are ``voxels`` to ``p95``; of every segment and region of interest the same after its
name and a dot, as in ``Liver.mean``, and what is of PET besides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.archive.jobs.job import SEPARATOR, Context, Made, Number
from viewer3d.core.notes.note import Note
from viewer3d.core.placing.regions import PlacedRegions
from viewer3d.core.volume import Volume
from viewer3d.measurements.region_table import measure_placed_regions, save_statistics
from viewer3d.measurements.segments import PERCENTILES, SegmentStatistics

OF_VALUES: Final = {
    "voxels": "voxels with a value; of a segment those of its own grid",
    "ml": "their volume",
    "mean": "of the values, in the unit",
    "sd": "standard deviation, divided by their count",
    "min": "the least",
    "max": "the greatest; of PET in SUV it is SUVmax",
    **{f"p{percent}": f"{percent}th percentile, linear between values" for percent in PERCENTILES},
}
"""The columns of the whole volume and of each segment, and what they are."""

OF_UPTAKE: Final = {
    "suv_max": "the greatest",
    "suv_peak": "the highest mean of a sphere of 1 cm3",
    "mtv_ml": "metabolic tumour volume: that of the segment",
    "tlg": "total lesion glycolysis: mean times ml",
}
"""More columns of each segment over PET in SUV."""

MOST_MEASURED: Final = 250
"""Of one volume: more are in the file alone."""

_LONGEST_NAME: Final = 64

_AT_ONCE: Final = 1 << 20
"""Values that are summed at once."""


def measure_item(volume: Volume, context: Context) -> Made:
    """Measure a volume and what lies over it; with segments a table of them is written as well.

    The table is that of :func:`viewer3d.save_statistics`, which has their places too.
    """
    numbers: dict[str, Number] = {"unit": volume.unit, **whole_volume(volume)}
    regions = [one for one in context.overlays if isinstance(one, PlacedRegions)]
    if not regions:
        return Made((), numbers)
    measured = [one for placed in regions for one in measure_placed_regions(volume, placed)]
    for name, one in zip(_column_names(measured[:MOST_MEASURED]), measured, strict=False):
        numbers |= {f"{name}.{column}": value for column, value in _region_numbers(one).items()}
    notes = dict.fromkeys(note for one in measured for note in one.notes)
    if len(measured) > MOST_MEASURED:
        text = f"{len(measured)} segments are too many for columns: those after {MOST_MEASURED} are in the file."
        notes |= {Note(text, "archive.columns"): None}
    numbers |= {"segments": len(measured), "notes": SEPARATOR.join(notes)}
    return Made((save_statistics(measured, context.file(".csv")),), numbers)


def whole_volume(volume: Volume) -> dict[str, Number]:
    """Return the statistics of all values that were measured; none of what is no number or padding.

    Of whole numbers they are counted, so that no copy of a large volume is sorted.
    """
    counts = None
    if volume.voxels.dtype == np.int16:
        values, counts = _counted(volume)
    else:
        values = np.concatenate(list(measured_slices(volume)))
        values.sort()
    total = values.size if counts is None else int(counts.sum())
    numbers: dict[str, Number] = {"voxels": total, "ml": total * float(np.prod(volume.spacing)) / 1000}
    if not total:
        return numbers | dict.fromkeys([one for one in OF_VALUES if one not in numbers])
    mean = _summed(values, counts) / total
    variance = _summed(values, counts, mean) / total
    numbers |= {"mean": mean, "sd": variance**0.5, "min": float(values[0]), "max": float(values[-1])}
    places = [percent / 100 * (total - 1) for percent in PERCENTILES]
    return numbers | {f"p{p}": _at(place, values, counts) for p, place in zip(PERCENTILES, places, strict=True)}


def _summed(values: NDArray[Any], counts: NDArray[Any] | None, mean: float | None = None) -> float:
    """Return the sum of values, or of their squared distances from a mean; in float64, a part at a time."""
    total = 0.0
    for begin in range(0, values.size, _AT_ONCE):
        part = values[begin : begin + _AT_ONCE].astype(np.float64)
        part = part if mean is None else (part - mean) ** 2
        total += float(part.sum() if counts is None else part @ counts[begin : begin + _AT_ONCE])
    return total


def measured_slices(volume: Volume) -> Iterator[NDArray[Any]]:
    """Yield the values of each slice that were measured and are numbers, shape (N,)."""
    for k in range(volume.shape[2]):
        values = volume.voxels[:, :, k]
        if volume.measured is not None:
            left, right, top, bottom = volume.measured[k].tolist()
            values = values[left:right, top:bottom]
        values = np.ravel(values, order="F")
        if values.dtype.kind == "f":
            values = values[np.isfinite(values)]
        yield values if volume.padding is None else values[values != volume.padding]


def _counted(volume: Volume) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the whole numbers that occur, ascending, and how often each does."""
    lowest = int(np.iinfo(np.int16).min)
    counts = np.zeros(1 << 16, np.int64)
    for values in measured_slices(volume):
        counts += np.bincount(values.astype(np.intp) - lowest, minlength=1 << 16)
    found = np.flatnonzero(counts)
    return (found + lowest).astype(np.float64), counts[found]


def _at(place: float, values: NDArray[Any], counts: NDArray[Any] | None) -> float:
    """Return the value at a place among all in ascending order, linear between two."""
    below, share = int(place), place - int(place)
    if counts is None:
        low, high = (float(values[min(n, values.size - 1)]) for n in (below, below + 1))
    else:
        ends = np.cumsum(counts)
        numbers = np.minimum(np.searchsorted(ends, [below, below + 1], side="right"), values.size - 1)
        low, high = (float(value) for value in values[numbers])
    return low + share * (high - low)


def _column_names(measured: Sequence[SegmentStatistics]) -> list[str]:
    """Return what segments are called in columns: their name, told apart by overlay and number."""
    names = [" ".join(one.name.split())[:_LONGEST_NAME] or f"segment {one.number}" for one in measured]
    for more in ("{1.overlay}: {0}", "{0} {1.number}"):
        counts = Counter(names)
        names = [
            name if counts[name] == 1 else more.format(name, one) for name, one in zip(names, measured, strict=True)
        ]
    return names


def _region_numbers(one: SegmentStatistics) -> dict[str, Number]:
    numbers: dict[str, Number] = {"voxels": one.voxels, "ml": one.ml}
    numbers |= {"mean": one.mean, "sd": one.sd, "min": one.min, "max": one.max}
    numbers |= {f"p{percent}": one.percentiles.get(percent) for percent in PERCENTILES}
    if one.unit.startswith("SUV"):
        numbers |= {"suv_max": one.suv_max, "suv_peak": one.suv_peak, "mtv_ml": one.mtv, "tlg": one.tlg}
    return numbers
