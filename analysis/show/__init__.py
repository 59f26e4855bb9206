"""What a notebook calls: `from analysis.show import figures, open_chapter, tables`."""


def __getattr__(name: str):
    if name == "open_chapter":  # imported when asked for: the command line needs less
        from analysis.show.chapter import open_chapter

        return open_chapter
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
