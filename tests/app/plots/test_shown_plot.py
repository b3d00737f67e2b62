"""Small plots over the window's picture: shown by keys, live, copied, saved, and in no screenshot."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tests.app.conftest import MemoryScreen
from viewer3d import Measurement, Viewer, Volume, time_curve
from viewer3d.app.plots.shown_plot import NO_ROOM_FOR_PLOT, least_covering, plot_size
from viewer3d.core.view.threshold import Threshold
from viewer3d.render.marks.display_list import DisplayList, Text

SIZE = (900, 600)
ROW, COLUMN = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)
LINE = Measurement("distance", ((8, 20, 54), (80, 20, 54)), ROW, COLUMN)
LESION = Measurement("ellipse", ((20, 20, 54), (60, 60, 54)), ROW, COLUMN, "lesion")


def _members() -> list[Volume]:
    random = np.random.default_rng(1)
    affine = np.diag([4.0, 5.0, 9.0, 1.0])
    return [
        Volume.from_array(
            random.normal(40 * n, 30, (24, 20, 12)).astype(np.int16),
            affine,
            unit="HU",
            which={"time": n},
            seconds=3.0 * n,
        )
        for n in range(5)
    ]


@pytest.fixture
def viewer() -> Iterator[Viewer]:
    with Viewer(_members(), "axial", SIZE, screen=MemoryScreen(SIZE)) as one:
        one.process_events()
        yield one


def pixels(viewer: Viewer) -> np.ndarray:
    viewer.process_events()
    screen = viewer._screen
    assert isinstance(screen, MemoryScreen)
    return screen.pixels.copy()


def marks(viewer: Viewer) -> DisplayList:
    return viewer.steering.plots.marks(viewer._scene, viewer.state)


def texts(viewer: Viewer) -> list[str]:
    return [one.text for one in marks(viewer) if isinstance(one, Text)]


def table(viewer: Viewer, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    copied: list[str] = []
    fake = SimpleNamespace(copy=copied.append, set_clipboard=str, PyperclipException=OSError)
    monkeypatch.setitem(sys.modules, "pyperclip", fake)
    viewer.interactor.key("ctrl+c")
    return list(csv.DictReader(copied[-1].splitlines(), delimiter="\t"))


@pytest.mark.parametrize("key", ["ctrl+t", "ctrl+p", "ctrl+i"])
def test_a_key_shows_it_and_the_same_key_or_escape_closes_it(viewer: Viewer, key: str) -> None:
    viewer.state = viewer.state.with_measurement(LINE)
    before, picture = pixels(viewer), viewer.screenshot()
    pixels(viewer)
    for closing in (key, "Escape"):
        viewer.interactor.key(key)
        assert (pixels(viewer) != before).any()
        assert np.array_equal(viewer.screenshot(), picture)  # no screenshot holds it
        viewer.interactor.key(closing)
        assert np.array_equal(pixels(viewer), before)
        assert viewer.is_open
    viewer.interactor.key("Escape")
    assert not viewer.is_open


def test_the_curve_follows_the_crosshair_and_has_the_regions(viewer: Viewer, monkeypatch: pytest.MonkeyPatch) -> None:
    viewer.state = viewer.state.with_measurement(LESION).with_measurement(replace(LESION, name=""))
    viewer.interactor.key("ctrl+t")
    for cursor in ((40, 45, 54), (12, 25, 27)):
        viewer.state = viewer.state.with_cursor(cursor)
        rows = table(viewer, monkeypatch)
        true = time_curve(viewer.volumes, cursor)
        assert [float(row["time_s"]) for row in rows] == [0, 3, 6, 9, 12]
        assert [float(row["crosshair_value_HU"]) for row in rows] == true.values.tolist()
        assert f"crosshair {true.values[0]:.0f}" in texts(viewer)
    lesion = time_curve(viewer.volumes, LESION)
    assert [float(row["lesion_mean_HU"]) for row in rows] == lesion.values.tolist()
    assert [float(row["ellipse_2_mean_HU"]) for row in rows] == lesion.values.tolist()
    viewer.interactor.key("period")
    assert f"crosshair {true.values[1]:.0f}" in texts(viewer)
    assert "time, s" in texts(viewer)


def test_an_isocontour_has_the_curve_of_the_voxels_that_are_seen(
    viewer: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    grown = Measurement(
        "isocontour", ((40, 40, 54), (62, 40, 54)), ROW, COLUMN, threshold=Threshold(50, of_maximum=True)
    )
    viewer.state = viewer.state.with_measurement(grown)
    viewer.interactor.key("ctrl+t")
    for member in (0, 1):
        viewer.state = viewer.state.with_look(0, member=member)
        true = time_curve(viewer.volumes, grown, member=member)
        rows = table(viewer, monkeypatch)
        assert [float(row["isocontour_1_mean_HU"]) for row in rows] == true.values.tolist()
        assert viewer.results.of(grown).mean == pytest.approx(true.values[member])  # type: ignore[union-attr]


def test_the_profile_follows_its_line(viewer: Viewer, monkeypatch: pytest.MonkeyPatch) -> None:
    viewer.interactor.key("ctrl+p")
    assert any("press d and draw a distance" in one for one in texts(viewer))
    viewer.state = viewer.state.with_measurement(LINE)
    rows = table(viewer, monkeypatch)
    volume = viewer.volume
    assert [float(row["value_HU"]) for row in rows[::2]] == volume.voxels[2:21, 4, 6].tolist()
    viewer.state = replace(viewer.state, measurements=(LINE.moved((0, 5, 0)),))
    assert [float(row["value_HU"]) for row in table(viewer, monkeypatch)[::2]] == volume.voxels[2:21, 5, 6].tolist()
    viewer.interactor.key("k")
    assert any("without the slab" in one for one in texts(viewer)) == (viewer.state.slab.thickness > 0)


def test_the_histogram_is_of_what_the_pane_shows_and_marks_the_window(
    viewer: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer.interactor.key("ctrl+i")
    seen = viewer._scene.seen(viewer.state, "axial")
    rows = table(viewer, monkeypatch)
    counted = sum(int(row["count"]) for row in rows)
    assert 0.99 * seen.size < counted <= seen.size
    assert all((float(row["from_HU"]) % 1, float(row["to_HU"]) % 1) == (0.5, 0.5) for row in rows)
    first = marks(viewer)
    viewer.state = viewer.state.with_window(replace(viewer.state.look.window, width=60.0))
    assert marks(viewer) != first


def test_of_a_region_that_is_pointed_at_the_histogram_is_of_its_voxels(
    viewer: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer.state = viewer.state.with_measurement(LESION)
    pane = viewer.steering.context.pane(viewer.state, "axial")
    x, y = pane.to_pixel(np.array([(40, 20, 54)]))[0]
    viewer.interactor.move(x, y)
    viewer.interactor.key("ctrl+i")
    result = viewer.results.of(LESION)
    rows = table(viewer, monkeypatch)
    assert sum(int(row["count"]) for row in rows) <= result.count  # type: ignore[union-attr]
    assert any(one.startswith(f"lesion: {result.count} values") for one in texts(viewer))  # type: ignore[union-attr]


def test_a_plot_goes_on_with_its_region_where_those_before_it_are_removed(
    viewer: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Measurement("ellipse", ((10, 70, 54), (30, 90, 54)), ROW, COLUMN, "other")
    viewer.state = replace(viewer.state, measurements=(LINE, LESION, other))
    pane = viewer.steering.context.pane(viewer.state, "axial")
    x, y = pane.to_pixel(np.array([(40, 60, 54)]))[0]
    viewer.interactor.move(x, y)
    viewer.interactor.key("ctrl+i")
    assert any(one.startswith("lesion: ") for one in texts(viewer))
    viewer.state = replace(viewer.state, measurements=(LESION, other))
    assert any(one.startswith("lesion: ") for one in texts(viewer))
    viewer.state = replace(viewer.state, measurements=(other,))
    assert any("axial pane" in one for one in texts(viewer))


def test_a_curve_has_the_isocontours_and_numbers_of_now(viewer: Viewer, monkeypatch: pytest.MonkeyPatch) -> None:
    unnamed = replace(LESION, name="")
    grown = Measurement(
        "isocontour", ((40, 40, 54), (62, 40, 54)), ROW, COLUMN, threshold=Threshold(50, of_maximum=True)
    )
    viewer.state = replace(viewer.state, measurements=(LINE, unnamed))
    viewer.interactor.key("ctrl+t")
    assert "ellipse_2_mean_HU" in table(viewer, monkeypatch)[0]
    viewer.state = replace(viewer.state, measurements=(unnamed,))
    assert "ellipse_1_mean_HU" in table(viewer, monkeypatch)[0]
    viewer.state = viewer.state.with_measurement(grown)
    assert "isocontour_2_mean_HU" in table(viewer, monkeypatch)[0]


def test_marks_are_made_anew_only_where_something_changed(viewer: Viewer) -> None:
    viewer.interactor.key("ctrl+t")
    first = marks(viewer)
    viewer.state = viewer.state.with_window(replace(viewer.state.look.window, width=60.0))
    assert marks(viewer) is first
    viewer.state = viewer.state.with_cursor((40, 45, 54))
    assert marks(viewer) is not first


def test_one_volume_has_no_curve_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Viewer(_members()[0], "axial", SIZE, screen=MemoryScreen(SIZE)) as viewer:
        viewer.steering.obey("time curve")
        assert "open a 4-D series" in viewer.note
        assert not marks(viewer)
        viewer.steering.obey("save plot")
        assert viewer.note.startswith("not saved: nothing is plotted")
        assert not list(tmp_path.iterdir())


def test_what_is_plotted_is_saved(viewer: Viewer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    viewer.steering.obey("time curve")
    viewer.steering.obey("save plot")
    (path,) = tmp_path.iterdir()
    assert path.name in viewer.note
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert [row["member"] for row in rows] == ["1", "2", "3", "4", "5"]


def test_in_a_small_window_a_word_stands_for_it(viewer: Viewer) -> None:
    viewer.interactor.key("ctrl+t")
    viewer.resize((300, 200))
    assert " ".join(texts(viewer)) == NO_ROOM_FOR_PLOT
    viewer.resize(SIZE)
    assert "time, s" in texts(viewer)


@pytest.mark.parametrize("size", [(700, 500), (1200, 900), (1920, 1080)])
def test_it_lies_in_the_most_even_corner_within_the_picture(size: tuple[int, int]) -> None:
    box = plot_size(size)
    assert box is not None
    picture = np.random.default_rng(0).integers(0, 255, (size[1], size[0], 3), np.uint8)
    picture[: size[1] // 2, : size[0] // 2] = 255  # the air of an inverted picture
    found = least_covering(picture, size, box)
    assert found.left < size[0] // 4
    assert found.top < size[1] // 4
    assert found.left + found.width <= size[0]
