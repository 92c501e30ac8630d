"""Test that each link and picture of the documents leads somewhere, down to the heading."""

from pathlib import Path
import re

import pytest

from scripts.repository_address import text_files

from .support.repository import ROOT

DOCS = ROOT / "docs"
INDEX = DOCS / "README.md"
# Written in a text: [text](target), ![text](target), and a picture that is a link.
INLINE = re.compile(r"\]\(([^)\s]+)\)")
# [text][name], and [name]: target on a line of its own.
USED = re.compile(r"\]\[([^\]]+)\]")
DEFINED = re.compile(r"^\[([^\]]+)\]: (\S+)$", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]+`")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


PAGES = [ROOT / name for name in text_files() if name.endswith(".md")]


def prose(path: Path) -> str:
    """Return the text of a page without its examples and without code."""
    return CODE.sub("", FENCED.sub("", path.read_text("utf-8")))


def anchors(path: Path) -> set[str]:
    """Return the anchors that GitHub makes of the headings of a page."""
    found: set[str] = set()
    for heading in HEADING.findall(FENCED.sub("", path.read_text("utf-8"))):
        plain = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", plain).strip().replace(" ", "-")
        again = [f"{slug}-{number}" if number else slug for number in range(len(found) + 1)]
        found.add(next(each for each in again if each not in found))
    return found


def targets(path: Path) -> list[str]:
    """Return what a page links to within the repository."""
    text = prose(path)
    named = [target for _, target in DEFINED.findall(text)]
    return [target for target in (*INLINE.findall(text), *named) if not re.match(r"(?:https?|mailto):", target)]


def is_there(path: Path, target: str) -> bool:
    """Return True if the file that a page links to exists, with the heading that the link names."""
    name, _, anchor = target.partition("#")
    file = (path.parent / name).resolve() if name else path
    if not file.exists() or not file.is_relative_to(ROOT.resolve()):
        return False
    return not anchor or (file.suffix == ".md" and anchor in anchors(file))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_link_leads_somewhere(path: Path) -> None:
    assert [target for target in targets(path) if not is_there(path, target)] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_named_link_is_defined_once_and_used(path: Path) -> None:
    text = prose(path)
    defined = [name for name, _ in DEFINED.findall(text)]
    assert len(defined) == len(set(defined))
    assert set(defined) == set(USED.findall(text))


def test_a_broken_link_is_noticed(tmp_path: Path) -> None:
    """The pages above have no broken links, so try some."""
    page = INDEX
    assert is_there(page, "../README.md")
    assert is_there(page, "two_ways.md#ask")
    assert not is_there(page, "two_ways.md#asks")
    assert not is_there(page, "nowhere.md")
    assert not is_there(page, str(tmp_path))


def test_headings_become_anchors(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A [link](x.md), *and* `code`!\n## Twice\n```\n# no heading\n```\n## Twice\n", "utf-8")
    assert anchors(page) == {"a-link-and-code", "twice", "twice-1"}


def test_the_index_names_each_document() -> None:
    listed = {(DOCS / target.partition("#")[0]).resolve() for target in targets(INDEX)}
    assert {path for path in PAGES if path.is_relative_to(DOCS)} - {INDEX} <= listed
