"""Dose-volume histograms: how much of a region has at least each dose, and the numbers read from it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.dose.levels import GRAY, PRESCRIPTION, levels_in_unit
from viewer3d.core.dose.plan import AnyPlan, Prescription, as_plan
from viewer3d.core.inputs import AnyVolume, as_volume
from viewer3d.core.layers import AnyLayer, Layer, place_layers
from viewer3d.core.mesh import MeshSet
from viewer3d.core.notes.note import Note
from viewer3d.core.option_names import called, numbered_list
from viewer3d.core.placing.regions import PlacedRegions
from viewer3d.core.segmentation import Segment, Segmentation
from viewer3d.core.structures import Roi, StructureSet
from viewer3d.core.text import printable
from viewer3d.core.volume import Volume
from viewer3d.errors import DoseError, ViewError
from viewer3d.measurements.dose_samples import DoseSamples, sample_roi, sample_segment

DOSE_STEPS: Final = 4096
"""Steps of dose of a histogram, from the lowest to the highest of its region."""

_FULL: Final = 1 - 1e-6
"""Share of a region from which on all of it lies in the dose grid, but for rounding."""


@dataclass(frozen=True, eq=False)
class RegionDose:
    """The dose in a region: its cumulative dose-volume histogram.

    Volumes are in percent of what of the region lies in the dose grid, see ``covered``.

    Attributes
    ----------
    number : int
        Of the ROI or segment.
    name : str
    color : tuple of int
        Red, green and blue, 0 to 255 each.
    ml : float
        Volume of the whole region: of a structure the exact one of its polygons, of a segment that of its voxels.
    covered : float
        Which share of it lies in the dose grid, 0 to 1.
    unit : str
        Of all doses: ``"Gy"``, or ``"relative"``.
    doses : ndarray of float64, shape (n,)
        In ascending order, from 0 on; between two of them the histogram is linear.
    volumes : ndarray of float64, shape (n,)
        ml that have at least each of these doses.
    mean, min, max : float
    samples : int
        At how many points the dose was taken.
    step : float
        Largest distance between neighbouring ones, in mm.
    prescribed : float, optional
        Gy that percent of dose are of.
    notes : tuple of Note
    """

    number: int
    name: str
    color: tuple[int, int, int]
    ml: float
    covered: float
    unit: str
    doses: NDArray[np.float64] = field(repr=False)
    volumes: NDArray[np.float64] = field(repr=False)
    mean: float
    min: float
    max: float
    samples: int = field(repr=False)
    step: float = field(repr=False)
    prescribed: float | None = None
    notes: tuple[Note, ...] = field(default=(), repr=False)

    @property
    def percents(self) -> NDArray[np.float64]:
        """Percent of the volume that have at least each of the doses, shape (n,)."""
        return np.asarray(100 * self.volumes / self.volumes[0])

    def dose_at(self, percent: float) -> float:
        """Return the dose that so many percent of the volume have at least: ``dose_at(95)`` is D95%.

        Raises
        ------
        DoseError
            When percent are not from 0 to 100.
        """
        if not 0 <= percent <= 100:
            raise DoseError(f"{percent!r:.20} is no share of a volume: give percent, 0 to 100")
        return self._dose_of(percent / 100 * float(self.volumes[0]))

    def dose_at_ml(self, ml: float) -> float:
        """Return the dose that so many ml have at least: ``dose_at_ml(0.03)`` is D0.03cc.

        Raises
        ------
        DoseError
            When the region has not so many in the dose grid.
        """
        if not 0 <= ml <= self.volumes[0]:
            raise DoseError(f"{self.name} has {float(self.volumes[0]):.4g} ml in the dose grid: no dose at {ml!r:.20}")
        return self._dose_of(ml)

    def volume_at(self, dose: float | str) -> float:
        """Return which percent of the volume have at least a dose: ``volume_at(20)`` is V20Gy.

        Parameters
        ----------
        dose : float or str
            In the unit of the dose; or a text with its unit, ``"20Gy"``, or ``"95%"`` of the prescription.

        Raises
        ------
        ViewError
            When the text is no dose, or has another unit.
        DoseError
            When percent are asked for and there was no plan.
        """
        return 100 * (self.ml_at(dose) / float(self.volumes[0]))

    def ml_at(self, dose: float | str) -> float:
        """Return how many ml have at least a dose, given as for :meth:`volume_at`."""
        if isinstance(dose, str) and dose.strip().endswith("%") and self.prescribed is None:
            raise DoseError(f"{dose}: percent are of a prescription: give a plan, or the dose in {self.unit}")
        (value,) = levels_in_unit([dose], self.unit, self.max, self.prescribed or 0.0, PRESCRIPTION).values
        return float(np.interp(value, self.doses, self.volumes, right=0.0))

    def _dose_of(self, ml: float) -> float:
        # The highest dose that so much volume has: where the histogram is level, its upper end.
        last = int(np.flatnonzero(self.volumes >= ml * (1 - 1e-12))[-1])
        if last + 1 == len(self.doses):
            return float(self.doses[-1])
        (high, low), (begin, end) = self.volumes[last : last + 2], self.doses[last : last + 2]
        return float(begin + (high - ml) / (high - low) * (end - begin)) if high > low else float(begin)

    @property
    def d2(self) -> float:
        """D2%: the dose that the 2 % with the highest dose have at least (near-maximum, ICRU 83)."""
        return self.dose_at(2)

    @property
    def d50(self) -> float:
        """D50%, the median dose."""
        return self.dose_at(50)

    @property
    def d95(self) -> float:
        """D95%: the dose that 95 % of the volume have at least."""
        return self.dose_at(95)

    @property
    def d98(self) -> float:
        """D98%: the dose that 98 % of the volume have at least (near-minimum, ICRU 83)."""
        return self.dose_at(98)

    @property
    def v20gy(self) -> float | None:
        """V20Gy: percent of the volume with at least 20 Gy; None of a dose that is not in Gy."""
        return self.volume_at(20.0) if self.unit == GRAY else None


@dataclass(frozen=True, eq=False)
class DoseVolumeHistograms:
    """The dose-volume histograms of regions.

    Attributes
    ----------
    regions : tuple of RegionDose
        In the order of the structure set or segmentation, or as they were asked for.
    unit : str
        Of all doses: ``"Gy"``, or ``"relative"``.
    prescription : Prescription, optional
        What percent of dose are of.
    notes : tuple of Note
        Which regions have no histogram and why, what lies beyond the dose grid, and how doses were sampled.
    """

    regions: tuple[RegionDose, ...]
    unit: str
    prescription: Prescription | None = None
    notes: tuple[Note, ...] = ()

    def region(self, which: int | str) -> RegionDose:
        """Return the histogram of a region by its number or its name.

        Raises
        ------
        DoseError
            When there is none, or several have the name; lists those that are there.
        """
        found = called(self.regions, which)
        if len(found) == 1:
            return found[0]
        listed = numbered_list(self.regions, "no region has a dose")
        raise DoseError(f"{len(found)} histograms are called {which!r:.60}: give the number of one of: {listed}")


def dvh(
    dose: AnyVolume,
    structures: AnyLayer,
    plan: AnyPlan | None = None,
    *,
    regions: Sequence[int | str] | int | str | None = None,
) -> DoseVolumeHistograms:
    """Return the cumulative dose-volume histograms of structures or segments.

    Parameters
    ----------
    dose : Volume, or what :func:`viewer3d.load` takes
        In Gy, or relative.
    structures : StructureSet, Segmentation, path of one, or Layer
        A :class:`viewer3d.Layer` of them has a transform, where they are not in the frame of reference of the dose.
    plan : Plan, float or path, optional
        What is prescribed: a plan, its file, or the dose in Gy. Percent of dose are of its highest prescription.
    regions : sequence of int or str, optional
        Numbers or names of the ROIs or segments; by default all that have a volume.

    Returns
    -------
    DoseVolumeHistograms

    Raises
    ------
    DoseError
        When the volume is no dose, the plan prescribes none, or no region has a volume in the dose grid.
    ViewError
        When structures are of another frame of reference and nothing says how they lie, or the dose is relative where
        there is a plan.
    StructureError, SegmentError
        When there is no such region.

    Notes
    -----
    A structure is the slabs that the planes of its contours stand for, half-way to the next, as
    :meth:`viewer3d.StructureSet.measure` measures it; a segment is its voxels. The box around it has 260,000 samples
    or more, at most half a voxel of the dose apart (further in what is larger than 3 litres), and the dose is linear
    between voxels of its grid. The histogram has 4096 steps from the lowest to the highest dose of the region. Doses
    and volumes of spheres in linear gradients agree with closed forms to 0.1 % where their contours do.

    Examples
    --------
    >>> from viewer3d import phantom
    >>> ptv = dvh(phantom.dose(), phantom.structures(), 60, regions="PTV").region("PTV")
    >>> f"D95% {ptv.d95:.1f} Gy, V95% {ptv.volume_at('95%'):.1f} %"
    'D95% 58.7 Gy, V95% 98.6 %'
    """
    volume = as_volume(dose)
    check_dose(volume)
    if isinstance(structures, str | os.PathLike):
        structures = Layer(structures, look={"segments": None})  # regions are meant, also where there are images
    placed = place_layers(volume, [structures]).regions
    if len(placed) != 1:
        raise ViewError(f"{structures!r:.60} has no regions: give a structure set or a segmentation, or its file")
    prescription = None if plan is None else as_plan(plan).prescription
    return region_doses(volume, placed[0], prescription, regions)


def region_doses(
    dose: Volume,
    placed: PlacedRegions,
    prescription: Prescription | None = None,
    regions: Sequence[int | str] | int | str | None = None,
) -> DoseVolumeHistograms:
    """Return the histograms of regions that were placed over a dose, as :func:`dvh` does."""
    if prescription is not None:
        levels_in_unit("100%", dose.unit, 1.0, prescription.dose, PRESCRIPTION)  # refuses what is not in Gy
    data = placed.data
    if isinstance(data, MeshSet):
        raise DoseError(
            f"{placed.name}: is a mesh, of which no histogram is made: give segmentations or structure sets"
        )
    made, notes = [], list(placed.notes)
    for one in _chosen(data, regions):
        if isinstance(data, StructureSet):
            samples = sample_roi(dose, data, data.roi(one.number))
        else:
            samples = sample_segment(dose, data, data.segment(one.number))
        found, why = region_dose(one, samples, dose.unit, prescription)
        notes += [*samples.notes, *why]
        if found is not None:
            made.append(found)
    if not made:
        raise DoseError(f"no region has a volume in the dose grid: {' '.join(notes) or 'there are none'}")
    notes.append(_sampling_note(made))
    return DoseVolumeHistograms(tuple(made), dose.unit, prescription, (*dose.notes, *dict.fromkeys(notes)))


def check_dose(volume: Volume) -> None:
    """Check that a volume is a dose.

    Raises
    ------
    DoseError
        When its values have the unit of something else.
    """
    if volume.unit not in (GRAY, "relative") and not (volume.modality == "RTDOSE" and not volume.unit):
        what = f"in {volume.unit}" if volume.unit else "in no known unit"
        name = printable(volume.modality) or "the volume"
        raise DoseError(f"{name} is no dose: its values are {what}: give a dose in Gy, or a relative one")


def _chosen(
    data: Segmentation | StructureSet, regions: Sequence[int | str] | int | str | None
) -> Sequence[Segment | Roi]:
    if regions is None:
        return data.rois if isinstance(data, StructureSet) else data.segments
    find = data.roi if isinstance(data, StructureSet) else data.segment
    return [find(one) for one in ([regions] if isinstance(regions, int | str) else regions)]


def region_dose(
    region: Roi | Segment, samples: DoseSamples, unit: str, prescription: Prescription | None
) -> tuple[RegionDose | None, list[Note]]:
    """Return the histogram of a region, None where no sample has a dose, and notes."""
    if not samples.ml:
        return None, [] if samples.notes else [
            Note(f"{region.name} has no volume, and no histogram.", "dose.no_volume")
        ]
    if not samples.doses.size:
        return None, [Note(f"{region.name} lies beyond the dose grid, and has no histogram.", "dose.beyond")]
    notes = []
    if samples.covered < _FULL:
        share = 100 * (1 - samples.covered)
        text = f"{region.name}: {share:.2g} % of its volume lie beyond the dose grid, and have no part in it."
        notes.append(Note(text, "dose.partly_beyond"))
    doses, volumes = cumulative(samples.doses, samples.weights)
    total = float(samples.weights.sum())
    found = RegionDose(
        region.number,
        region.name,
        region.color,
        samples.ml,
        samples.covered if notes else 1.0,
        unit,
        doses,
        volumes,
        float(samples.doses @ samples.weights) / total,
        float(samples.doses.min()),
        float(samples.doses.max()),
        len(samples.doses),
        samples.step,
        None if prescription is None else prescription.dose,
        tuple(notes),
    )
    return found, notes


def cumulative(
    doses: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return doses from 0 to the highest, and which weight has at least each of them.

    Parameters
    ----------
    doses, weights : ndarray, shape (n,)

    Returns
    -------
    tuple of two ndarrays of float64, shape (m,), read-only
    """
    low, high = float(doses.min()), float(doses.max())
    if low == high:
        steps, least = np.array([low]), np.array([weights.sum()])
    else:
        steps = np.linspace(low, high, DOSE_STEPS + 1)
        held, _ = np.histogram(doses, steps, weights=weights)
        least = np.append(np.cumsum(held[::-1])[::-1], weights[doses == high].sum())
    if low > 0:
        steps, least = np.append(0, steps), np.append(least[0], least)
    steps.flags.writeable = least.flags.writeable = False
    return steps, least


def _sampling_note(regions: Sequence[RegionDose]) -> Note:
    text = (
        f"Dose is linear between voxels, at {min(one.samples for one in regions):,} or more points a region, at most "
        f"{max(one.step for one in regions):.2g} mm apart."
    )
    return Note(text, "dose.sampling")
