from __future__ import annotations

import pytest

from viewer3d.render.xmp import texts_in, xmp_packet


@pytest.mark.parametrize("text", ["", "a\nb", "\r\n", "<&>\"'", "{}", "Zürich, 東京"])
def test_texts_come_back_from_any_bytes(text):
    content = b"\x00\xff before" + xmp_packet({"viewer3d": text, "other": "1"}).encode() + b"after \xfe"
    assert texts_in(content) == {"viewer3d": text, "other": "1"}


@pytest.mark.parametrize(
    "content", [b"", b"<x:xmpmeta", b"<x:xmpmeta </x:xmpmeta>", b'<x:xmpmeta xmlns:x="a"></x:xmpmeta>']
)
def test_where_there_are_none(content):
    assert texts_in(content) == {}
