"""What the project stands on. Oracle: the metadata of the installed packages themselves, read with importlib and packaging."""

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

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DIRECT = {
    canonicalize_name(Requirement(line).name): group
    for group, lines in {"": PROJECT["dependencies"], **PROJECT["optional-dependencies"]}.items()
    for line in lines
}
PYTHONS, HERE = ("3.11", "3.12", "3.13"), "{}.{}".format(*sys.version_info)
PACKAGES = metadata.packages_distributions()  # which packages bring a module
# What may be used and passed on with a notice alone; the words are SPDX's, the classifiers' and, where neither is given, the author's.
PERMISSIVE = {
    "MIT",
    "MIT-0",
    "MIT-CMU",
    "BSD",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "0BSD",
    "Apache-2.0",
    "ISC",
    "PSF-2.0",
    "Zlib",
    "CC0-1.0",
    "MIT License",
    "BSD License",
    "Apache Software License",
    "Python Software Foundation License",
    "ISC License (ISCL)",
    "Apache 2.0",
    "Apache License, Version 2.0",
}
OTHERWISE = {  # file by file copyleft (MPL 2.0): used unchanged, and nothing of it is passed on with a report
    "certifi": "MPL-2.0, certificates for pip and requests",
    "fqdn": "MPL-2.0, checks host names for jupyterlab",
    "hypothesis": "MPL-2.0, tests only",
    "tqdm": "MPL-2.0 and MIT, progress on the terminal",
    "axe-playwright-python": "its metadata is silent; MIT, with axe.min.js under MPL-2.0; tests only",
}


def pins():
    """The lines of requirements.txt that pin a package."""
    lines = [
        line
        for line in (ROOT / "requirements.txt").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    assert lines.pop() == "-e ."
    return [Requirement(line) for line in lines]


def environment(python):
    """What markers are held against: this Python as it is, another one in its newest release."""
    return default_environment() | (
        {} if python == HERE else {"python_version": python, "python_full_version": f"{python}.99"}
    )


def pinned(python):
    """Name and version of what is installed with one Python on this system."""
    there = environment(python)
    return {
        canonicalize_name(pin.name): str(pin.specifier)[2:]
        for pin in pins()
        if not pin.marker or pin.marker.evaluate(there)
    }


def needed(python):
    """Everything that the project and its extras ask for, and what that asks for, by the metadata of what is installed here."""
    there = environment(python)
    waiting = [
        Requirement(line)
        for lines in (PROJECT["dependencies"], *PROJECT["optional-dependencies"].values())
        for line in lines
    ]
    found = defaultdict(list)
    seen = set()
    while waiting:
        one = waiting.pop()
        name, extras = canonicalize_name(one.name), frozenset({"", *one.extras})
        found[name].append(one)
        if (name, extras) not in seen:
            seen.add((name, extras))
            try:
                further = map(Requirement, metadata.requires(name) or ())
            except metadata.PackageNotFoundError:  # for another Python than this one
                continue
            waiting += [
                r
                for r in further
                if not r.marker
                or any(r.marker.evaluate(there | {"extra": extra}) for extra in extras)
            ]
    return found


@pytest.mark.parametrize("python", PYTHONS)
def test_everything_is_pinned_and_nothing_else(python):
    """Of another Python than this one, whatever its own packages would bring is told by the lock alone."""
    missing, idle = (
        needed(python).keys() - pinned(python).keys(),
        pinned(python).keys() - needed(python).keys(),
    )
    assert not missing and not (python == HERE and idle), (missing, idle)
    assert all(
        re.fullmatch(r"==[\w.]+", str(pin.specifier)) and not pin.url and not pin.extras
        for pin in pins()
    )


def test_what_is_installed_is_what_is_pinned_and_suits_whoever_asks_for_it():
    installed = {name: metadata.version(name) for name in pinned(HERE)}
    assert installed == pinned(HERE)
    for name, asked in needed(HERE).items():
        assert all(one.specifier.contains(installed[name], prereleases=True) for one in asked), (
            name,
            installed[name],
            asked,
        )


def test_installed_packages_agree_with_each_other():
    done = subprocess.run(
        [sys.executable, "-m", "pip", "check"], text=True, capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stdout


@cache
def imports():
    """For each top-level module that code imports, where: files of the module and the notebooks, and files of tests."""
    found = defaultdict(set)
    texts = {
        path: path.read_text()
        for folder in ("analysis", "tests")
        for path in (ROOT / folder).rglob("*.py")
    }
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        texts[path] = "\n".join(
            cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"
        )
    for path, text in texts.items():
        for node in ast.walk(ast.parse(text)):
            names = (
                [name.name for name in node.names]
                if isinstance(node, ast.Import)
                else [node.module]
                if isinstance(node, ast.ImportFrom) and not node.level
                else []
            )
            for name in names:
                found[name.partition(".")[0]].add(str(path.relative_to(ROOT)))
    return found


def used_in(package):
    """Where a direct dependency is used: files that import it, the Makefile, or pytest's settings."""
    provided = {
        module
        for module, packages in PACKAGES.items()
        if package in map(canonicalize_name, packages)
    }
    places = {place for module in provided for place in imports()[module]}
    places |= (
        {"Makefile"} if re.search(rf"-m {package}\b", (ROOT / "Makefile").read_text()) else set()
    )
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]
    named = (
        package.removeprefix("pytest-") in settings
        or package == "pytest-xdist"
        and "-n" in settings["addopts"]
    )
    return places | ({"pyproject.toml"} if named else set())


@pytest.mark.parametrize("package, group", DIRECT.items(), ids=str)
def test_a_direct_dependency_is_used_where_it_belongs(package, group):
    """What a report needs, by the module, a notebook or a target of make; what tests need, by tests; so for every group."""
    places = used_in(package)
    own = {
        place
        for place in places
        if place.startswith("tests/") == (group == "test") or place == "pyproject.toml"
    }
    assert own, f"{package} ({group or 'a report'}) is used by {sorted(places) or 'nothing'}"


def test_what_is_imported_is_asked_for():
    """By the module and the notebooks as a dependency of a report, by tests as one of either; nightly scripts bring their own tools."""
    ours = {
        "analysis",
        *(path.stem for path in (ROOT / "tests").rglob("*.py")),
    } | sys.stdlib_module_names
    unasked = {}
    for module in imports().keys() - ours:
        groups = {
            DIRECT[name]
            for name in map(canonicalize_name, PACKAGES.get(module, ()))
            if name in DIRECT
        }
        unasked[module] = [
            place
            for place in imports()[module]
            if not place.startswith("tests/nightly/")
            and not groups - {"test"}
            and not (groups and place.startswith("tests/"))
        ]
    assert not {module: places for module, places in unasked.items() if places}


def test_licences_can_be_lived_with():
    found = {}
    for name in pinned(HERE):
        about = metadata.metadata(name)
        classified = [
            c.rpartition(" :: ")[2]
            for c in about.get_all("Classifier") or ()
            if c.startswith("License :: OSI Approved :: ")
        ]
        words = (
            [about.get("License-Expression")]
            if about.get("License-Expression")
            else classified or [about.get("License") or "none named"]
        )
        found[name] = {
            word for said in words for word in re.split(r"\s+(?:AND|OR)\s+", said.strip())
        } - PERMISSIVE
    assert {name for name, odd in found.items() if odd} == OTHERWISE.keys(), {
        name: odd for name, odd in found.items() if odd
    }


def test_the_pythons_are_told_alike():
    """pyproject.toml, the Makefile's own test and the README name the same versions."""
    bounds = Requirement(f"python{PROJECT['requires-python']}").specifier
    assert [v for v in (f"3.{minor}" for minor in range(9, 16)) if bounds.contains(v)] == list(
        PYTHONS
    )
    makefile = (ROOT / "Makefile").read_text()
    least, below = re.search(
        r"\((\d, \d+)\) <= sys.version_info\[:2\] < \((\d, \d+)\)", makefile
    ).groups()
    assert (least, below) == tuple(
        re.findall(r"\d+\.\d+", PROJECT["requires-python"])[i].replace(".", ", ") for i in (0, 1)
    )
    assert all(
        f"python{version}" in makefile and version in (ROOT / "README.md").read_text()
        for version in PYTHONS
    )
