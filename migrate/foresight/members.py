"""Does a class of the repository have a member, in itself or in one of its bases? Nothing is imported or run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from msgspec import Struct

from migrate.definitions.names import Names
from migrate.definitions.nodes import Definition, NotKnown, Outside, is_class
from migrate.foresight.homes import Answer, Has, Homes
from migrate.foresight.surface import assigned
from migrate.locate.aliases import blocks
from migrate.refs import ObjectRef
from migrate.syntax import DEFINITIONS

_MAKES_MEMBERS = frozenset({"__getattr__", "__getattribute__"})


class Members(Struct, frozen=True):
    """Members of the classes in a repository, one level deep."""

    homes: Homes

    def has(self, ref: ObjectRef) -> Answer:
        """Has the class `module:Name` of `module:Name.member` that member?

        What instances have counts as well; where only running it could tell, the answer is that it is not checked.
        """
        first, member = ref.name.split(".")[:2]
        dotted = self.homes.redirects.get(ref.module, {}).get(first, "")
        module, _, first = dotted.rpartition(".") if dotted else (ref.module, "", first)
        names = Names(self.homes.source_roots, self.homes.read)
        try:
            owner = names.find(ObjectRef(module, first))
            if not (isinstance(owner, Definition) and is_class(owner)):
                return Answer(Has.UNCHECKED, "", f"{module}:{first} is no class of this repository")
            order = names.order(owner)
        except NotKnown as error:
            return Answer(Has.UNCHECKED, "", str(error))
        except RecursionError:
            return Answer(Has.UNCHECKED, "", f"{ref} is nested too deeply to be followed")
        for each in order:
            if isinstance(each, Outside):
                return Answer(Has.UNCHECKED, "", each.reason)
            bound = set(_bound(each))
            if member in bound or re.search(rf"\.\s*{re.escape(member)}\b\s*[:=]", each.module.source.text):
                return Answer(Has.YES)
            if bound & _MAKES_MEMBERS or each.node.keywords or member.startswith("__"):  # type: ignore[union-attr]
                return Answer(Has.UNCHECKED, "", f"{each.name} may make members while it runs")
        return Answer(Has.NO, owner.module.path, f"{first} in {owner.module.path} has no {member}")


def _bound(owner: Definition) -> Iterator[str]:
    """What the body of a class binds or annotates."""
    assert isinstance(owner.node, ast.ClassDef)
    for block in blocks(owner.node.body):
        for statement in block.statements if not block.scopes else ():
            if isinstance(statement, DEFINITIONS):
                yield statement.name
            elif isinstance(statement, ast.Import | ast.ImportFrom):
                yield from ((alias.asname or alias.name).partition(".")[0] for alias in statement.names)
            elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                yield statement.target.id
            else:
                yield from (name for name, _ in assigned(statement))
