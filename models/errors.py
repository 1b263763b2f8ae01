"""The two exceptions with a meaning for a person; every other one is our fault."""


class UserError(Exception):
    """A mistake of the user or of a file.

    Its text is one sentence or two: what is wrong, in which file and row, what to do. The window
    shows it in a notice, the command line prints it after ``winnow: `` and ends with 1.
    """


def lacking(words: str, extra: str, instead: str = "") -> UserError:
    """The mistake of wanting what is not installed. words: what needs it, with the verb; instead: what else would do.

    Winnow is installed from its folder: of its name alone an index of packages may know another program.
    """
    return UserError(
        f'{words} an extra that is not installed. Run  pip install ".[{extra}]"  in Winnow\'s folder{instead}.'
    )


class Cancelled(Exception):
    """The person stopped the work; nothing is shown."""
