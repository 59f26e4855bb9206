"""The examples in docstrings. Oracle: what they print; an example that nobody runs is prose."""

import doctest
import importlib
import pkgutil

import analysis


def test_examples_in_docstrings_print_what_they_say():
    tried, failed = 0, []
    for module in pkgutil.walk_packages(analysis.__path__, "analysis."):
        if module.name.endswith("__main__"):
            continue
        result = doctest.testmod(importlib.import_module(module.name))
        tried += result.attempted
        if result.failed:
            failed.append(module.name)
    assert failed == []
    assert tried > 30
