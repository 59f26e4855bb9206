"""The examples in docstrings. Oracle: what they print, as doctest runs them; an example that nobody runs is prose."""

import doctest
import importlib
import pkgutil

import analysis


def test_examples_in_docstrings_print_what_they_say():
    names = [
        m.name
        for m in pkgutil.walk_packages(analysis.__path__, "analysis.")
        if not m.name.endswith("__main__")
    ]
    results = {name: doctest.testmod(importlib.import_module(name)) for name in names}
    assert {name: result for name, result in results.items() if result.failed} == {}
    assert sum(result.attempted for result in results.values()) > 30
