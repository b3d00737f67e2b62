"""What belongs together in a series, which of all is meant, and a quick look at each."""

from __future__ import annotations

import numpy as np
import pytest

from tests.phantom_files import write_phantom
from viewer3d import load, load_all
from viewer3d.core.window import Window
from viewer3d.dicom.load import read_stacks
from viewer3d.dicom.series.scan import scan
from viewer3d.dicom.series.stack_sets import choose_set, find_sets, middle_picture
from viewer3d.errors import ChoiceError, NotFoundError, NoVolumeError
from viewer3d.phantom import Faults

SMALL = {"shape": (34, 30, 12), "spacing": (9.0, 8.0, 6.0)}


@pytest.fixture
def two(tmp_path):
    write_phantom(tmp_path, faults=Faults(second_series=True), **SMALL)
    return scan(tmp_path)


@pytest.mark.parametrize(
    ("name", "members"),
    [("mr_4d_ge", [2]), ("mr_3plane_localizer", [1, 1, 1]), ("mr_enh_philips", [1, 1]), ("ct_head_philips", [1])],
)
def test_times_are_one_set_and_planes_and_kinds_are_their_own(real, name, members):
    assert [len(one.stacks) for one in find_sets(scan(real(name)))] == members


def test_the_times_of_a_set_are_read_as_load_all_reads_them(real):
    found = scan(real("mr_4d_ge"))
    told = []
    volumes = read_stacks(found, find_sets(found)[0].choices, progress=lambda *step: told.append(step))
    for one, other in zip(volumes, load_all(found), strict=True):
        np.testing.assert_array_equal(one.voxels, other.voxels)
    assert volumes[0].geometry is volumes[1].geometry
    assert [volume.which for volume in volumes] == [{"time": 0.0}, {"time": 1.0}]
    assert told == [("slices", done, 8) for done in range(1, 9)]


def test_the_most_slices_are_meant_when_nothing_is_said(two):
    assert choose_set(two).series.number == 2
    assert choose_set(two, 3).series.number == 3
    assert len(choose_set(two, "3").stacks) == 1


def test_a_stack_or_what_tells_it_means_it_alone(real):
    found = scan(real("mr_4d_ge"))
    assert len(choose_set(found).stacks) == 2
    assert len(choose_set(found, stack=2).stacks) == 1
    assert choose_set(found, which={"time": 1}).stacks[0].which == {"time": 1.0}


def test_what_is_not_there_is_told(two, tmp_path):
    with pytest.raises(ChoiceError, match="no series '9'"):
        choose_set(two, 9)
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotFoundError, match="empty"):
        choose_set(scan(tmp_path / "empty"))


def test_single_images_are_no_set(real):
    found = scan(real("ct_surview_mixed"))
    assert find_sets(found) == []
    with pytest.raises(NoVolumeError, match="single image"):
        choose_set(found)


def test_a_look_is_the_middle_slice_in_its_own_window(two, tmp_path):
    picture, spacing = middle_picture(choose_set(two, 2))
    volume = load(two, 2)
    window = volume.windows[0] if volume.windows else Window(0, 1)
    np.testing.assert_array_equal(picture, np.rint(255 * window.apply(volume.voxels[:, :, 6].T)))
    assert picture.shape == (30, 34)
    assert spacing == (9.0, 8.0)


def test_a_look_at_pet_is_dark_on_white(real):
    picture, _ = middle_picture(find_sets(scan(real("pet_ac_bqml")))[0])
    assert np.median(picture) == 255


@pytest.mark.parametrize("name", ["pet_ac_bqml", "mr_enh_philips", "ct_head_tilt_philips12", "mr_4d_ge"])
def test_a_look_at_real_series(real, name):
    picture, _ = middle_picture(find_sets(scan(real(name)))[0])
    assert picture.dtype == np.uint8
    assert np.ptp(picture) > 20
