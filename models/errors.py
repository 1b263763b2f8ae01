"""The two exceptions with a meaning for a person; every other one is our fault."""


class UserError(Exception):
    """A mistake of the user or of a file.

    Its text is one sentence or two: what is wrong, in which file and row, what to do. The window
    shows it in a notice, the command line prints it after ``winnow: `` and ends with 1.
    """


class Cancelled(Exception):
    """The person stopped the work; nothing is shown."""
