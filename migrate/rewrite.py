"""Run a phase's compiled Bowler query on one span's text."""

from __future__ import annotations

import logging
from typing import Any

from bowler import Query
from fissix import pygram
from fissix.pgen2.parse import ParseError
from fissix.pgen2.tokenize import TokenError
from fissix.pytree import Node
from fissix.refactor import RefactoringTool
from msgspec import Struct

from migrate.call_changes import DECIDED_CALL, CallChange
from migrate.targets import DECIDED, Targets


class NotRewritable(ValueError):
    """fissix does not read the text."""


class CompiledQuery(RefactoringTool):  # type: ignore[misc]
    """A Bowler query as fissix runs it, on strings and in this process.

    Bowler's own tool reads and writes files in the locale's encoding and starts worker processes; its compiled
    fixers need neither.
    """

    def __init__(self, query: Query) -> None:
        self._compiled = query.compile()
        super().__init__([], {"print_function": True})
        # Of fissix's grammars this one takes the most: print and exec are names here.
        self.grammar = pygram.python_grammar_no_print_and_exec_statement
        self.driver.grammar = self.grammar
        self.logger = logging.getLogger("migrate.rewrite")

    def get_fixers(self) -> tuple[list[Any], list[Any]]:
        """The query's fixers; all of Bowler's run in post order."""
        fixers = [fixer(self.options, self.fixer_log) for fixer in self._compiled]
        return [f for f in fixers if f.order == "pre"], [f for f in fixers if f.order == "post"]

    def parse(self, text: str) -> Node:
        """The tree of `text`; `str` of it is `text` again.

        Raises:
            NotRewritable: fissix's grammar does not have what the text has.
        """
        try:
            tree = self.driver.parse_string(text)
            is_whole = str(tree) == text  # and no walk over it goes deeper
        except (ParseError, TokenError, IndentationError, RecursionError) as error:
            raise NotRewritable(str(error)) from None
        if not is_whole:
            raise NotRewritable("its tree is not the whole text")
        return tree

    def parse_module(self, text: str) -> Node:
        """The tree of a whole file, which need not end in a line end.

        Raises:
            NotRewritable: as for `parse`.
        """
        return self.parse(text if text.endswith("\n") else text + "\n")

    def run(self, text: str, path: str, decided: Targets | None = None, call: CallChange | None = None) -> Rewritten:
        """Run the query on `text`, which stands in the file `path`.

        Args:
            text: a statement or an expression, lines ending in `\\n`, no final newline.
            decided: what the names of an import statement become, where that is known beforehand.
            call: the same for the arguments of a call.
        Raises:
            NotRewritable: fissix does not read `text`.
        """
        tree = self.parse(text + "\n")
        token, call_token = DECIDED.set(decided), DECIDED_CALL.set(call)
        try:
            self.refactor_tree(tree, path)
        finally:
            DECIDED.reset(token)
            DECIDED_CALL.reset(call_token)
        return Rewritten(str(tree).removesuffix("\n"), bool(tree.was_changed))


class Rewritten(Struct, frozen=True):
    """The text after the query, and whether the query selected anything in it."""

    text: str
    selected: bool
