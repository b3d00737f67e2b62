"""A template filled, and what stands in scripts of a page."""

from __future__ import annotations

import base64
import hashlib
import json

from viewer3d.core.pages.inline import filled_page, source_digest, to_script_json


def test_values_stand_where_the_template_has_their_names() -> None:
    parts = filled_page("<a>@ONE@</a>@MANY@!", {"ONE": "1 @ 2", "MANY": (text for text in ("x", "é"))})
    assert b"".join(parts).decode() == "<a>1 @ 2</a>xé!"


def test_no_text_ends_a_script() -> None:
    text = "</script><!--\u2028&é"
    told = to_script_json({"a": text})
    assert not set(told) & set("<>&\u2028é")
    assert json.loads(told) == {"a": text}


def test_a_digest_is_that_of_a_policy() -> None:
    digest = source_digest("body{}").removeprefix("sha256-")
    assert base64.b64decode(digest) == hashlib.sha256(b"body{}").digest()
