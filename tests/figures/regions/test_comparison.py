"""The figure that compares two segmentations: which slices, where the outlines are, and the numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.figures.reading import mm_per_pixel, texts
from tests.figures.regions.bodies import FRAME, affine, body, labels, segments, structures
from viewer3d import Layer, Segmentation, compare_segmentations, figures, read_recipe, replay
from viewer3d.core.geometry import Geometry
from viewer3d.errors import SegmentError, ViewError
from viewer3d.figures import by_name
from viewer3d.figures.figure import Figure
from viewer3d.figures.pages.page import PagePanel
from viewer3d.figures.regions.comparison_page import PREDICTION, TRUTH
from viewer3d.figures.regions.pair_slices import PairSlices
from viewer3d.render.marks.display_list import Area, Text
from viewer3d.render.marks.display_list import Path as MarkPath

SIZE = (1000, 560)
SHIFT = 2


@pytest.fixture(scope="module")
def made() -> Figure:
    return figures.segmentation_comparison(segments(SHIFT), segments(), body(), n=2, size=SIZE)


def lines(panel: PagePanel) -> dict[tuple[int, int, int], list[MarkPath]]:
    found = {PREDICTION: [], TRUTH: []}  # type: ignore[var-annotated]
    for mark in panel.marks:
        if isinstance(mark, MarkPath):
            found[mark.color].append(mark)
    return found


def test_the_thin_line_lies_over_the_thick_one_and_is_off_by_the_shift(made: Figure) -> None:
    assert len(made.page.panels) == 6
    for first in (0, 2, 4):
        mm = mm_per_pixel(made.page.panels[first + 1])
        for panel in made.page.panels[first : first + 2]:
            found = lines(panel)
            (thin,), (thick,) = found[PREDICTION], found[TRUTH]
            assert panel.marks.index(thick) < panel.marks.index(thin)
            assert thick.width >= 2 * thin.width
            off = np.array(thin.points) - np.array(thick.points)
            assert off == pytest.approx(np.tile((SHIFT * 4 / mm, 0), (len(off), 1)), abs=1e-6)


def test_the_outlines_lie_on_what_they_are_of(made: Figure) -> None:
    """The body is as wide as its voxels, so that lengths in a pane are known without its scale bar."""
    panel = made.page.panels[0]
    thick = np.array(lines(panel)[TRUTH][0].points)
    mm = mm_per_pixel(made.page.panels[1])
    assert np.ptp(thick, axis=0) * mm == pytest.approx((10 * 4, 14 * 4), abs=0.6)
    middle = (thick.min(0) + thick.max(0)) / 2
    shown = np.array([panel.rect.width, panel.rect.height]) / 2 - 0.5
    # The pane's middle is that of both, half the shift to the side of the truth's.
    assert (middle - shown) * mm == pytest.approx((-SHIFT * 4 / 2, 0), abs=0.5)


def test_slices_are_those_of_the_largest_difference_from_head_to_feet(made: Figure) -> None:
    z = [next(text for text in texts(panel) if text.startswith("H ")) for panel in made.page.panels]
    places = [float(text.split()[1]) for text in z]
    assert places[::2] > places[1::2]
    assert places[4:] == [205.0, 110.0]
    for (high, low), ends in zip((places[:2], places[2:4]), ((120, 185), (150, 195)), strict=True):
        assert ends[0] <= low < high <= ends[1]
        assert high - low >= 0.3 * (ends[1] - ends[0])


def test_the_numbers_are_those_of_the_comparison_with_units(made: Figure) -> None:
    written = [mark.text for mark in made.page.marks if isinstance(mark, Text)]
    for one in compare_segmentations(segments(SHIFT), segments(), tolerances=1.0).segments:
        assert one.name in written
        for text in (f"{one.dice:.3f}", f"{one.surface_dice[1.0]:.3f}", f"{one.hausdorff_95:.2f} mm"):
            assert text in written
    assert written.count("0.0 %") == 3
    assert {"156.8 ml", "88.0 ml", "1.92 ml", "Surface Dice 1 mm"} <= set(written)


def test_the_strip_says_the_dice_of_each_slice(made: Figure) -> None:
    strips = [mark for mark in made.page.marks if isinstance(mark, Area)]
    pair = PairSlices.of((segments(SHIFT), segments(SHIFT).segments[0]), (segments(), segments().segments[0]), 2)
    assert pair.dice[1:-1] == pytest.approx(np.full(14, 0.8))  # the box has a slice more at either end
    assert pair.differing[1:-1].tolist() == [2 * SHIFT * 14] * 14
    x = np.array(strips[0].points)[:, 0]
    low, steps = x.min(), x[1:-1]
    bar = [mark.x for mark in made.page.marks if isinstance(mark, Text) and mark.text == "1" and mark.align == "middle"]
    assert (steps - low) / (bar[0] - low) == pytest.approx(np.full(len(steps), 0.8))


def test_a_slice_that_one_alone_has_has_a_dice_of_0_and_is_shown() -> None:
    less = labels()
    less[:, :, 14:18] *= less[:, :, 14:18] != 1
    short = Segmentation.from_array(less, affine(), frame_of_reference=FRAME)
    pair = PairSlices.of((short, short.segments[0]), (segments(), segments().segments[0]), 2)
    assert pair.dice[1:-1].tolist() == [1.0] * 10 + [0.0] * 4
    assert set(pair.most_differing(3)) <= {11, 12, 13, 14}
    same = PairSlices.of((short, short.segments[1]), (segments(), segments().segments[1]), 0)
    assert len(same.most_differing(3)) == 3


@pytest.mark.parametrize("plane", ["axial", "coronal", "sagittal"])
def test_oblique_grids_are_cut_by_planes_of_the_patient(plane: Any) -> None:
    turned = np.eye(4)
    turned[:2, :2] = np.array([[0.8, -0.6], [0.6, 0.8]])
    truth, moved = segments(), segments(SHIFT)
    oblique = [
        Segmentation(one.labels, Geometry(turned @ affine(), one.geometry.shape), one.segments, one.info)
        for one in (moved, truth)
    ]
    made = figures.segmentation_comparison(*oblique, n=1, plane=plane, segments="Liver", size=(500, 200))
    found = lines(made.page.panels[0])
    thin, thick = (np.concatenate([one.points for one in found[color]]) for color in (PREDICTION, TRUTH))
    assert np.ptp(thick, axis=0).min() > 3
    assert np.abs(thin.mean(0) - thick.mean(0)).max() * mm_per_pixel(made.page.panels[0]) < SHIFT * 4 / 0.6 + 2


def test_without_a_volume_panes_have_the_colour_of_the_page_and_the_same_lines(made: Figure) -> None:
    plain = figures.segmentation_comparison(segments(SHIFT), segments(), n=2, size=SIZE, background="white")
    for one, other in zip(plain.page.panels, made.page.panels, strict=True):
        assert (one.pixels == 255).all()
        assert lines(one) == lines(other)
    assert plain.volumes == ()
    no_frame = [Segmentation.from_array(labels(), affine()) for _ in range(2)]
    assert len(figures.segmentation_comparison(*no_frame, n=1, size=SIZE).page.panels) == 3


def test_structures_are_compared_on_the_grid_of_the_volume() -> None:
    made = figures.segmentation_comparison(structures(), segments(), body(), pairs=[("PTV", "Liver")], n=2, size=SIZE)
    assert len(made.page.panels) == 2
    with pytest.raises(ViewError, match="there is no volume, and the last overlay has no grid"):
        figures.segmentation_comparison(segments(), structures())


def test_of_many_segments_the_worst_are_shown_and_it_says_so() -> None:
    stack = np.zeros((10, 10, 30), int)
    for n in range(10):
        stack[2:8, 2:8, 3 * n : 3 * n + 2] = n + 1
    worse = stack.copy()
    for n in range(10):
        worse[2 : 2 + n // 2, 2:8, 3 * n : 3 * n + 2] = 0
    grid = np.diag([3, 3, 3, 1])
    truth, prediction = (Segmentation.from_array(one, grid, frame_of_reference="1") for one in (stack, worse))
    made = figures.segmentation_comparison(prediction, truth, n=1, size=(600, 900))
    written = [mark.text for mark in made.page.marks if isinstance(mark, Text)]
    assert [text for text in written if text.startswith("Segment ")] == [f"Segment {n}" for n in range(5, 11)]
    assert any(text.startswith("The 6 of 10 segments with the lowest Dice") for text in written)
    chosen = figures.segmentation_comparison(prediction, truth, n=1, segments=[2, "Segment 9"], size=(600, 400))
    assert len(chosen.page.panels) == 2


def test_it_is_made_again_from_its_file(tmp_path: Path) -> None:
    nibabel = pytest.importorskip("nibabel")
    ras = np.diag([-1, -1, 1, 1.0]) @ affine()
    places = []
    for name, shift in (("prediction", SHIFT), ("truth", 0)):
        places.append(tmp_path / f"{name}.nii.gz")
        nibabel.save(nibabel.Nifti1Image(np.roll(labels(), shift, 0).astype(np.uint8), ras), places[-1])
    made = figures.segmentation_comparison(*places, n=2, segments=[1, 3], size=(700, 300), names=("Net", "Reader"))
    picture = made.save(tmp_path / "fig.png")
    assert replay(picture, tmp_path).verdict == "identical"
    recipe = read_recipe(picture)
    assert (recipe.figure, recipe.volumes, len(recipe.overlays)) == ("segmentation_comparison", (), 2)
    again = by_name.make("segmentation_comparison", (), recipe.arguments, [segments(SHIFT), segments()])
    assert np.array_equal([len(one.marks) for one in again.page.panels], [len(one.marks) for one in made.page.panels])


def test_its_recipe_has_numbers_for_the_names_of_segments() -> None:
    """What a file calls a segment may name a patient."""
    call = {"n": 1, "size": SIZE}
    made = figures.segmentation_comparison(segments(SHIFT), segments(), segments=["Spleen", "Node"], **call)  # type: ignore[arg-type]
    assert made.arguments["segments"] == [2, 3]
    again = by_name.make("segmentation_comparison", (), made.arguments, [segments(SHIFT), segments()])
    assert np.array_equal(again.pixels, made.pixels)
    pairs = figures.segmentation_comparison(segments(SHIFT), segments(), pairs=[("Liver", "Spleen")], **call)  # type: ignore[arg-type]
    assert pairs.arguments["pairs"] == [[1, 2]]
    names = {5: "Only there", 2: "Spleen"}
    more = Segmentation.from_array(
        np.where(labels() == 1, 5, labels()), affine(), names=names, frame_of_reference=FRAME
    )
    alone = figures.segmentation_comparison(more, segments(), segments="Only there", **call)  # type: ignore[arg-type]
    assert alone.arguments["segments"] == [5]


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"n": 0}, ViewError, "n 0: give how many slices of each segment are shown, from 1 to 12"),
        ({"names": "AB"}, ViewError, "names 'AB': give two"),
        ({"segments": "Heart"}, SegmentError, "no compared segment is called 'Heart': give .* of: 1 Liver"),
        ({"pairs": {"Liver": "Spleen"}}, ViewError, "pairs .*: give a list of two each"),
        ({"window": "bone"}, ViewError, "a window, and no volume that it is for"),
        ({"slab": 5}, ViewError, "segmentation_comparison has no slices that slab could change"),
        ({"size": (120, 60)}, ViewError, "figure of 120 pixels' width is too small for 4 slices of 3 segments"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_clear_line(options: dict[str, Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says) as raised:
        figures.segmentation_comparison(segments(SHIFT), segments(), **options)
    assert "\n" not in str(raised.value)


def test_other_frames_and_wrong_data_are_refused() -> None:
    with pytest.raises(ViewError, match="frame of reference is another"):
        figures.segmentation_comparison(segments(frame_of_reference="9.9"), segments(), body())
    trusted = Layer(segments(frame_of_reference="9.9"), same_frame=True)
    assert figures.segmentation_comparison(trusted, segments(), body(), n=1, size=SIZE).page.panels
    with pytest.raises(ViewError, match="prediction and truth are segmentations or structure sets"):
        figures.segmentation_comparison(body(), segments(), body())
    with pytest.raises(ViewError, match="takes 2 overlays, prediction and truth, and 1 were given"):
        by_name.make("segmentation_comparison", [body()], {}, [segments()])


def test_flat_segments_have_panes_with_room_for_what_is_written() -> None:
    flat = np.zeros((40, 30, 24), int)
    flat[5:35, 14:17, 8:12] = 1
    truth, moved = (Segmentation.from_array(np.roll(flat, n, 1), affine(), frame_of_reference=FRAME) for n in (0, 1))
    (panel,) = figures.segmentation_comparison(moved, truth, n=1, width=120, dpi=150).page.panels
    assert {"1", "R", "L"} <= set(texts(panel))
    assert any(text.startswith("H ") for text in texts(panel))
    assert mm_per_pixel(panel) > 0
