"""Segmentations and structure sets over a base: where they lie, their masks, and what is refused."""

import numpy as np
import pytest

import viewer3d
from viewer3d.core.layers import Layer, place_layers
from viewer3d.core.structures import Contour, Roi, StructureSet
from viewer3d.errors import ViewError
from viewer3d.render.first_state import first_region_look, first_state, with_first_looks

FRAME = "1.2.3.4"
AFFINE = np.diag([2.0, 2.0, 3.0, 1.0])


def base(**about):
    return viewer3d.Volume.from_array(
        np.zeros((20, 20, 10), np.int16), AFFINE, **{"frame_of_reference": FRAME, "modality": "CT", **about}
    )


def segmentation(shift=0.0, **about):
    labels = np.zeros((8, 8, 4), np.uint8)
    labels[2:6, 2:6, 1:3] = 1
    labels[0, 0, 0] = 4
    affine = AFFINE.copy()
    affine[0, 3] = shift
    return viewer3d.Segmentation.from_array(
        labels, affine, names={1: "Liver", 4: "Cyst"}, **{"frame_of_reference": FRAME, **about}
    )


def square(z, low=6.0, high=14.0):
    corners = [(low, low, z), (high, low, z), (high, high, z), (low, high, z)]
    return Contour(np.array(corners))


def roi(number, name, contours, frame=FRAME):
    return Roi(number, name, (200, 30 * number % 256, 90), contours=tuple(contours), frame_of_reference=frame)


def structures(*rois, frame=FRAME):
    return StructureSet(rois).with_info(frame_of_reference=frame)


def test_regions_are_apart_from_layers_and_keep_their_order():
    placed = place_layers(base(), [segmentation(), base(description="after"), structures(roi(0, "PTV", [square(9)]))])
    assert [one.name for one in placed.layers] == ["CT", "CT 2"]
    assert [one.name for one in placed.regions] == ["segments", "structures"]
    assert placed.overlays == (*placed.layers[1:], *placed.regions)
    again = place_layers(base(), placed.overlays)
    assert again.regions == placed.regions


def test_a_first_look_fills_segments_and_not_contours():
    placed = place_layers(
        base(), [Layer(segmentation(), look={"segments": "Cyst", "outline": 3}), structures(roi(7, "PTV", [square(9)]))]
    )
    state = with_first_looks(first_state(base(), "axial"), placed)
    first, second = state.regions
    assert (first.segments, first.outline, first.fill) == ((4,), 3, 0.3)
    assert (second.segments, second.fill) == (None, 0.0)
    assert state.layers == first_state(base(), "axial").layers
    assert viewer3d.ViewState.from_json(state.to_json()) == state


def test_a_name_that_is_not_there_is_told_with_those_that_are():
    (placed,) = place_layers(base(), Layer(segmentation(), look={"segments": ["Liver", "Spleen"]})).regions
    with pytest.raises(ViewError, match="no segment 'Spleen': give numbers or names of: 1 Liver, 4 Cyst"):
        first_region_look(placed)


@pytest.mark.parametrize("wanted", [1.5, True, {"a": 1}, [None], [[1]], b"1"])
def test_what_names_no_segment_is_refused(wanted):
    (placed,) = place_layers(base(), Layer(segmentation(), look={"segments": wanted})).regions
    with pytest.raises(ViewError, match="of a look: give names or numbers"):
        first_region_look(placed)


def test_a_number_of_numpy_is_one():
    (placed,) = place_layers(base(), Layer(segmentation(), look={"segments": np.int64(4)})).regions
    assert first_region_look(placed).segments == (4,)


def test_another_frame_of_reference_is_refused_and_a_transform_places():
    other = segmentation(frame_of_reference="9.9")
    with pytest.raises(ViewError, match="its frame of reference is another"):
        place_layers(base(), other)
    matrix = np.eye(4)
    matrix[0, 3] = 10.0
    (moved,) = place_layers(base(), Layer(other, transform=matrix)).regions
    assert moved.given is other
    np.testing.assert_allclose(moved.segmentation.geometry.origin, (10, 0, 0))
    assert place_layers(base(), Layer(other, same_frame=True)).regions[0].data is other


def test_contours_are_carried_by_a_transform():
    set_ = structures(roi(1, "PTV", [square(9)]), frame="9.9")
    matrix = np.eye(4)
    matrix[:3, 3] = (4, 0, 3)
    (moved,) = place_layers(base(), Layer(set_, transform=matrix)).regions
    np.testing.assert_allclose(moved.structures.rois[0].contours[0].points[0], (10, 6, 12))
    assert moved.structures.mask(1, base().geometry).sum() == 16


def test_regions_of_interest_of_another_frame_are_left_out_and_told():
    both = structures(roi(1, "PTV", [square(9)]), roi(2, "GTV", [square(9)], "9.9"), frame="")
    (placed,) = place_layers(base(), both).regions
    assert [one.name for one in placed.regions] == ["PTV"]
    assert placed.notes == ("structures: not in the frame of reference of the base, and left out: GTV.",)
    with pytest.raises(ViewError, match="frame of reference"):
        place_layers(base(frame_of_reference="8.8"), both)


def test_masks_of_structures_overlap_in_layers_of_their_own():
    set_ = structures(
        roi(0, "body", [square(z, 1, 30) for z in (6, 9, 12)]), roi(5, "PTV", [square(9)]), roi(6, "points", [])
    )
    (placed,) = place_layers(base(), set_).regions
    made = placed.segmentation
    assert made is placed.segmentation
    assert [(one.number, one.name, one.layer) for one in made.segments] == [
        *((7, "body", 0), (5, "PTV", 1), (6, "points", 0)),  # no segment has the number 0
    ]
    for segment, number in ((7, 0), (5, 5)):
        np.testing.assert_array_equal(made.mask(segment), set_.mask(number, base().geometry))
    assert made.voxels(6) == 0


def test_contours_far_from_the_base_are_refused():
    far = structures(roi(1, "PTV", [square(900)]))
    with pytest.raises(ViewError, match="structures does not overlap the base"):
        place_layers(base(), far)


def test_a_look_of_the_other_kind_is_refused():
    with pytest.raises(ViewError, match="look has no window: give some of shown, segments"):
        Layer(segmentation(), look={"window": "bone"})
    with pytest.raises(ViewError, match="look has no outline"):
        Layer(base(), look={"outline": 2})
