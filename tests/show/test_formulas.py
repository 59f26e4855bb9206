"""What is printed is what runs. Oracles: SymPy takes the printed text in again; the sheets worked
by hand; every operator of every metric changed in turn."""

import ast
import inspect
import re
from textwrap import dedent

import numpy as np
import pytest
import sympy
from bs4 import BeautifulSoup
from pytest import approx
from sheets import ALL_SHEETS, INPUTS, MODELS, SHEET_METRICS, SHEETS, worked

from analysis.model.registry import BUSINESS_MODELS, METRICS, reads
from analysis.show import formulas

FUNCTIONS = {f: (m.name, model) for m in METRICS.values() for model, f in m.formulas.items()}


CLOSED_FORM = formulas.PRINTED["geometric_sum"]
FUNCTIONS_READ = {"max": sympy.Max, "pow": lambda x, y: x**y, "geometric_sum": CLOSED_FORM}


def symbols_of(model, name):
    """A metric's formula as SymPy has it, with what is read by name."""
    return formulas.expression(METRICS[name].formulas[model])


def taken_in(printed):
    """Printed text as SymPy reads it."""
    names = {s: sympy.Symbol(s, real=True) for s in re.findall(r"[a-z_]{2,}", printed)}
    return sympy.sympify(printed, locals=names | FUNCTIONS_READ)


@pytest.mark.parametrize("customer, name", SHEET_METRICS)
def test_text_says_what_is_computed(customer, name):
    model = MODELS[customer]
    printed = re.sub(r"(?<=[a-z]) (?=[a-z])", "_", formulas.text(model, name))
    printed = printed.replace("×", "*").replace("−", "-").replace("^", "**")
    assert sympy.simplify(taken_in(printed) - symbols_of(model, name).doit()) == 0


@pytest.mark.parametrize("customer, name", SHEET_METRICS)
def test_what_is_printed_gives_the_sheet(customer, name):
    """Evaluated at the other metrics of the sheet; undefined may be infinite, never a number."""
    known = INPUTS[customer] | SHEETS[customer]
    written = symbols_of(MODELS[customer], name)
    value = written.subs({s: known[str(s)] for s in written.free_symbols}).doit()
    value = float(value) if value.is_finite else np.nan
    assert value == approx(SHEETS[customer][name], rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("customer, name", SHEET_METRICS)
def test_mathml_is_the_text_in_elements(customer, name):
    """The alternative text is the formula's; names stand as words, numbers and operators apart."""
    model = MODELS[customer]
    math = BeautifulSoup(formulas.mathml(model, name), "html.parser").math
    assert math["alttext"] == math["aria-label"] == formulas.text(model, name)
    words = re.findall(r"[a-z]+(?: [a-z]+)*", formulas.text(model, name))
    assert sorted(mi.text for mi in math.find_all("mi")) == sorted(words)
    elements = {"mrow", "mfrac", "msup", "mi", "mn", "mo"}
    assert {tag.name for tag in math.find_all(True)} <= elements
    for pair in math(["mfrac", "msup"]):
        assert len(pair.find_all(recursive=False)) == 2


@pytest.mark.parametrize(
    "written, text",
    [
        (lambda a, b, c: a - (b - c), "a − (b − c)"),
        (lambda a, b, c: a - b - c, "a − b − c"),
        (lambda a, b, c: a / (b / c), "a × c / b"),
        (lambda a, b, c: a / b / c, "a / (b × c)"),
        (lambda a, b, c: 1 / (a + b), "1 / (a + b)"),
        (lambda a, b, c: a * (b - c) * 2, "a × (b − c) × 2"),
        (lambda a, b, c: (1 - a) ** b / c, "(1 − a)^b / c"),
        (lambda a, b, c: a ** (b / c), "a^(b / c)"),
        (lambda a, b, one_month: (a + b * one_month) / one_month, "a + b"),
    ],
)
def test_order_and_brackets(written, text):
    assert formulas._Text().doprint(formulas.expression(written)) == text


UNITS = {"one_month", "one_year"}


class Operators(ast.NodeTransformer):
    """Changes the operator at one place of a function: arithmetic, or a quotient or a floor."""

    SWAPPED = {
        ast.Add: ast.Sub,
        ast.Sub: ast.Add,
        ast.Mult: ast.Div,
        ast.Div: ast.Mult,
        ast.Pow: ast.Mult,
    }

    def __init__(self, place):
        self.left = place

    def changed(self, node, other):
        self.left -= 1
        return other if self.left == -1 else node

    def visit_BinOp(self, node):
        self.generic_visit(node)
        if {ast.unparse(node.left), ast.unparse(node.right)} & UNITS:
            return node  # turns the unit alone: pint minds it
        swapped = ast.BinOp(node.left, self.SWAPPED[type(node.op)](), node.right)
        return self.changed(node, swapped)

    def visit_Call(self, node):
        self.generic_visit(node)
        *_, last = node.args
        other = ast.BinOp(node.args[0], ast.Mult(), last) if node.args[1:] else last
        return self.changed(node, other)


def worked_out(name):
    """A metric on each sheet by hand that has it, beside what the sheet says."""
    found, said = [], []
    with np.errstate(all="ignore"):
        for customer, changes, sheet in ALL_SHEETS:
            if name in sheet:
                found.append(getattr(worked(customer, **changes), name))
                said.append(sheet[name])
    return found, approx(said, rel=1e-9, nan_ok=True)


def mutants(function):
    """The function with each of its operators changed in turn."""
    source = dedent(inspect.getsource(function))
    place = 0
    while True:
        tree = ast.parse(source)
        tree.body[0].decorator_list = []
        operators = Operators(place)
        changed = ast.fix_missing_locations(operators.visit(tree))
        if operators.left >= 0:
            return
        made = {}
        exec(compile(changed, "<changed>", "exec"), function.__globals__ | {}, made)
        yield ast.unparse(changed), made[function.__name__]
        place += 1


WITH_OPERATORS = [f for f in FUNCTIONS if any(mutants(f))]


@pytest.mark.parametrize(
    "function", WITH_OPERATORS, ids=lambda f: f"{f.__module__[15:]}.{f.__name__}"
)
def test_a_changed_operator_changes_the_page_and_fails_the_sheets(function, monkeypatch):
    name, _ = FUNCTIONS[function]
    models = [m for m in MODELS.values() if METRICS[name].formulas.get(m) is function]
    before = [formulas.text(m, name) for m in models]
    for source, mutant in mutants(function):
        with monkeypatch.context() as patch:
            for model in models:
                patch.setitem(METRICS[name].formulas, model, mutant)
            for model, printed in zip(models, before, strict=True):
                assert formulas.text(model, name) != printed, source
            found, said = worked_out(name)
        assert found != said, source


def test_only_a_price_as_it_stands_has_no_operator():
    without = {f.__name__ for f in FUNCTIONS if f not in WITH_OPERATORS}
    assert without == {"revenue_of_account", "yearly_price_factor"}


@pytest.mark.parametrize("model", BUSINESS_MODELS)
def test_javascript_stands_in_the_order_in_which_it_is_read(model):
    """A line stands after those it reads, and its arguments are the inputs."""
    wanted = [name for name in METRICS if model in METRICS[name].formulas]
    printed = formulas.javascript(model, *wanted)
    arguments, *lines = re.findall(r"^\(\{ (.*) \}\) =>|^  const (\w+ = .*);", printed, re.M)
    known = set(arguments[0].split(", "))
    assert known == set().union(*(reads(model, name) for name in wanted))
    for _, line in lines:
        name, _, written = line.partition(" = ")
        assert set(re.findall(r"\b[a-z_]{3,}\b", written)) <= known | {*FUNCTIONS_READ}, line
        known.add(name)


@pytest.mark.parametrize("customer, name", SHEET_METRICS)
def test_javascript_says_what_is_computed(customer, name):
    model = MODELS[customer]
    (line,) = re.findall(rf"const {name} = (.*);", formulas.javascript(model, name))
    taken = taken_in(line.replace("Math.", ""))
    assert sympy.simplify(taken - symbols_of(model, name).doit()) == 0


def test_a_glossary_shows_every_formula_of_a_metric():
    found = BeautifulSoup(formulas.formulas_html(METRICS["revenue"]), "html.parser")
    texts = {formulas.text(model, "revenue") for model in BUSINESS_MODELS}
    assert {m["alttext"] for m in found("math")} == texts and len(texts) == 3
    assert "subscription: " in found.text and "metered: " in found.text
    seconds = formulas.formulas_html(METRICS["generated_seconds"])
    assert "account, metered: " in seconds
    for name in ("headroom", "market_cost_per_second"):
        assert str(formulas.formulas_html(METRICS[name])).count("<math") == 1
