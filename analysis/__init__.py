"""Unit economics of AI video: does a generated second earn more than it costs, and for whom?"""

from analysis.errors import ChapterError, InputError

__all__ = ["ChapterError", "InputError"]
