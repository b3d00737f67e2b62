"""What is public in the packages of figures and of the synthetic patient: what is listed, and nothing else."""

from __future__ import annotations

from types import ModuleType

import pytest

from viewer3d import figures, phantom


@pytest.mark.parametrize(
    ("package", "names"),
    [
        (
            figures,
            "Figure Movie Style StyleOptions beside cine compare directions dvh histogram imshow key_images lightbox "
            "mips mpr overlay plane profile quad segmentation_comparison sweep time_curve times turntable windows",
        ),
        (
            phantom,
            "ChallengeMark ChallengeScore Faults LESIONS MARKERS MARKER_HU MARKER_RADIUS PRESCRIBED dose grid head "
            "hu_at organs pet probabilities score_challenge write_challenge "
            "structures volume write write_dose write_enhanced write_pet write_plan write_probabilities "
            "write_structures",
        ),
    ],
)
def test_what_is_listed_is_what_is_seen(package: ModuleType, names: str) -> None:
    assert sorted(package.__all__) == dir(package) == sorted(names.split())
    for name in package.__all__:
        assert getattr(package, name) is not None
