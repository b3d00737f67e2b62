from __future__ import annotations

import pytest

from viewer3d.core.option_names import check_option_names, names_checked
from viewer3d.errors import ViewError


def test_the_nearest_name_is_said_and_all_that_there_are() -> None:
    check_option_names("plane", ["colors", "at"], ["at", "colors"])
    with pytest.raises(ViewError, match=r"^plane has no option 'colour': did you mean colors\? There are at, colors$"):
        check_option_names("plane", ["at", "colour"], ["at", "colors"])


def test_all_are_said_where_none_is_near() -> None:
    with pytest.raises(ViewError, match=r"^plane has no option 'zoom': give one of at, colors$"):
        check_option_names("plane", ["zoom"], ["at", "colors"])


def test_a_function_whose_names_are_checked() -> None:
    @names_checked
    def add(one: int, *, other: int = 2) -> int:
        """Add two numbers."""
        return one + other

    assert (add(1), add(1, other=5), add.__doc__) == (3, 6, "Add two numbers.")
    with pytest.raises(ViewError, match=r"add has no option 'othr': did you mean other"):
        add(1, othr=5)  # type: ignore[call-arg]
