"""Segmentations compared, against values in closed form and SimpleITK."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import viewer3d
from viewer3d import Segmentation, compare_segmentations
from viewer3d.core.vectors import rotation
from viewer3d.errors import LimitError, SegmentError, ViewError
from viewer3d.measurements import common_masks

Triple = tuple[float, float, float]
FRAME = "1.2.3"
UNIT = (1.0, 1.0, 1.0)


def affine(spacing: Triple = UNIT, origin: Triple = (0, 0, 0), angle: float = 0.0) -> np.ndarray[Any, Any]:
    matrix = np.eye(4)
    matrix[:3, :3] = rotation((0, 0.6, 0.8), angle) @ np.diag(spacing)
    matrix[:3, 3] = origin
    return matrix


def segmentation(labels: Any, *args: Any, names: Any = ("Organ",), frame: str = FRAME, **place: Any) -> Segmentation:
    return Segmentation.from_array(labels, affine(*args, **place), names=names, frame_of_reference=frame)


def box(low: tuple[int, int, int], high: tuple[int, int, int], shape: tuple[int, int, int] = (44, 44, 44)) -> Any:
    labels = np.zeros(shape, np.uint8)
    labels[tuple(slice(a, b) for a, b in zip(low, high, strict=True))] = 1
    return labels


def ball(radius: float, centre: Triple, spacing: Triple, shape: tuple[int, int, int]) -> Any:
    axes = [(np.arange(n) + 0.5) * mm - at for n, mm, at in zip(shape, spacing, centre, strict=True)]
    return (sum(axis**2 for axis in np.ix_(*axes)) <= radius**2).astype(np.uint8)


def only(prediction: Segmentation, truth: Segmentation, **options: Any) -> viewer3d.SegmentComparison:
    (found,) = compare_segmentations(prediction, truth, **options).segments
    return found


def test_the_same_agrees_wholly() -> None:
    one = segmentation(box((5, 5, 5), (15, 25, 30)), (0.7, 0.8, 2.5))
    found = only(one, one, tolerances=0)
    assert (found.dice, found.jaccard, found.surface_dice) == (1, 1, {0.0: 1})
    assert (found.hausdorff, found.hausdorff_95, found.mean_distance, found.difference_ml) == (0, 0, 0, 0)
    assert found.truth_ml == pytest.approx(10 * 20 * 25 * 0.7 * 0.8 * 2.5 / 1000)


@pytest.mark.parametrize("angle", [0.0, 0.4])
@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("steps", [1, 3])
def test_a_box_shifted_by_whole_voxels(angle: float, axis: int, steps: int) -> None:
    spacing = (0.8, 1.1, 2.5)
    labels = box((8, 8, 8), (28, 28, 28))
    found = only(
        segmentation(np.roll(labels, steps, axis), spacing, angle=angle),
        segmentation(labels, spacing, angle=angle),
        tolerances=(0, steps * spacing[axis]),
    )
    shift = steps * spacing[axis]
    assert found.dice == pytest.approx((20 - steps) / 20)
    assert found.jaccard == pytest.approx((20 - steps) / (20 + steps))
    assert found.hausdorff == pytest.approx(shift)
    assert found.hausdorff_95 == pytest.approx(shift)  # each of the ends is over 5 % of the surface
    assert found.surface_dice[shift] == 1
    # Of each surface one end is outside of the other, at the shift, with a strip of the sides; one end is inside, and
    # no further from the sides than from the other's end. All but for the edges, which marching cubes cut off.
    width, height = (20 * spacing[(axis + n) % 3] for n in (1, 2))
    end, strip = width * height, 2 * (width + height) * shift
    whole = 2 * end + 2 * (width + height) * 20 * spacing[axis]
    x, y = (np.abs((np.arange(400) + 0.5) / 400 * mm - mm / 2) for mm in (width, height))
    to_sides = np.minimum((width / 2 - x)[:, None], (height / 2 - y)[None, :])
    exact = (end * shift + end * np.minimum(shift, to_sides).mean() + strip * shift / 2) / whole
    assert found.mean_distance == pytest.approx(exact, abs=0.08 * shift)
    assert found.surface_dice[0] == pytest.approx(1 - (2 * end + strip) / whole, abs=0.08)
    assert found.mean_to_truth == pytest.approx(found.mean_to_prediction, rel=1e-9)
    assert found.difference_ml == 0


def test_a_box_shifted_by_half_a_voxel_is_off_by_what_the_grid_can_say() -> None:
    labels = box((8, 8, 8), (28, 28, 28))
    comparison = compare_segmentations(segmentation(labels, origin=(0.5, 0, 0)), segmentation(labels))
    (found,) = comparison.segments
    assert found.dice in (1.0, 19 / 20)  # the closed form is 19.5 / 20
    assert found.hausdorff in (0.0, 1.0)
    assert found.difference_ml == 0
    assert any("another grid" in note for note in comparison.notes)


@pytest.mark.parametrize("margins", [(2, 2, 2), (1, 3, 5)])
def test_a_box_within_a_box(margins: tuple[int, int, int]) -> None:
    spacing = (0.9, 1.2, 2.0)
    inner = box((12, 12, 12), (30, 30, 30))
    outer = box(*[tuple(n + sign * m for m in margins) for n, sign in ((12, -1), (30, 1))])  # type: ignore[arg-type]
    found = only(segmentation(outer, spacing), segmentation(inner, spacing))
    mm = np.multiply(margins, spacing)
    assert found.hausdorff == pytest.approx(np.linalg.norm(mm))  # at the outer corners
    sizes = 18**3, int(np.prod([18 + 2 * m for m in margins]))
    assert found.dice == pytest.approx(2 * sizes[0] / sum(sizes))
    assert found.difference_percent == pytest.approx(100 * (sizes[1] / sizes[0] - 1))
    # From the inner faces the way out is straight: that of the nearest face, which near edges is another one's.
    assert mm.min() - 1e-9 <= found.mean_to_prediction <= np.dot(mm, (1, 1, 1)) / 3
    if len(set(margins)) == 1:
        assert found.mean_to_truth > found.mean_to_prediction


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.7, 0.9, 1.8)])
def test_spheres_of_one_centre_are_apart_by_the_difference_of_their_radii(spacing: Triple) -> None:
    shape = tuple(int(60 / mm) for mm in spacing)
    small, large = (ball(radius, (30, 30, 30), spacing, shape) for radius in (16, 22))  # type: ignore[arg-type]
    found = only(segmentation(small, spacing), segmentation(large, spacing), tolerances=(4, 8))
    off = float(np.linalg.norm(spacing)) / 2  # half a voxel's diagonal: elements stand at corners around the surface
    assert found.dice == pytest.approx(2 * 16**3 / (16**3 + 22**3), rel=5e-3)
    for distance in (found.hausdorff_95, found.mean_distance, found.mean_to_truth, found.mean_to_prediction):
        assert distance == pytest.approx(6, abs=off)
    assert found.surface_dice == pytest.approx({4.0: 0.0, 8.0: 1.0}, abs=2e-3)


def test_shifted_spheres() -> None:
    spacing, radius, shift = (0.5, 0.5, 0.5), 12.0, 5.0
    shape = (76, 60, 60)
    one, other = (ball(radius, (15 + x, 15, 15), spacing, shape) for x in (0.0, shift))
    found = only(segmentation(other, spacing), segmentation(one, spacing))
    lens = math.pi * (4 * radius + shift) * (2 * radius - shift) ** 2 / 12
    assert found.dice == pytest.approx(lens / (4 / 3 * math.pi * radius**3), rel=2e-3)
    assert found.hausdorff == pytest.approx(shift, abs=0.25)
    # |distance| of a point at angle t is |sqrt(r2 + d2 + 2 r d cos t) - r|, evenly spread over cos t.
    cosine = np.linspace(-1, 1, 20001)
    exact = np.abs(np.sqrt(radius**2 + shift**2 + 2 * radius * shift * cosine) - radius)
    assert found.mean_distance == pytest.approx(exact.mean(), abs=0.25)  # half a voxel
    assert found.hausdorff_95 == pytest.approx(np.sort(exact)[19000], abs=0.25)
    assert found.surface_dice[2.0] == pytest.approx((exact <= 2).mean(), abs=0.06)


def test_apart_wholly() -> None:
    labels = box((2, 2, 2), (8, 8, 8))
    found = only(segmentation(np.roll(labels, 30, 0)), segmentation(labels))
    assert (found.dice, found.jaccard, found.hausdorff) == (0, 0, 30)
    assert found.surface_dice == {1.0: 0, 2.0: 0, 3.0: 0}
    assert found.mean_distance == pytest.approx(27, abs=0.5)  # from a face that is 24 to one that is 30 away


def test_what_lies_outside_the_truths_grid_counts() -> None:
    wide = box((20, 5, 5), (40, 25, 25))
    truth = segmentation(box((20, 5, 5), (30, 25, 25), (30, 30, 30)))
    found = only(segmentation(wide), truth)
    assert found.dice == pytest.approx(2 * 10 / 30)
    assert found.hausdorff == 10


def test_on_a_finer_grid_it_is_the_same_box() -> None:
    coarse = segmentation(box((8, 8, 8), (28, 28, 28)))
    fine = segmentation(box((16, 16, 16), (56, 56, 56), (88, 88, 88)), (0.5, 0.5, 0.5), (-0.25, -0.25, -0.25))
    for found in (only(fine, coarse), only(coarse, fine)):
        assert (found.dice, found.hausdorff, found.difference_ml) == (1, 0, pytest.approx(0))


def test_segments_that_are_missing() -> None:
    names = {1: "Liver", 2: "Spleen", 3: "Kidney"}
    labels = box((2, 2, 2), (8, 8, 8))
    labels[20:30, 20:30, 20:30] = 2
    comparison = compare_segmentations(
        segmentation(np.where(labels == 2, 0, labels) + 4 * box((30, 2, 2), (34, 8, 8)), names={**names, 4: "Tumor"}),
        segmentation(labels, names=names),
    )
    assert [one.name for one in comparison.segments] == ["Liver", "Spleen", "Kidney", "Tumor"]
    assert [one.dice for one in comparison.segments[:2]] == [1, 0]
    for name in ("Spleen", "Tumor"):
        one = comparison.segment(name)
        assert (one.dice, one.jaccard, one.surface_dice[3.0]) == (0, 0, 0)
        assert (one.hausdorff, one.hausdorff_95, one.mean_distance, one.mean_to_truth, one.mean_to_prediction) == (
            (math.inf,) * 5
        )
    neither = comparison.segment("Kidney")
    assert all(map(math.isnan, (neither.dice, neither.jaccard, neither.surface_dice[1.0], neither.hausdorff_95)))
    assert all(map(math.isnan, (neither.mean_to_truth, neither.mean_distance, neither.difference_percent)))
    assert comparison.mean_dice == pytest.approx(1 / 3)
    assert comparison.mean_surface_dice[2.0] == pytest.approx(1 / 3)
    assert comparison.mean_hausdorff_95 == math.inf
    assert comparison.segment("Tumor").truth is None
    assert set(comparison.notes) == {
        "Segments were matched by their names.",
        "The truth has no voxel of Tumor.",
        "The prediction has no voxel of Spleen.",
        "Neither has a voxel of Kidney.",
    }
    with pytest.raises(SegmentError, match=r"0 compared segments are called 'Heart'.*Liver, Spleen"):
        comparison.segment("Heart")


def test_names_match_before_numbers_and_pairs_before_both() -> None:
    labels = box((2, 2, 2), (8, 8, 8)) + 2 * box((12, 12, 12), (20, 20, 20))
    swapped = np.choose(labels, [0, 2, 1])
    truth = segmentation(labels, names=["Left Lung", "Heart"])
    assert compare_segmentations(segmentation(swapped, names=["heart", "left_lung"]), truth).mean_dice == 1
    by_number = compare_segmentations(segmentation(labels, names=["a", "b"]), truth)
    assert (by_number.mean_dice, by_number.notes[0][:39]) == (1, "Segments were matched by their numbers,")
    given = compare_segmentations(segmentation(swapped, names=["a", "b"]), truth, pairs={"a": 2, 2: "Left Lung"})
    assert [(one.name, one.prediction, one.dice) for one in given.segments] == [("Heart", 1, 1), ("Left Lung", 2, 1)]
    with pytest.raises(SegmentError, match=r"7 Segment 7.*1 Left Lung.*pairs=\{1: 2\}"):
        compare_segmentations(segmentation(7 * box((2, 2, 2), (8, 8, 8)), names=None), truth)


def test_other_frames_of_reference_are_refused_unless_it_is_said_how_they_lie() -> None:
    labels = box((8, 8, 8), (28, 28, 28))
    truth, other = segmentation(labels), segmentation(labels, frame="9.9")
    with pytest.raises(ViewError, match=r"The prediction: its frame of reference is another.*transform"):
        compare_segmentations(other, truth)
    assert only(other, truth, same_frame=True).dice == 1
    assert only(other, truth, transform=affine(origin=(2, 0, 0))).dice == pytest.approx(0.9)
    unknown = compare_segmentations(segmentation(labels, frame=""), truth)
    assert unknown.mean_dice == 1
    assert unknown.notes[0].startswith("The frame of reference is not said of both")


@pytest.mark.parametrize("tolerances", [-1, (1, math.nan), "far", math.inf])
def test_tolerances_are_lengths(tolerances: Any) -> None:
    one = segmentation(box((8, 8, 8), (9, 9, 9)))
    with pytest.raises(SegmentError, match="are no lengths: give mm"):
        compare_segmentations(one, one, tolerances=tolerances)


def test_a_box_too_large_is_refused_before_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common_masks, "_MOST_VOXELS", 1000)
    one = segmentation(box((8, 8, 8), (28, 28, 28)))
    with pytest.raises(LimitError, match=r"voxels of the truth's grid, more than 1e\+03"):
        compare_segmentations(one, one)


def test_no_segments_at_all() -> None:
    nothing = segmentation(np.zeros((3, 3, 3), np.uint8), names=())
    found = compare_segmentations(nothing, nothing)
    assert (found.segments, found.notes, found.mean_surface_dice) == ((), ("Neither has a segment.",), {})
    assert math.isnan(found.mean_dice)


@pytest.mark.slow  # with the peers, which only the long tests have
def test_it_agrees_with_simpleitk() -> None:
    sitk = pytest.importorskip("SimpleITK")
    spacing: Triple = (0.8, 1.1, 2.5)
    rng = np.random.default_rng(3)
    one, other = box((8, 9, 10), (28, 30, 26)), box((10, 6, 11), (31, 29, 28))
    one[20:34, 20:40, 20:24] |= rng.random((14, 20, 4)) > 0.5
    images = [sitk.GetImageFromArray(labels.transpose()) for labels in (one, other)]
    for image in images:
        image.SetSpacing(spacing)
    measures, hausdorff = sitk.LabelOverlapMeasuresImageFilter(), sitk.HausdorffDistanceImageFilter()
    measures.Execute(*images)
    hausdorff.Execute(*images)
    found = only(segmentation(one, spacing), segmentation(other, spacing))
    assert found.dice == pytest.approx(measures.GetDiceCoefficient())
    assert found.jaccard == pytest.approx(measures.GetJaccardCoefficient())
    # SimpleITK takes centres of border voxels: half a voxel beside the surface.
    assert found.hausdorff == pytest.approx(hausdorff.GetHausdorffDistance(), abs=float(np.linalg.norm(spacing)) / 2)


def test_it_gives_the_numbers_of_deepminds_surface_distance() -> None:
    """What its release 0.1 gives for these two rough blobs; it needs SciPy, which is none of our libraries."""
    spacing: Triple = (0.7, 0.8, 5.0)
    i, j, k = np.ogrid[0:40, 0:44, 0:16]
    waves = np.sin(i * 0.9) * np.cos(j * 0.7 + k)
    squares = [((index - at) * mm) ** 2 for index, at, mm in zip((i, j, k), (20, 22, 8), spacing, strict=True)]
    true = (squares[0] / 10**2 + squares[1] / 13**2 + squares[2] / 30**2 + 0.4 * waves <= 1).astype(np.uint8)
    inside = (squares[0] / 11**2 + squares[1] / 12**2 + squares[2] / 27**2 - 0.5 * waves <= 1).astype(np.uint8)
    assert (true.sum(), inside.sum(), (true & inside).sum()) == (5938, 5443, 4089)
    found = only(segmentation(inside, spacing), segmentation(true, spacing), tolerances=(0.5, 1, 2, 3))
    assert found.dice == pytest.approx(0.7185660311044724)
    assert found.hausdorff_95 == pytest.approx(1.6124515496597098)
    assert found.hausdorff == pytest.approx(5.192301994298868)
    shares = (0.48798439515357533, 0.8086162055441152, 0.9751246279459014, 0.9984340034419705)
    assert tuple(found.surface_dice.values()) == pytest.approx(shares)
    means = (0.47804510211802326, 0.547863060042115)  # of the truth's surface, of the prediction's
    assert (found.mean_to_prediction, found.mean_to_truth) == pytest.approx(means)
    assert min(means) < found.mean_distance < max(means)
