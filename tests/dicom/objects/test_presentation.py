"""Presentation states: what is read is what was written, found by name, and what cannot be drawn is told."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag
from pydicom.uid import ImplicitVRLittleEndian

import viewer3d
from tests.dicom.made import item
from tests.dicom.objects.presentation_files import (
    COLUMNS,
    ROWS,
    SLICES,
    annotation,
    ct,
    graphic,
    overlay,
    refer,
    state,
    words,
    write,
)
from viewer3d.core.graphics.slice_graphics import SliceGraphics
from viewer3d.core.window import Window
from viewer3d.dicom.objects.graphic_annotations import MOST_GRAPHIC_POINTS
from viewer3d.errors import BadFileError, ChoiceError, NotFoundError, NoVolumeError

IMAGES = [ct(number) for number in range(SLICES)]


def shown(folder: Path, made: Dataset, wanted: Any = "KEY", **values: Any) -> viewer3d.Volume:
    """The images and a presentation state in a folder, loaded by it."""
    return viewer3d.load(write(folder, [*IMAGES, made]), presentation=wanted, **values)


def on(volume: viewer3d.Volume, number: int) -> SliceGraphics:
    """What is on the slice of a number, from 0."""
    assert volume.graphics is not None
    (found,) = [one for one in volume.graphics.slices if abs(one.affine[2, 3] - (20 + 4 * number)) < 1e-6]
    return found


def told(volume: viewer3d.Volume) -> str:
    return " ".join(volume.notes)


def test_windows_graphics_and_texts_are_those_of_the_file(tmp_path: Path) -> None:
    ring = graphic("CIRCLE", [[20, 30], [26, 30]])
    lines = graphic("POLYLINE", [[1, 1], [9, 1], [9, 5], [1, 1]], filled=True)
    text = words(
        "Lesion\r\n24 mm", BoundingBoxTopLeftHandCorner=[30.0, 20.0], BoundingBoxBottomRightHandCorner=[50.0, 28.0],
        BoundingBoxTextHorizontalJustification="RIGHT", AnchorPoint=[26.0, 30.0], AnchorPointVisibility="Y",
    )  # fmt: skip
    volume = shown(tmp_path, state(IMAGES, [annotation(ring, lines, text, images=IMAGES[2:3])]))
    assert volume.windows == (Window(60, 300), Window(40, 400))
    assert len(volume.graphics.slices) == 1
    assert volume.graphics.reach == 2
    found = on(volume, 2)
    circle, triangle = found.lines
    # The centre of the first pixel is 0.5, 0.5 in the file and 0, 0 here; a radius of 6 columns of 1 mm is 4 rows.
    np.testing.assert_allclose(np.abs(circle.points - (19.5, 29.5)).max(0), (6, 4), atol=1e-6)
    assert circle.closed
    assert not circle.filled
    assert triangle.closed
    assert triangle.filled
    np.testing.assert_allclose(triangle.points, [[0.5, 0.5], [8.5, 0.5], [8.5, 4.5]])
    (caption,) = found.texts
    assert (caption.lines, caption.align, caption.leader) == (("Lesion", "24 mm"), "right", True)
    np.testing.assert_allclose(caption.box, (29.5, 19.5, 49.5, 27.5))
    np.testing.assert_allclose(caption.anchor, (25.5, 29.5))
    assert "KEY is applied: window 60/300, 2 graphics, 1 text on 1 of 5 images." in told(volume)
    assert "may name the patient" in told(volume)
    assert viewer3d.load(tmp_path, series=2).graphics is None


@pytest.mark.parametrize(
    ("turned", "area", "corner", "opposite"),
    [
        ({}, ((1, 1), (80, 60)), (-0.5, -0.5), (79.5, 59.5)),
        ({}, ((11, 21), (30, 40)), (9.5, 19.5), (29.5, 39.5)),
        # Turned by 90 degrees clockwise the lower left corner of the image is the upper left one of the display.
        ({"ImageRotation": 90, "ImageHorizontalFlip": "N"}, ((1, 60), (80, 1)), (-0.5, 59.5), (79.5, -0.5)),
        ({"ImageRotation": 0, "ImageHorizontalFlip": "Y"}, ((80, 1), (1, 60)), (79.5, -0.5), (-0.5, 59.5)),
    ],
)
def test_display_units_are_of_the_displayed_area(
    tmp_path: Path, turned: dict[str, Any], area: Any, corner: Any, opposite: Any
) -> None:
    first, last = (list(one) for one in area)
    areas = [item(DisplayedAreaTopLeftHandCorner=first, DisplayedAreaBottomRightHandCorner=last)]
    line = graphic("POLYLINE", [[0, 0], [1, 1], [0.5, 0]], "DISPLAY")
    volume = shown(tmp_path, state(IMAGES, [annotation(line)], DisplayedAreaSelectionSequence=areas, **turned))
    points = on(volume, 0).lines[0].points
    np.testing.assert_allclose(points[:2], [corner, opposite])
    along = points[2] - points[0]
    assert bool(along[0]) == (turned.get("ImageRotation", 0) == 0)
    assert ("which is not done" in told(volume)) == bool(turned)
    assert len(volume.graphics.slices) == SLICES


def test_ellipses_and_smooth_lines_go_through_their_points(tmp_path: Path) -> None:
    given = [[10, 10], [20, 14], [30, 10], [40, 14]]
    axes = [[10, 20], [30, 20], [20, 16], [20, 24]]
    made = annotation(graphic("INTERPOLATED", given), graphic("ELLIPSE", axes), graphic("POINT", [5, 6]))
    smooth, ellipse, point = on(shown(tmp_path, state(IMAGES, [made])), 0).lines
    for one in np.array(given) - 0.5:
        assert np.hypot(*(smooth.points - one).T).min() < 1e-9
    np.testing.assert_allclose((((ellipse.points - 19.5) / (10, 4)) ** 2).sum(1), 1)
    np.testing.assert_allclose(point.points, [[4.5, 5.5]])


def test_layers_are_drawn_in_their_order_and_colours(tmp_path: Path) -> None:
    layers = [
        item(
            GraphicLayer="UPPER", GraphicLayerOrder=2, GraphicLayerRecommendedDisplayCIELabValue=[41661, 41167, 40792]
        ),
        item(GraphicLayer="LOWER", GraphicLayerOrder=1),
    ]
    point = graphic("POINT", [5, 5])
    made = [annotation(point, layer="UPPER"), annotation(point, point, layer="LOWER")]
    volume = shown(tmp_path, state(IMAGES, made, GraphicLayerSequence=layers))
    assert [one.color for one in on(volume, 1).lines] == [None, None, (221, 130, 101)]


def test_windows_are_of_the_values_that_its_own_rescale_leads_to(tmp_path: Path) -> None:
    """PS3.4 N.2.1: the Modality LUT of the state replaces that of the image; none leaves stored values."""
    plain = shown(tmp_path / "a", state(IMAGES, RescaleSlope=None, RescaleIntercept=None, RescaleType=None))
    np.testing.assert_allclose(plain.windows[0].bounds, np.array(Window(60, 300).bounds) - 1024)
    assert "windows are of stored values" in told(plain)
    doubled = shown(tmp_path / "b", state(IMAGES, RescaleSlope=2, RescaleIntercept=0))
    np.testing.assert_allclose(doubled.windows[0].bounds, np.array(Window(60, 300).bounds) / 2 - 1024)


def test_windows_of_single_images_and_the_polarity(tmp_path: Path) -> None:
    each = [
        item(WindowCenter=10, WindowWidth=100, ReferencedImageSequence=refer(IMAGES[:2])),
        item(WindowCenter=20, WindowWidth=200, ReferencedImageSequence=refer(IMAGES[2:])),
    ]
    volume = shown(tmp_path, state(IMAGES, SoftcopyVOILUTSequence=each, PresentationLUTShape="INVERSE"))
    assert volume.windows == (Window(20, 200), Window(10, 100), Window(40, 400))
    assert volume.inverted
    assert "has 2 windows" in told(volume)


def test_a_state_is_found_by_path_label_number_and_object(tmp_path: Path) -> None:
    other = state(IMAGES, number=8, ContentLabel="SECOND", SoftcopyVOILUTSequence=[item(WindowCenter=1, WindowWidth=9)])
    folder = write(tmp_path, [*IMAGES, state(IMAGES), other])
    found = viewer3d.scan(folder)
    first, second = found.objects
    assert (first.label, first.kind, [one.number for one in found.series_of(first)]) == (
        "KEY",
        "presentation state",
        [2],
    )
    for wanted in ("SECOND", "second", 8, "8", "1.2.77.8", second, second.source.path, Path(second.source.path)):
        assert viewer3d.load(folder, presentation=wanted).windows[0] == Window(1, 9)
    assert viewer3d.load(folder).windows == (Window(40, 400),)
    assert "2 presentation states of this series are not applied (KEY, SECOND)" in told(viewer3d.load(folder))
    with pytest.raises(ChoiceError, match=r"(?s)choose one:.*presentation='KEY' \(--presentation 'KEY'\)"):
        viewer3d.load(folder, presentation="THIRD")
    twins = write(tmp_path / "twins", [*IMAGES, state(IMAGES), state(IMAGES, number=8)])
    with pytest.raises(ChoiceError, match=r"2 presentation states are called 'KEY'.*\n.*presentation=7"):
        viewer3d.load(twins, presentation="KEY")
    alone = write(tmp_path / "alone", IMAGES)
    with pytest.raises(NotFoundError, match="holds none: give its file"):
        viewer3d.load(alone, presentation="KEY")
    with pytest.raises(NoVolumeError, match="no presentation state among what is there"):
        viewer3d.load(alone, presentation=next(alone.iterdir()))


def test_a_state_of_other_images_is_refused(tmp_path: Path) -> None:
    others = [ct(number, series="1.2.5") for number in range(3)]
    folder = write(tmp_path, [*IMAGES, *others, state(others)])
    with pytest.raises(ChoiceError, match=r"refers to none of the images of series 2 CT; it refers to .* series 5 CT"):
        viewer3d.load(folder, series=2, presentation="KEY")
    assert viewer3d.load(folder, series=5, presentation="KEY").windows[0] == Window(60, 300)
    both = viewer3d.load_all(folder, presentation="KEY")
    assert [one.windows[0].center for one in both] == [40, 60]
    strange = write(tmp_path / "strange", [*IMAGES, state([ct(0, series="1.2.99")])])
    with pytest.raises(ChoiceError, match="nor of any series here"):
        viewer3d.load(strange, presentation="KEY")


def test_frames_of_a_file_that_are_not_meant_have_nothing(tmp_path: Path) -> None:
    volume = shown(tmp_path, state(IMAGES[1:4], [annotation(graphic("POINT", [5, 5]))]))
    assert [round(one.affine[2, 3]) for one in volume.graphics.slices] == [24, 28, 32]


def bad_data(raw: bytes) -> Dataset:
    made = graphic("POLYLINE", [[1, 1], [2, 2]])
    tag = Tag(0x00700022)
    made[tag] = RawDataElement(tag, "FL", len(raw), raw, 0, False, True)
    return made


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (graphic("POLYLINE", [1, 2, 3]), "3 coordinates, which are no POLYLINE"),
        (graphic("CIRCLE", [[1, 2]]), "2 coordinates, which are no CIRCLE"),
        (graphic("ELLIPSE", [[1, 2], [3, 4]]), "no ELLIPSE"),
        (graphic("POLYLINE", []), "0 coordinates"),
        (bad_data(struct.pack("<4f", 1, 2, float("nan"), 4)), "not finite"),
        (bad_data(struct.pack("<4f", 1, 2, float("inf"), 4)), "not finite"),
        (bad_data(struct.pack("<4f", 1, 2, 1e30, 4)), "far beyond any image"),
        (bad_data(struct.pack("<5f", 1, 2, 3, 4, 5)), "5 coordinates"),
        (graphic("SPIRAL", [[1, 2], [3, 4]]), "Graphic Type SPIRAL"),
        (graphic("POLYLINE", [[1, 2], [3, 4]], "MATRIX"), "other units"),
        (words("", AnchorPoint=[1.0, 2.0]), "no text"),
        (words("lost"), "neither a box nor an anchor"),
    ],
)
def test_what_cannot_be_drawn_is_left_out_and_told(tmp_path: Path, made: Dataset, why: str) -> None:
    volume = shown(tmp_path, state(IMAGES, [annotation(made, graphic("POINT", [5, 5]))]))
    assert len(on(volume, 0).lines) == 1
    assert not on(volume, 0).texts
    assert any(note.startswith("1 annotations were left out") and why in note for note in volume.notes)


def test_ten_million_points_are_bounded(tmp_path: Path) -> None:
    many = np.zeros(2 * (MOST_GRAPHIC_POINTS + 1), "<f4").tobytes()
    made = state(IMAGES, [annotation(graphic("POINT", [5, 5]), bad_data(many))])
    made.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian  # in explicit VR a FL has 64 kB at most
    volume = shown(tmp_path, made)
    assert len(on(volume, 0).lines) == 1
    assert f"beyond the first {MOST_GRAPHIC_POINTS:,} points" in told(volume)
    assert on(volume, 0).lines[0] is on(volume, 1).lines[0]  # what is the same on all slices is there once


def test_a_state_without_images_or_graphics(tmp_path: Path) -> None:
    empty = state(IMAGES, GraphicAnnotationSequence=None, SoftcopyVOILUTSequence=None, GraphicLayerSequence=None)
    volume = shown(tmp_path / "a", empty)
    assert (volume.graphics, volume.windows) == (None, (Window(40, 400),))
    assert "KEY is applied: nothing that is drawn." in told(volume)
    with pytest.raises(BadFileError, match="refers to no image"):
        shown(tmp_path / "b", state(IMAGES, ReferencedSeriesSequence=None))


def test_planes_of_a_state_and_those_of_images_that_it_activates(tmp_path: Path) -> None:
    mask = np.zeros((4, 6), bool)
    mask[1, 2:5] = True
    images = [overlay(ct(number), mask, origin=(11, 21)) for number in range(SLICES)]
    made = state(images)
    overlay(made, mask, 0x6002, (3, 5), x1001=("CS", "FINDINGS"))
    overlay(made, mask, 0x6004)  # not activated
    made.add_new(0x60001001, "CS", "FINDINGS")
    volume = viewer3d.load(write(tmp_path, [*images, made]), presentation="KEY")
    own, activated = on(volume, 3).planes
    assert (own.origin, activated.origin) == ((4, 2), (20, 10))
    np.testing.assert_array_equal(own.mask, mask)
    np.testing.assert_array_equal(activated.mask, mask)


def test_its_digest_is_in_the_provenance_and_names_nobody(tmp_path: Path) -> None:
    volume = shown(tmp_path, state(IMAGES))
    assert len(volume.provenance.presentation) == 64
    assert volume.provenance.presentation == shown(tmp_path, state(IMAGES), 7).provenance.presentation
    assert viewer3d.load(tmp_path).provenance.presentation == ""
    assert volume.shape[:2] == (COLUMNS, ROWS)


def test_a_label_that_is_no_path_is_looked_for(tmp_path: Path) -> None:
    folder = write(tmp_path, IMAGES)
    for odd in ("x" * 5000, "a\0b", ""):
        with pytest.raises(NotFoundError, match="holds none"):
            viewer3d.load(folder, presentation=odd)


@pytest.mark.slow
def test_a_state_that_highdicom_wrote(tmp_path: Path) -> None:
    highdicom = pytest.importorskip("highdicom", reason="highdicom is not installed: pip install '.[bench]'")
    empty = ("PatientName", "PatientBirthDate", "PatientSex", "AccessionNumber", "StudyID", "StudyTime")
    about = {**dict.fromkeys((*empty, "ReferringPhysicianName"), ""), "PatientID": "1", "StudyDate": "20240101"}
    images = [ct(number, **about) for number in range(3)]
    layer = highdicom.pr.GraphicLayer("LAYER", 1, display_color=highdicom.color.CIELabColor(60.0, 20.0, 20.0))
    graphics = [
        highdicom.pr.GraphicObject("CIRCLE", np.array([[20.0, 30.0], [26.0, 30.0]]), "PIXEL"),
        highdicom.pr.GraphicObject("POLYLINE", np.array([[0.1, 0.1], [0.5, 0.5]]), "DISPLAY"),
    ]
    texts = [highdicom.pr.TextObject("here", "PIXEL", anchor_point=(26.0, 30.0))]
    notes = highdicom.pr.GraphicAnnotation(
        images[1:2], layer, graphic_objects=graphics, text_objects=texts, referenced_frame_number=None
    )
    made = highdicom.pr.GrayscaleSoftcopyPresentationState(
        images, highdicom.UID(), 9, highdicom.UID(), 1, "maker", "model", "1", "1", "LABEL", graphic_layers=[layer],
        graphic_annotations=[notes],
        voi_lut_transformations=[highdicom.pr.SoftcopyVOILUTTransformation(50, 250)],
    )  # fmt: skip
    folder = write(tmp_path, images)
    made.save_as(folder / "state.dcm")
    volume = viewer3d.load(folder, presentation="LABEL")
    assert volume.windows[0] == Window(50, 250)
    assert volume.graphics is not None
    (found,) = volume.graphics.slices
    np.testing.assert_allclose(found.affine[:3, 3], images[1].ImagePositionPatient)
    np.testing.assert_allclose(found.lines[0].points.mean(0), (19.5, 29.5))
    np.testing.assert_allclose(found.lines[1].points, [[7.5, 5.5], [39.5, 29.5]])
    assert found.texts[0].lines == ("here",)
    assert found.lines[0].color == found.texts[0].color is not None


def test_a_damaged_state_is_listed_and_hides_no_series(tmp_path: Path) -> None:
    folder = write(tmp_path, [*IMAGES, state(IMAGES)])
    (path,) = folder.glob("PR*")
    whole = path.read_bytes()
    at = whole.index(b"\x08\x00\x15\x11SQ")  # Referenced Series Sequence becomes a number
    path.write_bytes(whole[: at + 4] + b"UL" + whole[at + 6 :])
    found = viewer3d.scan(folder)
    (one,) = found.objects
    assert (len(found), one.kind, one.size) == (1, "presentation state", "0 graphic layers")
    assert viewer3d.load(found).windows == (Window(40, 400),)
    with pytest.raises(BadFileError, match="PR7"):
        viewer3d.load(found, presentation=one)
