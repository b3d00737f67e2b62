"""Volumes over the first series of a window that the program opens: how they look, what is said, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from tests.app.conftest import MemoryDesktop
from tests.cli.conftest import SMALL, pixels, rewrite, run
from tests.cli.region_files import write_regions
from tests.phantom_files import write_phantom
from viewer3d import screenshot
from viewer3d.app.show import read_state
from viewer3d.cli import main
from viewer3d.phantom import Faults

pytestmark = pytest.mark.usefixtures("desktop")


@pytest.fixture(autouse=True)
def _with_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("viewer3d.cli.draw._check_display", lambda: None)


def show(*words: object, view: str = "mpr", then: Callable[[Any], object] = lambda _: None) -> tuple[Result, Any]:
    """Open a window, wait until a series or a message is seen, close it; return what was told and the viewer."""
    seen: list[Any] = []

    def step(window: MemoryDesktop) -> bool:
        browser = window.handler._owner
        if browser.is_loading or (browser.viewer is None and not browser.message):
            return False
        if then(browser) is False:
            return False
        seen.append(browser.viewer)
        window.close()
        return True

    MemoryDesktop.script.append(step)
    result = CliRunner().invoke(main, ["show", *map(str, words), "--size", "300x200", "--view", view])
    return result, seen[0] if seen else None


def test_overlays_lie_over_the_first_series(ct: Path, other: Path) -> None:
    result, viewer = show(ct, "--overlay", other, "--look", "opacity=0.25,colors=pet", "--overlay", other)
    assert (result.exit_code, result.output) == (0, "")
    assert [layer.name for layer in viewer.layers] == ["CT", "CT 1", "CT 2"]
    assert [(look.colors, look.opacity) for look in viewer.state.layers[1:]] == [("pet", 0.25), ("grey", 0.5)]


def test_segments_lie_over_it_with_their_look(ct: Path, tmp_path: Path) -> None:
    seg = write_regions(tmp_path / "over", ct).seg
    result, viewer = show(ct, "--overlay", seg, "--look", "segments=Liver,outline=4")
    assert result.exit_code == 0, result.output
    assert [(look.segments, look.outline) for look in viewer.state.regions] == [((1,), 4)]


def test_what_two_volumes_in_3d_cost_is_told_of_the_window(ct: Path, other: Path) -> None:
    words = (ct, "--show-couch", "--overlay", other, "--look", "rendering=ct-bone")
    assert "note: Two volumes in the 3D pane" in show(*words, view="quad")[0].stderr
    assert show(*words)[0].stderr == ""


def test_a_4d_set_lies_over_it_as_a_whole(ct: Path, real: Callable[[str], Path]) -> None:
    move = "transform=1 0 0 0 0 1 0 0 0 0 1 60 0 0 0 1"
    result, viewer = show(ct, "--overlay", real("mr_4d_ge"), "--look", move)
    assert result.exit_code == 0, result.output
    assert len(viewer.layers[1].members) == 2
    assert "note: MR was placed by a given matrix." in result.stderr
    _, viewer = show(ct, "--overlay", real("mr_4d_ge"), "--look", move, "--look", "which=time:1")
    assert len(viewer.layers[1].members) == 1


def test_what_lies_elsewhere_is_said_in_the_window_and_at_the_end(ct: Path, other: Path) -> None:
    rewrite(other, FrameOfReferenceUID="1.2.4")
    messages: list[str] = []
    result, viewer = show(ct, "--overlay", other, then=lambda browser: messages.append(browser.message))
    assert viewer is None
    assert result.exit_code == 2
    assert "give --look transform=FILE" in messages[0]
    assert result.stderr == f"viewer3d: {messages[0]}\n"


def test_it_goes_on_with_a_saved_view_and_a_look_that_is_given_wins(
    ct: Path,
    other: Path,
    tmp_path: Path,
) -> None:
    saved = tmp_path / "saved.png"
    run("shot", ct, "-o", saved, "--overlay", other, "--look", "opacity=0.25,colors=pet", "--view", "mpr")
    before = read_state(saved)
    words = (ct, "--state", saved, "--overlay", other)
    result, viewer = show(*words)
    assert (result.exit_code, result.output) == (0, "")
    assert viewer.state == before
    _, viewer = show(*words, "--look", "opacity=0.75,window=40/80")
    look = viewer.state.layers[1]
    assert (look.opacity, look.window.width, look.colors) == (0.75, 80, "pet")
    assert viewer.state.with_look(1, opacity=0.25, window=before.layers[1].window) == before
    _, viewer = show(*words, "--overlay", other, "--look", "colors=rainbow")
    assert [one.colors for one in viewer.state.layers] == ["grey", "pet", "rainbow"]
    lacking = run("show", ct, "--state", saved)
    assert lacking.exit_code == 2
    assert lacking.stderr == (
        "viewer3d: --state: the view was saved with 1 overlay, 0 given: give as many --overlay, the lowest first\n"
    )


def test_the_series_of_a_saved_view_are_found_in_one_folder(tmp_path: Path) -> None:
    both, saved = tmp_path / "both", tmp_path / "saved.png"
    write_phantom(both, faults=Faults(second_series=True), **SMALL)
    run("shot", both, "--series", 3, "-o", saved, "--overlay", both, "--look", "series=2", "--view", "mpr")
    result, viewer = show(both, "--state", saved, "--overlay", both)
    assert (result.exit_code, result.output) == (0, "")
    assert [layer.volume.shape for layer in viewer.layers] == [(34, 30, 6), (34, 30, 12)]
    drawn = screenshot(viewer.layers[0].volume, state=read_state(saved), overlays=viewer.layers[1].volume)
    assert np.array_equal(drawn, pixels(saved))
