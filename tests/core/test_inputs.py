"""The calls that a hand types first: they work, or say in one line what to give."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

import viewer3d
from tests.phantom_files import write_phantom
from viewer3d import Window, figures, phantom, screenshot
from viewer3d.core.inputs import as_volume, as_volume_set, is_loadable
from viewer3d.core.volume import Volume
from viewer3d.errors import ChoiceError, NotFoundError, ViewError, WindowError
from viewer3d.figures import by_name

SMALL = {"view": "axial", "size": (80, 60)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("given")
    write_phantom(path, shape=(34, 30, 12), spacing=(9.0, 8.0, 6.0))
    return path


@pytest.fixture(scope="module")
def volume(folder: Path) -> Volume:
    return viewer3d.load(folder)


PLACES: dict[str, Callable[[Path], Any]] = {
    "a path": lambda folder: folder,
    "text": str,
    "a scan": viewer3d.scan,
    "a series": lambda folder: viewer3d.scan(folder)[0],
    "datasets": lambda folder: [pydicom.dcmread(path) for path in sorted(folder.iterdir())],
}


@pytest.mark.parametrize("place", PLACES)
def test_a_place_will_do_where_a_volume_is_meant(place: str, folder: Path, volume: Volume) -> None:
    what = PLACES[place](folder)
    assert is_loadable(what)
    expected = screenshot(volume, **SMALL)  # type: ignore[arg-type]
    np.testing.assert_array_equal(screenshot(what, **SMALL), expected)  # type: ignore[arg-type]
    assert figures.plane(what, size=(200, 150)).volumes[0].digest == volume.digest
    assert viewer3d.load(what).digest == volume.digest


def test_a_list_of_one_volume_is_that_volume(volume: Volume) -> None:
    assert as_volume([volume]) is volume
    assert figures.mpr([volume], size=(200, 100)).volumes == (volume,)  # type: ignore[arg-type]
    np.testing.assert_array_equal(screenshot([volume], **SMALL), screenshot(volume, **SMALL))  # type: ignore[arg-type]


def test_two_places_are_compared(folder: Path, volume: Volume) -> None:
    made = figures.compare(folder, after=volume, size=(200, 150))  # type: ignore[arg-type]
    assert [one.digest for one in made.volumes] == [volume.digest] * 2


def test_movies_of_places(folder: Path, volume: Volume, real: Callable[[str], Path]) -> None:
    assert figures.cine(folder, frames=4).volumes[0].digest == volume.digest  # type: ignore[arg-type]
    assert len(figures.times(real("mr_4d_ge")).volumes) == 2  # type: ignore[arg-type]
    assert len(as_volume_set(real("mr_4d_ge"))) == 2  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("what", "says"),
    [
        (np.zeros((3, 4, 5)), r"an array does not say where its voxels are: give viewer3d.Volume.from_array"),
        (None, r"None is not a volume: give what viewer3d.load returns, or a path"),
        ([], r"\[\] is not a volume"),
        (3, r"3 is not a volume"),
    ],
)
def test_what_is_no_volume_says_what_to_give(what: object, says: str) -> None:
    for call in (screenshot, figures.mpr, figures.cine, viewer3d.Scene, viewer3d.show):
        with pytest.raises(ViewError, match=says) as raised:
            call(what)  # type: ignore[operator]
        assert "\n" not in str(raised.value)


def test_where_no_place_will_do_its_call_is_named(folder: Path, volume: Volume) -> None:
    with pytest.raises(ViewError, match=r"is a place of files: give viewer3d\.load of it"):
        viewer3d.Scene(folder)  # type: ignore[arg-type]
    with pytest.raises(ViewError, match=r"2 volumes where one is meant: give one of them, as volumes\[0\]"):
        figures.mpr([volume, volume])  # type: ignore[arg-type]


def test_a_place_that_is_not_there_or_holds_several_is_told_as_load_tells_it(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(NotFoundError, match="no such file or folder"):
        screenshot(tmp_path / "none")
    write_phantom(tmp_path, shape=(34, 30, 12), spacing=(9.0, 8.0, 6.0), faults=phantom.Faults(second_series=True))
    with pytest.raises(ChoiceError, match="holds 2 volumes; choose one"):
        figures.mpr(tmp_path)  # type: ignore[arg-type]


@pytest.mark.parametrize("window", [(40, 400), [40, 400], np.array([40.0, 400.0]), (np.int16(40), 400.0)])
def test_a_window_may_be_two_numbers(window: Any, volume: Volume) -> None:
    expected = screenshot(volume, window=Window(40, 400), **SMALL)  # type: ignore[arg-type]
    np.testing.assert_array_equal(screenshot(volume, window=window, **SMALL), expected)  # type: ignore[arg-type]
    assert viewer3d.first_state(volume, window=window).look.window == Window(40, 400)
    made = figures.windows(volume, window, size=(200, 150))
    assert len(made.page.panels) == 1
    two = figures.windows(volume, [window, "bone"], size=(400, 150))
    assert len(two.page.panels) == 2
    again = by_name.make(two.name, two.volumes, two.arguments)
    assert isinstance(again, figures.Figure)
    np.testing.assert_array_equal(again.pixels, two.pixels)


@pytest.mark.parametrize("window", [40, (1, 2, 3), ("a", "b"), (True, False), {"center": 1}])
def test_what_is_no_window_says_what_to_give(window: Any, volume: Volume) -> None:
    with pytest.raises(WindowError, match=r"give \(center, width\), as in \(40, 400\), a name as 'bone'") as raised:
        screenshot(volume, window=window)
    assert "\n" not in str(raised.value)


def test_the_voxels_are_what_numpy_takes(volume: Volume) -> None:
    assert np.asarray(volume) is volume.voxels
    assert np.asarray(volume, np.float64).dtype == np.float64
    copy = np.array(volume)
    copy[0, 0, 0] += 1  # a copy is its owner's
    assert copy[0, 0, 0] != volume.voxels[0, 0, 0]
    np.testing.assert_array_equal(np.add(volume, 1), volume.voxels + 1)
    assert float(np.mean(volume)) == pytest.approx(float(volume.voxels.mean()))
    assert volume[3, 4, 5] == volume.voxels[3, 4, 5]
    np.testing.assert_array_equal(volume[:, :, 5], volume.voxels[:, :, 5])
    with pytest.raises(ValueError, match="read-only"):
        volume[:, :, 5][0, 0] = 1
    with pytest.raises(TypeError, match="not iterable"):
        list(volume)  # type: ignore[call-overload]


def test_a_scan_is_written_a_line_a_series(tmp_path: Path, real: Callable[[str], Path]) -> None:
    write_phantom(tmp_path, shape=(34, 30, 12), spacing=(9.0, 8.0, 6.0), faults=phantom.Faults(second_series=True))
    (tmp_path / "readme.txt").write_text("no DICOM")
    found = viewer3d.scan(tmp_path)
    assert repr(found).splitlines() == [
        f"{tmp_path}: 2 series, 1 file left out",
        "  series 2 CT Synthetic torso, arterial phase: 34 x 30 x 12",
        "  series 3 CT Thick slices: 34 x 30 x 6",
    ]
    assert repr(found[1]) == "<series 3 CT Thick slices: 34 x 30 x 6>"
    assert "2 volumes of 64 x 64 x 4" in repr(viewer3d.scan(real("mr_4d_ge")))
    assert "that make no volume" in repr(viewer3d.scan(real("ct_surview_mixed")))


def test_a_volume_does_not_change_with_the_array_it_was_made_from() -> None:
    for dtype in (np.int16, np.float32, np.float64, np.int32):
        for order in ("C", "F"):
            array = np.zeros((4, 5, 6), dtype, order=order)  # type: ignore[call-overload]
            for affine in (np.eye(4), np.diag([1.0, 1, -1, 1])):
                volume = Volume.from_array(array, affine)
                digest = volume.digest
                array[...] += 7  # its owner may
                assert (volume.voxels != array).all()
                assert Volume.from_array(volume.voxels, volume.affine).digest == digest


def test_an_array_that_is_shared_can_no_longer_be_changed() -> None:
    whole = np.zeros((4, 5, 6, 2), np.int16, order="F")
    shared = whole[..., 1]
    volume = Volume(shared, viewer3d.Geometry(np.eye(4), (4, 5, 6)))
    assert np.shares_memory(volume.voxels, whole)
    for array in (volume.voxels, shared, whole):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 1
    other = np.zeros((4, 5, 6), np.int16)  # in another order: it is copied
    Volume(other, viewer3d.Geometry(np.eye(4), (4, 5, 6)))
    other[...] = 1
