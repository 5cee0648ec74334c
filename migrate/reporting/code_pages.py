"""The documentation's page on a finding as part of the report: rendered, with links that lead somewhere in it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from msgspec import Struct

from migrate.findings import SEVERITIES
from migrate.pages import page
from migrate.reporting.highlight import highlight

_OTHER_PAGE = re.compile(r"([\w-]+)\.md(?:#.*)?")
_ADDRESS = re.compile(r"https?://")
_INLINE = re.compile(r"`|\[([^\]]*)\]\([^)]*\)")


class CodePage(Struct, frozen=True):
    """One page.

    Attributes:
        summary: its first sentence, plain.
        body: HTML without the heading.
    """

    code: str
    summary: str
    body: Markup


def code_page(code: str, others: Collection[str]) -> CodePage | None:
    """The page on `code`; None where there is none, as for a code of a newer version.

    Args:
        others: the codes whose pages the report has, too; links to other pages become plain text.
    """
    if code not in SEVERITIES:
        return None
    paragraphs = page(code).split("\n\n")
    summary = _INLINE.sub(r"\1", paragraphs[2].replace("\n", " ")).partition(". ")[0].removesuffix(".")
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse("\n\n".join(paragraphs[1:]))
    body = "".join(_rendered(markdown, tokens, frozenset(others)))
    return CodePage(code, summary, Markup(body))  # noqa: S704 - made of our own pages, with HTML in them off


def _rendered(markdown: MarkdownIt, tokens: Sequence[Token], others: frozenset[str]) -> Iterator[str]:
    for token in tokens:
        if token.type == "fence":
            yield _fence(token)
            continue
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 2)}"
        if token.children:
            token.children = list(_with_links(token.children, others))
        yield markdown.renderer.render([token], markdown.options, {})


def _with_links(children: Sequence[Token], others: frozenset[str]) -> Iterator[Token]:
    """Links to other pages become links within the report; those that would lead nowhere are left out."""
    kept: list[bool] = []
    for token in children:
        if token.type == "link_open":
            href = str(token.attrGet("href") or "")
            found = _OTHER_PAGE.fullmatch(href)
            kept.append(bool(_ADDRESS.match(href) or (found and found[1] in others)))
            if found and found[1] in others:
                token.attrSet("href", f"#code-{found[1]}")
        if token.type in ("link_open", "link_close") and not (kept.pop() if token.type == "link_close" else kept[-1]):
            continue
        yield token


def _fence(token: Token) -> str:
    lines = token.content.rstrip("\n").split("\n")
    if token.info.strip() == "python":
        code = Markup("\n").join(
            Markup("").join(
                Markup('<i class="{}">{}</i>').format(name, text) if name else Markup("{}").format(text)
                for name, text in pieces
            )
            for pieces in highlight(lines)
        )
    else:
        code = Markup("{}").format("\n".join(lines))
    return Markup("<pre>{}</pre>\n").format(code)
