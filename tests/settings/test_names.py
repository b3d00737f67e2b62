"""Names of a person's own: taken wherever names are, and in recipes as what they mean."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import viewer3d
from viewer3d import phantom
from viewer3d.app.input.context import make_context
from viewer3d.app.input.slice_gestures import named_window, next_colors
from viewer3d.cli import main as run
from viewer3d.core.window import Window
from viewer3d.errors import SettingsError, ViewError, WindowError
from viewer3d.recipes.embed import read_recipe
from viewer3d.render.colors import color_maps, palette
from viewer3d.render.first_state import first_state
from viewer3d.render.scene import Scene
from viewer3d.render.volume.transfer import choose_preset, presets
from viewer3d.render.window_choice import choose_window, digit_windows, window_in_full
from viewer3d.settings.names import colors_in_full, own_windows, state_in_full

OwnFile = Callable[..., Path]

FIRE = "fire: 0#000000 128#ff0000 255#ffffff"
MY_BONE = "my-bone: HU composite specular 0.3 150#7a3b2a/0 600#20c040/0.8 3000#ffffff/1"

OTHERS = """\
[[colors]]
name = "fire"
colors = ["#000000", "#0000ff"]
[[transfer_functions]]
name = "my-bone"
scale = "HU"
points = [[150, "#0000ff", 0.0], [600, "#0000ff", 0.8], [3000, "#0000ff", 1]]
"""


def main(words: list[str]) -> int:
    with pytest.raises(SystemExit) as ended:
        run(words)
    return int(ended.value.code or 0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ct")
    phantom.write(path, shape=(40, 36, 20), spacing=(9, 9, 18))
    return path


@pytest.fixture(scope="module")
def volume(folder: Path) -> viewer3d.Volume:
    return viewer3d.load(folder)


def of(unit: str, modality: str) -> viewer3d.Volume:
    values = np.arange(1, 1001, dtype=np.float32).reshape(10, 10, 10)
    return viewer3d.Volume.from_array(values, np.eye(4), unit=unit, modality=modality)


def test_windows_by_name(own_file: OwnFile, volume: viewer3d.Volume) -> None:
    own_file()
    assert choose_window(volume, "my-lung") == Window(-550, 1600, "SIGMOID")
    assert choose_window(volume, "My Lung") == Window(-550, 1600, "SIGMOID")
    assert choose_window(of("", "MR"), "flair") == Window(455, 890, "LINEAR_EXACT")
    assert choose_window(of("", "MR"), "most").bounds == pytest.approx((1, np.percentile(np.arange(2, 1001), 97.5)))
    assert choose_window(of("", ""), "flair") == Window(455, 890, "LINEAR_EXACT")  # of an array nothing is known
    with pytest.raises(WindowError, match=r"window flair is for MR, this is CT in HU: give"):
        choose_window(volume, "flair")
    with pytest.raises(WindowError, match=r"window my-lung is for values in HU, this is MR in no unit"):
        choose_window(of("", "MR"), "my-lung")
    with pytest.raises(WindowError, match=r"no window is named 'my-lnug': .* my-lung, flair, most, soft-tissue"):
        choose_window(volume, "my-lnug")


def test_windows_in_full(own_file: OwnFile, volume: viewer3d.Volume) -> None:
    own_file('[[windows]]\nname = "line"\ncenter = 40.5\nwidth = 300\nunit = "HU"\n')
    assert window_in_full(volume, "line") == "40.5/300"
    assert choose_window(volume, "40.5/300") == choose_window(volume, "line")
    own_file()
    assert window_in_full(volume, "my-lung") == Window(-550, 1600, "SIGMOID")
    assert window_in_full(volume, "most") == "0-97.5%"
    with pytest.raises(WindowError, match="window flair is for MR"):
        window_in_full(volume, "flair")
    for given in ("lung", "auto", "file:2", "40/400", (40, 400), Window(1, 2)):
        assert window_in_full(volume, given) is given


def test_a_percentile_needs_no_name() -> None:
    assert choose_window(of("", "MR"), "0-97.5%").bounds == pytest.approx((1, np.percentile(np.arange(2, 1001), 97.5)))
    with pytest.raises(WindowError, match="no window is named '0-101%'"):
        choose_window(of("", "MR"), "0-101%")


def test_digits(own_file: OwnFile, volume: viewer3d.Volume) -> None:
    own_file()
    own = own_windows().values()
    windows = digit_windows(volume, own)
    assert [name for name, _ in windows[:9]] == [
        *("soft-tissue", "my-lung", "liver", "bone", "brain", "subdural", "stroke", "mediastinum", "most"),
    ]
    assert windows[1][1] == Window(-550, 1600, "SIGMOID")
    assert [name for name, _ in windows[9:]] == ["temporal-bone", "spine", "abdomen", "lung", "angio"]
    of_mr = [name for name, _ in digit_windows(of("", "MR"), own)]
    assert of_mr == ["0-90%", "0-95%", "0-99%", "0-99.9%", "0-100%", "", "", "", "most", "flair"]
    with Scene([volume], (60, 60)) as scene:
        state = first_state(volume, "axial")
        context = make_context(scene, state)
        position = context.locate(state, 10, 10)
        assert named_window(2)(state, context, position).look.window == Window(-550, 1600, "SIGMOID")
        steps = [state]
        for _ in range(len(color_maps()) + 1):
            steps.append(next_colors(steps[-1], context, position))
        assert [one.look.colors for one in steps] == [*color_maps(), FIRE, "grey"]
        assert context.renderings[-2:] == (MY_BONE, "my-mip: percentile maximum 10#000000/0 97#c0c0c0/0.9 100#ffffff/1")
        strange = state.with_look(colors="ice: 0#000000 255#0000ff")  # of a picture made elsewhere
        assert next_colors(strange, context, position).look.colors == "grey"


def test_colours_and_transfer_functions_by_name(own_file: OwnFile, volume: viewer3d.Volume) -> None:
    own_file()
    assert colors_in_full("fire") == colors_in_full("Fire") == FIRE
    np.testing.assert_array_equal(palette(FIRE)[[0, 64, 128, 255]], [[0, 0, 0], [128, 0, 0], [255, 0, 0], [255] * 3])
    preset = choose_preset(volume, "my bone")
    assert (preset.name, preset.title, preset.scale, preset.specular) == (MY_BONE, "My bone", "HU", 0.3)
    with pytest.raises(ViewError, match=r"transfer function my-bone is for values in HU, these are in no unit: give"):
        choose_preset(of("", "MR"), "my-bone")
    with pytest.raises(ViewError, match=r"no transfer function is named 'my-boan': .*my-bone, my-mip"):
        choose_preset(volume, "my-boan")
    with pytest.raises(ViewError, match=r"no colour map is named 'fier': .*magma, fire"):
        palette("fier")
    state = first_state(volume, "axial").with_look(colors="fire", rendering="my-bone")
    assert state_in_full(state).look.colors == FIRE
    assert state_in_full(state).look.rendering == MY_BONE


def test_what_is_built_in_means_the_same_with_any_file(own_file: OwnFile, volume: viewer3d.Volume) -> None:
    own_file("[windows")  # no TOML
    assert choose_window(volume, "lung") == Window(-600, 1500)
    assert colors_in_full("viridis") == "viridis"
    assert choose_preset(volume, "CT-AAA") == presets()["ct-vessels"]
    for name in ("my-lung", "lungs"):
        with pytest.raises(SettingsError, match="no TOML"):
            choose_window(volume, name)
    with pytest.raises(SettingsError, match="no TOML"):
        colors_in_full("fire")


def test_a_window_with_a_damaged_file_opens_and_says_so(own_file: OwnFile, volume: viewer3d.Volume) -> None:
    own_file("[session]\nkeep = 3\n")
    with viewer3d.Viewer(volume, "axial", (200, 200), off_screen=True) as viewer:
        assert "Own keys, windows and colours are left out." in viewer.note
        assert "line 2, [session]: keep" in viewer.note


@pytest.mark.parametrize("after", [None, OTHERS], ids=["without the file", "with another of the same name"])
def test_a_picture_is_made_again_without_the_file(
    own_file: OwnFile, folder: Path, tmp_path: Path, after: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    own_file()
    made, again = tmp_path / "made.png", tmp_path / "again.png"
    words = ["--view", "axial", "--window", "my-lung", "--colors", "fire", "--rendering", "my-bone", "--size", "90x80"]
    assert main(["shot", str(folder), "-o", str(made), *words]) == 0
    recipe = read_recipe(made)
    assert recipe.state is not None
    assert recipe.state.look.colors == FIRE
    assert recipe.state.look.rendering == MY_BONE
    assert recipe.state.look.window == Window(-550, 1600, "SIGMOID")
    own_file(after)
    assert main(["replay", str(made), str(folder), "-o", str(again)]) == 0
    assert again.read_bytes() == made.read_bytes()
    state = tmp_path / "state.json"
    state.write_text(recipe.state.to_json())
    assert main(["shot", str(folder), "-o", str(again), "--state", str(state), "--size", "90x80"]) == 0
    np.testing.assert_array_equal(_pixels(again), _pixels(made))


@pytest.mark.parametrize("after", [None, OTHERS], ids=["without the file", "with another of the same name"])
def test_a_figure_is_made_again_without_the_file(
    own_file: OwnFile, folder: Path, volume: viewer3d.Volume, tmp_path: Path, after: str | None
) -> None:
    own_file()
    overlay = viewer3d.Layer(volume, "over", same_frame=True, look={"colors": "fire", "window": "my-lung"})
    figures = viewer3d.figures
    made = {
        "windows": figures.windows(volume, windows=["lung", "my-lung"], dpi=60),
        "plane": figures.plane(volume, window="my-lung", colors="fire", dpi=60),
        "over": figures.plane(volume, overlays=[overlay], dpi=60),
    }
    assert made["windows"].arguments["windows"] == [
        "lung",
        {"center": -550.0, "width": 1600.0, "function": "SIGMOID"},
    ]
    assert made["plane"].arguments["colors"] == FIRE
    for name, figure in made.items():
        figure.save(tmp_path / f"{name}.png")
    look = read_recipe(tmp_path / "over.png").overlays[0].look
    assert look["colors"] == FIRE
    assert look["window"]["center"] == -550
    own_file(after)
    for name in made:
        path, again = tmp_path / f"{name}.png", tmp_path / "again.png"
        assert main(["replay", str(path), str(folder), "-o", str(again)]) == 0, name
        assert again.read_bytes() == path.read_bytes(), name


def test_a_cold_picture_of_built_in_names_looks_for_no_file(folder: Path, tmp_path: Path) -> None:
    code = (
        "import sys, viewer3d\n"
        f"viewer3d.screenshot({str(folder)!r}, {str(tmp_path / 'a.png')!r}, view='mpr', size=(90, 30), colors='grey',"
        " window='40/400')\n"
        "print([one for one in ('viewer3d.settings.read', 'tomllib') if one in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def _pixels(path: Path) -> np.ndarray:
    from PIL import Image

    return np.asarray(Image.open(path))
