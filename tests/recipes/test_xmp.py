from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer3d.recipes.xmp import texts_in, xmp_packet


@pytest.mark.parametrize("text", ["", "a\nb", "\r\n", "<&>\"'", "{}", "Zürich, 東京"])
def test_texts_come_back_from_any_bytes(text):
    content = b"\x00\xff before" + xmp_packet({"viewer3d": text, "other": "1"}).encode() + b"after \xfe"
    assert texts_in(content) == {"viewer3d": text, "other": "1"}


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_makes_a_packet_that_is_xml_and_comes_back_as_json_has_it(text):
    content = xmp_packet({"viewer3d": json.dumps(text, ensure_ascii=False)}).encode()
    ElementTree.fromstring(content.decode().partition("?>")[2].rpartition("<?")[0])
    assert json.loads(texts_in(content)["viewer3d"]) == text


@pytest.mark.parametrize(
    "content", [b"", b"<x:xmpmeta", b"<x:xmpmeta </x:xmpmeta>", b'<x:xmpmeta xmlns:x="a"></x:xmpmeta>']
)
def test_where_there_are_none(content):
    assert texts_in(content) == {}
