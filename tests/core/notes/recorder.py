"""A plugin of pytest: it writes which kinds of notes are made while each test runs, into a file as JSON."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from pathlib import Path
from typing import Any

from viewer3d.core.notes.kinds import GIVEN
from viewer3d.core.notes.note import Note

_made: dict[str, set[str]] = defaultdict(set)
_plain = Note.__new__


def _recorded(cls: type[Note], sentence: str, kind: str = GIVEN, **more: Any) -> Note:
    test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" (")[0].partition("[")[0]
    _made[test].add(kind)
    return _plain(cls, sentence, kind, **more)


Note.__new__ = _recorded  # type: ignore[assignment,method-assign]


def pytest_sessionfinish() -> None:
    Path(os.environ["NOTES_MADE"]).write_text(json.dumps({test: sorted(kinds) for test, kinds in _made.items()}))
