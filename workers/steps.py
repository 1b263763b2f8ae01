"""Finds an order by its name and drives its steps; knows neither Qt nor processes."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, cast

from models.errors import Cancelled, UserError
from models.job import Done, Ending, Failed, Order, Printout, Progress, Steps, Stopped
from workers.messages import plain, plain_progress


def find_order(name: str) -> Order:
    """The order `name` of ``models.orders.ORDERS``, or ``module:function``; UserError when unknown."""
    if ":" in name:
        module, _, function = name.partition(":")
        return cast(Order, getattr(import_module(module), function))
    orders: Mapping[str, Order] = import_module("models.orders").ORDERS
    if name not in orders:
        raise UserError(f"There is no order “{name}”; known are {', '.join(sorted(orders))}.")
    return orders[name]


def begin(name: str, arguments: Mapping[str, Any], device: str) -> Steps:
    """The generator of the order; an order that names a parameter `device` gets the job's."""
    order = find_order(name)
    given = dict(arguments)
    if "device" in inspect.signature(order).parameters:
        given.setdefault("device", device)
    return order(**given)


def drive(
    steps: Steps, on_step: Callable[[Progress], None], cancelled: Callable[[], bool] = lambda: False
) -> Done | Stopped:
    """Run `steps` to the end, throwing Cancelled into them once `cancelled()` says so.

    A cancelled order may still yield (it saves what it has) and return what it kept. Errors of the
    order go through to the caller.
    """
    thrown = False
    while True:
        try:
            if not thrown and cancelled():
                thrown = True
                step = steps.throw(Cancelled())
            else:
                step = next(steps)
        except StopIteration as end:
            result = plain(end.value)
            return Stopped(result) if thrown else Done(result)
        except Cancelled:
            return Stopped()
        if isinstance(step, Printout):
            print_out(step)
        else:
            on_step(plain_progress(step))


def print_out(asked: Printout) -> None:
    """Write the pages that an order asks for. UserError where this computer has not what Qt needs for that."""
    try:
        from workers.paper import write_pdf
    except ImportError as error:
        raise UserError(f"a PDF cannot be written here ({error}). Write HTML instead.") from None
    write_pdf(asked)


def ending(
    name: str,
    arguments: Mapping[str, Any],
    device: str,
    on_step: Callable[[Progress], None],
    cancelled: Callable[[], bool] = lambda: False,
) -> tuple[Ending, BaseException | None]:
    """Begin and drive an order; every error becomes a Failed, given with the exception itself."""
    try:
        return drive(begin(name, arguments, device), on_step, cancelled), None
    except UserError as error:
        return Failed(str(error)), error
    except (Exception, SystemExit) as error:  # noqa: BLE001  an order's error must not end the worker
        return Failed(describe(error), "".join(traceback.format_exception(error))), error


def describe(error: BaseException) -> str:
    """One line for a person about an error that is our fault."""
    if isinstance(error, MemoryError):
        return "Memory was short. Close other programs, or take fewer samples or a smaller model."
    words = str(error).strip().splitlines()
    return f"{type(error).__name__}: {words[0]}" if words else type(error).__name__
