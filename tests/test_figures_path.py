"""Figures of supply and of the path: markup, inputs at their extremes, titles that follow the numbers, equal bytes in another process."""
import hashlib
import html
import os
import re
import shutil
import subprocess
import sys

import pandas as pd
import pytest

from analysis import trajectory
from analysis.codebook import DATA, read_codebook
from analysis.figures import path, supply
from test_figures import EXTREMES, STRANGE, check_markup, data_of, study_of, title_of

CERTAIN = {"gpu_price": 2.0, "compute_intensity": 80.0, "utilisation": 0.5, "efficiency_gain": 0.4, "quality_growth": 0.0,
           "gpu_price_decline": 0.0, "supplier_pass_back": 0.0, "price_erosion": 0.0}
NOBODY = {f"{row.segment}.displaced_share": 0.0 for row in read_codebook().segments.itertuples() if row.business_model == "workflow"}
ALL_EXTREMES = {**EXTREMES, "certain inputs": CERTAIN, "nobody has a market": NOBODY,
                "dear purchase": {"gpu_purchase_price": [1e5, 5e5, 1e6]}, "costs rise": {"efficiency_gain": 0.0, "quality_growth": 5.0}}


def all_figures(study, segments=("consumer", "previs")):
    shared = (supply.revenue_dollar, supply.stopping_prices, supply.concentration, supply.own_or_rent,
              path.unit_cost, path.break_even_years, path.plans)
    made = {draw.__name__: draw(study) for draw in shared}
    return made | {f"quality_map {s}": path.quality_map(study, s) for s in segments}


@pytest.mark.parametrize("name", ALL_EXTREMES)
def test_every_figure_keeps_the_contract_at_the_extremes(name):
    for figure in all_figures(study_of(ALL_EXTREMES[name])).values():
        check_markup(figure)


def tables(folder, change):
    """A study of the tables after a change of segments.csv, assumptions.csv and market_shares.csv."""
    shutil.copytree(DATA, folder)
    names = ("segments.csv", "assumptions.csv", "market_shares.csv")
    for name, table in zip(names, change(*(pd.read_csv(folder / name, dtype=str, keep_default_na=False) for name in names))):
        table.to_csv(folder / name, index=False)
    return study_of(folder=folder)


def test_a_ninth_segment_with_an_awkward_title(tmp_path):
    def change(segments, assumptions, shares):
        more = (table[table["segment"] == "previs"].assign(segment="ninth") for table in (segments, assumptions))
        segments, assumptions = map(pd.concat, zip((segments, assumptions), more))
        return segments.assign(title=segments["title"].mask(segments["segment"] == "ninth", STRANGE)), assumptions, shares
    made = all_figures(tables(tmp_path / "data", change), ("ninth",))
    for figure in made.values():
        check_markup(figure)
    assert title_of(made["quality_map ninth"]).startswith(STRANGE)
    for name in ("revenue_dollar", "stopping_prices", "break_even_years"):
        drawn = html.unescape(re.sub("<[^>]+>", "", re.sub("<desc.*?</desc>", "", made[name].split('class="note"')[0])))
        assert "".join(STRANGE.split()) in "".join(drawn.split()), name


def test_no_vertical_is_named_and_one_layer_is_known(tmp_path):
    study = tables(tmp_path / "data", lambda segments, assumptions, shares: (
        segments.assign(in_thesis="no"), assumptions, shares[shares["layer"] == shares["layer"].iloc[0]]))
    for figure in all_figures(study).values():
        check_markup(figure)


def test_equal_numbers_give_equal_bytes_in_another_process():
    here = "\n".join(all_figures(study_of()).values())
    code = ("import sys; sys.path.insert(0, sys.argv[1]); import hashlib, test_figures_path as t; "
            "print(hashlib.sha256('\\n'.join(t.all_figures(t.study_of()).values()).encode()).hexdigest())")
    other = subprocess.run([sys.executable, "-c", code, os.path.dirname(__file__)], capture_output=True, text=True, check=True,
                           env={**os.environ, "PYTHONHASHSEED": "7", "MPLBACKEND": "svg"})
    assert other.stdout.strip() == hashlib.sha256(here.encode()).hexdigest()


def test_parts_of_a_dollar_sum_to_one():
    """Oracle: the identity; what is not spent is left."""
    data = data_of(supply.revenue_dollar(study_of()))
    assert data.groupby("segment")["value"].sum().to_list() == pytest.approx([1.0] * data["segment"].nunique(), rel=1e-4)


def test_titles_follow_the_numbers():
    pays, loses = study_of(EXTREMES["everything pays"]), study_of(EXTREMES["nothing pays"])
    for study in (pays, loses):
        n = sum(study.result(s, "contribution")["value"] > 0 for s in study.segments)
        words = "all" if n == len(study.segments) else str(n) if n else "none"
        assert f"Of a dollar of revenue, {words} of " in title_of(supply.revenue_dollar(study))
        assert f", {words} of " in title_of(supply.stopping_prices(study))
    assert "to earn it" in title_of(supply.revenue_dollar(loses))
    dear = study_of({"gpu_purchase_price": 500_000})
    assert title_of(supply.own_or_rent(dear)).startswith("Renting") and title_of(supply.own_or_rent(pays)).startswith("Owning")
    assert "None of the" in title_of(path.break_even_years(loses)) and "Time helps" in title_of(path.break_even_years(loses))
    assert "covered already" in title_of(path.unit_cost(study_of({"consumer.other_revenue": 500.0})))
    assert "at no time" in title_of(path.unit_cost(loses))


def test_what_a_bar_cannot_show_is_told():
    study = study_of(NOBODY)
    assert supply.revenue_dollar(study).count(">no market<") == len(study.workflows()) == supply.stopping_prices(study).count(">no market<")
    assert ">no revenue<" in supply.revenue_dollar(study_of(EXTREMES["no revenue"]))
    assert "nowhere" in path.quality_map(study_of(EXTREMES["nothing pays"]), "consumer").split('class="note"')[1]
    assert "everywhere" in path.quality_map(study_of({"consumer.other_revenue": 500.0}), "consumer").split('class="note"')[1]


def test_shares_of_draws_add_up():
    """Oracle: each draw pays already, in one of ten years, or never."""
    data = data_of(path.break_even_years(study_of()))
    assert data.groupby("segment")["value"].sum().to_list() == pytest.approx([1.0] * data["segment"].nunique(), rel=1e-4)
    assert data["detail"].nunique() == trajectory.YEARS + 2
