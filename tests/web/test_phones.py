"""What a phone begins with."""

from dataclasses import replace

import pytest

from viewer3d.app.on_screen import panel_of
from viewer3d.web.phones import PhoneFit, is_phone, with_one_pane


@pytest.fixture
def seen(serve):
    """A viewer with its panel, a page, and what fits it to a phone."""
    served = serve("quad")
    page = served.screen.connect(lambda *_: None)
    return served, page, PhoneFit(served.source, served.screen)


def hello(served, page, size):
    page.receive({"t": "hello", "v": 1, "size": size, "scale": 1})
    served.process_events()


@pytest.mark.parametrize("size", [(390, 754), (748, 390)])
def test_a_phone_begins_with_the_plane_of_the_images_alone(seen, size):
    served, page, fit = seen
    fit.fit()
    assert served.source.state.enlarged is None  # nobody has told a size
    hello(served, page, size)
    fit.fit()
    assert (served.source.state.view, served.source.state.enlarged) == ("quad", "axial")
    assert not panel_of(served.source).panel.is_wanted
    # What a hand does then stays.
    served.source.state = replace(served.source.state, enlarged=None)
    panel_of(served.source).panel = replace(panel_of(served.source).panel, is_wanted=True)
    hello(served, page, size)
    fit.fit()
    assert served.source.state.enlarged is None
    assert panel_of(served.source).panel.is_wanted


def test_a_desktop_begins_with_all_also_where_a_phone_comes_later(seen):
    served, page, fit = seen
    hello(served, page, (1024, 768))
    fit.fit()
    hello(served, served.screen.connect(lambda *_: None), (390, 754))
    fit.fit()
    assert served.source.state.enlarged is None
    assert panel_of(served.source).panel.is_wanted


def test_one_pane_stays_one_pane(served):
    alone = served.source.state.with_view("coronal")
    assert with_one_pane(alone, "axial") == alone
    chosen = replace(served.source.state, enlarged="sagittal")
    assert with_one_pane(chosen, "axial") == chosen
    assert with_one_pane(served.source.state, "coronal").enlarged == "coronal"


def test_which_pages_are_those_of_phones():
    assert [is_phone(size) for size in ((1440, 440), (430, 932), (1024, 400), (600, 900), (320, 568))] == [
        False, True, False, False, True,
    ]  # fmt: skip
