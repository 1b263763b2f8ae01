"""The orders by name: picklable arguments, generators, JSON-able results."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

from models.orders import ORDERS


@pytest.mark.parametrize("name", list(ORDERS))
def test_each_order_is_a_generator(name: str) -> None:
    order = ORDERS[name]
    assert inspect.isgeneratorfunction(order)
    assert order.__doc__
    kinds = {parameter.kind for parameter in inspect.signature(order).parameters.values()}
    assert kinds == {inspect.Parameter.POSITIONAL_OR_KEYWORD}


def test_the_table_is_light() -> None:
    code = (
        "import sys, models.orders\n"
        "heavy = {'torch', 'sklearn', 'pandas', 'h5py', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_unknown_order_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        ORDERS["nothing"]
