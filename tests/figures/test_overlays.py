"""Figures of layers: where they lie, what is written of each, and what cannot be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from tests.combinations import each_value
from tests.figures.reading import texts
from tests.render.fused import (
    BASE_MARKER,
    LOOK,
    OBLIQUE_AXES,
    OVERLAY_MARKER,
    PARTNERS,
    WITHIN,
    FusedPair,
    base_place,
    fused_pair,
    overlay_place,
)
from viewer3d import Layer, figures, first_state
from viewer3d.core.geometry import Geometry
from viewer3d.core.view.state import Slab, ViewState
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.figures import by_name
from viewer3d.figures.labels import ValueScale, most_telling
from viewer3d.figures.page_builder import PageBuilder
from viewer3d.render.marks.display_list import Line, Ramp, Text
from viewer3d.render.panes import PaneGeometry

SIZE = (1100, 420)

OF_SLICES: dict[str, dict[str, Any]] = {
    "plane": {}, "mpr": {}, "lightbox": {"positions": [0.0]}, "windows": {"windows": ["bone", (400, 1800)]},
    "compare": {}, "mips": {},
}  # fmt: skip


@dataclass(frozen=True)
class Drawn:
    """A slice pane that a figure drew."""

    pane: PaneGeometry
    pixels: np.ndarray

    def off(self, world: np.ndarray, place: np.ndarray) -> float:
        """Pixels between a place in the pane and where a world point is in it."""
        return float(np.abs(self.pane.to_pixel(world) - place).max())


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Drawn]:
    """Every slice pane that figures draw meanwhile."""
    found: list[Drawn] = []
    add_pixels = PageBuilder.add_pixels

    def spy(builder, pixels, pane, *args, **kwargs):
        found.append(Drawn(pane, pixels.copy()))
        add_pixels(builder, pixels, pane, *args, **kwargs)

    monkeypatch.setattr(PageBuilder, "add_pixels", spy)
    return found


@pytest.fixture(params=list(PARTNERS))
def pair(request: pytest.FixtureRequest) -> FusedPair:
    return fused_pair(request.param, by_matrix=request.param in ("oblique", "flipped"))


def made(name: str, pair: FusedPair, **options: Any) -> figures.Figure:
    volumes = [pair.base] * (2 if name == "compare" else 1)
    return by_name.make(name, volumes, {"size": SIZE, **OF_SLICES.get(name, {}), **options}, [pair.overlay])


@pytest.mark.parametrize(("name", "pair"), each_value(OF_SLICES, PARTNERS), indirect=["pair"])
def test_markers_of_both_layers_lie_where_their_affines_say(name: str, pair: FusedPair, drawn: list[Drawn]) -> None:
    for world, place in ((OVERLAY_MARKER, overlay_place), (BASE_MARKER, base_place)):
        drawn.clear()
        how: dict[str, Any] = {} if name in ("lightbox", "mips") else {"at": world}
        if name == "lightbox":
            how = {"positions": [float(world[2])], "scout": False}
        made(name, pair, window=(0, 2000), **how) if name != "windows" else made(name, pair, **how)
        assert drawn
        for one in drawn:
            assert one.off(world, place(one.pixels)) < WITHIN


@pytest.mark.parametrize(("slab", "pair"), each_value([0.0, "14,maximum", "14,mean"], PARTNERS), indirect=["pair"])
def test_in_oblique_planes_and_slabs_too(slab: float | str, pair: FusedPair, drawn: list[Drawn]) -> None:
    for world, place in ((OVERLAY_MARKER, overlay_place), (BASE_MARKER, base_place)):
        drawn.clear()
        state = replace(first_state(pair.base, window=(-300, 1400)), axes=OBLIQUE_AXES)
        made("mpr", pair, state=state, at=world, slab=slab)
        assert len(drawn) == 3
        for one in drawn:
            assert one.off(world, place(one.pixels)) < WITHIN


def test_the_crosshair_meets_at_the_marker_of_the_overlay(pair: FusedPair) -> None:
    for panel in made("mpr", pair, at=OVERLAY_MARKER).page.panels:
        lines = [mark for mark in panel.marks if isinstance(mark, Line) and mark.opacity < 1]
        meets = (
            next(mark.x0 for mark in lines if mark.x0 == mark.x1),
            next(mark.y0 for mark in lines if mark.y0 == mark.y1),
        )
        assert np.abs(overlay_place(panel.pixels) - meets).max() < WITHIN


def test_an_overlay_far_from_the_middle_is_in_its_projection(drawn: list[Drawn]) -> None:
    """The plane through the middle of the base does not cut the overlay, and its maxima are seen all the same."""
    pair = fused_pair("identity")
    short = pair.overlay.data
    assert isinstance(short, Volume)
    part = replace(short, voxels=np.asfortranarray(short.voxels[17:]), geometry=_moved(short, 17), measured=None)
    figures.mips(pair.base, (0, 2000), overlays=[Layer(part, look=LOOK)], size=SIZE)
    for one in drawn:
        assert one.off(OVERLAY_MARKER, overlay_place(one.pixels)) < WITHIN


def _moved(volume: Volume, begin: int) -> Geometry:
    A = volume.affine.copy()
    A[:3, 3] = volume.geometry.index_to_world((begin, 0, 0))
    return Geometry(A, (volume.shape[0] - begin, *volume.shape[1:]))


# What is written of each.


@pytest.mark.parametrize("name", OF_SLICES)
def test_every_layer_is_named_with_its_window(name: str) -> None:
    written = " ".join(texts(made(name, fused_pair("identity")).page.panels[0]))
    assert "CT" in written
    assert "PET W 10.0 L 5.0 SUVbw" in written


def test_a_layer_that_a_matrix_placed_says_so_and_one_of_the_frame_does_not() -> None:
    said = [
        " ".join(
            text for panel in made("mpr", fused_pair("oblique", by_matrix=placed)).page.panels for text in texts(panel)
        )
        for placed in (True, False)
    ]
    assert "PET placed by a given matrix" in said[0]
    assert "placed" not in said[1]


@pytest.mark.parametrize("name", ["plane", "mpr", "lightbox", "mips"])
def test_value_bars_are_of_the_volume_and_of_layers_whose_look_has_one(name: str) -> None:
    def bars(**look: Any) -> list[str]:
        page = made(name, fused_pair("identity", **look), value_bar=True).page
        ramps = [mark for mark in page.marks if isinstance(mark, Ramp)]
        named = [mark.text for mark in page.marks if isinstance(mark, Text) and mark.text in ("CT", "PET")]
        assert len(ramps) == len(named)
        top = [mark for mark in page.marks if isinstance(mark, Text) and mark.y - 0.75 * mark.size < 0]
        assert not top
        return named

    assert bars() == ["PET", "CT"]
    assert bars(value_bar=False) == ["CT"]
    assert bars(shown=False) == ["CT"]
    assert not any(isinstance(mark, Ramp) for mark in made(name, fused_pair("identity")).page.marks)


def test_where_bars_lack_room_those_of_greys_are_left_out() -> None:
    pair = fused_pair("identity")
    rows = {high: made("mpr", pair, value_bar=True, size=(1100, high)).page for high in (420, 120, 60)}
    named = {high: [one.text for one in page.marks if isinstance(one, Text)] for high, page in rows.items()}
    assert [{"CT", "PET"} & set(texts) for texts in named.values()] == [{"CT", "PET"}, {"PET"}, set()]
    colors = [
        ValueScale(0, 1, "", (color,) * 2, name)
        for color, name in (((9, 9, 9), "a"), ((9, 0, 0), "b"), ((5, 5, 5), "c"))
    ]
    assert ["".join(one.name for one in most_telling(colors, n)) for n in range(4)] == ["", "b", "ab", "abc"]


def test_each_pane_of_windows_has_the_bar_of_the_volume_and_the_first_those_of_all() -> None:
    panels = made("windows", fused_pair("identity"), value_bar=True, size=(1400, 800)).page.panels
    assert [sum(isinstance(mark, Ramp) for mark in panel.marks) for panel in panels] == [2, 1]


def test_one_volume_is_not_named(head: Volume) -> None:
    panels = figures.mpr(head, size=SIZE, value_bar=True).page.panels
    assert "W 400   L 40 HU" in texts(panels[0])


# Looks.


def test_choices_of_style_and_window_are_those_of_the_volume() -> None:
    pair = fused_pair("identity")
    state = made("mpr", pair, window="bone", colors="rainbow", inverted=True).state
    base, over = state.layers
    assert (base.window.width, base.colors, base.inverted) == (1800, "rainbow", True)
    assert (over.window.width, over.colors, over.inverted) == (10, "hot-iron", False)


def test_the_active_layer_makes_no_difference() -> None:
    pair = fused_pair("identity")
    state = made("mpr", pair).state
    for name in OF_SLICES:
        plain, active = (made(name, pair, state=replace(state, active=number)) for number in (0, 1))
        assert np.array_equal(plain.pixels, active.pixels), name


def test_before_and_after_on_other_grids_part_at_a_line(drawn: list[Drawn]) -> None:
    before = fused_pair("identity").base
    after = replace(before, voxels=before.voxels + np.int16(900))
    figures.mpr(
        before,
        window=(0, 4000),
        overlays=[Layer(after, "after", look={"blend": "split", "window": (0, 4000)})],
        size=SIZE,
    )
    for one in drawn:
        left, right = (part[part > 0].min() for part in np.array_split(one.pixels[..., 0], 2, axis=1))
        assert right > left + 40


def test_a_comparison_has_the_overlays_on_both_sides(drawn: list[Drawn]) -> None:
    pair = fused_pair("sagittal")
    figures.compare(
        pair.base, pair.base, OVERLAY_MARKER, planes="axial", overlays=pair.overlay, difference=True, size=SIZE
    )
    first, second, difference = drawn
    for one in (first, second):
        assert one.off(OVERLAY_MARKER, overlay_place(one.pixels)) < WITHIN
    assert not difference.pixels.any()


def test_a_layer_is_hidden_by_its_look() -> None:
    pair = fused_pair("identity")
    plain = figures.mpr(pair.base, OVERLAY_MARKER, size=SIZE).page.panels[0].pixels
    hidden = made("mpr", fused_pair("identity", shown=False), at=OVERLAY_MARKER).page.panels[0].pixels
    assert np.array_equal(plain, hidden)
    assert (made("mpr", pair, at=OVERLAY_MARKER).page.panels[0].pixels != plain).any()


# What cannot be.


def more_looks(state: ViewState) -> ViewState:
    return replace(state, layers=(*state.layers, state.layers[-1]))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda p: figures.mpr(p.base, state=made("mpr", p).state), "the state shows 2 layers, and here are 1"),
        (lambda p: made("mpr", p, state=more_looks(made("mpr", p).state)), "shows 3 layers, and here are 2"),
        (lambda p: figures.histogram(p.base, overlays=[p.overlay]), "a histogram counts the values of one volume"),
        (lambda p: by_name.make("mpr", [p.base], {"overlays": ["folder"]}), "mpr has no option 'overlays'"),
        (lambda p: by_name.make("cine", [p.base], {"overlays": ["folder"]}), "cine has no option 'overlays'"),
        (lambda p: figures.mpr(p.base, overlay=p.overlay), "no option 'overlay': did you mean overlays"),
        (lambda p: figures.turntable(p.base, overlay=p.overlay), "no option 'overlay': did you mean overlays"),
        (lambda p: figures.mpr(p.base, overlays=[elsewhere(p)]), "its frame of reference is another"),
        (lambda p: figures.cine(p.base, overlays=[elsewhere(p)]), "its frame of reference is another"),
        (lambda p: figures.mpr(p.base, overlays=[Layer(p.base, look={"member": 3})]), "shows volume 4 of a set"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_one_clear_line(call: Any, says: str) -> None:
    with pytest.raises(ViewError, match=says) as raised:
        call(fused_pair("identity"))
    assert "\n" not in str(raised.value)


def elsewhere(pair: FusedPair) -> Volume:
    return pair.base.with_info(frame_of_reference="9.9")


@pytest.mark.slow
@pytest.mark.parametrize("name", OF_SLICES)
def test_twenty_layers_are_drawn_and_what_is_written_lies_in_the_page(name: str) -> None:
    pair = fused_pair("identity")
    volumes = [pair.base] * (2 if name == "compare" else 1)
    page = by_name.make(name, volumes, {"size": SIZE, "value_bar": True, **OF_SLICES[name]}, [pair.overlay] * 20).page
    for panel in (*page.panels,):
        height = panel.pixels.shape[0]
        assert all(0 < mark.y < height for mark in panel.marks if isinstance(mark, Text))
    assert all(0 < mark.y < page.size[1] for mark in page.marks if isinstance(mark, Text))


@pytest.mark.parametrize("slab", [Slab(), Slab(9.0, "maximum")])
def test_a_set_of_states_of_one_volume_stays_as_it_was(slab: Slab, head: Volume) -> None:
    """A state of a later member of a set draws the one volume that a figure was given."""
    state = replace(first_state(head, "mpr"), slab=slab)
    one, later = (figures.mpr(head, state=state.with_look(0, member=member), size=SIZE) for member in (0, 2))
    assert np.array_equal(one.pixels, later.pixels)
    assert later.state.layers[0].member == 2


# Data that are odd.


@pytest.mark.parametrize(
    ("kind", "name"), each_value(["nan", "constant", "one slice", "outside of the pane", "another unit"], OF_SLICES)
)
def test_odd_overlays_are_drawn_or_nothing(name: str, kind: str) -> None:
    pair = fused_pair("oblique")
    pet = pair.overlay.data
    assert isinstance(pet, Volume)
    voxels = {"nan": np.full_like(pet.voxels, np.nan), "constant": np.ones_like(pet.voxels)}.get(kind, pet.voxels)
    if kind == "one slice":
        pet = Volume.from_array(voxels[:, :, 20:21], pet.affine, unit="", modality="OT")
    elif kind == "outside of the pane":
        A = pet.affine.copy()
        A[2, 3] += 85
        pet = Volume.from_array(voxels, A, unit="SUVbw", modality="PT")
    else:
        pet = replace(pet, voxels=voxels, unit="counts" if kind == "another unit" else pet.unit)
    made_of = by_name.make_figure(
        name, [pair.base] * (2 if name == "compare" else 1), {"size": SIZE, "value_bar": True, **OF_SLICES[name]},
        [Layer(pet, same_frame=True)],
    )  # fmt: skip
    assert made_of.pixels.max() > 100


@pytest.mark.parametrize("suffix", [".svg", ".pdf", ".png"])
def test_a_hostile_name_is_text(suffix: str, tmp_path: Path) -> None:
    pair = fused_pair("identity")
    pet = pair.overlay.data
    assert isinstance(pet, Volume)
    name = "\x1b[2J\n\u202e<b>]]>&\ud800"
    overlays = [Layer(pet, name), Layer(pet.with_info(modality=name))]
    path = figures.mpr(pair.base, overlays=overlays, value_bar=True, size=SIZE).save(tmp_path / f"a{suffix}")
    content = path.read_bytes()
    assert b"\x1b[2J" not in content
    if suffix == ".svg":
        assert "<b>]]>&" in " ".join(ElementTree.fromstring(content).itertext())
