"""The options of each command."""

from collections.abc import Mapping

from aevb.command_line.declared.figures import FIGURES, POINTS, SPLIT
from aevb.command_line.declared.kinds import (
    NAME,
    OPTIONS,
    PATH,
    TRUE_OR_FALSE,
    Kind,
    called,
    either,
    list_of,
    number,
    one_of,
    or_null,
    whole,
)
from aevb.command_line.declared.parts import PARTS
from aevb.command_line.declared.reads import ESTIMATORS
from aevb.command_line.declared.training import TRAINING

SEED = whole(0, 2**63 - 1)
OUT = or_null(PATH)
RUN = called(
    "the folder of a run, a checkpoint, or a list of these",
    or_null(either(PATH, list_of(PATH, "[outputs/a,outputs/b]", range(1, 100_001)))),
)
DEVICE = one_of("auto", "cpu", "cuda")
MANY = 1_000_000

TRAIN: Mapping[str, Kind] = {**PARTS, **TRAINING, **FIGURES}

DRAW: Mapping[str, Kind] = {
    **FIGURES,
    "run": RUN,
    "split": SPLIT,
    "max_images": whole(),
    "seed": SEED,
    "out": OUT,
    "z": POINTS,
    "figures_split": SPLIT,
}

EVALUATE: Mapping[str, Kind] = {
    "run": RUN,
    "split": SPLIT,
    "num_images": or_null(whole()),
    "seed": SEED,
    "device": DEVICE,
    "memory": number(1, 1e9),
    "out": OUT,
    "sections.*": OPTIONS,
    "sections.*.num_images": or_null(whole()),
    "sections.annealed.num_images": whole(),
    "sections.gap.num_images": whole(),
    "sections.*.num_samples": whole(1, MANY),
    "sections.importance.num_samples": either(whole(1, MANY), list_of(whole(1, MANY), "[1,10,100]", range(1, 101))),
    "sections.annealed.num_chains": whole(1, 100_000),
    "sections.annealed.num_temperatures": whole(1, MANY, bytes_each=8),
    "sections.annealed.num_leapfrog": whole(1, MANY),
    "sections.annealed.num_simulated": whole(0, MANY),
    "sections.gap.num_steps": whole(1, MANY),
    "sections.probes.num_train": or_null(whole()),
    "sections.*.num_neighbours": whole(1, MANY),
    "sections.quadrature.tolerance": number(1e-9, 1),  # below, float64 rounds
    "sections.samples.cache": PATH,
    "sections.weights.num_draws": whole(1, MANY),
}

COMPARE: Mapping[str, Kind] = {
    "run": called(
        "a folder with runs, or a list of these", or_null(either(PATH, list_of(PATH, "[outputs/a,outputs/b]")))
    ),
    "sort": or_null(NAME),
    "group": or_null(NAME),
    "out": OUT,
}

COMPARE_ESTIMATORS: Mapping[str, Kind] = {
    "run": RUN,
    "fresh": TRUE_OR_FALSE,
    "estimators": either(NAME, list_of(NAME, "[sgvb_a,iwae]", range(1, 101))),
    "num_samples": list_of(whole(1, MANY), "[1,8,64]", range(1, 101)),
    "repetitions": whole(20, MANY),  # two in each group that a standard error is made of
    "num_images": whole(1, MANY),
    "split": SPLIT,
    "reference_samples": whole(100, 100 * MANY),
    "seed": SEED,
    "device": DEVICE,
    "out": OUT,
    **{
        f"{name}.{option.removeprefix('loss.')}": kind
        for name in ESTIMATORS
        for option, kind in PARTS.items()
        if option.startswith("loss.")
    },
}
