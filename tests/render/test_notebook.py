"""What a volume shows of itself in a notebook."""

from __future__ import annotations

import base64
import io
import re
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from tests.render.markers import DIRECTIONS, marker_volume
from viewer3d.core.series_info import SeriesInfo
from viewer3d.core.volume import Volume
from viewer3d.render import notebook
from viewer3d.render.notebook import thumbnail_png


class Words(HTMLParser):
    """Collects tags and text; fails where they are not closed in turn."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        assert not self._open

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        self.tags.append(tag)
        if tag not in ("img", "br"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_it_says_geometry_unit_and_notes() -> None:
    volume = marker_volume(DIRECTIONS["sagittal"])
    words = Words(volume._repr_html_())
    assert set(words.tags) == {"div", "table", "tr", "th", "td", "img"}
    rows = dict(zip(words.text[::2], words.text[1::2], strict=True))
    assert rows["volume"] == "CT"
    assert rows["size"] == "50 x 44 x 30 voxels, 0.8 x 1.1 x 2.3 mm"
    assert rows["extent"] == "69 x 40 x 48.4 mm along L, P and H; i to P, j to F, k to R"
    assert rows["unit"] == "HU"
    assert rows["window"] == "40/400 (chosen here)"
    assert "notes" not in rows


def test_all_text_is_escaped() -> None:
    bad = "<script>alert('x')</script>\"&"
    volume = Volume.from_array(
        np.zeros((4, 4, 4)), np.eye(4), unit=bad, modality=bad, description=bad, notes=(bad, "two")
    )
    words = Words(volume._repr_html_())
    assert "script" not in words.tags
    assert sum(bad in text for text in words.text) == 3
    assert "two" in words.text


def test_the_picture_is_the_thumbnail_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    volume = marker_volume(DIRECTIONS["identity"])
    html = volume._repr_html_()
    found = re.search(r'src="data:image/png;base64,([^"]+)"', html)
    assert found is not None
    assert base64.b64decode(found[1]) == thumbnail_png(volume)
    monkeypatch.setattr(notebook, "thumbnail_png", None)
    assert volume._repr_html_() == html


def test_the_patient_is_not_named_even_when_known() -> None:
    volume = marker_volume(DIRECTIONS["identity"])
    named = Volume(volume.voxels, volume.geometry, "HU", SeriesInfo(modality="CT", identity=("Doe, Jane", "ID 7")))
    assert named._repr_html_() == volume._repr_html_()


@pytest.mark.parametrize("values", [np.full((2, 2, 2), np.nan, np.float32), np.zeros((1, 1, 1), np.int16)])
def test_a_strange_volume_is_shown(values: np.ndarray) -> None:
    assert Words(Volume.from_array(values, np.eye(4))._repr_html_()).tags.count("img") == 1


def test_it_needs_no_opengl_and_starts_nothing() -> None:
    script = (
        "import sys, threading, numpy as np\n"
        "from viewer3d.core.volume import Volume\n"
        "Volume.from_array(np.zeros((9, 9, 9)), np.eye(4))._repr_html_()\n"
        "print([m for m in sys.modules if 'OpenGL' in m or m in ('pyvista', 'pydicom', 'socketserver')],"
        " threading.active_count())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] 1"


def test_the_thumbnail_is_three_panes() -> None:
    with Image.open(io.BytesIO(thumbnail_png(marker_volume(DIRECTIONS["identity"]), 64))) as picture:
        assert (picture.size, picture.mode) == ((194, 64), "L")
