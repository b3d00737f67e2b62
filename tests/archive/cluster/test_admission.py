"""Which items are with the scheduler at once."""

from __future__ import annotations

from collections.abc import Iterator

from viewer3d.archive import Item
from viewer3d.archive.cluster.admission import FUTURES_A_WORKER, Admission


def items(*needed: int) -> Iterator[Item]:
    for number, amount in enumerate(needed):
        yield Item(f"{number}", None, 1, None, "", amount)


def keys(admission: Admission, sent: list[int], workers: int) -> str:
    return "".join(item.key for item in admission.draw(sent, workers))


def test_no_more_than_four_a_worker_are_drawn() -> None:
    source = items(*[1] * 30)
    assert keys(Admission(source, None), [1] * 3, 2) == "01234"
    assert next(source).key == f"{FUTURES_A_WORKER * 2 - 3}"  # none was drawn in advance


def test_the_largest_that_may_run_at_once_fit_into_the_memory() -> None:
    admission = Admission(items(6, 6, 3, 4, 5, 1, 6), 10)
    assert keys(admission, [], 2) == "0235"  # 6 + 4 are 10; 6 + 6 and 6 + 5 are more
    assert keys(admission, [3, 4, 1], 2) == "1"  # the first that waited; then the other would be 11
    assert not admission.exhausted
    assert keys(admission, [5], 2) == "4"
    assert keys(admission, [], 2) == "6"
    assert admission.exhausted


def test_with_more_workers_more_must_fit() -> None:
    assert keys(Admission(items(4, 4, 4), 10), [], 2) == "012"
    assert keys(Admission(items(4, 4, 4), 10), [], 3) == "01"


def test_what_needs_all_of_the_memory_is_alone() -> None:
    admission = Admission(items(20, 1, 20), 10)
    assert keys(admission, [], 2) == "0"
    assert keys(admission, [20], 2) == ""
    assert keys(admission, [], 2) == "1"
    assert keys(admission, [], 2) == "2"
    assert admission.exhausted


def test_big_ones_do_not_wait_to_the_end() -> None:
    """With eight that wait, the small ones behind them wait as well."""
    admission = Admission(items(*[9] * 9, 1), 10)
    assert keys(admission, [3], 2) == ""
    assert keys(admission, [], 2) == "0"
    assert keys(admission, [9], 2) == ""
    assert keys(admission, [], 2) == "19"


def test_without_a_known_memory_all_fit() -> None:
    assert keys(Admission(items(9, 9, 9), None), [], 1) == "012"
