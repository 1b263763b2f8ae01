"""Parameters of a recipe as flags: ``--epochs 50``, ``--layers 1,2,5`` or ``--layers 1 2 5``."""

from __future__ import annotations

import click


class FreeFlags(click.Command):
    """A command that keeps unknown long flags in ``ctx.meta["free flags"]`` for the verb to judge."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        flags, rest = take_flags(args, self._known())
        ctx.meta["free flags"] = flags
        return super().parse_args(ctx, rest)

    def _known(self) -> dict[str, bool]:
        """Each own flag, and whether a value follows it."""
        found = {"--help": False, "-h": False}
        for param in self.params:
            if isinstance(param, click.Option):
                found.update(dict.fromkeys((*param.opts, *param.secondary_opts), not param.is_flag))
        return found


def take_flags(args: list[str], known: dict[str, bool]) -> tuple[dict[str, str], list[str]]:
    """Unknown long flags with their values, and all other arguments.

    Several values join to a list, once the project has been named before them, and those of a flag that comes again;
    none means yes.
    """
    flags: dict[str, str] = {}
    rest: list[str] = []
    named = False
    place = 0
    while place < len(args):
        item = args[place]
        place += 1
        name, equals, value = item.partition("=")
        if item == "--":
            rest += [item, *args[place:]]
            break
        if name in known or not item.startswith("--"):
            rest.append(item)
            if known.get(name) and not equals and place < len(args):
                rest.append(args[place])
                place += 1
            elif name not in known:
                named = True
            continue
        values = [value] if equals else []
        while not equals and place < len(args) and not args[place].startswith("--") and (named or not values):
            values.append(args[place])
            place += 1
        told = ",".join(values) if values else "yes"
        flags[name[2:]] = f"{flags[name[2:]]},{told}" if name[2:] in flags else told
    return flags, rest
