"""Markdown as a terminal shows it: for light and dark ones, with links that lead somewhere there."""

from __future__ import annotations

import posixpath
import re
from typing import ClassVar

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import CodeBlock, Heading, Markdown, MarkdownElement
from rich.syntax import Syntax
from rich.theme import Theme

from migrate.findings import SEVERITIES

_CODE = re.compile(r"(^```.*?^```$|`[^`\n]+`)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[(?P<text>[^\]]+)\]\((?!\w+:)(?P<target>[^)#\s]*)[^)\s]*\)")

# Rich's own styles put black behind code, which a light terminal shows as bars. These have the colours that a
# terminal's owner has chosen, and none behind them.
_THEME = Theme({"markdown.code": "bold cyan", "markdown.h1": "bold"})
_CODE_THEME = "ansi_light"


class _LeftHeading(Heading):
    """A heading where the text begins; rich centres it, in older versions within a box."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self.text


class _IndentedCode(CodeBlock):
    """Code that stands out by where it begins, also without colours; rich puts empty lines around it as well."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Syntax(str(self.text).rstrip(), self.lexer_name, theme=self.theme, word_wrap=True, padding=(0, 2))


class TerminalMarkdown(Markdown):
    """A Markdown text to be printed at the terminal's width.

    Args:
        folder: of the text in the tool's repository, with `/`; links are relative to it.
    """

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "heading_open": _LeftHeading,
        "fence": _IndentedCode,
        "code_block": _IndentedCode,
    }

    def __init__(self, text: str, folder: str) -> None:
        # Rich's hyperlinks would hide where a link leads from a terminal that has none.
        super().__init__(spell_links(text, folder), code_theme=_CODE_THEME, hyperlinks=False)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        with console.use_theme(_THEME):
            yield from super().__rich_console__(console, options)


def spell_links(text: str, folder: str) -> str:
    """Relative links as what a person at a terminal can do: a command for a finding's page, a path for others.

    Args:
        folder: of the text, as for `TerminalMarkdown`.
    """
    pieces = _CODE.split(text)
    pieces[::2] = (_LINK.sub(lambda link: _spelled(link, folder), piece) for piece in pieces[::2])
    return "".join(pieces)


def _spelled(link: re.Match[str], folder: str) -> str:
    path = posixpath.normpath(posixpath.join(folder, link["target"]))
    name = posixpath.basename(path)
    code = name.removesuffix(".md")
    if code in SEVERITIES:
        return f"{link['text']} (`migrate explain {code}`)"
    return f"`{path}`" if link["text"] == name else f"{link['text']} (`{path}`)"
