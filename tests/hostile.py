"""Texts that mean harm, and what may become of them: what tests on hostile input share."""

import datetime
from collections import Counter
from html.parser import HTMLParser

from hypothesis import strategies as st

from analysis.errors import InputError

TRIED = Counter()
CANARY = "HOSTILE_CANARY"
LARGE = "A" * 2**20
CODE = f"__import__('os').environ.__setitem__('{CANARY}', '1')"
NASTY = [
    "",
    " ",
    "\x00",
    "a\x00b",
    "\n",
    "\r\n",
    "a\nb",
    "\t",
    "\x1b[2J\x1b]0;owned\x07",
    "\x85",
    "\u2028",
    "\ufeff",
    "\u202e1.5",
    "\u2066abc",
    "\ud800",
    "\U0010ffff",
    "\u0645\u0631\u062d\u0628\u0627",
    "\u05e9\u05dc\u05d5\u05dd",
    "\uff11\uff0e\uff15",
    "\u0661\u0662",
    "\u00b2",
    "e\u0301" * 50,
    LARGE,
    "\u202e" * 5000,
    "9" * 5000,
    "[" * 3000,
    "{" * 3000,
    "-" * 20000 + "1",
    "nan",
    "inf",
    "-inf",
    "1e999",
    "-1e999",
    "1e-999",
    "1e308",
    "-0.0",
    "0x10",
    "1_000",
    "1,2",
    "1,2,3",
    "3,2,1",
    "nan,nan,nan",
    "1e400,1,2",
    ",,",
    "nan%",
    "inf%",
    "50%",
    "../../etc/passwd",
    "..",
    ".",
    "/etc/passwd",
    "~root",
    "C:\\windows",
    "a/b",
    "base",
    "base.failed",
    "con",
    "-rf",
    "--help",
    "$(touch x)",
    "`touch x`",
    "; rm -rf x",
    "%s%n",
    "%(prog)s",
    "{0}",
    "{draws}",
    '=HYPERLINK("http://x","y")',
    "+1+1",
    "@SUM(A1)",
    "-2+3",
    "\t=1",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title><svg onload=alert(1)>",
    "]]>",
    "<!--",
    "-->",
    "&lt;script&gt;",
    "${alert(1)}",
    "$\\frac{1}{0}$",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "https://x/'onmouseover='alert(1)",
    'https://x/"><script>alert(1)</script>',
    "http://[::1",
    "https://",
    "//x",
    "file:///etc/passwd",
    "https://x/\u202egpj.exe",
    "https://\u05e9/x",
    f"!!python/object/apply:eval ['{CODE}']",
    "!!python/name:os.system",
    "!!float abc",
    "!!binary MS41",
    "!!set {a, b}",
    "!<tag:yaml.org,2002:python/none> x",
    "&a [*a]",
    "*a",
    "<<: *a",
    "? [a, b]\n: c",
    "{gpu_price: 1, gpu_price: 2}",
    "a: b: c",
    "'",
    '"',
    "`",
    "@",
    "%YAML 9.9\n---",
    "--- x\n--- y",
    "#",
    "# t",
    "\\",
    "|\n  x",
    ">",
    CODE,
    f"eval({CODE!r})",
    f"exec({CODE!r})",
]
nasty = st.integers(0, len(NASTY) - 1).map(
    lambda i: NASTY[i]
)  # by number, since hypothesis would print a list of megabytes
wild = st.one_of(
    nasty, st.text(max_size=40), st.tuples(nasty, nasty).map(lambda two: "".join(two)[: 2**20])
)
ODD = [
    10**400,
    -(10**400),
    1e308,
    5e-324,
    -0.0,
    b"1.5",
    b"\xff",
    datetime.date(2026, 1, 1),
    1j,
    object(),
    {1, 2},
    float("nan"),
    True,
    None,
    [[[[[[["x"] * 9] * 9] * 9] * 9] * 9] * 9],
]
plainly = st.one_of(
    st.integers(), st.floats(), wild, st.integers(0, len(ODD) - 1).map(lambda i: ODD[i])
)
values = st.one_of(
    plainly,
    st.lists(plainly, min_size=3, max_size=3),
    st.lists(st.lists(plainly, max_size=2), max_size=4),
    st.dictionaries(nasty, plainly, max_size=2),
)


def clear(refused, lines=1):
    """A message is so many lines at most, each short and printable."""
    said = str(refused).split("\n")
    assert len(said) <= lines and all(
        line and line.isprintable() and len(line) < 1100 for line in said
    ), said


def outcome(call, *arguments, lines=1, **named):
    """What a call gives; None where it refuses as it should."""
    try:
        return call(*arguments, **named)
    except InputError as refused:
        clear(refused, lines)
        return None


class Parsed(HTMLParser):
    """The tags and the text of markup."""

    def __init__(self, markup):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(str(markup))
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data
