"""What opens a chapter: it refuses what would pass without effect.

Oracle: the message names the right form.
"""

import pytest

from analysis.errors import InputError
from analysis.show import chapter
from analysis.show.chapter import open_chapter, refuse_lookalikes

KNOWN = {"gpu_price", "retakes", "utilisation"}


@pytest.mark.parametrize(
    "variables, said",
    [
        (
            dict(gpu_price=1.9),
            [
                "gpu_price is no parameter of this notebook",
                "overrides = {'gpu_price': 1.9}",
                '-y "{overrides: {gpu_price: 1.9}}"',
            ],
        ),
        (dict(retakes="3,5,20"), ["retakes", "{'SEGMENT.retakes': ...}"]),
        (dict(gpu_price=[1, 2, 3]), ["[1, 2, 3]"]),
        (dict(utilisation=True), ["utilisation"]),
        (dict(gpu_prize=1.9), ["gpu_prize", "nearest name is gpu_price"]),
        (dict(retake=3), ["nearest name is retakes"]),
        (dict(override={}), ["nearest name is overrides"]),
        (dict(draw=5), ["nearest name is draws"]),
        (dict(sead=5), ["nearest name is seed"]),
        (dict(scenarios="base"), ["nearest name is scenario"]),
        (dict(segments="previs"), ["nearest name is segment"]),
    ],
)
def test_lookalike_is_refused(variables, said):
    with pytest.raises(InputError) as caught:
        refuse_lookalikes({"x": 1, **variables}, KNOWN)
    message = str(caught.value)
    assert all(part in message for part in said) and len(message.splitlines()) == 1


@pytest.mark.parametrize(
    "variables",
    [
        {},
        dict(scenario="base", overrides={}, draws=100, seed=0, segment="previs"),
        dict(_gpu_price=1),
        dict(x=1, study=2, n=3),
        dict(gpu_price=object()),
        dict(In=[], Out={}, exit=object(), quit=object()),
    ],
)
def test_other_variables_pass(variables):
    refuse_lookalikes(variables, KNOWN)


def test_chapter_looks_at_the_variables_of_its_notebook(monkeypatch):
    monkeypatch.setattr(chapter, "_variables", lambda: {"draws": 100, "gpu_price": 1.9})
    with pytest.raises(InputError, match="^gpu_price is no parameter"):
        open_chapter(draws=100)


@pytest.mark.parametrize(
    "arguments, said",
    [
        (dict(scenario="bas"), "unknown scenario 'bas'; the nearest name is base"),
        (dict(scenario=None), "unknown scenario None"),
        (dict(overrides={"gpu_pric": 1}), "nearest name is gpu_price"),
        (dict(overrides="gpu_price=1"), "not a mapping"),
        (dict(draws=99), "draws: 99"),
        (dict(draws="many"), "draws: 'many'"),
        (dict(draws=1e4), "draws: 10000.0"),
        (dict(draws=True), "draws: True"),
        (dict(seed=-1), "seed: -1"),
        (dict(seed=None), "seed: None"),
        (dict(seed="abc"), "seed: 'abc'"),
        (dict(segment="prvis"), "segment: unknown segment 'prvis'; the nearest name is previs"),
        (dict(segment="all"), "unknown segment 'all'"),
    ],
)
def test_wrong_parameters_end_in_one_line(arguments, said):
    with pytest.raises(InputError) as caught:
        open_chapter(**arguments)
    assert said in str(caught.value) and len(str(caught.value).splitlines()) == 1


def test_parameters_reach_the_study():
    study = open_chapter(overrides={"gpu_price": [1, 2, 3]}, draws=100, seed=0, segment="previs")
    price = study.assumptions.gpu_price
    assert (price.low, price.value, price.high) == (1, 2, 3) and study.assumptions.changed == (
        "gpu_price",
    )
    assert (study.draws, study.seed, study.segment, study.scenario.name) == (
        100,
        0,
        "previs",
        "base",
    )
    assert len(study.drawn("previs").gpu_price) == 100


def test_defaults_are_those_of_the_notebooks():
    study = open_chapter()
    assert (study.draws, study.seed, study.segment, study.assumptions.changed) == (
        16384,
        2026,
        None,
        (),
    )
