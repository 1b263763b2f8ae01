"""The filter language of ``--where`` and of the window's filter bar.

Grammar, lowest binding first::

    either   := both ("or" both)*
    both     := negated ("and" negated)*
    negated  := "not" negated | part
    part     := "(" either ")" | value comparison value | value ["not"] "in" "(" literal ("," literal)* ")" | value
    value    := name | `name with spaces` | name "(" text ")" | "text" | number
    comparison := == != < <= > >= ~

``~`` is "contains" (capitals do not matter). A bare value is a yes-or-no column such as ``unlabelled``. A
comparison with a missing value is false.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from models.errors import UserError
from models.params import unknown

Mask = npt.NDArray[np.bool_]
Array = npt.NDArray[Any]

_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))
      | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<quoted>`[^`]+`)
      | (?P<name>[^\W\d][\w.]*)
      | (?P<sign>==|!=|<=|>=|<|>|~|\(|\)|,|=)""",
    re.VERBOSE,
)
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_WORDS = ("and", "or", "not", "in")


class Columns(Protocol):
    """What an expression is evaluated over: n samples as named columns."""

    def __len__(self) -> int: ...

    def names(self) -> tuple[str, ...]: ...

    def column(self, name: str) -> Array: ...

    def call(self, name: str, argument: str) -> Array: ...

    def functions(self) -> tuple[str, ...]: ...


class WhereError(UserError):
    """A wrong expression; `at` and `length` tell the place, for the underline."""

    def __init__(self, text: str, expression: str, at: int, length: int = 1) -> None:
        shown = expression if len(expression) <= 120 else expression[:117] + "…"
        super().__init__(f"{text} At character {at + 1} of: {shown}")
        self.short = text
        self.at = at
        self.length = max(length, 1)


@dataclass(frozen=True)
class Token:
    """One word of an expression: its kind, text and place."""

    kind: str
    text: str
    at: int


@dataclass(frozen=True)
class Name:
    text: str
    at: int


@dataclass(frozen=True)
class Call:
    name: str
    argument: str
    at: int


@dataclass(frozen=True)
class Literal:
    value: float | str
    written: str
    at: int


@dataclass(frozen=True)
class Comparison:
    sign: str
    left: Name | Call | Literal
    right: Name | Call | Literal
    at: int


@dataclass(frozen=True)
class Among:
    left: Name | Call | Literal
    values: tuple[Literal, ...]
    negated: bool


@dataclass(frozen=True)
class Negated:
    inner: Node


@dataclass(frozen=True)
class Joined:
    sign: str
    parts: tuple[Node, ...]


Value = Name | Call | Literal
Node = Value | Comparison | Among | Negated | Joined


def read_tokens(expression: str) -> list[Token]:
    """Cut an expression into tokens; raises WhereError at the first unknown character."""
    tokens, at = [], 0
    while at < len(expression):
        match = _TOKEN.match(expression, at)
        if match is None:
            raise WhereError(f"{expression[at]!r} has no meaning here.", expression, at)
        if match.lastgroup != "space":
            tokens.append(Token(match.lastgroup or "", match.group(), at))
        at = match.end()
    return tokens


class _Parser:
    def __init__(self, expression: str) -> None:
        self.expression = expression
        self.tokens = read_tokens(expression)
        self.place = 0

    def fail(self, text: str, token: Token | None = None) -> WhereError:
        token = token or self.peek()
        at = token.at if token else len(self.expression)
        return WhereError(text, self.expression, at, len(token.text) if token else 1)

    def peek(self) -> Token | None:
        return self.tokens[self.place] if self.place < len(self.tokens) else None

    def take(self, *texts: str) -> Token | None:
        token = self.peek()
        if token and token.kind in ("name", "sign") and token.text in texts:
            self.place += 1
            return token
        return None

    def parse(self) -> Node:
        node = self.either()
        if self.peek():
            raise self.fail("Join two conditions with and, or.")
        return node

    def either(self) -> Node:
        return self.joined("or", self.both)

    def both(self) -> Node:
        return self.joined("and", self.negated)

    def joined(self, sign: str, part: Callable[[], Node]) -> Node:
        parts = [part()]
        while self.take(sign):
            parts.append(part())
        return parts[0] if len(parts) == 1 else Joined(sign, tuple(parts))

    def negated(self) -> Node:
        return Negated(self.negated()) if self.take("not") else self.part()

    def part(self) -> Node:
        if self.take("("):
            node = self.either()
            if not self.take(")"):
                raise self.fail("A closing ) is missing.")
            return node
        left = self.value()
        if token := self.take("="):
            raise self.fail("Write == to compare.", token)
        if token := self.take(*_COMPARE, "~"):
            return Comparison(token.text, left, self.value(), token.at)
        negated = bool(self.take("not"))
        if self.take("in"):
            return Among(left, self.values(), negated)
        if negated:
            raise self.fail("After not comes in here.")
        return left

    def values(self) -> tuple[Literal, ...]:
        if not self.take("("):
            raise self.fail('After in comes a list: in ("a", "b").')
        found = []
        while True:
            value = self.value()
            if isinstance(value, Name):
                value = Literal(value.text, value.text, value.at)
            if not isinstance(value, Literal):
                raise self.fail("A list holds texts and numbers only.")
            found.append(value)
            if self.take(")"):
                return tuple(found)
            if not self.take(","):
                raise self.fail("A comma or a closing ) is missing.")

    def value(self) -> Value:
        token = self.peek()
        if token is None:
            raise self.fail("Something is missing at the end.")
        if token.kind == "sign" or token.text in _WORDS:
            raise self.fail(f"A column, a text or a number is missing before {token.text!r}.", token)
        self.place += 1
        if token.kind == "number":
            return Literal(float(token.text), token.text, token.at)
        if token.kind == "text":
            text = re.sub(r"\\(.)", r"\1", token.text[1:-1])
            return Literal(text, text, token.at)
        if token.kind == "quoted":
            return Name(token.text[1:-1], token.at)
        return self.call(token) if self.take("(") else Name(token.text, token.at)

    def call(self, name: Token) -> Call:
        value = self.value()
        if isinstance(value, Call) or not self.take(")"):
            raise self.fail(f'Write {name.text}("…").')
        return Call(name.text, value.written if isinstance(value, Literal) else value.text, name.at)


@dataclass(frozen=True)
class Where:
    """A parsed expression; `mask(columns)` gives which samples it chooses."""

    expression: str
    node: Node | None

    @property
    def names(self) -> frozenset[str]:
        """The words of the expression that may be columns."""
        return frozenset(token.text for token in read_tokens(self.expression) if token.kind == "name")

    def mask(self, columns: Columns) -> Mask:
        """(n,) booleans; raises WhereError for an unknown name or a comparison without sense."""
        if self.node is None:
            return np.ones(len(columns), bool)
        return _Evaluation(self.expression, columns).mask(self.node)


def compile_where(expression: str) -> Where:
    """Parse an expression; an empty one chooses all. Raises WhereError with the place."""
    text = expression.strip()
    try:
        return Where(expression, _Parser(expression).parse() if text else None)
    except RecursionError:
        raise WhereError("This expression is nested too deeply.", expression, 0) from None


class _Evaluation:
    def __init__(self, expression: str, columns: Columns) -> None:
        self.expression = expression
        self.columns = columns

    def fail(self, text: str, at: int, length: int = 1) -> WhereError:
        return WhereError(text, self.expression, at, length)

    def mask(self, node: Node) -> Mask:
        if isinstance(node, Joined):
            masks = [self.mask(part) for part in node.parts]
            join = np.logical_and if node.sign == "and" else np.logical_or
            joined: Mask = join.reduce(masks)
            return joined
        if isinstance(node, Negated):
            return ~self.mask(node.inner)
        if isinstance(node, Comparison):
            return self.compare(node)
        if isinstance(node, Among):
            masks = [self.same(self.fetch(node.left), value) for value in node.values]
            inside: Mask = np.logical_or.reduce(masks)
            return ~inside if node.negated else inside
        if isinstance(node, Literal):
            raise self.fail("A text or a number alone says nothing. Compare it with a column.", node.at)
        return self.truth(self.fetch(node))

    def truth(self, values: Array) -> Mask:
        if values.dtype == bool:
            return values
        if values.dtype == object:
            return np.array([bool(value) for value in values], bool)
        true: Mask = np.nan_to_num(values, nan=0) != 0
        return true

    def fetch(self, node: Value) -> Array:
        if isinstance(node, Literal):
            raise self.fail("Begin a comparison with a column.", node.at, len(node.written))
        if isinstance(node, Call):
            if node.name not in self.columns.functions():
                raise self.fail(_sentence(unknown("function", node.name, self.columns.functions())), node.at, 1)
            try:
                return self.columns.call(node.name, node.argument)
            except WhereError:
                raise
            except UserError as error:
                raise self.fail(_sentence(str(error)), node.at, len(node.name)) from None
        if node.text not in self.columns.names():
            known = [name for name in self.columns.names() if not name.startswith("_")]
            raise self.fail(_sentence(unknown("column", node.text, known)), node.at, len(node.text))
        return self.columns.column(node.text)

    def compare(self, node: Comparison) -> Mask:
        left = self.fetch(node.left)
        if node.sign == "~":
            return self.contains(left, node)
        if isinstance(node.right, Literal):
            if node.sign in ("==", "!="):
                same = self.same(left, node.right)
                return same if node.sign == "==" else ~same & _present(left)
            return self.ordered(left, node, self.number(left, node.right))
        if isinstance(node.right, Name) and node.right.text not in self.columns.names() and left.dtype == object:
            word = Literal(node.right.text, node.right.text, node.right.at)
            return self.compare(Comparison(node.sign, node.left, word, node.at))
        return self.ordered(left, node, self.fetch(node.right))

    def ordered(self, left: Array, node: Comparison, right: Any) -> Mask:
        if left.dtype == object and node.sign not in ("==", "!="):
            raise self.fail("This column holds text: compare it with ==, != or ~.", node.at, len(node.sign))
        if isinstance(right, np.ndarray) and (left.dtype == object) != (right.dtype == object):
            raise self.fail("One of the two columns holds text, the other numbers.", node.at, len(node.sign))
        both = _present(left) & (_present(right) if isinstance(right, np.ndarray) else True)
        with np.errstate(invalid="ignore"):
            result = np.asarray(_COMPARE[node.sign](left, right), bool)
        chosen: Mask = result & both
        return chosen

    def same(self, left: Array, value: Literal) -> Mask:
        if left.dtype == object:
            # As an object: numpy's own text would lose a NUL at the end.
            same: Mask = np.asarray(left == np.array(value.written, object), bool)
            return same
        equal: Mask = np.asarray(left == self.number(left, value), bool)
        return equal

    def number(self, left: Array, value: Literal) -> float:
        if left.dtype == bool:
            words = {"true": 1.0, "yes": 1.0, "false": 0.0, "no": 0.0}
            if str(value.value).lower() in words:
                return words[str(value.value).lower()]
        try:
            return float(value.value)
        except ValueError:
            text = f"This column holds numbers; {value.written!r} is none."
            raise self.fail(text, value.at, len(value.written) + 2) from None

    def contains(self, left: Array, node: Comparison) -> Mask:
        if not isinstance(node.right, Literal) or left.dtype != object:
            raise self.fail('~ asks whether a text column contains a text: id ~ "beta_0.40".', node.at)
        wanted = node.right.written.lower()
        return np.fromiter((value is not None and wanted in value.lower() for value in left), bool, len(left))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _present(values: Array) -> Mask:
    if values.dtype == object:
        there: Mask = np.asarray(values != None, bool)  # noqa: E711 - elementwise
        return there
    finite: Mask = ~np.isnan(values) if values.dtype.kind == "f" else np.ones(len(values), bool)
    return finite


def quote(value: str) -> str:
    """A text as a literal of the language."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def exact(value: float) -> str:
    """A number as a literal that finds it again: in 15 digits where they do, else in all 17."""
    text = f"{value:.15g}"
    return text if float(text) == value else f"{value:.17g}"


def quote_name(name: str) -> str:
    """A column's name as it is written in an expression."""
    return name if re.fullmatch(r"[^\W\d][\w.]*", name) and name not in _WORDS else f"`{name}`"


def suggest(expression: str, cursor: int, columns: Columns, values: Callable[[str], Sequence[str]]) -> list[str]:
    """Completions of the word at the cursor: column names, or values after ``name ==``.

    values: the distinct values of a column, a few dozen at most.
    """
    before = expression[:cursor]
    match = re.search(r"""([^\W\d][\w.]*)\s*(?:==|!=|~)\s*"?([^"\s]*)$""", before)
    if match and match.group(1) in columns.names():
        start = match.group(2).lower()
        return [quote(value) for value in values(match.group(1)) if value.lower().startswith(start)]
    word_match = re.search(r"[\w.]*$", before)
    word = word_match.group().lower() if word_match else ""
    known = [quote_name(name) for name in columns.names() if not name.startswith("_")]
    offered = [*known, *(f'{name}("' for name in columns.functions()), "and", "or", "not", "in"]
    return [name for name in offered if name.lower().startswith(word) and name.lower() != word]
