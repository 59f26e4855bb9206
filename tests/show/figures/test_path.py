"""The path. Oracles: draws counted once each, and titles that follow the numbers."""

import pytest
from drawing import EXTREMES, PAYS, base_figures, data_of, extreme, note_of, study_of, title_of

from analysis.model.trend import YEARS
from analysis.show.figures import path


def test_shares_of_draws_add_up():
    """Oracle: each draw pays already, in one of ten years, or never."""
    data = data_of(base_figures()["break_even_years"])
    sums = data.groupby("segment")["value"].sum()
    assert sums.to_list() == pytest.approx([1.0] * len(sums), rel=1e-4)
    assert data["detail"].nunique() == YEARS + 2


def test_the_parts_of_the_yearly_factor_multiply_to_the_whole():
    """Oracle: the identity."""
    data = data_of(base_figures()["unit_cost"]).query("metric == 'yearly_cost_factor'")
    *factors, whole = data["value"]
    product = 1.0
    for factor in factors:
        product *= factor
    assert product == pytest.approx(whole, rel=1e-4)


def test_titles_follow_the_numbers():
    loses = extreme("nothing pays")
    years = title_of(path.break_even_years(loses))
    assert "None of the" in years and "Time helps" in years
    assert "covered already" in title_of(path.unit_cost(study_of(PAYS)))
    assert "at no time" in title_of(path.unit_cost(loses))


@pytest.mark.parametrize(
    "overrides, where", [(EXTREMES["nothing pays"], "nowhere"), (PAYS, "everywhere")]
)
def test_a_map_without_a_line_says_why(overrides, where):
    assert where in note_of(path.quality_map(study_of(overrides), "consumer"))


def test_the_map_quotes_the_draws_near_the_best_values():
    """Oracle: the grid's row nearest to both best values."""
    study, figure = extreme("base"), base_figures()["quality_map consumer"]
    grid, q = data_of(figure), study.assumptions
    far = abs(grid["efficiency_gain"] - q.efficiency_gain.value)
    nearest = grid[far == far.min()]
    far = abs(nearest["quality_growth"] - q.quality_growth.value)
    share = nearest.loc[far.idxmin(), "probability"]
    assert f"in {100 * share:.0f} % of draws" in title_of(figure)
