"""The windows that a page offers."""

from __future__ import annotations

import numpy as np
import pytest

from viewer3d import phantom
from viewer3d.core.volume import Volume
from viewer3d.core.window import Window
from viewer3d.errors import ViewError, WindowError
from viewer3d.web.page.windows import page_windows

HU = np.zeros((20, 20, 20), np.int16)


def offered(volume: Volume, first: Window | None = None, **how: bool) -> list[tuple[str, float, float]]:
    found = page_windows(volume, first or volume.default_window, None, **how)
    return [(one.name, one.window.center, one.window.width) for one in found]


def made(voxels: np.ndarray, unit: str = "HU", **about: object) -> Volume:
    return Volume.from_array(voxels, np.eye(4), unit=unit, **about)


def test_lung_is_offered_where_there_is_some() -> None:
    air, lung = HU.copy(), HU.copy()
    air[:10], lung[:10] = -1000, -800
    assert [name for name, *_ in offered(made(air))] == ["soft-tissue", "bone"]
    assert [name for name, *_ in offered(made(lung))] == ["soft-tissue", "lung", "bone"]


def test_the_files_own_come_first_and_none_twice() -> None:
    own = (Window(35, 80), Window(700, 3000))
    assert offered(made(HU + np.arange(20, dtype=np.int16), windows=own)) == [
        ("file", 35, 80),
        ("file:2", 700, 3000),
        ("soft-tissue", 40, 400),
        ("bone", 400, 1800),
    ]
    volume = made(HU + 40 * np.arange(20, dtype=np.int16), windows=(Window(40, 400),))
    assert [name for name, *_ in offered(volume)] == ["soft-tissue", "bone"]  # by its usual name


def test_pet_and_what_has_no_usual_windows() -> None:
    pet = phantom.pet(shape=(20, 20, 20))
    assert [name for name, *_ in offered(pet)] == ["0-5", "0-10", "0-20"]
    assert [name for name, *_ in offered(made(HU + np.arange(20, dtype=np.int16), ""))] == ["auto"]


def test_a_saved_window_is_the_first() -> None:
    assert offered(made(HU), Window(10, 33), is_saved=True)[0] == ("saved", 10, 33)


def test_those_asked_for_are_all() -> None:
    volume = made(HU)
    asked = page_windows(volume, volume.default_window, ["bone", "40/80", (1, 2), Window(40, 80)])
    assert [(one.name, one.window.center, one.window.width) for one in asked] == [
        ("bone", 400, 1800),
        ("", 40, 80),
        ("", 1, 2),
    ]
    assert len(page_windows(volume, volume.default_window, "bone")) == 1


def test_what_is_refused() -> None:
    volume = made(HU)
    with pytest.raises(WindowError, match="no windows were given"):
        page_windows(volume, volume.default_window, [])
    with pytest.raises(WindowError, match="bonne"):
        page_windows(volume, volume.default_window, ["bonne"])
    with pytest.raises(ViewError, match="13 windows: a page has 12 at most"):
        page_windows(volume, volume.default_window, [(n, 100) for n in range(13)])
