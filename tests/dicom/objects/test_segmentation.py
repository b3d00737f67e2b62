"""DICOM segmentations: what is read is what was written, and what cannot be right is refused in words."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEGLSLossless,
    RLELossless,
)

import viewer3d
from tests.dicom.objects.seg_files import (
    DEFLATED_FRAMES,
    FRAME_OF_REFERENCE,
    ORIGIN,
    SPACING,
    STEP,
    Frames,
    compressed,
    save,
    seg,
    segment,
)
from tests.phantom_files import write_phantom
from viewer3d.errors import BadFileError, ChoiceError, LimitError, NotFoundError, NoVolumeError, StackError

Real = Callable[[str], Path]
RNG = np.random.default_rng(13)


def spots(rows: int = 7, columns: int = 9, share: float = 0.4) -> np.ndarray[Any, Any]:
    """A mask of one frame; 63 pixels are no whole number of bytes."""
    return (RNG.random((rows, columns)) < share).astype(np.uint8)


def apart(count: int, rows: int = 7, columns: int = 9) -> list[np.ndarray[Any, Any]]:
    """Masks of one frame that do not overlap."""
    labels = RNG.integers(0, count + 1, (rows, columns))
    return [(labels == n).astype(np.uint8) for n in range(1, count + 1)]


def stack(frames: Frames, number: int, slices: int) -> np.ndarray[Any, Any]:
    """The mask of a segment as it was written, shape (columns, rows, slices)."""
    held = np.zeros((slices, *frames[0][2].shape), bool)
    for own, place, pixels in frames:
        if own == number:
            held[round(place)] |= pixels != 0
    return held.transpose(2, 1, 0)


@pytest.mark.parametrize(("rows", "columns"), [(7, 9), (8, 8), (1, 3), (16, 5), (1, 1)])
def test_bits_are_read_whether_or_not_frames_end_with_a_byte(tmp_path: Path, rows: int, columns: int) -> None:
    frames = [(1 + n % 2, n // 2, spots(rows, columns)) for n in range(22)]
    found = viewer3d.load_segmentation(save(seg(frames), tmp_path))
    for number in (1, 2):
        np.testing.assert_array_equal(found.mask(number), stack(frames, number, 11))
        assert found.voxels(number) == stack(frames, number, 11).sum()


def test_where_it_lies_and_what_it_says(tmp_path: Path) -> None:
    one, two = apart(2)
    table = [
        segment(1, "Liver"),
        segment(4, "Sp\x1bleen", RecommendedDisplayCIELabValue=[65535, 32896, 32896], SegmentAlgorithmType="AUTOMATIC"),
    ]
    frames = [(1, 0, one), (4, 3, two), (4, 0, two)]
    found = viewer3d.load_segmentation(save(seg(frames, table), tmp_path))
    assert found.geometry.shape == (9, 7, 4)
    assert found.geometry.origin == ORIGIN
    assert found.geometry.spacing == (SPACING[1], SPACING[0], STEP)
    assert found.frame_of_reference == FRAME_OF_REFERENCE
    assert (found.modality, found.description, found.notes, len(found.labels)) == ("SEG", "Organs", (), 1)
    liver, spleen = found.segments
    assert (liver.number, liver.name, liver.color, str(liver.type)) == (1, "Liver", (221, 130, 101), "Liver")
    assert liver.category == viewer3d.CodedConcept("123037004", "SCT", "Anatomical Structure")
    assert (spleen.name, spleen.color, spleen.algorithm) == ("Sp\\x1bleen", (255, 255, 255), "AUTOMATIC")
    np.testing.assert_array_equal(found.mask("Liver"), stack(frames, 1, 4))
    np.testing.assert_array_equal(found.mask(4), stack(frames, 4, 4))
    assert found.mask(4)[:, :, 1:3].sum() == 0  # slices without a frame are empty


@pytest.mark.parametrize("downwards", [False, True])
def test_slices_are_sorted_along_the_normal_of_a_coronal_segmentation(tmp_path: Path, downwards: bool) -> None:
    mask = np.zeros((3, 4), np.uint8)
    mask[0, 1] = 1
    frames: Frames = [(1, place, mask * (place == 2)) for place in ([2, 0, 1] if downwards else [0, 1, 2])]
    dataset = seg(frames, orientation=(1, 0, 0, 0, 0, -1), step=(0, -STEP if downwards else STEP, 0))
    found = viewer3d.load_segmentation(save(dataset, tmp_path))
    k = int(np.flatnonzero(found.mask(1).any((0, 1)))[0])
    place = found.geometry.index_to_world((1, 0, k))
    y = ORIGIN[1] + 2 * (-STEP if downwards else STEP)
    assert place.tolist() == [ORIGIN[0] + SPACING[1], y, ORIGIN[2]]
    assert np.linalg.det(found.affine) > 0


def test_slices_of_a_tilted_gantry_stay_where_they_are(tmp_path: Path) -> None:
    frames: Frames = [(1, k, spots()) for k in range(5)]
    lean = (0, 0.8, STEP)
    found = viewer3d.load_segmentation(save(seg(frames, step=lean), tmp_path))
    last = found.geometry.index_to_world((0, 0, 4))
    np.testing.assert_allclose(last, np.array(ORIGIN) + 4 * np.array(lean), atol=1e-9)
    assert "lean by 17.7 degrees" in found.notes[0]


STEPS = [
    ({"SpacingBetweenSlices": 2.5, "SliceThickness": 5}, [0, 4], 5, 2.5, []),
    ({"SliceThickness": 2.5}, [0, 1, 4], 5, 2.5, []),
    ({"SliceThickness": 1.25}, [0, 1, 3], 7, 1.25, ["nowhere less than 2.5 mm apart"]),
    ({}, [0, 1, 3], 4, 2.5, []),
    (
        {"SpacingBetweenSlices": 4, "SliceThickness": 2.5},
        [0, 1, 3],
        4,
        2.5,
        ["Spacing Between Slices (0018,0088) is 4"],
    ),
    ({"SpacingBetweenSlices": 2.4999}, [0, 1, 400], 401, 2.5, []),
    ({"SpacingBetweenSlices": 3}, [0], 1, 3, []),
    ({"SliceThickness": 4}, [0], 1, 4, []),
    ({}, [0], 1, 1, ["1 mm is assumed"]),
]


@pytest.mark.parametrize(("measures", "places", "slices", "step", "says"), STEPS)
def test_the_step_fits_the_positions(
    tmp_path: Path, measures: dict[str, float], places: list[int], slices: int, step: float, says: list[str]
) -> None:
    found = viewer3d.load_segmentation(save(seg([(1, k, spots()) for k in places], measures=measures), tmp_path))
    assert found.geometry.shape[2] == slices
    assert found.geometry.spacing[2] == pytest.approx(step, abs=1e-9)
    assert len(found.notes) == len(says)
    assert all(words in note for words, note in zip(says, found.notes, strict=True))


def test_frames_on_no_even_grid_are_refused(tmp_path: Path) -> None:
    dataset = seg([(1, place, spots()) for place in (0, 1, 2.6)], measures={})
    with pytest.raises(StackError, match=r"beside an even grid of steps"):
        viewer3d.load_segmentation(save(dataset, tmp_path))


def test_a_little_off_is_said(tmp_path: Path) -> None:
    found = viewer3d.load_segmentation(save(seg([(1, place, spots()) for place in (0, 1, 2.06)]), tmp_path))
    assert "beside an even grid; they were put on it" in found.notes[0]


def test_segments_that_overlap_lie_in_as_few_layers_as_hold_them(tmp_path: Path) -> None:
    a, b, c = apart(3)
    frames: Frames = [(1, 0, a | b), (2, 0, b), (3, 0, a), (4, 0, c), (5, 0, a | b | c)]
    dataset = seg(frames, SegmentsOverlap="NO")  # which is not true, and not believed
    found = viewer3d.load_segmentation(save(dataset, tmp_path))
    assert [one.layer for one in found.segments] == [0, 1, 1, 0, 2]
    for number in range(1, 6):
        np.testing.assert_array_equal(found.mask(number), stack(frames, number, 1))


def test_large_numbers_get_labels_that_fit(tmp_path: Path) -> None:
    masks = apart(3)
    frames: Frames = [(number, 0, mask) for number, mask in zip((7, 300, 65_000), masks, strict=True)]
    found = viewer3d.load_segmentation(save(seg(frames), tmp_path))
    assert found.labels[0].dtype == np.uint8
    for number, mask in zip((7, 300, 65_000), masks, strict=True):
        np.testing.assert_array_equal(found.mask(number)[:, :, 0].T, mask)


def test_more_than_255_segments_are_int16(tmp_path: Path) -> None:
    frames: Frames = [(n, 0, (np.arange(300).reshape(15, 20) == n - 1).astype(np.uint8)) for n in range(1, 301)]
    found = viewer3d.load_segmentation(save(seg(frames), tmp_path))
    assert (found.labels[0].dtype, len(found.labels)) == (np.int16, 1)
    np.testing.assert_array_equal(found.labels[0][:, :, 0].T, np.arange(1, 301).reshape(15, 20))


@pytest.mark.parametrize("kind", ["PROBABILITY", "OCCUPANCY"])
def test_fractions_are_kept_and_drawn_from_a_half_on(tmp_path: Path, kind: str) -> None:
    values = RNG.integers(0, 201, (7, 9)).astype(np.uint8)
    values[0, :2] = 100, 99
    other = RNG.integers(0, 201, (7, 9)).astype(np.uint8)
    dataset = seg(
        [(1, 0, values), (1, 2, other), (2, 1, other)], kind="FRACTIONAL", MaximumFractionalValue=200,
        SegmentationFractionalType=kind,
    )  # fmt: skip
    found = viewer3d.load_segmentation(save(dataset, tmp_path))
    np.testing.assert_array_equal(found.mask(1)[:, :, 0].T, values >= 100)
    np.testing.assert_array_equal(found.mask(1)[:, :, 2].T, other >= 100)
    part = found.fractions[1]
    assert (part.kind, part.maximum, part.first, part.values.shape) == (kind, 200, 0, (9, 7, 3))
    assert (found.fractions[2].first, found.fractions[2].values.shape) == (1, (9, 7, 1))
    np.testing.assert_array_equal(part.values[:, :, 0].T, values)
    sum_of_fractions = (values.sum(dtype=int) + other.sum(dtype=int)) / 200 * SPACING[0] * SPACING[1] * STEP / 1000
    occupied = found.measure(1).occupied_ml
    assert occupied == (pytest.approx(sum_of_fractions) if kind == "OCCUPANCY" else None)
    assert f"Fractions of {kind.lower()}" in found.notes[0]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_label_map(tmp_path: Path, dtype: Any) -> None:
    one, two = (RNG.integers(0, 4, (7, 9)).astype(dtype) for _ in range(2))
    table = [segment(0, "Background"), segment(1, "Liver"), segment(2), segment(3)]
    found = viewer3d.load_segmentation(save(seg([(0, 0, one), (0, 2, two)], table, kind="LABELMAP"), tmp_path))
    assert [s.number for s in found.segments] == [1, 2, 3]
    np.testing.assert_array_equal(found.labels[0][:, :, 0].T, one)
    np.testing.assert_array_equal(found.labels[0][:, :, 2].T, two)
    assert not found.labels[0][:, :, 1].any()


def test_a_label_map_with_padding_large_and_unlisted_labels(tmp_path: Path) -> None:
    labels = np.array([[0, 5, 60_000, 40_000], [9, 5, 5, 0]], np.uint16)
    dataset = seg([(0, 0, labels)], [segment(5), segment(40_000, "Far")], kind="LABELMAP", PixelPaddingValue=60_000)
    found = viewer3d.load_segmentation(save(dataset, tmp_path))
    assert {one.number: one.name for one in found.segments} == {5: "Part 5", 9: "Segment 9", 40_000: "Far"}
    assert {number: found.voxels(number) for number in (5, 9, 40_000)} == {5: 3, 9: 1, 40_000: 1}
    assert found.notes == ("Segment Sequence does not list 9, which are in the pixels.",)


def test_a_palette_gives_colours_where_segments_have_none(tmp_path: Path) -> None:
    labels = np.array([[0, 1, 2]], np.uint8)
    table = [segment(n, RecommendedDisplayCIELabValue=None) for n in (1, 2)]
    dataset = seg([(0, 0, labels)], table, kind="LABELMAP", PhotometricInterpretation="PALETTE COLOR")
    for name, entries in (("Red", (0, 10, 20)), ("Green", (0, 30, 40)), ("Blue", (0, 50, 60))):
        setattr(dataset, f"{name}PaletteColorLookupTableDescriptor", [3, 0, 16])
        setattr(dataset, f"{name}PaletteColorLookupTableData", (np.array(entries, "<u2") << 8).tobytes())
    found = viewer3d.load_segmentation(save(dataset, tmp_path))
    assert [one.color for one in found.segments] == [(10, 30, 50), (20, 40, 60)]


@pytest.mark.parametrize("syntax", [RLELossless, DEFLATED_FRAMES, JPEGLSLossless])
@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP"])
def test_compressed_frames(tmp_path: Path, syntax: str, kind: str) -> None:
    if kind == "BINARY":
        frames: Frames = [(1 + n % 2, n // 2, spots(64, 48)) for n in range(6)]
    else:
        frames = [(0, k, RNG.integers(0, 3, (64, 48)).astype(np.uint8)) for k in range(3)]
    table = [segment(1), segment(2)]
    plain = viewer3d.load_segmentation(save(seg(frames, table, kind=kind), tmp_path))
    found = viewer3d.load_segmentation(
        save(compressed(seg(frames, table, kind=kind), frames, syntax), tmp_path, "c.dcm")
    )
    assert found.voxels(1) > 1000
    assert found.digest == plain.digest


@pytest.mark.parametrize("syntax", [DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian])
def test_deflated_and_big_endian_files(tmp_path: Path, syntax: str) -> None:
    frames: Frames = [(1, k, spots(8, 8)) for k in range(4)]
    dataset = seg(frames)
    dataset.file_meta.TransferSyntaxUID = syntax
    found = viewer3d.load_segmentation(save(dataset, tmp_path))
    np.testing.assert_array_equal(found.mask(1), stack(frames, 1, 4))


def test_a_dataset_a_folder_and_an_archive(tmp_path: Path) -> None:
    import shutil

    frames: Frames = [(1, k, spots()) for k in range(3)]
    dataset = seg(frames)
    assert viewer3d.load_segmentation(dataset).voxels(1) == stack(frames, 1, 3).sum()
    write_phantom(tmp_path / "ct", shape=(12, 10, 6), spacing=(9, 8, 5))
    save(dataset, tmp_path / "ct")
    plain = viewer3d.load_segmentation(tmp_path / "ct")
    archive = shutil.make_archive(str(tmp_path / "all"), "zip", tmp_path / "ct")
    assert viewer3d.load_segmentation(archive).digest == plain.digest


@pytest.mark.parametrize("way", ["implicit", "undefined lengths", "big endian", "in memory"])
def test_groups_are_read_alike_however_they_are_written(tmp_path: Path, way: str) -> None:
    frames: Frames = [(1 + k % 2, k, spots(8, 8)) for k in (3, 0, 1, 2)]
    plain = viewer3d.load_segmentation(save(seg(frames), tmp_path))
    dataset = seg(frames)
    if way == "implicit":
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    if way == "big endian":
        dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    if way == "undefined lengths":
        for one in dataset.PerFrameFunctionalGroupsSequence:
            one.is_undefined_length_sequence_item = True
            one["PlanePositionSequence"].is_undefined_length = True
    found = viewer3d.load_segmentation(dataset if way == "in memory" else save(dataset, tmp_path, "other.dcm"))
    assert (found.digest, found.geometry.affine.tolist()) == (plain.digest, plain.geometry.affine.tolist())


def test_several_are_chosen_by_number_or_uid(tmp_path: Path) -> None:
    save(seg([(1, 0, spots())]), tmp_path, "a.dcm")
    other = seg(
        [(1, 0, spots()), (2, 0, spots())], SeriesNumber=8, SeriesInstanceUID="1.2.8", SOPInstanceUID="1.2.3.78"
    )
    save(other, tmp_path, "b.dcm")
    with pytest.raises(ChoiceError, match=r"load_segmentation\(..., series=8\)  series 8 SEG Organs"):
        viewer3d.load_segmentation(tmp_path)
    for key in (8, "8", "1.2.8", "1.2.3.78"):
        assert len(viewer3d.load_segmentation(tmp_path, key).segments) == 2
    (tmp_path / "copy.dcm").write_bytes((tmp_path / "a.dcm").read_bytes())
    with pytest.raises(ChoiceError, match=r"load_segmentation\('.*copy.dcm'\)  series 7"):
        viewer3d.load_segmentation(tmp_path, 7)
    with pytest.raises(NoVolumeError, match="no segmentation of series 9; there is series 7 SEG Organs"):
        viewer3d.load_segmentation(tmp_path, 9)


def test_segments_without_frames_and_frames_without_segments(tmp_path: Path) -> None:
    one, two = apart(2)
    found = viewer3d.load_segmentation(
        save(seg([(1, 0, one), (3, 0, two), (3, 0, one)], [segment(1), segment(2)]), tmp_path)
    )
    assert [(s.number, s.name, found.voxels(s.number)) for s in found.segments] == [
        (1, "Part 1", one.sum()),
        (2, "Part 2", 0),
        (3, "Segment 3", (one | two).sum()),
    ]
    assert found.index_box(2) is None
    assert found.measure(2).centroid is None
    assert [note[:24] for note in found.notes] == [
        "Segment Sequence does no",
        "1 frames are of a slice ",
        "1 segment has no frame a",
    ]


def test_a_table_that_contradicts_itself(tmp_path: Path) -> None:
    table = [segment(1, "First"), segment(1, "Second"), segment(2, SegmentNumber=None)]
    found = viewer3d.load_segmentation(save(seg([(1, 0, spots())], table), tmp_path))
    assert [one.name for one in found.segments] == ["First"]
    assert len(found.notes) == 2


def damaged(frames: Frames, change: Callable[[Any], object], **values: Any) -> Any:
    dataset = seg(frames, **values)
    change(dataset)
    return dataset


FRAMES: Frames = [(1, k, spots(8, 8)) for k in range(3)]
BAD: dict[str, tuple[Callable[[Any], object], type[Exception], str]] = {
    "more frames than groups": (lambda d: setattr(d, "NumberOfFrames", 9), BadFileError, "9 but there are 3"),
    "a million frames": (lambda d: setattr(d, "NumberOfFrames", 10**6), BadFileError, "1000000 but there are 3"),
    "truncated": (lambda d: setattr(d, "PixelData", d.PixelData[:20]), BadFileError, "need 24 bytes, .* 20"),
    "too long": (lambda d: setattr(d, "PixelData", d.PixelData + b"\1" * 8), BadFileError, "do not fit its pixel data"),
    "no pixels": (lambda d: delattr(d, "PixelData"), BadFileError, "without pixels"),
    "no groups": (lambda d: delattr(d, "PerFrameFunctionalGroupsSequence"), BadFileError, "nothing says where"),
    "no planes": (
        lambda d: delattr(d.PerFrameFunctionalGroupsSequence[1], "PlanePositionSequence"), BadFileError,
        r"frame 2 has no Image Position \(Patient\)",
    ),
    "no segment": (
        lambda d: delattr(d.PerFrameFunctionalGroupsSequence[2], "SegmentIdentificationSequence"), BadFileError,
        "frame 3 does not say which segment",
    ),
    "no spacing": (lambda d: delattr(d, "SharedFunctionalGroupsSequence"), BadFileError, "frame 1 has no Image Orient"),
    "spacing of nothing": (
        lambda d: setattr(d.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0], "PixelSpacing", [0, 1]),
        BadFileError, "is none",
    ),
    "far away": (
        lambda d: setattr(
            d.PerFrameFunctionalGroupsSequence[2].PlanePositionSequence[0], "ImagePositionPatient", [-10, -20, 9e5]
        ),
        LimitError, "loading needs",
    ),
    "a slide": (lambda d: setattr(d, "TotalPixelMatrixColumns", 9), BadFileError, "tiles of a slide"),
    "colour": (lambda d: setattr(d, "SamplesPerPixel", 3), BadFileError, "3 samples of 1 bits"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_right_is_refused(name: str, tmp_path: Path) -> None:
    change, error, says = BAD[name]
    path = save(damaged(FRAMES, change), tmp_path)
    with pytest.raises(error, match=says):
        viewer3d.load_segmentation(path, max_memory="64K")


def test_an_absurd_size_is_refused_before_anything_is_allocated(tmp_path: Path) -> None:
    dataset = seg(FRAMES, Rows=65_528, Columns=65_528)
    with pytest.raises(LimitError, match="max_memory"):
        viewer3d.load_segmentation(save(dataset, tmp_path), max_memory="4G")


def test_layers_are_counted_too(tmp_path: Path) -> None:
    mask = np.ones((64, 64), np.uint8)
    path = save(seg([(n, 0, mask) for n in range(1, 9)]), tmp_path)
    assert len(viewer3d.load_segmentation(path, max_memory="64K").labels) == 8
    with pytest.raises(LimitError, match="loading needs"):
        viewer3d.load_segmentation(path, max_memory="24K")


def test_what_is_no_segmentation(tmp_path: Path) -> None:

    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7\n" + b"x" * 3000)
    with pytest.raises(NotFoundError, match="nothing there is DICOM"):
        viewer3d.load_segmentation(tmp_path / "a.pdf")
    with pytest.raises(NotFoundError, match="no such file"):
        viewer3d.load_segmentation(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotFoundError, match="there are no files"):
        viewer3d.load_segmentation(tmp_path / "empty")
    write_phantom(tmp_path / "ct", shape=(12, 10, 6), spacing=(9, 8, 5))
    with pytest.raises(NoVolumeError, match="no segmentation among what is there: 6 CT Image Storage"):
        viewer3d.load_segmentation(tmp_path / "ct")
    with pytest.raises(NotFoundError):
        viewer3d.load_segmentation(12)  # type: ignore[arg-type]


def test_a_file_cut_anywhere_is_refused_or_read(tmp_path: Path) -> None:
    whole = save(seg(FRAMES), tmp_path).read_bytes()
    cut = tmp_path / "cut.dcm"
    for size in range(0, len(whole), 41):
        cut.write_bytes(whole[:size])
        with pytest.raises(viewer3d.errors.DicomError):
            viewer3d.load_segmentation(cut)


@pytest.mark.parametrize("name", ["seg_liver", pytest.param("seg_torso_acrin", marks=pytest.mark.slow), "pet_seg"])
def test_real_segmentations_measure_what_is_expected(name: str, real: Real) -> None:
    """Of the images too: voxels to one, ml to 1e-4, centroids to 1e-3 mm, means to 1e-3."""
    truth = json.loads(real("expected-overlays.json").read_text())[name]
    found = viewer3d.load_segmentation(real(name))
    volume = viewer3d.load(real(truth["image"]))
    assert len(found.segments) == len(truth["segments"])
    for want in truth["segments"]:
        segment = found.segment(want["number"])
        assert (segment.name, list(segment.color)) == (want["label"], want["rgb_d65"])
        got = found.measure(want["number"], volume)
        assert (got.voxels, got.count, got.unit) == (want["voxels"], want["voxels"], want["image_unit"])
        assert got.ml == pytest.approx(want["volume_ml"], abs=1e-4)
        assert got.centroid == pytest.approx(want["centroid_lps"], abs=1e-3)
        assert got.box is not None
        np.testing.assert_allclose(got.box, want["bbox_centres_lps"], atol=1e-3)
        for field in ("mean", "sd", "min", "max"):
            assert getattr(got, field) == pytest.approx(want[f"image_{field}"], abs=1e-3)


def test_a_real_segmentation_of_another_frame_of_reference_is_refused(real: Real) -> None:
    found = viewer3d.load_segmentation(real("seg_liver"))
    volume = viewer3d.load(real("ct_torso_acrin"))
    with pytest.raises(viewer3d.errors.ViewError, match="its frame of reference is another"):
        found.measure(1, volume)
    assert "as was asked for" in found.measure(1, volume, same_frame=True).notes[0]


def mutated(whole: bytes, seed: int) -> bytes:
    """A file with up to eight damages: bytes changed, left out, put in, or all zeros or ones."""
    import random

    rng = random.Random(seed)
    held = bytearray(whole)
    for _ in range(rng.choice([1, 1, 1, 2, 4, 8])):
        at, how = rng.randrange(132, len(held)), rng.random()
        if how < 0.6:
            held[at] = rng.randrange(256)
        elif how < 0.8:
            del held[at : at + rng.randrange(1, 20)]
        elif how < 0.9:
            held[at:at] = rng.randbytes(rng.randrange(1, 9))
        else:
            held[at : at + 4] = rng.choice([b"\0" * 4, b"\xff" * 4])
    return bytes(held)


@pytest.mark.parametrize("kind", ["BINARY", "FRACTIONAL", "LABELMAP", "deflated"])
@pytest.mark.parametrize("seeds", [60, pytest.param(3000, marks=pytest.mark.slow)])
def test_damaged_files_are_read_or_refused_in_one_line(tmp_path: Path, kind: str, seeds: int) -> None:
    if kind == "LABELMAP":
        frames: Frames = [(0, k, RNG.integers(0, 4, (8, 8)).astype(np.uint16)) for k in range(4)]
        dataset = seg(frames, [segment(n) for n in (1, 2, 3)], kind=kind)
    elif kind == "FRACTIONAL":
        frames = [(1, k, RNG.integers(0, 200, (8, 8)).astype(np.uint8)) for k in range(4)]
        dataset = seg(frames, kind=kind, MaximumFractionalValue=200, SegmentationFractionalType="OCCUPANCY")
    else:
        frames = [(1 + k % 2, k // 2, spots()) for k in range(6)]
        dataset = seg(frames) if kind == "BINARY" else compressed(seg(frames), frames, DEFLATED_FRAMES)
    whole = save(dataset, tmp_path).read_bytes()
    path = tmp_path / "damaged.dcm"
    outcomes = set()
    for number in range(seeds):
        path.write_bytes(mutated(whole, number))
        viewer3d.scan(path)
        try:
            found = viewer3d.load_segmentation(path, max_memory="256M")
        except viewer3d.Viewer3DError as error:
            outcomes.add("refused" if "\n" not in str(error) else f"{number} in several lines")
        else:
            assert all(found.measure(one.number).voxels >= 0 for one in found.segments)
            outcomes.add("read")
    assert outcomes == {"read", "refused"}
