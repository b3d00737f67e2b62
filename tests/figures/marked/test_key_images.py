"""The page of key images: which are shown, how, and that its recipe makes it again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import run
from tests.phantom_files import write_phantom
from tests.recipes.layered import SMALL
from viewer3d import Layer, Measurement, Slab, ViewState, Volume, Window, figures, load
from viewer3d.core.view.key_image import key_image_of
from viewer3d.errors import ViewError
from viewer3d.figures.figure import Figure
from viewer3d.render.first_state import first_slices_state
from viewer3d.render.marks.display_list import Ramp, Text

AXES = ((0.8, 0.6, 0.0), (-0.6, 0.8, 0.0), (0.0, 0.0, 1.0))


@pytest.fixture
def stairs() -> Volume:
    """Each voxel's value says where it is: 100 i + 10 j + k, for 9 x 8 x 7 voxels."""
    i, j, k = np.meshgrid(np.arange(9), np.arange(8), np.arange(7), indexing="ij")
    return Volume.from_array((100 * i + 10 * j + k).astype(np.int16), np.diag([20.0, 25.0, 30.0, 1.0]), unit="HU")


def marked(volume: Volume) -> ViewState:
    """A state with an axial slice, one higher in another window, and a coronal one that is turned and named."""
    first = first_slices_state(volume, Window(400, 900))
    higher = first.with_cursor((80, 75, 120)).with_window(Window(3, 6))
    turned = first.with_pane("coronal", replace(first.coronal, turned=1))
    keys = (key_image_of(first, "axial"), key_image_of(higher, "axial"), key_image_of(turned, "coronal"))
    return replace(first, key_images=(*keys[:2], replace(keys[2], name="cyst")))


def texts(figure: Figure, number: int) -> list[str]:
    return [mark.text for mark in figure.page.panels[number].marks if isinstance(mark, Text)]


def test_each_is_shown_in_its_order_with_its_own_window_place_and_name(stairs: Volume) -> None:
    state = marked(stairs)
    figure = figures.key_images(stairs, state=state, size=(900, 400))
    assert len(figure.page.panels) == 3
    assert {"1", "Axial   4/7", "H 90.0 mm", "W 900   L 400 HU"} <= set(texts(figure, 0))
    assert {"2", "Axial   5/7", "H 120.0 mm", "W 6.0   L 3.0 HU"} <= set(texts(figure, 1))
    assert {"3  cyst", "P 100.0 mm"} <= set(texts(figure, 2))
    assert any(text.startswith("Coronal") and text.endswith("turned 90 degrees") for text in texts(figure, 2))
    drawn = [panel.drawn for panel in figure.page.panels]
    scales = {one.pixels.pane.mm_per_pixel for one in drawn if one is not None}  # type: ignore[union-attr]
    assert len(scales) == 1  # one scale
    assert all("mm" not in text.split()[-1:] or text.startswith(("H", "P")) for text in texts(figure, 0))
    assert any(text.endswith(" mm") and text[0].isdigit() for text in texts(figure, 2))  # the last has the scale bar


def test_a_pane_is_the_slice_of_its_state(stairs: Volume) -> None:
    state = marked(stairs)
    for number in range(3):
        alone = replace(state, key_images=(state.key_images[number],))
        one = figures.key_images(stairs, state=alone, size=(300, 300)).page.panels[0]
        shown = state.key_images[number].shown_in(state)
        plane = state.key_images[number].plane
        same = figures.plane(stairs, plane, state=shown, size=(300, 300)).page.panels[0]
        middle = one.pixels[one.rect.height // 2, one.rect.width // 2]
        assert np.array_equal(middle, same.pixels[same.rect.height // 2, same.rect.width // 2])
        assert middle.min() > 0


def test_measurements_lie_on_the_slices_they_are_of(stairs: Volume) -> None:
    state = marked(stairs)
    probe = Measurement("probe", (state.key_images[1].cursor,), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), name="here")
    figure = figures.key_images(stairs, state=state.with_measurement(probe), size=(900, 400))
    assert ["here" in texts(figure, n) for n in range(3)] == [False, True, False]


def test_value_bars_are_in_the_panes_where_windows_differ(stairs: Volume) -> None:
    state = marked(stairs)
    page = figures.key_images(stairs, state=state, value_bar=True, size=(900, 400)).page
    assert all(any(isinstance(mark, Ramp) for mark in panel.marks) for panel in page.panels)
    even = replace(state, key_images=tuple(replace(one, window=Window(1, 2)) for one in state.key_images))
    page = figures.key_images(stairs, state=even, value_bar=True, size=(900, 400)).page
    assert not any(isinstance(mark, Ramp) for panel in page.panels for mark in panel.marks)
    assert any(isinstance(mark, Ramp) for mark in page.marks)


def test_letters_take_the_place_of_numbers_and_the_style_is_for_all(stairs: Volume) -> None:
    figure = figures.key_images(stairs, state=marked(stairs), panel_letters=True, slab=60, size=(900, 400))
    assert "1" not in texts(figure, 0)
    assert "A" in texts(figure, 0)
    assert all(any("MIP 60 mm" in text for text in texts(figure, n)) for n in range(3))


def test_of_a_set_those_of_the_given_volume_are_shown_with_their_numbers(stairs: Volume) -> None:
    state = marked(stairs)
    one, two, three = state.key_images
    mixed = replace(state, key_images=(one, replace(two, member=1), three))
    figure = figures.key_images(stairs, state=mixed)
    assert len(figure.page.panels) == 2
    assert "3  cyst" in texts(figure, 1)
    of_second = figures.key_images(stairs, state=mixed.with_look(0, member=1))
    assert "2" in texts(of_second, 0)
    with pytest.raises(ViewError, match=r"shows volume 3 of a set, and its key images are of volume 1, 2"):
        figures.key_images(stairs, state=mixed.with_look(0, member=2))


def test_without_any_or_outside_of_the_volume_it_says_so(stairs: Volume) -> None:
    state = marked(stairs)
    with pytest.raises(ViewError, match=r"the state has no key images: Ctrl \+ d marks them"):
        figures.key_images(stairs, state=replace(state, key_images=()))
    away = replace(state.key_images[0], cursor=(0, 0, 9999))
    with pytest.raises(ViewError, match="9999"):
        figures.key_images(stairs, state=replace(state, key_images=(away,)))


def test_oblique_slices_and_slabs_are_those_that_were_marked(stairs: Volume) -> None:
    state = first_slices_state(stairs)
    oblique = replace(state, axes=AXES, slab=Slab(40, "mean"))
    keys = (key_image_of(oblique, "coronal"), key_image_of(state, "coronal"))
    figure = figures.key_images(stairs, state=replace(state, key_images=keys), size=(600, 300))
    assert any(text.startswith("Coronal oblique   mean 40 mm") for text in texts(figure, 0))
    assert "Coronal   5/8" in texts(figure, 1)


def test_its_words_say_what_was_marked_and_no_names(stairs: Volume) -> None:
    state = marked(stairs)
    figure = figures.key_images(stairs, state=state)
    assert figure.alt_text().startswith("3 key images: axial and coronal CT-number image slices, 2 windows")
    assert "cyst" not in figure.alt_text() + figure.caption()
    even = replace(state, key_images=state.key_images[:1])
    assert "1 key image: axial CT-number image slice, window" in figures.key_images(stairs, state=even).alt_text()
    shot = figures.plane(stairs, "axial", state=state)
    assert "3 slices marked as key images" in shot.alt_text()


def test_from_the_shell_with_what_lies_over_it_and_again_to_the_byte(tmp_path: Path) -> None:
    ct = tmp_path / "ct"
    write_phantom(ct, **SMALL)
    volume = load(ct)
    state = first_slices_state(volume)
    keys = (key_image_of(state, "axial"), key_image_of(state.with_window(Window(300, 1500)), "sagittal"))
    (tmp_path / "state.json").write_text(replace(state, key_images=keys).to_json())
    for suffix in (".png", ".pdf", ".svg"):
        out, same = tmp_path / f"out{suffix}", tmp_path / f"same{suffix}"
        words = ("--state", tmp_path / "state.json", "--size", "400x220")
        result = run("figure", "key-images", ct, "-o", out, *words)
        assert (result.exit_code, result.output) == (0, "")
        figures.key_images(volume, state=replace(state, key_images=keys), size=(400, 220)).save(same)
        assert out.read_bytes() == same.read_bytes()
        assert run("replay", out, ct).output == "identical: to the byte\n"
    over = figures.key_images(
        volume, state=replace(state, key_images=keys), overlays=Layer(load(ct), look={"colors": "pet"}), size=(400, 220)
    )
    over.save(tmp_path / "over.png")
    assert run("replay", tmp_path / "over.png", ct, ct).output == "identical: to the byte\n"
    refused = run("figure", "key-images", ct, "-o", tmp_path / "no.png")
    assert refused.exit_code == 2
    assert "key_images cannot do without state: give it" in refused.output
    told = run("recipe", tmp_path / "out.png").output
    assert "key_images" in told
    assert '"plane": "sagittal"' in told
