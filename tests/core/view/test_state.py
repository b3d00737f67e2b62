"""ViewState: a value that goes to JSON and back, and refuses what cannot be drawn."""

from __future__ import annotations

import json
import os
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer3d.app.show import read_state
from viewer3d.core.geometry import Geometry
from viewer3d.core.view.camera import Camera, front_camera
from viewer3d.core.view.measurement import Measurement
from viewer3d.core.view.planes import PANES, PLANES
from viewer3d.core.view.state import STATE_VERSION, Box, SlicePane, ViewState, as_slab, state_of_geometry
from viewer3d.core.window import Window, table_window
from viewer3d.errors import ViewError

STATE = state_of_geometry(Geometry(np.diag([0.7, 1.1, 2.5, 1]), (30, 40, 50)), Window(40, 400))
mm = st.floats(-1e6, 1e6)


@given(cursor=st.tuples(mm, mm, mm), zoom=st.floats(1e-3, 1e3), pan=st.tuples(mm, mm), width=st.floats(1, 1e5))
def test_json_is_exact(cursor: tuple[float, float, float], zoom: float, pan: tuple[float, float], width: float) -> None:
    state = STATE.with_cursor(cursor).with_window(Window(0.1, width)).with_pane("coronal", SlicePane(zoom, pan))
    assert ViewState.from_json(state.to_json()) == state


def test_a_window_with_a_table_goes_to_json_and_back() -> None:
    state = STATE.with_window(table_window(-10, [0, 0, 90, 255, 30]))
    assert ViewState.from_json(state.to_json()) == state
    assert "table" in state.to_json()
    assert '"table"' not in STATE.to_json()  # a window without one is written as ever


def test_equal_states_are_the_same_json() -> None:
    lines = [Measurement("distance", ((0, 0, 0), (n, 0, 0)), (1, 0, 0), (0, 1, 0)) for n in (3, 3.0, np.float32(3))]
    assert len({STATE.with_measurement(line).to_json() for line in lines}) == 1


def test_json_takes_numbers_of_numpy() -> None:
    low, high = np.array([0.1, 0, 0]), np.array([10, 10, 1 / 3])
    state = replace(STATE, crop=Box(tuple(low), tuple(high))).with_look(
        rendering_shift=np.float32(0.5), member=np.int64(1)
    )
    read = ViewState.from_json(state.to_json())
    assert read == state
    assert type(read.crop.high[2]) is float  # type: ignore[union-attr]
    with pytest.raises(TypeError, match="cannot be written"):
        STATE.with_look(colors=object()).to_json()  # type: ignore[arg-type]


def test_each_change_is_a_new_state() -> None:
    assert STATE.with_cursor((1, 2, 3)).cursor == (1, 2, 3)
    assert STATE.with_view("mpr").panes == ("axial", "coronal", "sagittal")
    assert STATE.with_camera(Camera((0, -1, 0), (0, 0, 0))).camera.position == (0, -1, 0)
    with pytest.raises(FrozenInstanceError):
        STATE.cursor = (0, 0, 0)  # type: ignore[misc]


def changed(**fields: object) -> str:
    return json.dumps({**json.loads(STATE.to_json()), **fields})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not a view state"),
        ("[]", "not a view state"),
        (changed(version=STATE_VERSION + 1), rf"version {STATE_VERSION + 1}.*update"),
        (changed(cursor=[1, 2]), r"cursor"),
        (changed(cursor=[1, 2, "x"]), r"cursor"),
        (changed(window={"center": 0, "width": 0}), "width"),
        (changed(view="octo"), "octo|view"),
        (changed(axial={"zoom": -1}), "zoom"),
        (changed(view="mpr", enlarged="3d"), "enlarge"),
        (changed(pointer={"pane": "3d", "world": [0, 0, 0]}), "pane|pointer"),
        (changed(patient="x"), "unknown fields patient"),
        (changed(camera={"position": [0, 0, 0], "focal_point": [0, 0, 0]}), "camera"),
    ],
)
def test_bad_json_is_refused(text: str, says: str) -> None:
    with pytest.raises(ViewError, match=says):
        ViewState.from_json(text)


def test_states_of_the_first_version_are_read() -> None:
    old = {k: v for k, v in json.loads(STATE.to_json()).items() if k not in ("inverted", "enlarged", "pointer")}
    assert ViewState.from_json(json.dumps({**old, "version": 1})) == STATE


def test_an_enlarged_pane_is_all_that_is_seen_until_another_view_is_chosen() -> None:
    large = replace(STATE, enlarged="coronal")
    assert (large.panes, large.view) == (("coronal",), "quad")
    assert large.with_view("mpr").panes == ("axial", "coronal", "sagittal")


@pytest.mark.parametrize("change", [{"cursor": (0, 0, np.nan)}, {"view": "x"}])
def test_bad_states_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ViewError):
        replace(STATE, **change)  # type: ignore[arg-type]


def test_planes_follow_the_radiological_convention() -> None:
    assert (PLANES["axial"].right, PLANES["axial"].down) == ((1, 0, 0), (0, 1, 0))  # left of the patient, back
    assert (PLANES["coronal"].right, PLANES["coronal"].down) == ((1, 0, 0), (0, 0, -1))  # left of the patient, feet
    assert (PLANES["sagittal"].right, PLANES["sagittal"].down) == ((0, 1, 0), (0, 0, -1))  # back, feet
    for plane in PLANES.values():
        assert np.abs(np.cross(plane.right, plane.down)).argmax() == plane.axis
    assert all(pane in ("3d", *PLANES) for panes in PANES.values() for pane in panes)


def test_front_camera_sees_the_face_from_a_little_above() -> None:
    camera = front_camera([[-10, -10, -10], [10, 10, 10]])
    assert camera.focal_point == (0, 0, 0)
    assert camera.position[1] < -20
    assert 0 < camera.position[2] < -camera.position[1] / 2


def test_a_state_that_shows_nothing_new_is_written_as_ever() -> None:
    written = json.loads(STATE.to_json())
    assert written["version"] == 3
    assert "interpolation" not in written
    new = replace(STATE, interpolation="nearest")
    assert json.loads(new.to_json())["version"] == 4
    assert ViewState.from_json(new.to_json()) == new
    of_files = replace(STATE, series=("0f" * 32,))
    assert json.loads(of_files.to_json())["version"] == 5
    assert ViewState.from_json(of_files.to_json()).series == of_files.series
    assert of_files == STATE  # what is seen is the same
    assert ViewState.from_json(STATE.to_json()).interpolation == "linear"


@pytest.mark.parametrize(
    ("given", "meant"),
    [(10, (10.0, "maximum")), ("2.5", (2.5, "maximum")), ("8, MinIP", (8.0, "minimum")), ("3,mean", (3.0, "mean"))],
)
def test_slabs_a_person_can_mean(given: float | str, meant: tuple[float, str]) -> None:
    slab = as_slab(given)
    assert (slab.thickness, slab.blend) == meant
    assert as_slab(slab) is slab


@pytest.mark.parametrize("given", ["x", "10,median", "-1", "nan", ""])
def test_what_is_no_slab_is_refused(given: str) -> None:
    with pytest.raises(ViewError, match=r"slab.*(give|expected)"):
        as_slab(given)


def test_an_interpolation_there_is_not_is_refused() -> None:
    with pytest.raises(ViewError, match="no interpolation is named 'cubic': give linear or nearest"):
        replace(STATE, interpolation="cubic")  # type: ignore[arg-type]


def _stated(**changes: object) -> str:
    text = json.loads(STATE.to_json())
    return json.dumps({**text, **changes})


@pytest.mark.parametrize(
    "text",
    [
        '{"version": 3, "cursor": ' + "[" * 10_000 + "]" * 10_000 + "}",
        '{"version": 3, "a": ' * 10_000 + "1" + "}" * 10_000,
        '{"version": 1' + "0" * 5000 + "}",
    ],
    ids=["lists", "objects", "number"],
)
def test_what_is_nested_or_long_without_end_is_one_clear_error(text: str, tmp_path: Path) -> None:
    with pytest.raises(ViewError) as caught:
        ViewState.from_json(text)
    assert "\n" not in str(caught.value)
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(ViewError):
        read_state(tmp_path / "a.json")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"slab": {"thickness": 1e18, "blend": "mean"}}, "0 to 10000 mm"),
        ({"axial": {"zoom": 1e-300, "pan": [0, 0]}}, "zoom from 0.001 to 10000"),
        ({"axial": {"zoom": 1e300, "pan": [0, 0]}}, "zoom from 0.001 to 10000"),
        ({"axial": {"zoom": 1, "pan": [1e300, 0]}}, "mm up to 1e"),
        ({"cursor": [1e300, 0, 0]}, "up to 1e"),
        ({"crop": {"low": [-1e300, 0, 0], "high": [1, 1, 1]}}, "finite LPS mm"),
    ],
)
def test_numbers_that_nobody_means_are_refused(changes: dict[str, object], says: str) -> None:
    with pytest.raises(ViewError, match=says):
        ViewState.from_json(_stated(**changes))


def test_7000_measurements_are_refused() -> None:
    one = {"kind": "probe", "points": [[0, 0, 0]], "right": [1, 0, 0], "down": [0, 1, 0], "name": ""}
    assert len(ViewState.from_json(_stated(measurements=[one] * 1000)).measurements) == 1000
    with pytest.raises(ViewError, match="7,000 measurements: a view holds 1,000 at most"):
        ViewState.from_json(_stated(measurements=[one] * 7000))


@pytest.mark.parametrize("name", ["\ud800", "\\ud800"])
def test_lone_surrogates_are_no_text(name: str) -> None:
    text = _stated(
        measurements=[{"kind": "probe", "points": [[0, 0, 0]], "right": [1, 0, 0], "down": [0, 1, 0], "name": "N"}]
    )
    with pytest.raises(ViewError, match=r"not a view state|no text"):
        ViewState.from_json(text.replace('"N"', f'"{name}"')).to_json()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes in folders")
def test_a_pipe_or_a_large_file_is_no_state(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(ViewError, match="a pipe or a device, no file"):
        read_state(tmp_path / "pipe.json")
    (tmp_path / "large.json").write_bytes(b"{" + b" " * (17 << 20))
    with pytest.raises(ViewError, match="more than 16,777,216"):
        read_state(tmp_path / "large.json")


@pytest.mark.parametrize(
    "text", ["{", '{"cursor": [0, 0, 0], "measurements": [[]]}', '{"cursor": [0, 0]}', '{"cursor": 1, "version": 99}']
)
def test_an_error_of_a_state_names_its_file(text: str, tmp_path: Path) -> None:
    (tmp_path / "seen.json").write_text(text)
    with pytest.raises(ViewError, match=r"seen\.json: "):
        read_state(tmp_path / "seen.json")


@pytest.mark.parametrize("huge", [1e160, 1e300, -1e300])
def test_directions_beyond_all_bounds_are_refused(huge: float) -> None:
    """Their products would overflow, with a warning."""
    state = state_of_geometry(Geometry(np.eye(4), (4, 4, 4)), Window(0, 1))
    with pytest.raises(ViewError, match="three perpendicular unit directions"):
        replace(state, axes=((huge, 0, 0), (0, huge, 0), (0, 0, huge)))
    with pytest.raises(ViewError, match="two perpendicular unit directions"):
        Measurement("probe", ((0, 0, 0),), (huge, 0, 0), (0, huge, 0))
    with pytest.raises(ViewError, match="no such view"):
        replace(state.camera, position=(0, huge, 0), up=(huge, 0, huge))
