"""Every script touches one slot, read from the scripts' text: each key of each `redis.call` begins with the tag T.

T is `tag_of(keys)`, or the parameter T of a function that is called with T. A key is `T .. ' …'`, or a name or the
entries of a table that are only ever given keys. tests/cluster has a real cluster say the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from engine.store.library import SHARED, script_text, scripts, shared_text

ALL_KEYS = {"EXISTS", "DEL", "UNLINK", "MGET"}
PAIRS = {"MSET"}
NO_KEYS = {"TIME", "PUBLISH"}
ONE_KEY = {
    *(
        "GET",
        "SET",
        "HGET",
        "HSET",
        "HDEL",
        "HMGET",
        "HGETALL",
        "HINCRBY",
        "HINCRBYFLOAT",
        "HLEN",
        "HSTRLEN",
        "HVALS",
        "HEXISTS",
        "HSETNX",
        "HKEYS",
        "HSCAN",
        "TYPE",
        "PTTL",
        "PEXPIRE",
    ),
    *("LLEN", "LPOP", "LRANGE", "LTRIM", "RPUSH", "LPUSH", "LREM", "SADD", "SREM", "SCARD", "SMEMBERS", "SMISMEMBER"),
    *("SISMEMBER", "SSCAN", "ZADD", "ZREM", "ZCARD", "ZRANGE", "ZSCORE", "ZMSCORE", "ZCOUNT", "ZSCAN", "XADD", "XDEL"),
    *("XLEN", "XRANGE", "XREVRANGE", "STRLEN", "GETRANGE", "INCR", "INCRBY", "LINDEX", "LPOS", "LSET", "LINSERT"),
}


class Script:
    """The text of one script without remarks, as far as it takes to tell where a key comes from."""

    def __init__(self, text: str) -> None:
        self.code = without_remarks(text)

    def wrong(self) -> list[str]:
        """The calls and the uses of T that cannot be shown to stay in the slot."""
        return [*self._wrong_tags(), *self._wrong_calls()]

    def _wrong_calls(self) -> Iterator[str]:
        for arguments in self._calls("redis.call"):
            command, *words = arguments
            name = command.strip("'")
            if command != f"'{name}'" or name not in ALL_KEYS | PAIRS | NO_KEYS | ONE_KEY:
                yield f"{command}: not known how many keys it has"
            elif not self._has_keys(name, words):
                yield f"redis.call({', '.join(arguments)})"
        for other in set(re.findall(r"redis\.(\w+)", self.code)) - {"call", "error_reply", "register_function"}:
            yield f"redis.{other}"

    def _has_keys(self, command: str, words: list[str]) -> bool:
        if command in NO_KEYS:
            return True
        if command in ALL_KEYS:
            return all(self._is_key(word) for word in words)
        if command in PAIRS:
            values = [value for target, value in self._assigned(words[0][7:-1]) if "[" in target]
            return words[0].startswith("unpack(") and all(self._is_key(value) for value in values[::2])
        first = re.fullmatch(r"unpack\((\w+), 1, .*\)", words[0])
        if first:  # the key and the rest in one table, whose first entry is set to the key
            values = [value for target, value in self._assigned(first[1]) if target == f"{first[1]}[1]"]
            return bool(values) and all(self._is_key(value) for value in values)
        return self._is_key(words[0])

    def _wrong_tags(self) -> Iterator[str]:
        for target, value in self._assigned("T"):
            if value != "tag_of(keys)":
                yield f"{target} = {value}"
        for name, parameters in self._functions():
            if "T" in parameters:
                place = parameters.index("T")
                yield from (f"{name}({', '.join(call)})" for call in self._calls(name) if call[place] != "T")

    def _is_key(self, text: str, seen: frozenset[str] = frozenset()) -> bool:
        if re.match(r"T \.\. ' ", text) or re.match(r"archive_key\(T, ", text):
            return True
        name = re.match(r"(?:unpack\()?(\w+)(?:\[[^\]]*\])?\)?$", text)
        if not name or name[1] in seen:
            return False
        seen = seen | {name[1]}
        sources = [value for _, value in self._assigned(name[1]) if value != "{}"]
        sources += self._as_parameter(name[1])
        for table in re.findall(rf"for {name[1]}, \w+ in pairs\((\w+)\)", self.code):
            sources += [call[1] for call in self._calls("add") if call[0] == table]
        others = [source for source in sources if source != name[1]]
        return bool(others) and all(self._is_key(source, seen) for source in others)

    def _as_parameter(self, name: str) -> list[str]:
        """What callers pass to a parameter of this name."""
        return [
            call[parameters.index(name)]
            for function, parameters in self._functions()
            if name in parameters and function != "add"
            for call in self._calls(function)
        ]

    def _functions(self) -> list[tuple[str, list[str]]]:
        found = re.findall(r"function (\w+)\(([\w, ]*)\)", without_remarks(shared_text()) + self.code)
        return [(name, parameters.split(", ")) for name, parameters in found]

    def _assigned(self, name: str) -> Iterator[tuple[str, str]]:
        """Each assignment to this name or an entry of it, in order."""
        for statement in re.split(r"\n|; |\bthen\b|\bdo\b|\belse\b", self.code):
            match = re.fullmatch(r"\s*(?:local )?([\w\[\], #+.]+?) = (.*?)(?: end)*\s*", statement)
            if match:
                targets, values = split(match[1]), split(match[2])
                for target, value in zip(targets, values, strict=len(targets) == len(values)):
                    word = re.match(r"\w+", target)  # none: a field of a table that is being made
                    if word and word[0] == name:
                        yield target, value

    def _calls(self, function: str) -> Iterator[list[str]]:
        """The arguments of each call of a function."""
        for match in re.finditer(rf"(?<![\w.])(?<!function ){re.escape(function)}\(", self.code):
            depth, end = 1, match.end()
            while depth:
                depth += {"(": 1, ")": -1}.get(self.code[end], 0)
                end += 1
            yield split(self.code[match.end() : end - 1])


def without_remarks(text: str) -> str:
    return re.sub(r"--[^\n]*", "", text)


def split(text: str) -> list[str]:
    """At the commas outside brackets and quotes."""
    parts, depth, quoted = [""], 0, False
    for letter in text:
        quoted ^= letter == "'"
        depth += 0 if quoted else {"(": 1, "{": 1, "[": 1, ")": -1, "}": -1, "]": -1}.get(letter, 0)
        if letter == "," and not depth and not quoted:
            parts.append("")
        else:
            parts[-1] += letter
    return [" ".join(part.split()) for part in parts]


@pytest.mark.parametrize("name", [*(f"shared/{name}" for name in SHARED), *scripts()])
def test_every_key_of_every_script_begins_with_the_tag(name: str) -> None:
    assert Script(script_text(name)).wrong() == []


def test_the_tag_is_what_the_declared_key_has_in_braces() -> None:
    shared = shared_text()

    assert re.search(r"local function tag_of\(keys\)\n  return string\.sub\(keys\[1\], 1, -6\)\nend", shared)
    assert re.search(r"local function archive_key\(T, [^)]*\)\n  return T \.\. ' arch:'", shared)


@pytest.mark.parametrize(
    "line",
    [
        "redis.call('GET', argv[1])",
        "redis.call('GET', 'a key')",
        "redis.call('GET', T .. 'a')",
        "redis.call('DEL', T .. ' a', argv[1])",
        "redis.call('RENAME', T .. ' a', T .. ' b')",
        "redis.call(argv[1], T .. ' a')",
        "redis.pcall('GET', T .. ' a')",
        "local key = T .. ' a'\n  key = argv[1]\n  redis.call('GET', key)",
        "local many_keys = {}\n  many_keys[1] = argv[1]\n  redis.call('MGET', unpack(many_keys))",
        "local pairs_ = {}\n  pairs_[1] = argv[1]\n  pairs_[2] = T .. ' a'\n  redis.call('MSET', unpack(pairs_))",
        "local all = {'', 'f', 'v'}\n  all[1] = argv[1]\n  redis.call('HSET', unpack(all, 1, 3))",
        "local T = argv[1]",
        "local function other(T, key) redis.call('GET', key) end\n  other(T, argv[1])",
        "push_ready(argv[1], 'run', {})",
        "local function other(T) redis.call('GET', T .. ' a') end\n  other(argv[1])",
        "for key, list in pairs(groups) do redis.call('DEL', key) end\n  add(groups, argv[1], 1, 2)",
    ],
)
def test_a_key_from_elsewhere_is_found(line: str) -> None:
    text = f"local function wrong(keys, argv)\n  local T = tag_of(keys)\n  {line}\nend\n"

    assert Script(text).wrong()
