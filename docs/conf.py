"""The site: the pages of this repository as they are, and the API from its docstrings. `make docs` builds it."""

import re
import shutil
from pathlib import Path
from typing import Any

import torchvision  # noqa: F401  (first by a plain import: autodoc's sets TYPE_CHECKING, with which torch._dynamo fails)
from sphinx.application import Sphinx

import aevb

project = "aevb"
version = release = aevb.__version__
copyright = "the aevb developers"

# The source folder is the whole repository, so that links and pictures are the same here as in a code browser.
root_doc = "README"
include_patterns = ["*.md", "data/README.md", "docs/*.md", "docs/api/*.rst"]
exclude_patterns = [".*", "benchmarks", "conf", "docs/_build", "outputs", "src", "tests"]
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.apidoc", "sphinx.ext.viewcode"]
apidoc_modules = [
    {
        "path": "../src/aevb",
        "destination": "docs/api",
        "exclude_patterns": ["**/__main__.py"],
        "separate_modules": True,
        "module_first": True,
    }
]
autodoc_default_options = {"ignore-module-all": True}  # a part has one page, that of its file
autodoc_inherit_docstrings = False
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
myst_heading_anchors = 3
html_theme = "furo"
html_title = f"aevb {version}"

CONTENTS = """
```{toctree}
:hidden:
docs/options
docs/systems
docs/drawing
docs/data
docs/dashboard
docs/evaluation
docs/estimators
docs/python
docs/speed
docs/decisions
ARCHITECTURE
CONTRIBUTING
CHANGELOG
Data <data/README>
API <docs/api/modules>
```
"""

FIELD = re.compile(r"(\w+(?:, \w+)*): (?=\S)")


def setup(app: Sphinx) -> None:
    app.connect("source-read", add_contents)
    app.connect("autodoc-process-docstring", write_as_rst)
    app.connect("build-finished", copy_front_page)


def add_contents(app: Sphinx, page: str, source: list[str]) -> None:
    """The table of contents, which README.md itself does not need."""
    if page == root_doc:
        source[0] += CONTENTS


def copy_front_page(app: Sphinx, error: Exception | None) -> None:
    if not error and app.builder.name == "html":
        shutil.copy(Path(app.outdir) / "README.html", Path(app.outdir) / "index.html")


def write_as_rst(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Docstrings are plain text with `code`, doctests and lines such as "name: what it is"; write them for Sphinx."""
    written: list[str] = []
    within = ""  # what the lines above belong to: an example, a field, a formula, a list, or text
    for line in lines:
        before = within
        if line.startswith(">>>") or (within == "example" and line):
            within = "example"
            written.append(line)
            continue
        if (field := FIELD.match(line)) and what != "module":
            within = "field"
            line = f"``{field[1]}``\n    {escaped(line[field.end() :])}"
        elif line.startswith(" "):
            within = before if before in ("field", "list") else "formula"
            line = f"| {escaped(line.strip())}" if within == "formula" else escaped(line)
        else:
            within = "list" if line.startswith("- ") else "text" if line else ""
            line = escaped(line)
        if within != before and before:
            written.append("")
        written += line.split("\n")
    lines[:] = written


def escaped(line: str) -> str:
    """The same text where *, | and a trailing _ mean nothing, and `code` is code."""
    parts = re.split(r"`([^`]+)`", line)
    parts[::2] = [re.sub(r"[*|\\]|(?<=\w)_(?!\w)", r"\\\g<0>", text) for text in parts[::2]]
    parts[1::2] = [f"``{code}``" for code in parts[1::2]]
    return "".join(parts)
