"""What a person is told when something they handed in, or a chapter, is wrong: one line for a terminal."""

LONGEST = 1000  # characters in a line of a message


def one_line(text: object, longest: int = LONGEST) -> str:
    """Text that anybody may have handed in, fit for a terminal: what would steer it is written as an escape, what is long loses its middle.

    >>> one_line("a\\nb")
    'a\\\\nb'
    """

    def cut(text: str) -> str:
        return (
            text
            if len(text) <= longest
            else f"{text[: longest * 2 // 3]} ... {text[-longest // 4 :]}"
        )

    return cut(
        "".join(
            c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut(str(text))
        )
    )


class InputError(ValueError):
    """Something a person handed in is wrong; the message says what, where and what would be right, a line for each fault."""

    def __str__(self) -> str:
        return "\n".join(map(one_line, self.args))


class ChapterError(RuntimeError):
    """A chapter failed; the message names it, its cell and the error."""

    def __str__(self) -> str:
        return "\n".join(map(one_line, self.args))
