"""Runs a verb: its one JSON document or readable text, progress, errors and exit statuses."""

from __future__ import annotations

import errno
import json
import logging
import os
import re
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from models.job import Progress

LOG = logging.getLogger("winnow")
DONE, MISTAKE, USAGE, INTERRUPTED = 0, 1, 2, 130
#: A list of more records than this is printed with a record a line.
LONG = 1000
#: A list of more letters than this is told by its first ones, so many of them.
_LONGEST, _BEGIN = 2000, 5
#: Characters that a terminal obeys (control, and those that turn the direction of text), but not line ends.
_HARMFUL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


class Stop(Exception):
    """A verb ends here with a status, its answer printed already."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class _Interrupt:
    """The first signal asks the work to stop between two steps, the second ends at once."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


def order(name: str, arguments: Mapping[str, Any], as_json: bool) -> Any:
    """The result of an order, run here; interrupted, what it kept is shown and the status is 130."""
    from models.job import Job
    from workers.inline import run

    interrupt = _Interrupt()
    with _handling(interrupt), _meter() as show:
        result = run(Job(name, dict(arguments), name), show, lambda: interrupt.asked)
    if interrupt.asked:
        answer(result, as_json)
        raise Stop(INTERRUPTED)
    return result


@contextmanager
def _handling(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Ctrl+C, and the SIGTERM of a job queue, a container or a shutdown, are taken alike."""
    before: dict[signal.Signals, Any] = {}
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            # What was started with a signal ignored goes on ignoring it; another thread's signals are not ours.
            if signal.getsignal(number) != signal.SIG_IGN and threading.current_thread() is threading.main_thread():
                before[number] = signal.signal(number, handler)
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


@contextmanager
def _meter() -> Iterator[Callable[[Progress], None]]:
    """A bar on a terminal, log lines elsewhere."""
    if not sys.stderr.isatty():
        yield _log
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    bar = Bar(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task("Working", total=None)

        def show(step: Progress) -> None:
            _log(step)
            bar.update(task, description=shown(step.text) or "Working", total=step.total or None, completed=step.done)

        yield show


def _log(step: Progress) -> None:
    if step.log:
        LOG.info("%s", step.log)


def answer(result: Any, as_json: bool) -> None:
    """Print a verb's result: one JSON document, or text."""
    for line in document(plain(result)) if as_json else text_of(result):
        click.echo(line)


def document(value: Any) -> Iterator[str]:
    """A JSON document in pieces; the records of a long list have a line each, so that a million go fast."""
    if not isinstance(value, dict) or not any(_long(item) for item in value.values()):
        yield _json(value, indent=1)
        return
    yield "{"
    for place, (name, item) in enumerate(value.items(), 1):
        comma = "," if place < len(value) else ""
        if _long(item):
            yield f" {_json(name)}: ["
            yield from _records(item)
            yield f" ]{comma}"
        else:
            yield f" {_json(name)}: {_json(item)}{comma}"
    yield "}"


def _long(value: Any) -> bool:
    return isinstance(value, list) and len(value) > LONG


def _records(items: list[Any]) -> Iterator[str]:
    for start in range(0, len(items), LONG):
        lines = ",\n".join(f"  {_json(item)}" for item in items[start : start + LONG])
        yield lines + ("," if start + LONG < len(items) else "")


def _json(value: Any, indent: int | None = None) -> str:
    """JSON in which a terminal finds nothing to obey: what JSON itself lets stand is escaped as well."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)
    return _HARMFUL.sub(lambda match: f"\\u{ord(match[0]):04x}", text) if _HARMFUL.search(text) else text


def plain(value: Any) -> Any:
    """The value as JSON knows it."""
    from models.orders.naming import plain as found

    return found(value)


def text_of(result: Any, indent: str = "") -> list[str]:
    """A result as readable lines: names with values, lists of records as columns."""
    if not isinstance(result, Mapping):
        return [f"{indent}{_words(result)}"]
    lines: list[str] = []
    for name, value in result.items():
        if isinstance(value, Mapping) and value:
            lines += [f"{indent}{name}:", *text_of(value, indent + "  ")]
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            lines += [f"{indent}{name}:", *_table(value, indent + "  ")]
        elif isinstance(value, list):
            lines.append(f"{indent}{name}: {_listed(value)}")
        else:
            lines.append(f"{indent}{name}: {_words(value)}")
    return lines


def _listed(values: list[Any]) -> str:
    """A list as words; of one that would fill a page its begin, and how many more there are."""
    words = _words(values)
    if len(words) <= _LONGEST or len(values) <= _BEGIN:
        return words
    return f"{_words(values[:_BEGIN])} and {len(values) - _BEGIN:,} more, all of which --json tells"


def _words(value: Any) -> str:
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) < 1e15
        return f"{value:.0f}" if whole else f"{value:.4g}"
    if isinstance(value, list | tuple):
        sentences = all(isinstance(item, str) and item.endswith(".") for item in value)
        return (" " if sentences else ", ").join(_words(item) for item in value) or "none"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_words(item)}" for name, item in value.items()) or "none"
    return "–" if value is None else shown(str(value))


def shown(text: str) -> str:
    """A text from outside on one line, with control characters written out, never obeyed by a terminal."""
    return _HARMFUL.sub(lambda match: ascii(match[0])[1:-1], text.replace("\n", "\\n"))


def _table(rows: list[Mapping[str, Any]], indent: str) -> list[str]:
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [names, *([_words(row.get(name)) for name in names] for row in rows)]
    widths = [min(100, max(len(line[place]) for line in cells)) for place in range(len(names))]
    return [
        indent + "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    ]


def log_file() -> Path:
    """Where the log is: WINNOW_LOG, the log folder in WINNOW_STATE, or the user's log folder."""
    if given := os.environ.get("WINNOW_LOG"):
        return Path(given)
    if state := os.environ.get("WINNOW_STATE"):
        return Path(state) / "log" / "winnow.log"
    from platformdirs import user_log_path

    return user_log_path("winnow", appauthor=False) / "winnow.log"


def start_log(verbose: bool) -> None:
    """Log to the file; warnings of libraries go there too. A log that can't be written is left out."""
    LOG.setLevel(logging.DEBUG if verbose else logging.INFO)
    try:
        file = log_file()
        file.parent.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = logging.FileHandler(file, encoding="utf-8", errors="backslashreplace", delay=True)
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(message)s"))
    for old in LOG.handlers[:]:
        LOG.removeHandler(old)
        old.close()
    LOG.addHandler(handler)
    LOG.propagate = False


def stop_log() -> None:
    """Close the log file."""
    for handler in LOG.handlers[:]:
        LOG.removeHandler(handler)
        handler.close()


def guarded(work: Callable[[], Any], verbose: bool) -> int:
    """Run a parsed verb and turn what it raises into an exit status and one line."""
    try:
        work()
    except (Stop, click.exceptions.Exit) as stop:
        return stop.status if isinstance(stop, Stop) else stop.exit_code
    except (BrokenPipeError, SystemExit):  # click ends the program when nobody reads on
        return _closed()
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last door: told in one line and logged
        return _status(error, verbose)
    return DONE


def _status(error: BaseException, verbose: bool) -> int:
    """Tell an error in one line; its exit status."""
    from models.errors import Cancelled

    if isinstance(error, click.BadParameter) and not isinstance(error, click.MissingParameter):
        return _mistake(f"{error.format_message()} See --help.", verbose)
    if isinstance(error, click.UsageError):
        return usage(error)
    if isinstance(error, click.Abort) and isinstance(error.__cause__, EOFError):
        error = error.__cause__  # click takes a file that ends early for a person who went away
    if isinstance(error, KeyboardInterrupt | Cancelled | click.Abort):
        _say("interrupted; what was finished is kept")
        return INTERRUPTED
    return _mistake(_words_for(error), verbose)


def _words_for(error: BaseException) -> str:
    """What to tell a person about an error."""
    from models.errors import UserError

    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, MemoryError):
        return "the memory is full. Choose fewer samples with --where or --max-samples."
    if isinstance(error, UnicodeEncodeError):
        return f"{ascii(error.object)[:200]} is not readable text (UTF-8). Write it anew."
    if isinstance(error, OSError):
        where = f" ({error.filename})" if error.filename else ""
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return f"the disk is full{where}. Free some space and try again; what was there is as it was."
        return f"{error.strerror or error}{where}. Check the place and its rights."
    return f"{type(error).__name__}: {error}. This is our fault; the details are in {log_file()}"


def usage(error: click.UsageError) -> int:
    """An unknown verb or flag, or a missing argument; without any verb the help."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return USAGE
    _say(f"{error.format_message()} See --help.")
    return USAGE


def _mistake(text: str, verbose: bool) -> int:
    LOG.error("%s\n%s", text, traceback.format_exc())
    _say(text)
    if verbose:
        click.echo(traceback.format_exc(), err=True)
    return MISTAKE


def _say(text: str) -> None:
    click.echo(f"winnow: {shown(' '.join(text.split()))}", err=True)


def _closed() -> int:
    """The reader of our output went away (a pipe into head)."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return DONE


def settings(pairs: tuple[str, ...]) -> dict[str, str]:
    """``k=v`` texts as a mapping; the last one wins."""
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise click.BadParameter(f"--set {pair!r} is not of the form name=value.")
        found[name.strip()] = value
    return found
