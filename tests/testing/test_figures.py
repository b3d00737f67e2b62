"""assert_figure passes what is the same, fails what is not, and says why; alone and as a fixture of pytest."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.render.markers import DIRECTIONS, marker_volume
from viewer3d import Layer, screenshot
from viewer3d.core.volume import Volume
from viewer3d.core.window import Window
from viewer3d.recipes.embed import read_recipe
from viewer3d.render.first_state import first_state
from viewer3d.testing import assert_figure, make_baseline

pytest_plugins = ["pytester"]

SMALL = {"size": (302, 100)}


@pytest.fixture
def volume() -> Volume:
    return marker_volume(DIRECTIONS["oblique"])


@pytest.fixture
def baseline(volume: Volume, tmp_path: Path) -> Path:
    return make_baseline(volume, tmp_path / "baselines" / "fig.png", **SMALL)


def reason(subject: object, baseline: Path, **choices: object) -> str:
    with pytest.raises(AssertionError) as raised:
        assert_figure(subject, baseline, **choices)  # type: ignore[arg-type]
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_volume_passes(volume: Volume, baseline: Path) -> None:
    assert_figure(volume, baseline, **SMALL)  # type: ignore[arg-type]
    assert_figure(volume, baseline, tolerance=0, **SMALL)  # type: ignore[arg-type]
    assert read_recipe(baseline).state == first_state(volume, "mpr")


def test_pixels_files_and_figures_pass(volume: Volume, baseline: Path, tmp_path: Path) -> None:
    class Drawn:
        def save(self, path: Path) -> None:
            screenshot(volume, path, view="mpr", **SMALL)  # type: ignore[arg-type]

    assert_figure(screenshot(volume, view="mpr", **SMALL), baseline)  # type: ignore[arg-type]
    assert_figure(baseline, baseline)
    assert_figure(Drawn(), baseline)


def test_another_state_fails_and_the_reason_names_it(volume: Volume, baseline: Path, tmp_path: Path) -> None:
    cursor = np.add(volume.geometry.center, (5, 0, 0))
    state = first_state(volume, "mpr").with_cursor(cursor)
    said = reason(volume, baseline, folder=tmp_path / "left", state=state, **SMALL)
    assert re.search(r"fig\.png: differs by \d+\.\d\d grey levels on average over the 8 x 8 pixels around column", said)
    assert "beyond a tolerance of 4; the view has another cursor; see" in said
    assert "--viewer3d-baselines=make" in said


def test_other_voxels_are_named(volume: Volume, baseline: Path, tmp_path: Path) -> None:
    other = Volume.from_array(np.flip(volume.voxels, 0), volume.affine, unit="HU", modality="CT")
    assert "the volume has other voxels" in reason(other, baseline, folder=tmp_path, **SMALL)


def test_another_look_is_named_by_its_field(volume: Volume, baseline: Path, tmp_path: Path) -> None:
    state = first_state(volume, "mpr").with_look(window=Window(0, 50), colors="hot-iron")
    said = reason(volume, baseline, folder=tmp_path, state=state, **SMALL)
    assert "the view has another window, colors; see" in said


def test_what_is_other_of_layers_is_named(volume: Volume, tmp_path: Path) -> None:
    moved, farther = np.eye(4), np.eye(4)
    moved[0, 3], farther[0, 3] = 9, 18
    look = {"window": "0/200", "colors": "hot-iron", "opacity": 0.8}
    layer = Layer(volume, "late", moved, look=look)
    baseline = make_baseline(volume, tmp_path / "fused.png", overlays=[layer], **SMALL)
    assert_figure(volume, baseline, overlays=[layer], **SMALL)  # type: ignore[arg-type]

    def said(*overlays: Layer) -> str:
        return reason(volume, baseline, folder=tmp_path / "left", overlays=overlays, **SMALL)

    assert "0 overlays, there were 1; the view has another number of layers; see" in said()
    assert "; late has another placing; see" in said(replace(layer, transform=farther))
    assert "; the view has another opacity of layer 2; see" in said(replace(layer, look={**look, "opacity": 0.2}))
    other = Volume.from_array(np.flip(volume.voxels, 0), volume.affine, unit="HU", modality="CT")
    assert "; late has another voxels; see" in said(replace(layer, data=other))
    assert "; late has another voxels, number of volumes; see" in said(replace(layer, data=(other, volume)))


def test_what_failed_is_left_to_be_looked_at(volume: Volume, baseline: Path, tmp_path: Path) -> None:
    pixels = screenshot(volume, view="mpr", **SMALL)  # type: ignore[arg-type]
    pixels[60:70, 40:50] = 255 - pixels[60:70, 40:50]
    said = reason(pixels, baseline, folder=tmp_path / "left")
    assert sorted(path.name for path in (tmp_path / "left").iterdir()) == ["fig-difference.png", "fig-drawn.png"]
    assert str(tmp_path / "left" / "fig-difference.png") in said
    with Image.open(tmp_path / "left" / "fig-difference.png") as picture:
        sheet = np.asarray(picture)
    assert sheet.shape == (3 * 124, 302, 3)  # each with a title above it
    drawn, difference = sheet[148:248], sheet[272:372]
    np.testing.assert_array_equal(drawn[62:68, 42:48], pixels[62:68, 42:48])
    assert difference[62:68, 42:48].min() == 255
    assert difference[20:40, 100:200].max() == 0


def test_without_a_folder_it_is_left_in_a_new_one(volume: Volume, baseline: Path) -> None:
    said = reason(np.zeros((100, 302, 3), np.uint8), baseline)
    left = Path(re.search(r"see (.*-difference\.png)", said)[1])  # type: ignore[index]
    assert left.is_file()
    for path in left.parent.iterdir():
        path.unlink()
    left.parent.rmdir()


def test_another_size_fails(volume: Volume, baseline: Path, tmp_path: Path) -> None:
    said = reason(volume, baseline, folder=tmp_path / "left", size=(300, 100))
    assert "one picture has 300 x 100 pixels, the other 302 x 100 pixels" in said
    assert [path.name for path in (tmp_path / "left").iterdir()] == ["fig-drawn.png"]


def test_a_missing_baseline_fails_and_says_how_to_make_it(volume: Volume, tmp_path: Path) -> None:
    assert "there is no baseline yet" in reason(volume, tmp_path / "none.png")
    assert not list(tmp_path.iterdir())


def test_another_processor_passes(baseline: Path) -> None:
    with Image.open(baseline) as picture:
        pixels = np.asarray(picture).astype(int)
    other = pixels + np.random.default_rng(0).integers(-3, 4, pixels.shape)
    assert_figure(np.clip(other, 0, 255).astype(np.uint8), baseline)
    assert "tolerance of 0" in reason(np.clip(other, 0, 255).astype(np.uint8), baseline, tolerance=0)


def test_only_a_volume_is_drawn(baseline: Path) -> None:
    with pytest.raises(TypeError, match="window: only a volume is drawn here"):
        assert_figure(baseline, baseline, window="bone")


# The fixture.

CONFTEST = "import sys\nsys.path.insert(0, {root!r})\n"
TESTS = """
import pytest, numpy as np
from tests.render.markers import DIRECTIONS, marker_volume

VOLUME = marker_volume(DIRECTIONS["identity"])

@pytest.mark.parametrize("window", ["bone", "40/400"])
def test_slices(assert_figure, window):
    assert_figure(VOLUME, size=(302, 100), window=window)

def test_two(assert_figure):
    assert_figure(VOLUME, "one.png", size=(302, 100))
    assert_figure(np.full((20, 30, 3), {grey}, np.uint8), "two.png", tolerance=1)
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # named below, installed or not
    pytester.makeconftest(CONFTEST.format(root=str(Path(__file__).parents[2])))

    def once(*words: str, grey: int = 90) -> pytest.RunResult:
        pytester.makepyfile(test_figures=TESTS.format(grey=grey))
        return pytester.runpytest_inprocess("-p", "viewer3d.pytest_plugin", "-p", "no:cacheprovider", *words)

    return once


def test_the_fixture_makes_and_checks_baselines(run, pytester: pytest.Pytester) -> None:  # type: ignore[no-untyped-def]
    missing = run()
    missing.assert_outcomes(failed=3)
    missing.stdout.fnmatch_lines(["*there is no baseline yet*--viewer3d-baselines=make*"])
    made = run("--viewer3d-baselines=make")
    made.assert_outcomes(passed=3)
    made.stdout.fnmatch_lines(["*viewer3d: baselines made, look at them*"])
    names = sorted(path.name for path in (pytester.path / "baselines").iterdir())
    assert names == ["one.png", "test_slices-40-400.png", "test_slices-bone.png", "two.png"]
    run().assert_outcomes(passed=3)
    failed = run("--viewer3d-differences", str(pytester.path / "left"), grey=99)
    failed.assert_outcomes(passed=2, failed=1)
    failed.stdout.fnmatch_lines(["*two.png: differs by 9.00 grey levels*beyond a tolerance of 1*"])
    assert (pytester.path / "left" / "two-difference.png").is_file()


def test_the_plugin_is_light() -> None:
    import subprocess
    import sys

    script = (
        "import viewer3d.pytest_plugin, sys\n"
        "print([m for m in sys.modules if m in ('numpy', 'vtkmodules', 'pydicom', 'PIL')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_pytest_finds_the_plugin_where_viewer3d_is_installed() -> None:
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    assert '[project.entry-points.pytest11]\nviewer3d = "viewer3d.pytest_plugin"' in text


def test_a_slice_of_smooth_data_moved_by_one_step_fails(tmp_path: Path) -> None:
    x, y, z = np.meshgrid(*(np.linspace(-1, 1, n) for n in (64, 64, 40)), indexing="ij")
    values = (3 * np.exp(-(x**2 + y**2 + z**2) / 0.4)).astype(np.float32)
    volume = Volume.from_array(values, np.diag([5.0, 5.0, 6.0, 1.0]), unit="SUVbw", modality="PT")
    drawing = {"view": "axial", "window": Window(30.0, 60.0, "LINEAR_EXACT"), "size": (160, 160)}
    baseline = make_baseline(volume, tmp_path / "pet.png", at="index:32,32,16", **drawing)
    assert_figure(volume, baseline, at="index:32,32,16", **drawing)  # type: ignore[arg-type]
    said = reason(volume, baseline, folder=tmp_path / "left", at="index:32,32,15", **drawing)
    assert "together: something moved or changed, beyond a tolerance of 4; the view has another cursor" in said
