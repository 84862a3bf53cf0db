"""A space to search: what the words of the command line stand for, and which are refused."""

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from aevb.errors import UserError
from hydra_plugins.aevb_optuna_sweeper.space import space

distributions = pytest.importorskip("optuna.distributions", reason="needs aevb[sweeps]")


def of(text: str) -> object:
    """The distribution that a value on the command line stands for."""
    return space(OverridesParser.create().parse_overrides([f"a={text}"]))["a"]


def test_each_kind_of_sweep_is_a_distribution() -> None:
    assert of("b,c") == of("choice(b,c)") == distributions.CategoricalDistribution(["b", "c"])
    assert of("range(2,10)") == distributions.IntDistribution(2, 9)
    assert of("tag(log,range(1,100))") == distributions.IntDistribution(1, 99, log=True)
    assert of("range(2,10,3)") == distributions.IntDistribution(2, 8, step=3)
    assert of("interval(0,1)") == distributions.FloatDistribution(0, 1)
    assert of("tag(log,interval(1e-4,1e-2))") == distributions.FloatDistribution(1e-4, 1e-2, log=True)


@pytest.mark.parametrize(
    "text", ["tag(lgo,interval(1e-4,1e-2))", "tag(log,int,range(1,9))", "tag(lgo,choice(1,2))", "tag(lgo,range(1,9))"]
)
def test_an_unknown_tag_is_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"there is no tag (lgo|int): leave it out, or use log"):
        of(text)


@pytest.mark.parametrize("text", ["tag(log,choice(1,2))", "tag(log,range(1,100,10))", "tag(log,range(0.5,2,0.5))"])
def test_what_has_no_logarithmic_scale_is_not_tagged_so(text: str) -> None:
    with pytest.raises(UserError, match="log is for interval"):
        of(text)
