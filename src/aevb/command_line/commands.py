"""The commands, and what each does."""

COMMANDS = {
    "train": "train a model, test it and draw it",
    "draw": "draw pictures of a trained run",
    "evaluate": "measure trained runs, with standard errors",
    "compare": "make one table of several runs",
    "compare_estimators": "measure the noise of gradient estimators",
}
