"""Text → tree of a fun: `fun(Pattern) when Guard -> Body; (Pattern) -> Body end`.

A tree is a tuple: its kind, then its parts; see `Parser`. Precedences are Erlang's (Erlang Reference Manual,
"Operator Precedence").
"""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

from .calls import CALLS
from .terms import Atom

DEPTH = 60
TOKENS = 5_000

KEYWORDS = frozenset(
    [
        *("fun", "end", "when", "case", "of", "if", "not", "and", "or", "xor", "andalso", "orelse"),
        *("div", "rem", "band", "bor", "bxor", "bsl", "bsr", "bnot"),
    ]
)
TOKEN = re.compile(
    r"""(?P<skip>[ \t\r\n]+|%[^\n]*)
    |(?P<binary><<\s*(?:"(?P<bytes>(?:[^"\\]|\\.)*)"(?:/utf8)?)?\s*>>)
    |(?P<float>[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?)
    |(?P<based>[0-9]{1,2}\#[0-9a-zA-Z]+)
    |(?P<integer>[0-9]+)
    |(?P<character>\$(?:\\.|[^\\]))
    |(?P<variable>[A-Z_][A-Za-z0-9_@]*)
    |(?P<atom>[a-z][A-Za-z0-9_@]*|'(?:[^'\\]|\\.)*')
    |(?P<string>"(?:[^"\\]|\\.)*")
    |(?P<sign>->|=:=|=/=|==|/=|=<|>=|\+\+|--|[-+*/()\[\]{},;|=<>:])""",
    re.VERBOSE | re.DOTALL,
)
ESCAPES = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "s": " ",
    "0": "\0",
    "e": "\x1b",
    "b": "\b",
    "f": "\f",
    "v": "\v",
    "d": "\x7f",
}

# Binary operators from the weakest; the right-associative ones are marked.
LEVELS = (
    ({"orelse"}, False),
    ({"andalso"}, False),
    ({"==", "/=", "=<", "<", ">=", ">", "=:=", "=/="}, None),
    ({"++", "--"}, True),
    ({"+", "-", "bor", "bxor", "bsl", "bsr", "or", "xor"}, False),
    ({"*", "/", "div", "rem", "band", "and"}, False),
)
UNARY = {"+", "-", "bnot", "not"}


class ErlangError(Exception):
    """The text is no fun of the subset; `position` is an offset in it."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


class Token(NamedTuple):
    kind: str
    text: str
    value: Any
    position: int


Tree = tuple[Any, ...]


def parse_fun(text: str) -> Tree:
    """("fun", [(pattern, guard or None, [expression, …]), …]). Raises ErlangError."""
    parser = Parser(_tokens(text), len(text))
    tree = parser.fun()
    if parser.token.kind != "end of text":
        raise parser.unexpected("nothing more")
    return tree


def _tokens(text: str) -> list[Token]:
    tokens = []
    position = 0
    while position < len(text):
        found = TOKEN.match(text, position)
        if found is None:
            raise ErlangError(f"{text[position]!r} is not of the Erlang that works here", position)
        kind = found.lastgroup if found["binary"] is None else "binary"
        if kind not in ("skip", None):
            tokens.append(_token(str(kind), found))
        if len(tokens) > TOKENS:
            raise ErlangError(f"a fun has more than {TOKENS} words", position)
        position = found.end()
    return tokens


def _token(kind: str, found: re.Match[str]) -> Token:
    text = found[0]
    value: Any = text
    match kind:
        case "binary":
            value = _unescaped(found["bytes"] or "").encode()
        case "float":
            value = float(text)
            if not math.isfinite(value):
                raise ErlangError("the number is too large", found.start())
        case "integer":
            value = _whole(text, 10, found.start())
        case "based":
            base, _, digits = text.partition("#")
            value = _whole(digits, int(base), found.start())
            kind = "integer"
        case "character":
            value = ord(_unescaped(text[1:]))
            kind = "integer"
        case "string":
            value = [ord(char) for char in _unescaped(text[1:-1])]
        case "atom":
            if text in KEYWORDS:
                kind = "sign"
            else:
                value = Atom(_unescaped(text[1:-1]) if text.startswith("'") else text)
    return Token(kind, text, value, found.start())


def _whole(digits: str, base: int, position: int) -> int:
    if len(digits) > 1000:
        raise ErlangError("the number is too long", position)
    try:
        return int(digits, base)
    except ValueError:
        raise ErlangError(f"{digits} is no number of base {base}", position) from None


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: ESCAPES.get(found[1], found[1]), text, flags=re.DOTALL)


class Parser:
    """Trees: ("value", term) · ("variable", name) · ("tuple", [tree]) · ("list", [tree], tail or None) ·
    ("binary operator", sign, left, right) · ("unary", sign, tree) · ("match", pattern, tree) · ("call", name, [tree]) ·
    ("case", tree, clauses) · ("if", [(guard, [tree])]) · ("fun", clauses). A guard is [[tree]]: any of which all hold.
    """

    def __init__(self, tokens: list[Token], end: int) -> None:
        self.tokens = [*tokens, Token("end of text", "the end", None, end)]
        self.at = 0
        self.depth = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def unexpected(self, wanted: str) -> ErlangError:
        return ErlangError(f"{wanted} is expected here, not {self.token.text}", self.token.position)

    def accept(self, sign: str) -> bool:
        if self.token.kind == "sign" and self.token.text == sign:
            self.at += 1
            return True
        return False

    def expect(self, sign: str) -> None:
        if not self.accept(sign):
            raise self.unexpected(sign)

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > DEPTH:
            raise ErlangError(f"nested deeper than {DEPTH}", self.token.position)

    # --- Clauses --------------------------------------------------------------------------------

    def fun(self) -> Tree:
        self.expect("fun")
        clauses = []
        while True:
            self.expect("(")
            pattern = self.expression()
            if self.token.text == ",":
                raise ErlangError("the fun takes one value", self.token.position)
            self.expect(")")
            clauses.append((_as_pattern(pattern, self.token.position), self.guard(), self.body()))
            if not self.accept(";"):
                break
        self.expect("end")
        return ("fun", clauses)

    def guard(self) -> list[list[Tree]] | None:
        return self.alternatives() if self.accept("when") else None

    def alternatives(self) -> list[list[Tree]]:
        found = [self.sequence()]
        while self.accept(";"):
            found.append(self.sequence())
        return found

    def body(self) -> list[Tree]:
        self.expect("->")
        return self.sequence()

    def sequence(self) -> list[Tree]:
        found = [self.expression()]
        while self.accept(","):
            found.append(self.expression())
        return found

    # --- Expressions ----------------------------------------------------------------------------

    def expression(self) -> Tree:
        self.deeper()
        left = self.binary(0)
        if self.token.text == "=" and self.token.kind == "sign":
            position = self.token.position
            self.at += 1
            left = ("match", _as_pattern(left, position), self.expression())
        self.depth -= 1
        return left

    def binary(self, level: int) -> Tree:
        if level == len(LEVELS):
            return self.unary()
        signs, is_right = LEVELS[level]
        left = self.binary(level + 1)
        while self.token.kind == "sign" and (sign := self.token.text) in signs:
            self.at += 1
            self.deeper()
            right = self.binary(level if is_right else level + 1)
            self.depth -= 1
            left = ("binary operator", sign, left, right)
            if is_right is None and self.token.kind == "sign" and self.token.text in signs:
                raise ErlangError("comparisons are not chained; use andalso", self.token.position)
        return left

    def unary(self) -> Tree:
        if self.token.kind == "sign" and self.token.text in UNARY:
            sign = self.token.text
            self.at += 1
            self.deeper()
            tree = ("unary", sign, self.unary())
            self.depth -= 1
            return tree
        return self.primary()

    def primary(self) -> Tree:
        token = self.token
        self.at += 1
        if token.kind in ("integer", "float", "binary", "string"):
            return ("value", token.value)
        if token.kind == "variable":
            return ("variable", token.text)
        if token.kind == "atom":
            return self.atom(token)
        self.at -= 1
        if self.accept("("):
            tree = self.expression()
            self.expect(")")
            return tree
        if self.accept("{"):
            return ("tuple", self.items("}"))
        if self.accept("["):
            return self.list()
        if self.accept("case"):
            return self.case()
        if self.accept("if"):
            return self.conditional()
        raise self.unexpected("a value")

    def atom(self, token: Token) -> Tree:
        name = token.text
        if self.accept(":"):
            if self.token.kind != "atom":
                raise self.unexpected("the name of a function")
            name += ":" + self.token.text
            self.at += 1
        if not self.accept("("):
            if ":" in name:
                raise self.unexpected("(")
            return ("value", token.value)
        arguments = self.items(")")
        if (name, len(arguments)) not in CALLS:
            near = sorted(f"{known}/{count}" for known, count in CALLS if known == name)
            hint = f"there is {', '.join(near)}" if near else "it is none of those that work here"
            raise ErlangError(f"there is no function {name}/{len(arguments)}; {hint}", token.position)
        return ("call", name, arguments)

    def items(self, closer: str) -> list[Tree]:
        if self.accept(closer):
            return []
        found = self.sequence()
        self.expect(closer)
        return found

    def list(self) -> Tree:
        if self.accept("]"):
            return ("list", [], None)
        items = self.sequence()
        tail = self.expression() if self.accept("|") else None
        self.expect("]")
        return ("list", items, tail)

    def case(self) -> Tree:
        subject = self.expression()
        self.expect("of")
        clauses = []
        while True:
            pattern = self.expression()
            clauses.append((_as_pattern(pattern, self.token.position), self.guard(), self.body()))
            if not self.accept(";"):
                break
        self.expect("end")
        return ("case", subject, clauses)

    def conditional(self) -> Tree:
        clauses = []
        while True:
            # In an `if`, a ; begins the next clause: alternatives of a guard would be told apart only by what follows.
            clauses.append(([self.sequence()], self.body()))
            if not self.accept(";"):
                break
        self.expect("end")
        return ("if", clauses)


def _as_pattern(tree: Tree, position: int) -> Tree:
    match tree:
        case ("value", _) | ("variable", _):
            return tree
        case ("tuple", items):
            return ("tuple", [_as_pattern(item, position) for item in items])
        case ("list", items, tail):
            last = None if tail is None else _as_pattern(tail, position)
            return ("list", [_as_pattern(item, position) for item in items], last)
        case ("unary", "-", ("value", int() | float() as number)):
            return ("value", -number)
        case ("match", one, other):
            return ("both", one, _as_pattern(other, position))
    raise ErlangError("a pattern is made of variables, values, tuples and lists", position)
