"""What templates compute with: `$.name(…)` and the filters behind a bar. Each takes values and gives a value."""

from __future__ import annotations

EXAMPLES: dict[str, tuple[str, str, str]] = {
    "math": ("$.math(2 * (3 + 4))", "14", "`+ - * /` and parentheses; whole numbers stay exact, `/` gives a decimal"),
    "random": ("$.random(1,6)", "", "0 to 1 without arguments; 1 to N; from a to b"),
    "date": ("$.date(%y-%m-%d+1 %h:%i:%s)", "", "now, moved: `%d+1`, `%i-30`; `.tz('Europe/Kyiv')` behind: there"),
    "unixtime": ("$.unixtime(2024-01-02 03:04:05)", "1704164645", "seconds since 1970: now, or of a date"),
    "base64_encode": ("$.base64_encode(hello)", "aGVsbG8=", "of the text's UTF-8, or of a raw digest"),
    "md5": ("$.base64_encode($.md5(hello))", "XUFAKrxLKna5cZ2REBfFkg==", "the raw digest, one character for each byte"),
    "sha1": ("$.base64_encode($.sha1(hello))", "qvTGHdzF6KLavt4PO0gs2a6pQ00=", "the same"),
    "sha224": ("$.sha224(hello)", "", "the same"),
    "sha256": ("$.sha256(hello)", "", "the same"),
    "sha384": ("$.sha384(hello)", "", "the same"),
    "sha512": ("$.sha512(hello)", "", "the same"),
    "md5_hex": ("$.md5_hex(hello)", "5d41402abc4b2a76b9719d911017c592", "the digest in hex"),
    "sha1_hex": ("$.sha1_hex(hello)", "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d", "the same"),
    "sha224_hex": ("$.sha224_hex(hello)", "", "the same"),
    "sha256_hex": ("$.sha256_hex(hello)", "", "the same"),
    "sha384_hex": ("$.sha384_hex(hello)", "", "the same"),
    "sha512_hex": ("$.sha512_hex(hello)", "", "the same"),
    "map": ("$.map(fun(X) -> X * 2 end, [1, 2, 3])", "[2,4,6]", "what the fun makes of each item; a subset of Erlang"),
    "filter": ("$.filter(fun(X) -> X > 1 end, [1, 2, 3])", "[2,3]", "the items for which the fun is true"),
    "to_object": ('{"o": $.to_object({"a": 1})}', '{"o": {"a":1}}', "for raw bodies: an object, also from its JSON"),
    "to_array": ('{"a": $.to_array([1])}', '{"a": [1]}', "for raw bodies: a list, also from its JSON"),
    "to_number": ('{"n": $.to_number(7)}', '{"n": 7}', "for raw bodies: a number, also from its text"),
    "to_string": ('{"s": $.to_string(say "hi")}', '{"s": "say \\"hi\\""}', "for raw bodies: a text with its quotes"),
}  # fmt: skip
"""Of each function an example, what it gives ("": not always the same, or too long to show), and what it does."""
