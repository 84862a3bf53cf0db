"""The pages of this repository, and the blocks of code in them."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGES = sorted(page for folder in (".", "docs", "data") for page in (ROOT / folder).glob("*.md"))


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path, language: str) -> list[str]:
    """The code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)


def commands(page: Path, start: str) -> list[str]:
    """The lines of the shell blocks that start with a word, without their comments."""
    lines = "\n".join(blocks(page, "bash")).splitlines()
    return [line.split("  #")[0].strip() for line in lines if line.startswith(start)]


def declarations(page: Path) -> str:
    """The lines that a page adds to the declared options of parts."""
    start = "# among PARTS in src/aevb/command_line/declared/parts.py\n"
    return "".join(block.removeprefix(start) for block in blocks(page, "python") if block.startswith(start))


def files(page: Path) -> dict[str, str]:
    """The files that a page spells out: the code blocks that begin with a path, by that path."""
    found = [block for language in ("python", "yaml") for block in blocks(page, language)]
    return {
        match[1]: match[2]
        for match in (re.match(r"# ((?:src|conf|tests)/\S+)\n(.*)", x, re.DOTALL) for x in found)
        if match
    }
