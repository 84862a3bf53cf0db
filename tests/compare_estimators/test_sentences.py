"""What is said of the rows of a comparison."""

import pytest

from aevb.compare_estimators.sentences import sentences, with_error
from aevb.metrics.estimate import Estimate
from tests.compare_estimators.made_up import made_up


@pytest.mark.parametrize(
    ("variance", "expected"),
    [
        (20.0, "SGVB-B's encoder gradient has 5.0 ± 0.4 times less variance than SGVB-A's at L = 2."),
        (200.0, "SGVB-B's encoder gradient has 2.00 ± 0.14 times more variance than SGVB-A's at L = 2."),
        (105.0, "without a difference beyond the errors at L = 2: SGVB-A's is 0.95 ± 0.07 times SGVB-B's."),
    ],
)
def test_a_sentence_says_no_more_than_the_errors_allow(variance: float, expected: str) -> None:
    said = sentences([made_up("sgvb_a", 2, 100.0, 5.0), made_up("sgvb_b", 2, variance, 0.05 * variance)])
    assert expected in said[0]
    assert "largest of 2 squared biases is 0.5 standard errors" in said[-1]


@pytest.mark.parametrize(
    ("value", "error", "expected"),
    [
        (3.14, 0.21, "3.1 ± 0.2"),
        (1.113, 0.15, "1.11 ± 0.15"),
        (3.62e7, 4e6, "(3.6 ± 0.4)e7"),
        (2090, 213, "2100 ± 200"),
        (-0.0017, 0.04, "-0.00 ± 0.04"),
        (12, 0, "12"),
    ],
)
def test_a_value_is_shown_as_far_as_its_error_goes(value: float, error: float, expected: str) -> None:
    assert with_error(Estimate(value, error, "1")) == expected
