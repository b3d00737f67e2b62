"""A head that is made once."""

from __future__ import annotations

import pytest

from viewer3d import phantom
from viewer3d.core.volume import Volume


@pytest.fixture(scope="session")
def head() -> Volume:
    return phantom.head()
