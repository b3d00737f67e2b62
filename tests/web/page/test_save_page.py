"""The page as a file: its pictures, where things are in them, its recipe, and what is refused."""

from __future__ import annotations

import base64
import errno
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import viewer3d
from viewer3d import Image2D, Segmentation, Window
from viewer3d.app.show import read_state
from viewer3d.core.volume import Volume
from viewer3d.errors import OutputError, RecipeError, ViewError
from viewer3d.recipes.embed import read_recipe
from viewer3d.recipes.replay import replay
from viewer3d.render import gl
from viewer3d.render.panes import pane_geometry
from viewer3d.render.scene import Scene
from viewer3d.web.page import pictures as encoding
from viewer3d.web.page.remake_page import decode_picture, page_pictures
from viewer3d.web.page.save_page import SavedPage, save_page

SIZE = (96, 80)
SHAPE = (12, 10, 8)
MARKER = (3, 7, 2)
"""A voxel that lies to the right, the back and the feet."""


def marked() -> Volume:
    voxels = np.zeros(SHAPE, np.int16)
    voxels[MARKER] = 3000
    affine = np.diag([4.0, 5.0, 6.0, 1.0])
    affine[:3, 3] = (-20, 3, 100)
    return Volume.from_array(voxels, affine, unit="HU", modality="CT")


def save(path: Path, volume: Any = None, **how: Any) -> SavedPage:
    given = {"view": "mpr", "size": SIZE, "windows": [(1500, 3000), "bone"]} | how
    return save_page(marked() if volume is None else volume, path, **given)


def data_of(path: Path) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', path.read_text(encoding="utf-8"))
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def rotation(angles: tuple[float, float, float]) -> np.ndarray:
    """Return a turn about x, y and z: planes that are oblique in every pane."""
    R = np.eye(3)
    for axis, angle in enumerate(angles):
        turn, (one, other) = np.eye(3), [n for n in range(3) if n != axis]
        turn[one, one] = turn[other, other] = np.cos(angle)
        turn[one, other], turn[other, one] = -np.sin(angle), np.sin(angle)
        R = turn @ R
    return R if np.linalg.det(R) > 0 else R[::-1]


def cut_at(cut: list[float], pixel: Any) -> float:
    """Return where along its normal another plane goes through a pixel, as the script of the page computes it."""
    begin, right, down = cut
    return begin + right * (pixel[0] + 0.5) / SIZE[0] + down * (pixel[1] + 0.5) / SIZE[1]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "page.html"
    save(path)
    return path


def test_all_slices_are_there_in_every_window_and_exact(page: Path) -> None:
    found = page_pictures(page)
    counts = {"axial": 8, "coronal": 10, "sagittal": 12}
    assert {name: len(pictures) for name, pictures in found.items()} == {
        f"{name}-{window}": count for name, count in counts.items() for window in (0, 1)
    }
    state = read_state(page)
    with Scene(marked(), SIZE) as scene:
        for name in counts:
            plane = state.plane(name)  # type: ignore[arg-type]
            mm = next(one["at"] for one in data_of(page)["panes"] if one["id"] == name)
            for number in (0, 5):
                others = 1e6 * (1 - np.abs(plane.normal))  # their lines are not in the picture
                cursor = np.array(plane.normal) * mm[number] + others
                for window, width in enumerate((3000, 1800)):
                    look = state.with_view(name).with_cursor(cursor)  # type: ignore[arg-type]
                    scene.apply(look.with_window(Window((1500, 400)[window], width)))
                    shown = decode_picture(found[f"{name}-{window}"][number])
                    np.testing.assert_array_equal(shown, scene.screenshot())


def test_a_voxel_is_in_the_picture_of_its_slice_at_its_pixel(page: Path) -> None:
    volume, state, data = marked(), read_state(page), data_of(page)
    world = volume.geometry.affine @ [*MARKER, 1]
    for pane in data["panes"]:
        name = pane["id"]
        pictures = [decode_picture(one).min(axis=2).astype(int) for one in page_pictures(page)[f"{name}-0"]]
        number = {"axial": MARKER[2], "coronal": MARKER[1], "sagittal": MARKER[0]}[name]
        assert pane["at"][number] == pytest.approx(float(np.dot(world[:3], data["normals"][name])))
        place = pane_geometry(volume.geometry, state.with_cursor(world[:3]), name, SIZE).to_pixel(world[:3])
        column, row = (round(one) for one in place)
        assert pictures[number][row, column] == max(one[row, column] for one in pictures) > 200
        assert sum(one[row, column] > 150 for one in pictures) == 1
        # And there the page draws the lines of the other planes.
        for other, cut in pane["cuts"].items():
            assert cut_at(cut, place) == pytest.approx(float(np.dot(world[:3], data["normals"][other])))


def test_the_patients_right_is_on_the_left(page: Path) -> None:
    (axial,) = (one for one in data_of(page)["panes"] if one["id"] == "axial")
    _, right, down = axial["cuts"]["sagittal"]
    assert right > 0 == round(down, 9)  # to the left of the patient is to the right of the picture
    _, right, down = axial["cuts"]["coronal"]
    assert down > 0 == round(right, 9)  # to the back is down
    assert axial["places"][0] == "H 100.0 mm"
    assert axial["images"][0] == "1/8"


def test_oblique_planes_are_cut_where_they_meet(tmp_path: Path) -> None:
    axes = rotation((0.3, -0.5, 0.7))
    state = replace(viewer3d.first_state(marked(), "mpr"), axes=tuple(tuple(map(float, one)) for one in axes))
    save(tmp_path / "a.html", state=state, view=None, windows=None)
    data = data_of(tmp_path / "a.html")
    for pane in data["panes"]:
        seen = pane_geometry(marked().geometry, state, pane["id"], SIZE).to_pixel(state.cursor)
        for other, cut in pane["cuts"].items():
            assert cut_at(cut, seen) == pytest.approx(float(np.dot(state.cursor, data["normals"][other])))


def test_nothing_is_loaded_and_only_its_own_script_is_run(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy
    assert policy[1].startswith("default-src 'none'; img-src data:; ")
    for tag in ("style", "script"):
        (body,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy[1]
    assert not re.findall(r"\b(?:src|href|srcset|action)\s*=\s*\"(?!data:image/webp;base64,)", text)
    assert not re.findall(r"\bon[a-z]+\s*=\s*\"|@import|url\(|fetch\(|XMLHttp|WebSocket|import\(", text)
    assert set(re.findall(r"https?://([^/\"]+)", text)) <= {"www.w3.org", "purl.org", "iptc.org"}  # names of XMP


def test_the_same_call_gives_the_same_bytes(page: Path, tmp_path: Path) -> None:
    saved = save(tmp_path / "b.html")
    assert (tmp_path / "b.html").read_bytes() == page.read_bytes()
    assert saved.size == page.stat().st_size
    assert saved.summary.endswith("60 pictures, 2 windows, all slices, lossless")
    assert saved.held[0] == "It holds every axial, coronal and sagittal slice, in two windows."


def test_its_recipe_is_in_it_and_its_state_can_be_shown(page: Path) -> None:
    recipe = read_recipe(page)
    assert (recipe.figure, recipe.size) == ("page", SIZE)
    assert recipe.arguments["quality"] == 100
    state = read_state(page)
    assert state.view == "mpr"
    assert state.look.window == Window(1500, 3000)
    assert "Axial, coronal and sagittal CT slices" in page.read_text(encoding="utf-8").partition("</title>")[0]


def test_slices_are_left_out_to_stay_within_the_megabytes(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(-1000, 1500, (48, 48, 40)).astype(np.int16)
    volume = Volume.from_array(noise, np.diag([1, 1, 2, 1.0]), unit="HU")
    path = tmp_path / "a.html"
    saved = save(path, volume, windows="bone", megabytes=0.5, size=(128, 128))
    assert path.stat().st_size == saved.size <= 500_000
    data = data_of(path)
    counts = {pane["id"]: len(pane["at"]) for pane in data["panes"]}
    assert counts["coronal"] < 48
    steps = np.diff(data["panes"][1]["at"])
    assert np.allclose(steps, steps[0])
    assert "coronal" in saved.held[0]
    assert saved.held[0] in path.read_text(encoding="utf-8")
    assert "coronal" in saved.summary
    assert "WebP" in saved.summary
    (coronal,) = (one for one in data["panes"] if one["id"] == "coronal")
    assert read_state(path).cursor[1] == pytest.approx(min(coronal["at"], key=lambda mm: abs(mm - 24)))


def test_what_never_fits_is_refused_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("viewer3d.web.page.standing_page._BESIDE_PICTURES", 499_000)
    with pytest.raises(ViewError, match=r"does not fit into 0\.5 MB: allow more"):
        save(tmp_path / "a.html", megabytes=0.5)
    assert not list(tmp_path.iterdir())


def test_encoded_pictures_differ_little_from_the_scenes() -> None:
    """Qualities of the ladder: what differs is less than what is read from a picture."""
    body = viewer3d.phantom.volume(shape=(100, 80, 20))
    with Scene(body, (400, 400)) as scene:
        scene.apply(viewer3d.first_state(body, "mpr").with_view("axial"))
        exact = scene.screenshot()
    luma = np.array([0.299, 0.587, 0.114])
    for quality, mean, most in ((90, 0.8, 8), (80, 1.2, 10), (75, 1.5, 11)):
        shown = decode_picture(encoding.encoded(exact, quality))
        apart = np.abs(shown.astype(float) @ luma - exact.astype(float) @ luma)
        blocks = apart.reshape(50, 8, 50, 8).mean((1, 3))
        assert apart.mean() < mean
        assert blocks.max() < most
    np.testing.assert_array_equal(decode_picture(encoding.encoded(exact, 100)), exact)


def test_an_image_says_what_is_not_there(tmp_path: Path) -> None:
    image = Image2D(np.arange(1200, dtype=np.int16).reshape(2, 20, 30))
    saved = save(tmp_path / "a.html", image, windows=None, view=None)
    (pane,) = data_of(tmp_path / "a.html")["panes"]
    assert (pane["id"], pane["images"], pane["cuts"]) == ("axial", ["1/2", "2/2"], {})
    assert saved.held[-1].startswith("This image lies in no space: there are no other planes, no 3D")
    with pytest.raises(ViewError, match="view mpr"):
        save(tmp_path / "b.html", image)


def test_colours_have_no_window(tmp_path: Path) -> None:
    colors = np.random.default_rng(1).integers(0, 255, (1, 20, 30, 3)).astype(np.uint8)
    save(tmp_path / "a.html", Image2D(colors), windows=None, view=None)
    assert '<input type="radio"' not in (tmp_path / "a.html").read_text(encoding="utf-8")


def test_of_a_set_the_volume_of_the_state_is_shown_and_said(tmp_path: Path) -> None:
    second = marked()
    members = [
        Volume.from_array(one.voxels + add, one.geometry.affine, unit="HU", modality="CT", which={"time": n})
        for n, (one, add) in enumerate([(marked(), 0), (second, 500)])
    ]
    state = viewer3d.first_state(members[0], "mpr").with_look(member=1)
    saved = save(tmp_path / "a.html", members, state=state, view=None)
    assert "Volume 2 of the 2 of a set is shown; the others are not in this page." in saved.held
    assert read_state(tmp_path / "a.html").look.member == 1


def test_a_key_says_what_lies_over_it(tmp_path: Path) -> None:
    labels = np.zeros(SHAPE, np.uint8)
    labels[2:6, 2:6, 2:6] = 1
    over = Segmentation.from_array(labels, marked().geometry.affine, names={1: "<Liver>"})
    save(tmp_path / "a.html", overlays=[over])
    text = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert re.search(r'<ul id="legend"[^>]*><li><svg.*?</svg>&lt;Liver&gt;</li></ul>', text)
    assert "<Liver>" not in text


HOSTILE = (
    '</script><script>alert(1)</script></style><!--<script>-->]]><img src=x onerror="alert(2)">\'"></title>'
    "@SCRIPT@&lt;\u2028\u202e\x00"
)
"""What would be run in a page where any of the places did not write it as a text."""


class Elements(HTMLParser):
    """Counts the elements of a page as a browser reads it, with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: Counter[str] = Counter()
        self.attributes: set[str] = set()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names[tag] += 1
        self.attributes |= {name for name, _ in attrs}


def test_words_of_files_are_texts_wherever_they_stand(tmp_path: Path) -> None:
    labels = np.zeros(SHAPE, np.uint8)
    labels[2:6, 2:6, 2:6] = 1
    found = []
    for words in ("harmless", HOSTILE):
        volume = Volume.from_array(marked().voxels, marked().geometry.affine, unit=words, modality=words)
        over = Segmentation.from_array(labels, volume.geometry.affine, names={1: words})
        save(tmp_path / "a.html", volume, windows=[(1500, 3000), (20, 30)], overlays=[viewer3d.Layer(over, name=words)])
        text = (tmp_path / "a.html").read_text(encoding="utf-8")
        found.append(Elements(text))
        assert data_of(tmp_path / "a.html")["windows"][0].count(words.split("\u2028")[0]) > 0
    assert found[0].names == found[1].names
    assert found[0].attributes == found[1].attributes
    assert "\u202e" not in re.sub(r"<script type=\"application/rdf.*?</script>", "", text, flags=re.DOTALL)


@pytest.mark.parametrize(
    ("how", "error", "match"),
    [
        ({"frames": 1}, ViewError, "frames"),
        ({"megabytes": 0.1}, ViewError, r"0\.1 megabytes: give 0\.5 to 2000"),
        ({"megabytes": float("nan")}, ViewError, "megabytes"),
        ({"size": (4, 4)}, ViewError, "picture size"),
        ({"colors": "no"}, ViewError, "no"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, how: dict[str, Any], error: type, match: str) -> None:
    with pytest.raises(error, match=match):
        save(tmp_path / "a.html", **how)
    assert not list(tmp_path.iterdir())


def test_a_wrong_suffix_or_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"no page format has the suffix '\.png': give one of \.html, \.htm"):
        save(tmp_path / "a.png")
    with pytest.raises(OutputError, match="there is no folder"):
        save(tmp_path / "no" / "a.html")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left on device")])
def test_what_is_broken_off_leaves_the_earlier_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    path = tmp_path / "a.html"
    path.write_text("earlier")

    def fail(*_: object) -> bytes:
        raise error

    if isinstance(error, OSError):
        monkeypatch.setattr("viewer3d.core.files._write_part", fail)
    else:
        monkeypatch.setattr("viewer3d.web.page.pictures.encoded", fail)
    with pytest.raises((KeyboardInterrupt, OutputError)):
        save(path, megabytes=19)
    assert path.read_text() == "earlier"
    assert [one.name for one in tmp_path.iterdir()] == ["a.html"]


def test_a_changed_recipe_is_an_error_of_one_line(page: Path, tmp_path: Path) -> None:
    changed = tmp_path / "a.html"
    changed.write_bytes(page.read_bytes().replace(b'"frames":36', b'"frames":"x"'))
    with pytest.raises((RecipeError, ViewError, viewer3d.Viewer3DError)):
        replay(changed, tmp_path)


def test_progress_counts_to_the_end(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    save(tmp_path / "a.html", progress=lambda *one: told.append(one))
    assert told[0] == ("drawing slices", 1, 60)
    assert told[-1] == ("drawing slices", 60, 60)


def test_the_turntable_turns_once(tmp_path: Path) -> None:
    if not gl.find_opengl().works:
        pytest.skip("no OpenGL works here")
    saved = save(tmp_path / "a.html", view="quad", frames=4, windows="bone")
    turned = page_pictures(tmp_path / "a.html")["3d-0"]
    assert len(turned) == len(set(turned)) == 4
    assert "The turntable is 4 pictures of 3D, 90° from one to the next." in saved.held
    with Scene(marked(), SIZE) as scene:
        scene.apply(read_state(tmp_path / "a.html").with_view("3d"))
        apart = np.abs(decode_picture(turned[0]).astype(int) - scene.screenshot())
    assert apart.mean() < 2


def test_without_opengl_slices_alone_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = gl.OpenGL(reasons=(("vtkEGLRenderWindow", "libEGL not found"),))
    monkeypatch.setattr("viewer3d.render.gl.find_opengl", lambda *_: nothing)
    saved = save(tmp_path / "a.html", view="quad")
    assert "Not in this page: 3D." in saved.held
    assert [pane["id"] for pane in data_of(tmp_path / "a.html")["panes"]] == ["axial", "coronal", "sagittal"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ct_torso_acrin", "mr_sag_hfs"])
def test_pages_of_real_series_are_small_and_near_to_their_scenes(
    name: str, real: Callable[[str], Path], tmp_path: Path
) -> None:
    path, volume = tmp_path / "a.html", viewer3d.load(real(name))
    saved = save(path, volume, windows=None, size=(256, 256), megabytes=2)
    assert saved.size == path.stat().st_size <= 2_000_000
    state, found = read_state(path), page_pictures(path)
    with Scene(volume, (256, 256)) as scene:
        for pane in data_of(path)["panes"]:
            normal = np.array(state.plane(pane["id"]).normal)
            for number in (0, len(pane["at"]) // 3, len(pane["at"]) // 2):
                away = normal * pane["at"][number] + 1e6 * (1 - np.abs(normal))
                scene.apply(state.with_view(pane["id"]).with_cursor(away))
                shown = decode_picture(found[f"{pane['id']}-0"][number])
                assert np.abs(shown.astype(int) - scene.screenshot()).mean() < 2.5
    assert replay(path, real(name)).verdict == "identical"
