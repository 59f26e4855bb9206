"""What a person is told when an input, or a chapter, is wrong: one line for a terminal."""

LONGEST = 1000  # characters in a line of a message


def one_line(text: object, longest: int = LONGEST) -> str:
    """Any text, fit for a terminal: what would steer it is escaped, what is long loses its middle.

    >>> one_line("a\\nb")
    'a\\\\nb'
    """
    escaped = "".join(map(_escaped, _shortened(str(text), longest)))
    return _shortened(escaped, longest)


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode()


def _shortened(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    head = longest * 2 // 3
    tail = longest // 4
    return f"{text[:head]} ... {text[-tail:]}"


class InputError(ValueError):
    """An input is wrong; the message says what, where and what would be right, a line a fault."""

    def __str__(self) -> str:
        return "\n".join(map(one_line, self.args))


class ChapterError(RuntimeError):
    """A chapter failed; the message names it, its cell and the error."""

    __str__ = InputError.__str__
