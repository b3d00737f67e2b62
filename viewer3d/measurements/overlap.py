"""Two segmentations compared: what is common to both, and how far their surfaces are apart."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.core.geometry import Geometry, on_one_grid
from viewer3d.core.notes.note import Note
from viewer3d.core.placing.frames import check_frame, loaded_transform
from viewer3d.core.segmentation import Segment, Segmentation
from viewer3d.errors import SegmentError
from viewer3d.measurements.common_masks import common_masks
from viewer3d.measurements.surfaces import distances_between, element_areas, surface_elements

TOLERANCES: Final = (1.0, 2.0, 3.0)
"""mm of the surface Dice where none are given; 3 mm is that of TotalSegmentator's tables (its issue 143)."""

_ROUNDING: Final = 1e-6
"""mm: an element whose distance is the tolerance is within it, whatever rounding of positions says."""


@dataclass(frozen=True)
class SegmentComparison:
    """How a segment of a prediction agrees with that of the truth.

    Where one of the two has no voxel, Dice, Jaccard and surface Dice are 0 and distances are infinite; where neither
    has, nothing can be said and all are NaN.

    Attributes
    ----------
    name : str
        That in the truth, or in the prediction where the truth has no such segment.
    prediction, truth : int or None
        The segment's number in each; None where it is not there.
    dice : float
        2 |P and T| / (|P| + |T|), by voxels of the truth's grid (L. Dice, Ecology 1945; 26: 297).
    jaccard : float
        |P and T| / |P or T|.
    surface_dice : dict of float to float
        By the tolerance in mm, the share of both surfaces, by area, that is no further than it from the other (S.
        Nikolov et al., J Med Internet Res 2021; 23: e26151); also called normalised surface distance.
    hausdorff_95 : float
        mm: 95 % of each surface's area are at most so far from the other (the larger of the two percentiles).
    hausdorff : float
        mm: the same with all of it.
    mean_distance : float
        mm: mean of both surfaces, by area (average symmetric surface distance).
    mean_to_truth, mean_to_prediction : float
        mm: of the prediction's surface to that of the truth, and of the truth's to that of the prediction.
    prediction_ml, truth_ml : float
        Volume of each, by voxels of its own grid.
    """

    name: str
    prediction: int | None
    truth: int | None
    dice: float
    jaccard: float
    surface_dice: Mapping[float, float] = field(hash=False)
    hausdorff_95: float
    hausdorff: float
    mean_distance: float
    mean_to_truth: float
    mean_to_prediction: float
    prediction_ml: float
    truth_ml: float

    @property
    def difference_ml(self) -> float:
        """The prediction's volume less that of the truth."""
        return self.prediction_ml - self.truth_ml

    @property
    def difference_percent(self) -> float:
        """The difference of volumes in percent of the truth's; NaN where the truth has none."""
        return 100 * self.difference_ml / self.truth_ml if self.truth_ml else float("nan")


@dataclass(frozen=True)
class SegmentationComparison:
    """How a prediction agrees with the truth, segment by segment.

    Attributes
    ----------
    segments : tuple of SegmentComparison
        In the order of the truth; then those that the prediction alone has.
    notes : tuple of Note
        How segments were matched, on which grid they were compared, and what is missing.
    """

    segments: tuple[SegmentComparison, ...]
    notes: tuple[Note, ...] = ()

    def segment(self, name: str) -> SegmentComparison:
        """Return what was found of a segment, by its name.

        Raises
        ------
        SegmentError
            When none or several are called so; lists those that are there.
        """
        found = [one for one in self.segments if one.name == name]
        if len(found) != 1:
            listed = ", ".join(one.name for one in self.segments[:12])
            raise SegmentError(f"{len(found)} compared segments are called {name!r:.60}: give one of: {listed}")
        return found[0]

    @property
    def mean_dice(self) -> float:
        """Mean Dice of the segments that either has; NaN where there are none."""
        return _mean(one.dice for one in self.segments)

    @property
    def mean_jaccard(self) -> float:
        """Mean Jaccard of the segments that either has; NaN where there are none."""
        return _mean(one.jaccard for one in self.segments)

    @property
    def mean_surface_dice(self) -> dict[float, float]:
        """Mean surface Dice of the segments that either has, by the tolerance in mm."""
        tolerances = self.segments[0].surface_dice if self.segments else ()
        return {mm: _mean(one.surface_dice[mm] for one in self.segments) for mm in tolerances}

    @property
    def mean_hausdorff_95(self) -> float:
        """Mean of the segments that either has, mm: infinite where one is missing on one side."""
        return _mean(one.hausdorff_95 for one in self.segments)

    @property
    def mean_distance(self) -> float:
        """Mean of the segments' mean distances, mm: infinite where one is missing on one side."""
        return _mean(one.mean_distance for one in self.segments)


def compare_segmentations(
    prediction: Segmentation,
    truth: Segmentation,
    *,
    tolerances: float | Sequence[float] = TOLERANCES,
    pairs: Mapping[int | str, int | str] | None = None,
    transform: ArrayLike | str | os.PathLike[str] | None = None,
    same_frame: bool = False,
) -> SegmentationComparison:
    """Compare a segmentation with another that is taken for true.

    Parameters
    ----------
    prediction, truth : Segmentation
        On any two grids of one frame of reference.
    tolerances : float or sequence of float
        Of the surface Dice, in mm.
    pairs : mapping of int or str to int or str, optional
        Numbers or names of segments of the prediction, and of those of the truth that they are compared with; no
        others are. Without it segments of one name are (capitals, spaces and underscores aside); if no name is in
        both, those of one number. What one side alone has is compared with nothing: its Dice is 0.
    transform : array_like, shape (4, 4), or path-like, optional
        From the world of the prediction to that of the truth, both LPS in mm; or a file with it, see
        :func:`viewer3d.load_transform`.
    same_frame : bool
        Whether to trust that they are in one frame of reference, whatever they say.

    Returns
    -------
    SegmentationComparison

    Raises
    ------
    ViewError
        When they are of different frames of reference and nothing says how they lie.
    SegmentError
        When no segment of the one matches any of the other, a tolerance is no length or a pair names no segment.
    LimitError
        When a box around both has more than 2**30 voxels of the truth's grid.

    Notes
    -----
    Masks are compared on the truth's grid, continued as far as the prediction goes, so that what lies outside of it
    counts; a prediction on another grid is sampled there, nearest voxel. Surfaces are those of
    :mod:`viewer3d.measurements.surfaces`; areas weigh shares, means and percentiles, so that nothing depends on how
    voxels are longer one way. The mean over both surfaces and the larger of the two percentiles are what L. Maier-Hein
    and A. Reinke et al. call ASSD and HD95 (Metrics reloaded, Nat Methods 2024; 21: 195).

    Examples
    --------
    >>> import numpy as np
    >>> from viewer3d import Segmentation, compare_segmentations
    >>> labels = np.zeros((30, 30, 30), int)
    >>> labels[5:15, 5:25, 5:25] = 1
    >>> truth, moved = (Segmentation.from_array(one, np.eye(4)) for one in (labels, np.roll(labels, 2, axis=0)))
    >>> found = compare_segmentations(moved, truth).segments[0]
    >>> found.dice, found.hausdorff
    (0.8, 2.0)
    """
    lengths = _checked_tolerances(tolerances)
    placed, how = loaded_transform(truth, prediction, transform)
    notes: list[Note] = []
    same_grid = on_one_grid(prediction.geometry, truth.geometry)
    if placed is None and same_grid and not (prediction.frame_of_reference and truth.frame_of_reference):
        sentence = "The frame of reference is not said of both; they are on one grid, and were compared there."
        notes.append(Note(sentence, "compared.same_grid"))
    else:
        notes += check_frame(truth, prediction, "The prediction", transform=placed, how=how, same_frame=same_frame)
    if placed is not None:
        geometry = Geometry(placed @ prediction.geometry.affine, prediction.geometry.shape)
        prediction = Segmentation(prediction.labels, geometry, prediction.segments)
        same_grid = on_one_grid(geometry, truth.geometry)
    matched, matching = _matched(prediction, truth, pairs)
    notes += matching
    if not same_grid:
        sentence = "The prediction is on another grid: it was sampled on that of the truth, nearest voxel."
        notes.append(Note(sentence, "compared.other_grid"))
    areas = element_areas(truth.geometry.affine[:3, :3])
    segments = tuple(_compared(prediction, truth, pair, lengths, areas) for pair in matched)
    return SegmentationComparison(segments, (*notes, *_missing_notes(segments)))


def _checked_tolerances(tolerances: float | Sequence[float]) -> tuple[float, ...]:
    try:
        lengths = tuple(float(one) for one in np.atleast_1d(np.asarray(tolerances, np.float64)))
    except (TypeError, ValueError):
        lengths = (-1.0,)
    if not all(np.isfinite(one) and one >= 0 for one in lengths):
        raise SegmentError(f"tolerances {tolerances!r:.60} are no lengths: give mm, such as 2 or (1, 3)")
    return lengths


Pair = tuple[Segment | None, Segment | None]


def _matched(
    prediction: Segmentation, truth: Segmentation, pairs: Mapping[int | str, int | str] | None
) -> tuple[list[Pair], list[Note]]:
    """Return which segment of the prediction is compared with which of the truth, and how that was found."""
    if pairs is not None:
        return [(prediction.segment(one), truth.segment(other)) for one, other in pairs.items()], []
    if not prediction.segments and not truth.segments:
        return [], [Note("Neither has a segment.", "compared.nothing")]
    names = [Counter(_plain(one.name) for one in side.segments) for side in (prediction, truth)]
    by_name = {name for name in names[0] if names[0][name] == names[1][name] == 1}
    if by_name:
        how = Note("Segments were matched by their names.", "compared.matched")
        others = {_plain(one.name): one for one in prediction.segments if _plain(one.name) in by_name}
        found: list[Pair] = [(others.get(_plain(one.name)), one) for one in truth.segments]
    else:
        how = Note(
            "Segments were matched by their numbers, as no name is that of one segment in each.", "compared.matched"
        )
        numbered = {one.number: one for one in prediction.segments}
        found = [(numbered.get(one.number), one) for one in truth.segments]
    taken = {one.number for one, _ in found if one is not None}
    if not taken and prediction.segments and truth.segments:
        listed = [", ".join(f"{one.number} {one.name}" for one in side.segments[:6]) for side in (prediction, truth)]
        raise SegmentError(
            f"no segment of the prediction ({listed[0]}) has the name or number of one of the truth ({listed[1]}): "
            "give pairs, as pairs={1: 2}"
        )
    found += [(one, None) for one in prediction.segments if one.number not in taken]
    return found, [how]


def _plain(name: str) -> str:
    return " ".join(name.replace("_", " ").casefold().split())


def _compared(
    prediction: Segmentation,
    truth: Segmentation,
    pair: Pair,
    tolerances: tuple[float, ...],
    areas: NDArray[np.float64],
) -> SegmentComparison:
    one, other = pair
    masks = common_masks((prediction, one), (truth, other), truth.geometry)
    inside, true = masks.prediction, masks.truth
    both, either = int(np.count_nonzero(inside & true)), int(np.count_nonzero(inside | true))
    steps = truth.geometry.affine[:3, :3]
    surfaces = [surface_elements(mask) for mask in (inside, true)]
    weights = [areas[surface.codes] for surface in surfaces]
    distances = [
        distances_between(surfaces[0], surfaces[1], steps),
        distances_between(surfaces[1], surfaces[0], steps),
    ]
    known = other if other is not None else one
    return SegmentComparison(
        name="" if known is None else known.name,
        prediction=None if one is None else one.number,
        truth=None if other is None else other.number,
        dice=2 * both / (both + either) if either else float("nan"),
        jaccard=both / either if either else float("nan"),
        surface_dice={mm: _share_within(distances, weights, mm) for mm in tolerances},
        hausdorff_95=_percentile(distances, weights, 0.95),
        hausdorff=_percentile(distances, weights, 1.0),
        mean_distance=_weighted_mean(np.concatenate(distances), np.concatenate(weights)),
        mean_to_truth=_directed_mean(distances, weights, 0),
        mean_to_prediction=_directed_mean(distances, weights, 1),
        prediction_ml=_ml(prediction, one),
        truth_ml=_ml(truth, other),
    )


def _ml(segmentation: Segmentation, segment: Segment | None) -> float:
    if segment is None:
        return 0.0
    return segmentation.voxels(segment.number) * abs(float(np.linalg.det(segmentation.affine[:3, :3]))) / 1000


_Parts = list[NDArray[np.float64]]
"""Of the prediction's surface and of the truth's: of each element its distance, or its area."""


def _share_within(distances: _Parts, weights: _Parts, tolerance: float) -> float:
    near, total = 0.0, 0.0
    for found, areas in zip(distances, weights, strict=True):
        near += float(areas[found <= tolerance + _ROUNDING].sum())
        total += float(areas.sum())
    return near / total if total else float("nan")


def _percentile(distances: _Parts, weights: _Parts, share: float) -> float:
    """Return the larger of the distances within which a share of each surface's area lies."""
    most = []
    for found, areas in zip(distances, weights, strict=True):
        if found.size:
            order = np.argsort(found)
            reached = np.cumsum(areas[order])
            # Rounding of the sum must not decide that the last element alone reaches the share.
            at = int(np.searchsorted(reached, share * reached[-1] * (1 - 1e-12)))
            most.append(float(found[order[min(at, found.size - 1)]]) if share < 1 else float(found.max()))
    return max(most, default=float("nan"))


def _weighted_mean(distances: NDArray[np.float64], areas: NDArray[np.float64]) -> float:
    return float(distances @ areas / areas.sum()) if distances.size else float("nan")


def _directed_mean(distances: _Parts, weights: _Parts, number: int) -> float:
    """Return the mean of one surface; where it is empty and the other is not, infinite as the other's is."""
    mean = _weighted_mean(distances[number], weights[number])
    return float("inf") if np.isnan(mean) and distances[1 - number].size else mean


def _mean(values: Iterable[float]) -> float:
    found = [value for value in values if not np.isnan(value)]
    return float(sum(found) / len(found)) if found else float("nan")


def _missing_notes(segments: Sequence[SegmentComparison]) -> tuple[Note, ...]:
    """Return notes on segments that one side or both have no voxels of."""
    cases = {
        "The truth has no voxel of": [one for one in segments if one.prediction_ml and not one.truth_ml],
        "The prediction has no voxel of": [one for one in segments if one.truth_ml and not one.prediction_ml],
        "Neither has a voxel of": [one for one in segments if not one.truth_ml and not one.prediction_ml],
    }
    return tuple(
        Note(
            f"{text} {', '.join(one.name for one in found[:6])}{' and others' if len(found) > 6 else ''}.",
            "compared.missing",
        )
        for text, found in cases.items()
        if found
    )
