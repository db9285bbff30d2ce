"""The functions `$.name(…)` as trees. Operators, commas and tokens come from the author's text only."""

from __future__ import annotations

import re
from collections.abc import Callable

from ..errors import TemplateError, TemplateSyntaxError
from . import limits
from .erlang import ErlangError, parse_fun
from .functions.math import calculate
from .functions.moment import check_unixtime_text, zone_of
from .functions.text import FUNCTIONS as ONE_TEXT
from .marks import Mark
from .refusal import Refusal
from .tree import Each, Function, Literal, Math, Mixed, Moment, Node, Random

NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
INTEGER = re.compile(r"[+-]?[0-9]{1,18}(?![0-9.])")
TOKEN = re.compile(r"%(?:([ymdhis])(?:([+-](?:0(?![0-9])|[1-9][0-9]{0,8}))|(\+)(?=\{\{|<<|\$\.))?|(%))")
BLANKS = re.compile(r"\s*")
ZONE = re.compile(r"\.tz\(\s*(['\"])([A-Za-z0-9_+\-/]{1,64})\1\s*\)")
FUN_END = re.compile(r"\bend\s*,")


class FunctionParser:
    """The part of the parser that reads the inside of `$.name(…)`."""

    text: str
    marks: dict[int, Mark]

    def fail(self, message: str, position: int) -> TemplateSyntaxError:
        raise NotImplementedError

    def reference(self, mark: Mark) -> Node:
        raise NotImplementedError

    def next_mark(self, position: int, end: int) -> Mark | None:
        raise NotImplementedError

    def content(self, start: int, end: int) -> Mixed:
        raise NotImplementedError

    def literal(self, position: int, end: int) -> tuple[object, int]:
        raise NotImplementedError

    def forget_notices(self, start: int, end: int) -> None:
        raise NotImplementedError

    def call(self, mark: Mark) -> Node:
        return FUNCTIONS[mark.name](self, mark)

    def blanks(self, position: int, end: int) -> int:
        found = BLANKS.match(self.text, position, end)
        return found.end() if found else position

    # --- $.math ---------------------------------------------------------------------------------

    def math(self, mark: Mark) -> Node:
        written = self.text[mark.start : mark.end]
        program, operands = _Expression(self, mark).read()
        if not any(isinstance(operand, Node) for operand in operands):
            try:
                return Literal(mark.start, written, calculate(written, tuple(program), *operands))
            except TemplateError as error:
                raise self.fail(error.message, mark.start) from error
        return Math(mark.start, written, tuple(program), tuple(operands))

    # --- $.random -------------------------------------------------------------------------------

    def random(self, mark: Mark) -> Node:
        arguments: list[int | Node] = []
        position = self.blanks(mark.inner, mark.close)
        while position < mark.close:
            inner = self.marks.get(position)
            if inner is not None:
                arguments.append(self.reference(inner))
                position = inner.end
            elif (found := INTEGER.match(self.text, position, mark.close)) is not None:
                arguments.append(int(found[0]))
                position = found.end()
            else:
                raise self.fail("$.random takes whole numbers or references", position)
            position = self.blanks(position, mark.close)
            if position < mark.close:
                if self.text[position] != "," or len(arguments) == 2:
                    raise self.fail("$.random takes up to two numbers with a comma between", position)
                position = self.blanks(position + 1, mark.close)
                if position == mark.close:
                    raise self.fail("a number must follow the comma", position)
        return Random(mark.start, self.text[mark.start : mark.end], tuple(arguments))

    # --- $.date and $.unixtime ------------------------------------------------------------------

    def moment(self, mark: Mark) -> Node:
        pieces: list[str | Node | tuple[str, int | Node]] = []
        position = mark.inner
        while position < mark.close:
            inner = self.next_mark(position, mark.close)
            stop = mark.close if inner is None else inner.start
            position = self.tokens(position, stop, pieces, inner)
            if inner is not None and position == inner.start:
                pieces.append(self.reference(inner))
                position = inner.end
            if len(pieces) > limits.PIECES:
                raise Refusal(f"$.{mark.name} has more than {limits.PIECES} pieces", position=mark.start)
        zone = self.zone(mark)
        if mark.name == "unixtime":
            if pieces and not check_unixtime_text(pieces):
                raise self.fail("$.unixtime takes a date: %y-%m-%d or %y-%m-%d %h:%i:%s", mark.inner)
        elif not pieces:
            raise self.fail("$.date needs a format, such as %y-%m-%d %h:%i:%s", mark.start)
        return Moment(mark.start, self.text[mark.start : mark.end], mark.name, tuple(pieces), zone)

    def zone(self, mark: Mark) -> str:
        """Of `.tz('Europe/Kiev')`, which belongs to the mark already (`with_zones`)."""
        found = ZONE.match(self.text, mark.close + 1)
        if found is None or found.end() != mark.end:
            return "UTC"
        try:
            return zone_of(found[2]).key
        except ValueError as error:
            raise self.fail(str(error), found.start(2)) from error

    # --- The functions that take one text -------------------------------------------------------

    def one_text(self, mark: Mark) -> Node:
        return Function(mark.start, self.text[mark.start : mark.end], mark.name, self.content(mark.inner, mark.close))

    # --- $.map and $.filter -----------------------------------------------------------------------

    def each(self, mark: Mark) -> Node:
        """The fun ends with the first `end,` up to which the text is a fun; signs in it are Erlang's, not marks."""
        failure: ErlangError | None = None
        for found in FUN_END.finditer(self.text, mark.inner, mark.close):
            fun = self.text[mark.inner : found.start() + 3]
            try:
                parse_fun(fun)
            except ErlangError as error:
                failure = error
                continue
            self.forget_notices(mark.inner, found.end())
            items = self.items(mark, self.blanks(found.end(), mark.close))
            return Each(mark.start, self.text[mark.start : mark.end], mark.name, fun, items)
        if failure is not None:
            raise self.fail(failure.message, mark.inner + failure.position)
        raise self.fail(f"$.{mark.name} takes fun(Item) -> … end, then a comma and a list", mark.inner)

    def items(self, mark: Mark, position: int) -> Node:
        inner = self.marks.get(position)
        if inner is not None and inner.end <= mark.close:
            node, after = self.reference(inner), inner.end
        else:
            value, after = self.literal(position, mark.close)
            node = Literal(position, self.text[position:after], value)
        if self.blanks(after, mark.close) != mark.close:
            raise self.fail(f"$.{mark.name} takes a fun and one list", after)
        return node

    def tokens(
        self, position: int, stop: int, pieces: list[str | Node | tuple[str, int | Node]], inner: Mark | None
    ) -> int:
        """Add the text up to `stop` as pieces; a token that ends in + takes the reference behind it as its offset."""
        while position < stop:
            percent = self.text.find("%", position, stop)
            if percent != position:
                end = stop if percent < 0 else percent
                pieces.append(self.text[position:end])
                position = end
                continue
            found = TOKEN.match(self.text, position)
            letter, offset, dynamic, sign = found.groups() if found else ("", None, None, None)
            if found is None or (not letter and not sign):
                token = self.text[position : position + 2]
                raise self.fail(f"unknown date token {token}; there are %y %m %d %h %i %s", position)
            position = found.end()
            if sign:
                pieces.append("%")
            elif dynamic and inner is not None and position == inner.start:
                pieces.append((letter, self.reference(inner)))
                return inner.end
            elif dynamic:
                pieces.extend([(letter, 0), "+"])
            else:
                pieces.append((letter, int(offset or 0)))
        return position


class _Expression:
    """`$.math(…)`: + - * / with the usual precedence, unary signs and parentheses, into postfix order."""

    def __init__(self, parser: FunctionParser, mark: Mark) -> None:
        self.parser = parser
        self.text = parser.text
        self.end = mark.close
        self.position = parser.blanks(mark.inner, mark.close)
        self.program: list[int | str] = []
        self.operands: list[int | float | Node] = []

    def read(self) -> tuple[list[int | str], list[int | float | Node]]:
        self.sum(0)
        if self.position < self.end:
            raise self.unexpected("an operator")
        return self.program, self.operands

    def unexpected(self, expected: str) -> TemplateSyntaxError:
        if self.position >= self.end:
            return self.parser.fail(f"$.math expects {expected} before its end", self.end)
        char = self.text[self.position]
        hint = "; a parameter is written {{name}}" if char.isalpha() or char == "_" else ""
        return self.parser.fail(f"$.math expects {expected}, not {char!r}{hint}", self.position)

    def peek(self) -> str:
        return self.text[self.position] if self.position < self.end else ""

    def step(self, to: int) -> None:
        self.position = self.parser.blanks(to, self.end)

    def sum(self, depth: int) -> None:
        self.product(depth)
        while (operator := self.peek()) in ("+", "-"):
            self.step(self.position + 1)
            self.product(depth)
            self.program.append(operator)

    def product(self, depth: int) -> None:
        self.operand(depth)
        while (operator := self.peek()) in ("*", "/"):
            self.step(self.position + 1)
            self.operand(depth)
            self.program.append(operator)

    def operand(self, depth: int) -> None:
        if len(self.operands) == limits.PIECES:
            raise Refusal(f"$.math has more than {limits.PIECES} operands", position=self.position - 1)
        negative = False
        while self.peek() in ("+", "-") and self.position not in self.parser.marks:
            negative ^= self.peek() == "-"
            self.step(self.position + 1)
        if self.peek() == "(":
            if depth >= limits.MATH_PARENTHESES:
                message = f"parentheses are nested deeper than {limits.MATH_PARENTHESES}"
                raise Refusal(message, position=self.position)
            self.step(self.position + 1)
            self.sum(depth + 1)
            if self.peek() != ")":
                raise self.unexpected("a closing parenthesis")
            self.step(self.position + 1)
        elif (mark := self.parser.marks.get(self.position)) is not None and self.position < self.end:
            self.program.append(len(self.operands))
            self.operands.append(self.parser.reference(mark))
            self.step(mark.end)
        elif (found := NUMBER.match(self.text, self.position, self.end)) is not None:
            if len(found[0]) > limits.MATH_DIGITS:
                raise Refusal(f"a number has more than {limits.MATH_DIGITS} digits", position=self.position)
            self.program.append(len(self.operands))
            value = int(found[0]) if found[0].isdigit() else float(found[0])
            if value == float("inf"):
                raise self.parser.fail("the number is too large", self.position)
            self.operands.append(value)
            self.step(found.end())
        else:
            raise self.unexpected("a number or a reference")
        if negative:
            self.program.append("~")


FUNCTIONS: dict[str, Callable[[FunctionParser, Mark], Node]] = {
    "math": FunctionParser.math,
    "random": FunctionParser.random,
    "date": FunctionParser.moment,
    "unixtime": FunctionParser.moment,
    "map": FunctionParser.each,
    "filter": FunctionParser.each,
    **dict.fromkeys(ONE_TEXT, FunctionParser.one_text),
}


def with_zones(text: str, marks: list[Mark]) -> list[Mark]:
    """The same, with `.tz('…')` behind a function of time taken into its mark."""
    return [
        mark._replace(end=found.end())
        if mark.kind == "$." and mark.name in ("date", "unixtime") and (found := ZONE.match(text, mark.end))
        else mark
        for mark in marks
    ]
