"""Unit economics of AI video: does a generated second earn more than it costs, and for whom?"""


class InputError(ValueError):
    """Something a person handed in is wrong; the message says what, where and what would be right."""


class ChapterError(RuntimeError):
    """A chapter failed; the message names it, its cell and the error."""
