"""Keys of regions: which rows there are, where they stand, and what is left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from viewer3d import Segmentation, Volume
from viewer3d.core.layers import place_layers
from viewer3d.core.placing.regions import PlacedRegions
from viewer3d.core.view.look import RegionLook
from viewer3d.render.marks.boxes import mark_box
from viewer3d.render.marks.display_list import Area, Path, Text
from viewer3d.render.marks.raster import Rasterizer
from viewer3d.render.marks.region_key import KeyEntry, RegionKey, region_entries, swatch_marks

RED, GREEN = (220, 30, 40), (20, 200, 60)


def placed() -> PlacedRegions:
    labels = np.zeros((6, 6, 4), int)
    labels[1, 1:5], labels[4, 1:5] = 3, 8
    given = Segmentation.from_array(
        labels, np.eye(4), names={3: "Liver", 8: "Spleen"}, colors={3: RED, 8: GREEN}, frame_of_reference="1.2"
    )
    base = Volume.from_array(np.zeros((6, 6, 4), np.int16), np.eye(4), frame_of_reference="1.2")
    return place_layers(base, given).regions[0]


def many(count: int) -> tuple[KeyEntry, ...]:
    return tuple(KeyEntry(f"organ {n}", RED) for n in range(count))


def named(key: RegionKey) -> list[str]:
    return [mark.text for mark in key.marks(0, 0) if isinstance(mark, Text)]


def test_rows_are_of_the_regions_that_are_seen_in_the_order_of_the_file() -> None:
    regions = placed()
    look = RegionLook(fill=0.4, opacity=0.5)
    liver, spleen = region_entries([regions], [look])
    assert (liver.name, liver.color, liver.fill, liver.line) == ("Liver", RED, 0.2, 0.5)
    assert (spleen.name, spleen.color) == ("Spleen", GREEN)
    assert region_entries([regions], [replace(look, segments=(8,))]) == (spleen,)
    assert region_entries([regions], [look], [{3}]) == (liver,)
    for hidden in (RegionLook(shown=False), RegionLook(opacity=0), RegionLook(outline=0, fill=0)):
        assert region_entries([regions], [hidden]) == ()


def test_a_name_stands_over_the_rows_of_each_of_several() -> None:
    regions = placed()
    entries = region_entries([regions, replace(regions, name="truth")], [RegionLook()] * 2)
    assert [(one.name, one.color is None) for one in entries] == [
        ("segments", True), ("Liver", False), ("Spleen", False), ("truth", True), ("Liver", False), ("Spleen", False),
    ]  # fmt: skip
    assert len(region_entries([regions, regions], [RegionLook(), RegionLook(shown=False)])) == 2


def test_columns_are_filled_down_and_none_reaches_beyond_the_room() -> None:
    key = RegionKey(many(7), 20, 400.0, 4)
    assert (key.rows, key.columns, key.left_out) == (3, 3, 0)
    texts = [mark for mark in key.marks(10, 50) if isinstance(mark, Text)]
    assert [mark.text for mark in texts] == [f"organ {n}" for n in range(7)]
    assert len({mark.x for mark in texts[:3]}) == len({mark.y for mark in texts[::3]}) == 1
    for mark in key.marks(10, 50):
        box = mark_box(mark)
        assert box.left >= 9
        assert box.right <= 411
        assert box.top >= 50
        assert box.bottom <= 50 + key.height


def test_what_has_no_room_is_counted() -> None:
    key = RegionKey(many(104), 20, 400.0, 5)
    assert named(key)[-1] == f"and {key.left_out} more"
    assert len(named(key)) == key.rows * key.columns == 10
    assert key.left_out == 104 - 9
    headed = RegionKey((*many(2), KeyEntry("truth", None), *many(9)), 20, 140.0, 4)
    assert named(headed) == ["organ 0", "organ 1", "and 9 more"]  # the heading alone would say nothing


@pytest.mark.parametrize(("width", "rows"), [(10.0, 4), (400.0, 0)])
def test_where_there_is_no_room_there_is_no_key(width: float, rows: int) -> None:
    key = RegionKey(many(4), 20, width, rows)
    assert (key.rows, key.height) == (0, 0)


def test_a_swatch_has_the_inside_and_the_line_that_the_region_has() -> None:
    picture = np.zeros((40, 60, 3), np.uint8)
    Rasterizer().draw(picture, swatch_marks(KeyEntry("a", RED, fill=0.5), 10, 30, 28))
    wide, high = round(1.3 * 28), round(0.71 * 28)
    drawn = picture[..., 0] > RED[0] / 3
    columns, rows = np.flatnonzero(drawn.any(0)), np.flatnonzero(drawn.any(1))
    assert (columns[0], len(columns), rows[-1], len(rows)) == (10, wide, 29, high)
    assert picture[20, 12].tolist() == list(RED)
    assert np.abs(picture[20, 10 + wide // 2].astype(int) - np.array(RED) / 2).max() <= 1
    assert [type(mark) for mark in swatch_marks(KeyEntry("a", RED, fill=0.5, line=0), 10, 30, 28)] == [Area]
    assert [type(mark) for mark in swatch_marks(KeyEntry("a", RED), 10, 30, 28)] == [Path]
    (line,) = swatch_marks(KeyEntry("20 Gy", RED, is_line=True), 10, 30, 28)
    assert isinstance(line, Path)
    assert not line.closed
    assert line.points[0][1] == line.points[1][1]
