"""How large a template and its result may be. Each limit has an error of its own that names it."""

TEXT_CHARS = 128_000  # a template's text; the reference's task size, since a result has to fit a task anyway
REFERENCES = 1_000  # references in one text
OPEN_MARKS = 1_000  # marks open at one time; keeps the search for closers linear in hostile text
PATH_KEYS = 100  # names behind one another in a path
FILTERS = 8  # behind one reference
PIECES = 1_000  # operands of one $.math, tokens and texts of one $.date
NESTING = 8  # references inside references
RESULT_CHARS = 1_000_000  # a text made by a template
VALUE_CHARS = 8_000_000  # the texts made on the way to one value; all values of a large map, a list, a node or a body
MATH_DIGITS = 300  # of a number in $.math and of numeric text
MATH_PARENTHESES = 32  # parentheses inside parentheses
DECIMALS = 6  # of a number that is cast or calculated (reference 5); what is only passed on stays as it is
LITERAL_DEPTH = 32  # lists and maps inside the argument of default(…)
LIST_INDEX = 100  # the highest list index that a key of set_parameters may write (reference 3.3)
REGEXP_RUN = 1_000  # characters of a regexp in a row, without an alternative or a repeat in between
REGEXP_SIZE = 5_000  # characters of a regexp with its counted repeats written out: a{9} counts as nine
REGEXP_S = 0.25  # the time that one regexp may take
