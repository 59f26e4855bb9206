"""What the project stands on. Oracle: the metadata of the installed packages themselves."""

import ast
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from functools import cache
from importlib import metadata

import nbformat
import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from support import ROOT

SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT, TOOLS = SETTINGS["project"], SETTINGS["tool"]
MAKEFILE = (ROOT / "Makefile").read_text()
GROUPS = {"": PROJECT["dependencies"], **PROJECT["optional-dependencies"]}
ASKED = [Requirement(line) for lines in GROUPS.values() for line in lines]
DIRECT = {
    canonicalize_name(Requirement(line).name): group
    for group, lines in GROUPS.items()
    for line in lines
}
HERE = "{}.{}".format(*sys.version_info)
PYTHONS = ("3.11", "3.12", "3.13")
PACKAGES = metadata.packages_distributions()  # which packages bring a module

# What may be used and passed on with a notice alone, in the words of SPDX, of the classifiers
# and, where a package gives neither, of its author.
PERMISSIVE = {
    *("MIT", "MIT-0", "MIT-CMU", "MIT License"),
    *("0BSD", "BSD", "BSD-2-Clause", "BSD-3-Clause", "BSD License"),
    *("Apache-2.0", "Apache 2.0", "Apache License, Version 2.0", "Apache Software License"),
    *("PSF-2.0", "Python Software Foundation License"),
    *("ISC", "ISC License (ISCL)", "Zlib", "CC0-1.0"),
}
# File by file copyleft (MPL 2.0): used unchanged, and nothing of it is passed on with a report.
OTHERWISE = {
    "certifi": "MPL-2.0, certificates for pip and requests",
    "fqdn": "MPL-2.0, checks host names for jupyterlab",
    "hypothesis": "MPL-2.0, tests only",
    "tqdm": "MPL-2.0 and MIT, progress on the terminal",
    "axe-playwright-python": "MIT, which its metadata omit; axe.min.js is MPL-2.0; tests only",
}


def pins():
    """The lines of requirements.txt that pin a package."""
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    *pinned, last = [line for line in lines if line and not line.startswith("#")]
    assert last == "-e ."
    return [Requirement(line) for line in pinned]


def environment(python):
    """What markers are held against: this Python as it is, another one in its newest release."""
    other = {"python_version": python, "python_full_version": f"{python}.99"}
    return default_environment() | ({} if python == HERE else other)


def pinned(python):
    """Name and version of what is installed with one Python on this system."""
    there = environment(python)
    chosen = [pin for pin in pins() if not pin.marker or pin.marker.evaluate(there)]
    return {canonicalize_name(pin.name): str(pin.specifier)[2:] for pin in chosen}


def applies(requirement, there, extras):
    """Whether a package that is wanted with some extras asks for this."""
    if not requirement.marker:
        return True
    return any(requirement.marker.evaluate(there | {"extra": extra}) for extra in extras)


def needed(python):
    """All that the project asks for, and what that asks for, by the metadata installed here."""
    there = environment(python)
    waiting = list(ASKED)
    found = defaultdict(list)
    seen = set()
    while waiting:
        one = waiting.pop()
        name, extras = canonicalize_name(one.name), frozenset({"", *one.extras})
        found[name].append(one)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        try:
            further = map(Requirement, metadata.requires(name) or ())
        except metadata.PackageNotFoundError:  # for another Python than this one
            continue
        waiting += [wanted for wanted in further if applies(wanted, there, extras)]
    return found


@pytest.mark.parametrize("python", PYTHONS)
def test_everything_is_pinned_and_nothing_else(python):
    """What another Python than this one would bring besides is told by the lock alone."""
    wanted, locked = needed(python).keys(), pinned(python).keys()
    assert wanted - locked == set()
    if python == HERE:
        assert locked - wanted == set()


def test_a_pin_is_a_name_and_a_version_and_nothing_else():
    for pin in pins():
        assert re.fullmatch(r"==[\w.]+", str(pin.specifier)), pin
        assert not pin.url and not pin.extras, pin


def test_what_is_installed_is_what_is_pinned_and_suits_whoever_asks_for_it(record_property):
    installed = {name: metadata.version(name) for name in pinned(HERE)}
    assert installed == pinned(HERE)
    record_property("figure", f"{len(installed)} packages pinned, {len(DIRECT)} asked for by name")
    for name, asked in needed(HERE).items():
        unfit = [one for one in asked if not one.specifier.contains(installed[name], True)]
        assert not unfit, (name, installed[name], unfit)


def test_installed_packages_agree_with_each_other():
    check = [sys.executable, "-m", "pip", "check"]
    done = subprocess.run(check, text=True, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stdout


def sources():
    """Path and text of all that imports: modules, tests, and the cells of notebooks."""
    for folder in ("analysis", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            yield path, path.read_text("utf-8")
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        cells = [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
        python = [cell.source for cell in cells if not cell.source.startswith("%%")]
        yield path, "\n".join(python)


def modules_of(node):
    """The modules that a statement imports from."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level:
        return [node.module]
    return []


@cache
def imports():
    """For each top-level module that code imports, the files that do."""
    found = defaultdict(set)
    for path, text in sources():
        for node in ast.walk(ast.parse(text)):
            for module in modules_of(node):
                found[module.partition(".")[0]].add(path.relative_to(ROOT).as_posix())
    return found


def brought_by(module):
    """The packages that bring a module, as they are asked for."""
    return {canonicalize_name(package) for package in PACKAGES.get(module, ())}


def used_in(package):
    """Where a direct dependency is used: files that import it, the Makefile, tools' settings."""
    places = set()
    for module, files in imports().items():
        if package in brought_by(module):
            places |= files
    if re.search(rf"-m {package}\b", MAKEFILE):
        places.add("Makefile")
    set_up = {*TOOLS, *TOOLS["pytest"]}
    if "-n" in TOOLS["pytest"]["addopts"]:
        set_up.add("xdist")
    if package.removeprefix("pytest-") in set_up:
        places.add("pyproject.toml")
    return places


@pytest.mark.parametrize("package, group", DIRECT.items(), ids=str)
def test_a_direct_dependency_is_used_where_it_belongs(package, group):
    """What a report needs, by the module, a notebook or make; what tests need, by tests."""
    places = used_in(package)
    in_tests = {place for place in places if place.startswith("tests/")}
    own = in_tests if group == "test" else places - in_tests
    assert own | (places & {"pyproject.toml"}), f"{package} ({group}) is used by {places}"


def test_what_is_imported_is_asked_for():
    """By the module and notebooks for a report, by tests for either; nightly has its own tools."""
    tests = {path.stem for path in (ROOT / "tests").rglob("*.py")}
    unasked = {}
    for module in imports().keys() - {"analysis"} - tests - sys.stdlib_module_names:
        groups = {DIRECT[name] for name in brought_by(module) & DIRECT.keys()}
        places = {p for p in imports()[module] if not p.startswith("tests/nightly/")}
        if groups:
            places = {p for p in places if not p.startswith("tests/")}
        if places and not groups - {"test"}:
            unasked[module] = places
    assert unasked == {}


def licences(name):
    """The words for a package's licence in its metadata."""
    about = metadata.metadata(name)
    if about.get("License-Expression"):
        return re.split(r"\s+(?:AND|OR)\s+", about["License-Expression"].strip())
    classifiers = about.get_all("Classifier") or []
    approved = [c for c in classifiers if c.startswith("License :: OSI Approved :: ")]
    if approved:
        return [classifier.rpartition(" :: ")[2] for classifier in approved]
    return [(about.get("License") or "none named").strip()]


def test_licences_can_be_lived_with():
    found = {name: set(licences(name)) - PERMISSIVE for name in pinned(HERE)}
    odd = {name: words for name, words in found.items() if words}
    assert odd.keys() == OTHERWISE.keys(), odd


def test_the_pythons_are_told_alike():
    """pyproject.toml, the Makefile's own test and the README name the same versions."""
    bounds = Requirement(f"python{PROJECT['requires-python']}").specifier
    there = [f"3.{minor}" for minor in range(9, 16)]
    assert [python for python in there if bounds.contains(python)] == list(PYTHONS)
    tested = r"\((\d, \d+)\) <= sys.version_info\[:2\] < \((\d, \d+)\)"
    least, below = re.search(tested, MAKEFILE).groups()
    said = f">={least},<{below}".replace(", ", ".")
    assert said == PROJECT["requires-python"]
    readme = (ROOT / "README.md").read_text("utf-8")
    for python in PYTHONS:
        assert f"python{python}" in MAKEFILE
        assert python in readme
