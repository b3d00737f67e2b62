"""States and recipes: JSON and pictures that hold it, damaged; they are read, drawn and replayed."""

from __future__ import annotations

import html
import json
import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pydicom

import viewer3d
from tests.campaign.damage import damaged
from tests.campaign.outcomes import Outcome
from tests.campaign.rooms import Room
from tests.campaign.series import SERIES
from viewer3d import Layer, Measurement, Viewer3DError, ViewState, Volume
from viewer3d.app.show import read_state
from viewer3d.cli.recipes import recipe_text
from viewer3d.dicom.objects.capture import PRIVATE_CREATOR, PRIVATE_GROUP, RECIPE_ELEMENT
from viewer3d.errors import RecipeError, ViewError
from viewer3d.recipes.embed import embedded_text, save_options
from viewer3d.recipes.xmp import xmp_packet

PICTURES = ("png", "jpg", "tiff", "webp")
SOURCES = (
    "state.json",
    "layers.json",
    "recipe.json",
    "fused.json",
    "fused.png",
    "regions.json",
    "regions.png",
    *(f"shot.{form}" for form in PICTURES),
    "mpr.svg",
    "mpr.pdf",
    "lightbox.png",
    "cine.gif",
    "shot.dcm",
)
SIZE = (90, 60)
LARGEST = 2000
"""Pixels of a side that a recipe may have to be drawn here: one that asks for more is bounded by the drawing itself."""

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 1e300, -1e300, 1e-300, 1e18, 10**30, -(10**30), 0.5, "", "x", "nan", "axial", "3d",
    "A" * 5000, "\ud800", "\x1b[2J", "../..", [], {}, [[]], [0], [1, 2, 3], [0, 0, 0], [1e308] * 3, {"a": 1},
    "soft-tissue", "slab", "mpr", "lightbox", "shot", 2, 3, 4, 5, 99, [None] * 3, ["x"] * 3, [1e-300] * 3,
)  # fmt: skip


def case(room: Room) -> tuple[Outcome, str]:
    """Damage a file with a state or a recipe in it; read it, draw what it says."""
    chance = room.chance
    series = room.series("CT", SERIES["CT"])
    pictures = room.series("pictures", lambda place: write(series, place))
    room.source = chance.choice(SOURCES)
    path = room.folder / room.source
    _damage(pictures / room.source, path, room)
    if room.source in ("state.json", "layers.json"):
        return _state(path, pictures / room.source, series)
    return _recipe(path, pictures / room.source, series)


@lru_cache
def loaded(series: Path) -> Volume:
    return viewer3d.load(series)


def write(series: Path, place: Path) -> None:
    """Write each source as users do."""
    from viewer3d import figures

    volume = loaded(series)
    state = a_state(volume)
    (place / "state.json").write_text(state.to_json())
    for form in PICTURES:
        viewer3d.screenshot(volume, place / f"shot.{form}", size=SIZE, state=state)
    for form in ("svg", "pdf"):
        figures.mpr(volume, size=(180, 60)).save(place / f"mpr.{form}")
    figures.lightbox(volume, n=4, size=(120, 120)).save(place / "lightbox.png")
    figures.cine(volume, size=(60, 40)).save(place / "cine.gif")
    viewer3d.save(place / "shot.png", place / "shot.dcm", source=series)
    (place / "recipe.json").write_text(embedded_text(place / "shot.png"))
    fused = place / "fused.png"
    viewer3d.screenshot(volume, fused, "axial", size=SIZE, overlays=overlays(volume))
    (place / "fused.json").write_text(embedded_text(fused))
    (place / "layers.json").write_text(read_state(fused).to_json())
    regions = place / "regions.png"
    viewer3d.screenshot(volume, regions, "axial", size=SIZE, overlays=Layer(write_labels(volume, place), look=LOOK))
    (place / "regions.json").write_text(embedded_text(regions))


LOOK = {"segments": ["Segment 2", 1], "outline": 1, "fill": 0.25}


def write_labels(volume: Volume, place: Path) -> Path:
    """Write a label map on the grid of a volume."""
    import nibabel
    import numpy as np

    values = (np.indices(volume.shape).sum(0) // 5 % 3).astype(np.uint8)
    path = place / "labels.nii"
    nibabel.save(nibabel.Nifti1Image(values, np.diag([-1.0, -1, 1, 1]) @ volume.affine), path)
    return path


def overlays(volume: Volume) -> tuple[Layer, ...]:
    """Return what lies over a volume here: itself, turned, and a time more of it."""
    turned = [[0.96, -0.28, 0.0, 9.0], [0.28, 0.96, 0.0, -5.0], [0.0, 0.0, 1.0, 0.5], [0.0, 0.0, 0.0, 1.0]]
    look = {"window": (100, 500), "colors": "hot-iron", "opacity": 0.5, "ramp": 0.25}
    return (
        Layer(volume, "over", turned, look=look),
        Layer((volume, volume), same_frame=True, look={"window": "40/400", "blend": "split", "member": 1}),
    )


def a_state(volume: Volume) -> ViewState:
    """Return a state with something of everything in it."""
    state = viewer3d.first_state(volume, "axial")
    x, y, z = volume.geometry.middle
    across: Any = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
    for kind, points in (
        ("distance", ((x, y, z), (x + 20, y, z))),
        ("ellipse", ((x - 30, y - 20, z), (x + 30, y + 20, z))),
        ("angle", ((x, y, z), (x + 9, y, z), (x, y + 9, z))),
        ("probe", ((x, y, z),)),
        ("polygon", ((x, y, z), (x + 30, y, z), (x, y + 30, z), (x + 30, y + 30, z))),
        ("freehand", ((x, y, z), (x - 30, y, z), (x - 9, y + 30, z))),
        ("bidirectional", ((x, y, z), (x + 9, y, z), (x + 5, y - 3, z), (x + 5, y + 2, z))),
        ("arrow", ((x, y, z), (x + 9, y, z))),
        ("text", ((x, y - 20, z),)),
    ):
        state = state.with_measurement(Measurement(kind, points, *across, name=f"a {kind}"))  # type: ignore[arg-type]
    last = state.measurements[-1]
    return state.with_measurement(replace(last, name="dragged", label=(12.5, -3.0)))


# --- damage -------------------------------------------------------------------------------------------------------


def _damage(source: Path, path: Path, room: Room) -> None:
    chance = room.chance
    if chance.random() < 0.35:
        data, how = damaged(source.read_bytes(), chance)
        room.how.append(how)
        path.write_bytes(data)
        return
    before = source.read_text() if source.suffix == ".json" else embedded_text(source)
    after = other_json(before, room)
    if source.suffix == ".json":
        path.write_text(after, errors="surrogatepass")
    elif source.suffix in (".svg", ".pdf"):
        content = source.read_bytes()
        escaped = html.escape(before, quote=False).encode()
        there = escaped if escaped in content else html.escape(before).encode()
        path.write_bytes(content.replace(there, html.escape(after, quote=False).encode(errors="replace")))
    elif source.suffix == ".dcm":
        found = pydicom.dcmread(source)
        packet = xmp_packet({"viewer3d": after.encode(errors="replace").decode()})
        found.private_block(PRIVATE_GROUP, PRIVATE_CREATOR)[RECIPE_ELEMENT].value = packet
        found.save_as(path)
    else:
        _save_again(source, path, after.encode(errors="replace").decode())


def _save_again(source: Path, path: Path, text: str) -> None:
    """Write a picture with another text in it, by Pillow as the package does."""
    from PIL import Image

    with Image.open(source) as picture:
        form = picture.format or ""
        try:
            picture.save(path, form, **save_options(form, {"viewer3d": text}))
        except (Viewer3DError, ValueError):  # more text than the format holds
            path.write_text(text)


def other_json(text: str, room: Room) -> str:
    """Return JSON with some values, keys or brackets changed."""
    chance = room.chance
    way = chance.choice(("values", "values", "values", "keys", "deep", "many", "text", "twice"))
    room.how.append(way)
    values = json.loads(text)
    if way in ("values", "keys", "many"):
        for turn in range(chance.choice((1, 1, 2, 4))):
            _change(values, way, room, 7000 if not turn else 2)
        return json.dumps(values)
    if way == "deep":
        depth = chance.choice((10, 1000, 10_000))
        inner = chance.choice(("[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth))
        key = json.dumps(chance.choice(sorted(values)))
        return f"{{{key}:{inner},{text.lstrip()[1:]}"
    if way == "twice":
        key = chance.choice(sorted(values))
        return f"{text.rstrip()[:-1]},{json.dumps(key)}:{json.dumps(chance.choice(ODD))}}}"
    return _other_text(text, chance)


def _other_text(text: str, chance: random.Random) -> str:
    data = damaged(text.encode(), chance)[0].decode(errors="replace")
    return data.replace("1", chance.choice(("1", "NaN", "Infinity", "1e999", "-", "0x1")), 1)


def _change(values: Any, way: str, room: Room, most: int) -> None:
    chance = room.chance
    places = list(_places(values))
    if not places:
        return
    owner, key = chance.choice(places)
    room.how.append(str(key))
    if way == "values":
        owner[key] = deepcopy(chance.choice(ODD))  # of its own: what is put into it later is not in all others
    elif way == "many":
        owner[key] = [owner[key]] * chance.choice((2, 3, 4, most))
    elif isinstance(owner, dict) and chance.random() < 0.5:
        owner[chance.choice(("unknown", "a\x1b", "", "version"))] = deepcopy(chance.choice(ODD))
    else:
        del owner[key]


def _places(values: Any) -> Iterator[tuple[Any, Any]]:
    """Yield what holds each value, and its key or number there."""
    for key in list(values) if isinstance(values, dict) else range(len(values)):
        yield values, key
        if isinstance(values[key], dict | list):
            yield from _places(values[key])


# --- what comes of it ---------------------------------------------------------------------------------------------


def _named(read: Callable[[Path], Any], path: Path, *kinds: type[Viewer3DError]) -> Any:
    """Read a file; an error must name it."""
    try:
        return read(path)
    except kinds as error:
        if path.name not in str(error):
            raise AssertionError(f"an error that names no file: {error}") from error
        raise


def _state(path: Path, whole: Path, series: Path) -> tuple[Outcome, str]:
    state = _named(read_state, path, ViewError)
    same = state == read_state(whole)
    _drawn(state, series, whole.parent)
    return (Outcome.RIGHT, "") if same else (Outcome.OTHER, "another state, which can be drawn")


def _recipe(path: Path, whole: Path, series: Path) -> tuple[Outcome, str]:
    recipe = _named(viewer3d.read_recipe, path, RecipeError)
    assert recipe_text(recipe)
    same = recipe == viewer3d.read_recipe(whole)
    if recipe.state is not None:
        _drawn(_named(read_state, path, ViewError), series, whole.parent)
    if path.suffix == ".json" or max(recipe.size) > LARGEST or _in_3d(recipe):
        return (Outcome.RIGHT, "") if same else (Outcome.OTHER, "another recipe")
    places = [series, whole.parent / "labels.nii"] if whole.name.startswith("regions") else series
    verdict = viewer3d.replay(path, places)
    if same and verdict.is_same:
        return Outcome.RIGHT, ""
    return (Outcome.OTHER if verdict.is_same else Outcome.TOLD), f"{verdict.verdict}: {verdict.reason}"


def _in_3d(recipe: Any) -> bool:
    views = (recipe.state and recipe.state.panes) or ()
    return (
        "3d" in views or recipe.figure in ("turntable", "directions", "mips", "quad") or "3d" in str(recipe.arguments)
    )


def _drawn(state: ViewState, series: Path, pictures: Path) -> None:
    """Draw a state where no OpenGL is needed, and measure what is measured in it."""
    volume = loaded(series)
    if "3d" not in state.panes:
        over: tuple[Any, ...] = overlays(volume) if len(state.layers) > 1 else ()
        over += (pictures / "labels.nii",) * (len(state.regions) > 0)
        viewer3d.screenshot(volume, size=SIZE, state=state, overlays=over)
    for one in state.measurements:
        viewer3d.measure(volume, one)
