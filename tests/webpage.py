"""A page of HTML as a test reads it: well-formed, without anything that leads out of it, and its elements by place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "input", "br", "link", "img", "hr"}


@dataclass
class Element:
    """An element, with its text and elements in order."""

    tag: str
    attributes: dict[str, str]
    children: list[Element | str] = field(default_factory=list)
    parent: Element | None = None

    def every(self) -> Iterator[Element]:
        """All elements within, outermost first."""
        for child in self.children:
            if isinstance(child, Element):
                yield child
                yield from child.every()

    def find(self, tag: str, **attributes: str) -> list[Element]:
        """Elements within, by tag and attributes; `class_` is one of the classes."""
        wanted = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
        return [each for each in self.every() if each.tag == tag and each.has(wanted)]

    def one(self, tag: str, **attributes: str) -> Element:
        (found,) = self.find(tag, **attributes)
        return found

    def has(self, wanted: dict[str, str]) -> bool:
        return all(
            value in self.attributes.get("class", "").split() if key == "class" else self.attributes.get(key) == value
            for key, value in wanted.items()
        )

    @property
    def text(self) -> str:
        """All text within, as it stands."""
        return "".join(child if isinstance(child, str) else child.text for child in self.children)

    @property
    def words(self) -> str:
        """All text within, with single blanks."""
        return " ".join(self.text.split())


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self.at = self.root

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice: {names}"
        element = Element(tag, {name: value or "" for name, value in attrs}, parent=self.at)
        self.at.children.append(element)
        if tag not in VOID:
            self.at = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.at.tag == tag, f"</{tag}> closes <{self.at.tag}>"
        assert self.at.parent is not None
        self.at = self.at.parent

    def handle_data(self, data: str) -> None:
        self.at.children.append(data)


def parsed(text: str) -> Element:
    """What the text of a page holds; every element is closed."""
    parser = _Parser()
    parser.feed(text)
    parser.close()
    assert parser.at is parser.root, f"<{parser.at.tag}> is not closed"
    return parser.root


def read_page(content: bytes) -> Element:
    """The page, which is in order: elements are closed, names are given once, links lead somewhere within it."""
    page = parsed(content.decode("utf-8"))
    ids = [each.attributes["id"] for each in page.every() if "id" in each.attributes]
    assert len(ids) == len(set(ids)), [each for each in ids if ids.count(each) > 1]
    for each in page.every():
        for name, value in each.attributes.items():
            assert not name.startswith("on"), f"a script in <{each.tag} {name}>"
            assert name not in ("style", "src", "srcset", "action"), f"<{each.tag} {name}={value}>"
            if name == "href":
                assert value.startswith("#"), value
                assert value[1:] in ids, f"{value} leads nowhere"
            if name in ("for", "aria-labelledby"):
                assert value in ids
    return page


def raw_control_characters(content: bytes) -> list[str]:
    """Characters of a file that would do something to a terminal, or turn the direction of text."""
    return re.findall(r"[^\n\t -~\u00a1-\u2027\u2030-\u2065\u2070-\ud7ff\uf900-\U0010ffff]", content.decode("utf-8"))
