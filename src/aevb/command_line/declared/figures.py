"""The options of figures, by their names in conf/figures, or * for any."""

from collections.abc import Mapping

from aevb.command_line.declared.kinds import (
    ANY_NUMBER,
    NAME,
    OPTIONS,
    POSITIVE,
    SHARE,
    TRUE_OR_FALSE,
    Kind,
    interval,
    list_of,
    number,
    one_of,
    or_null,
    whole,
)

SPLIT = one_of("train", "val", "test")
POINTS = or_null(list_of(list_of(ANY_NUMBER, "[0.5,0.5]", range(1, 32_769)), "[[0.5,0.5],[0,0]]", range(1, 1001)))

FIGURES: Mapping[str, Kind] = {
    "figures.*": OPTIONS,
    "figures.*.every_n_epochs": or_null(whole()),
    "figures.*.max_images": whole(),
    "figures.*.split": SPLIT,
    "figures.*.n": whole(1, 1000),  # a side, or images in a row
    "figures.dictionary.n": whole(1, 100_000),
    "figures.interpolation_gif.n": whole(2, 10_000),
    "figures.latent_traversal_gif.n": whole(2, 10_000),
    "figures.*.rows": whole(1, 1000),
    "figures.*.samples": whole(1, 1000),
    "figures.*.points": POINTS,
    "figures.*.start": whole(0),
    "figures.latent_traversal.start": or_null(whole(0)),
    "figures.latent_traversal_gif.start": or_null(whole(0)),
    "figures.markov_chain.start": one_of("images", "noise"),
    "figures.*.end": whole(0),
    "figures.*.labels": or_null(list_of(whole(0), "[3,7]", {2})),
    "figures.*.path": one_of("linear", "spherical"),
    "figures.*.size": whole(1, 4096),
    "figures.*.box": or_null(interval("[-3,3]")),
    "figures.*.quantiles": TRUE_OR_FALSE,
    "figures.*.dims": or_null(list_of(whole(0), "[0,1]", {2})),
    "figures.*.colour_bar": TRUE_OR_FALSE,
    "figures.*.colour_map": NAME,
    "figures.*.codes": or_null(TRUE_OR_FALSE),
    "figures.*.metric": or_null(NAME),
    "figures.*.log_x": TRUE_OR_FALSE,
    "figures.*.mask": one_of("random", "box", "top", "bottom", "left", "right"),
    "figures.*.missing": SHARE,
    "figures.*.num_chains": whole(1, 100_000),
    "figures.*.num_transitions": whole(1, 1_000_000),
    "figures.*.num_leapfrog": whole(1, 1_000_000),
    "figures.*.states": whole(1, 1000),
    "figures.*.every": whole(1, 1_000_000),
    "figures.*.sample": TRUE_OR_FALSE,
    "figures.*.sigma": or_null(POSITIVE),
    "figures.*.show_means": TRUE_OR_FALSE,
    "figures.*.dimensions": whole(2, 3),
    "figures.*.perplexity": number(above=0),
    "figures.*.max_points": whole(),
    "figures.*.seed": whole(0, 2**32 - 1),
}
