"""The command line of `migrate fleet`: its options on either side of the list, all after COMMAND is COMMAND's."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand


class FleetArguments(TyperCommand):
    """Takes `[OPTIONS] LIST [OPTIONS] COMMAND …`, and leaves what follows COMMAND as it is."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        args = list(args)
        first = self._argument(ctx, args, 0)
        if first < len(args):
            listed = args.pop(first)
            second = self._argument(ctx, args, first)
            args[second:second] = ["--", listed]
        return super().parse_args(ctx, args)

    def _argument(self, ctx: Any, args: list[str], start: int) -> int:
        """The index of the first word from `start` on that is no option, nor the value of one."""
        with_value = {o for p in self.get_params(ctx) if not getattr(p, "is_flag", True) for o in p.opts}
        while start < len(args) and args[start].startswith("-"):
            if args[start] == "--":
                del args[start]
                break
            start += 2 if args[start] in with_value else 1
        return start
