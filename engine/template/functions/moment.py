"""`$.date(format)`, `$.unixtime(date)`: in GMT, or with `.tz('Europe/Kiev')` behind in that zone. Source: reference 6.

Tokens: %y (four digits) %m %d %h %i %s; `%d+1` or `%i-60` moves the moment before it is written. An offset has no
leading zero, so `%y-%m-01` is the first of the month; an offset from a reference follows a plus: `%d+{{days}}`.
Moves are made largest unit first; a day that its month does not have becomes the month's last. Years, months and days
move on the zone's calendar and keep the time of day, hours and less are lengths of time: over a change of the clock
`%d+1` is the same time tomorrow, `%h+24` is not. Of a time that comes twice the first is meant.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from ...errors import TemplateError
from ..made import joined
from ..values import text_of
from .math import number, shown

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DATE = re.compile(r"\s*([0-9]{1,4})-([0-9]{1,2})-([0-9]{1,2})(?:[ T]+([0-9]{1,2}):([0-9]{1,2})(?::([0-9]{1,2}))?)?\s*")
SAMPLE = {"y": "2000", "m": "01", "d": "01", "h": "00", "i": "00", "s": "00"}
LARGEST_OFFSET = 10**9

FORMATS: dict[str, Callable[[datetime], str]] = {
    "y": lambda moment: f"{moment.year:04d}",
    "m": lambda moment: f"{moment.month:02d}",
    "d": lambda moment: f"{moment.day:02d}",
    "h": lambda moment: f"{moment.hour:02d}",
    "i": lambda moment: f"{moment.minute:02d}",
    "s": lambda moment: f"{moment.second:02d}",
}

# A piece at run time: a token with its offset, or a value that is put in as text.
Piece = tuple[str, Any]


def check_unixtime_text(pieces: Sequence[Any]) -> bool:
    """Whether the parsed pieces can make a date; a reference among them may be anything."""
    sample = ""
    for piece in pieces:
        if isinstance(piece, str):
            sample += piece
        elif isinstance(piece, tuple):
            sample += SAMPLE[piece[0]]
        else:
            return True
    return DATE.fullmatch(sample) is not None


def zone_of(name: str) -> ZoneInfo:
    """A time zone by its IANA name. Raises ValueError with the nearest names."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = get_close_matches(name, available_timezones(), 1, 0.5)
        hint = f"; did you mean {near[0]}?" if near else ", such as Europe/Kyiv"
        raise ValueError(f'there is no time zone "{name}"{hint}') from None


def date(now_ms: int, written: str, zone: str, *pieces: Piece) -> str:
    """The moment as a text in the given format."""
    moment = _moved(now_ms, written, zone, pieces)
    return joined(FORMATS[kind](moment) if kind else text_of(value) for kind, value in pieces)


def unixtime(now_ms: int, written: str, zone: str, *pieces: Piece) -> int:
    """Whole seconds since 1970: now, or of the date that the pieces make."""
    if not pieces:
        return now_ms // 1000
    found = DATE.fullmatch(date(now_ms, written, zone, *pieces))
    if found is None:
        raise TemplateError(f"{written}: not a date", reference=written)
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=_zone(zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise TemplateError(f"{written}: {error}", reference=written) from error
    return (moment - EPOCH) // timedelta(seconds=1)


def _zone(name: str) -> tzinfo:
    return UTC if name == "UTC" else ZoneInfo(name)


def _moved(now_ms: int, written: str, zone: str, pieces: Sequence[Piece]) -> datetime:
    own = _zone(zone)
    moment = (EPOCH + timedelta(seconds=now_ms // 1000)).astimezone(own)
    moves = [(kind, _offset(value, written)) for kind, value in pieces if kind and value != 0]
    if not moves:
        return moment
    offsets = dict.fromkeys("ymdhis", 0)
    for kind, value in moves:
        offsets[kind] += value
    try:
        if offsets["y"] or offsets["m"]:
            months = (moment.year + offsets["y"]) * 12 + moment.month - 1 + offsets["m"]
            year, month = months // 12, months % 12 + 1
            last = calendar.monthrange(year, month)[1]
            moment = moment.replace(year=year, month=month, day=min(moment.day, last))
        moment += timedelta(days=offsets["d"])  # on the calendar: the time of day stays
        exact = timedelta(hours=offsets["h"], minutes=offsets["i"], seconds=offsets["s"])
        return (moment.astimezone(UTC) + exact).astimezone(own)
    except (ValueError, OverflowError) as error:
        raise TemplateError(f"{written}: the date is out of range", reference=written) from error


def _offset(value: Any, written: str) -> int:
    result = number(value, written)
    if isinstance(result, Decimal) or abs(result) > LARGEST_OFFSET:
        raise TemplateError(f"{written}: {shown(value)} is not a whole number in range", reference=written)
    return result
