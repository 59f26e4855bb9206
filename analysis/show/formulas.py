"""What runs, printed: a metric's formula as text, as MathML and as JavaScript, by SymPy.

In: the name of a metric and a business model. Out: the function of that name put through symbols
and written in the order in which it computes, unsimplified.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType

import sympy
from sympy.printing.jscode import JavascriptCodePrinter
from sympy.printing.printer import Printer

from analysis.model.registry import CONVERSIONS, SHARED, Metric, formula_of, parameters, reads
from analysis.show.html import Html

# What these are made of serves floats and arrays; a reader and JavaScript have them by name.
BY_NAME = {
    "positive_part": lambda x: sympy.Max(0, x, evaluate=False),
    "ratio": lambda numerator, denominator: numerator / denominator,
}


def expression(function: Callable) -> sympy.Basic:
    """What a function does to its arguments, as written; conversions of units are numbers."""
    symbols = {
        name: sympy.nsimplify(CONVERSIONS[name][0])
        if name in CONVERSIONS
        else sympy.Symbol(name, real=True)
        for name in parameters(function)
    }
    named = FunctionType(function.__code__, {**function.__globals__, **BY_NAME})
    with sympy.evaluate(False):
        return sympy.sympify(named(**symbols))


def text(business_model: str, metric: str) -> str:
    """A metric's formula on one line.

    >>> text("workflow", "generated_seconds")
    'finished seconds × retakes'
    """
    return _Text().doprint(expression(formula_of(business_model, metric)))


def mathml(business_model: str, metric: str) -> Html:
    """A metric's formula as MathML; screen readers and the CSV get its text."""
    written = _MathML().doprint(expression(formula_of(business_model, metric)))
    told = f'alttext="{text(business_model, metric)}" aria-label="{text(business_model, metric)}"'
    return Html(f'<math displaystyle="true" {told}><mrow>{written}</mrow></math>')


def formulas_html(metric: Metric) -> Html:
    """Every formula of a metric, each after its business model where they differ."""
    if SHARED in metric.formulas:
        return mathml(SHARED, metric.name)
    return Html("<br>".join(f"{model}: {mathml(model, metric.name)}" for model in metric.formulas))


def javascript(business_model: str, *metrics: str) -> str:
    """A JavaScript function from an object of inputs to one of these metrics.

    >>> print(javascript("workflow", "generated_seconds"))
    ({ finished_seconds, retakes }) => {
      const generated_seconds = finished_seconds*retakes;
      return { generated_seconds };
    }
    """
    lines = {}

    def follow(name: str) -> None:
        function = formula_of(business_model, name)
        if function is None or name in lines:
            return
        for read in parameters(function):
            follow(read)
        printed = _JavaScript({"order": "none"}).doprint(expression(function))
        lines[name] = f"  const {name} = {printed};\n"

    for name in metrics:
        follow(name)
    inputs = sorted(set().union(*(reads(business_model, name) for name in metrics)))
    body = "".join(lines.values())
    return f"({{ {', '.join(inputs)} }}) => {{\n{body}  return {{ {', '.join(metrics)} }};\n}}"


def _parts(x: sympy.Basic) -> tuple[list, list]:
    """The factors of a product and what it is divided by, each in the order written."""
    if x.is_Pow and x.exp == -1:
        return _parts(x.base)[::-1]
    if not x.is_Mul:
        return [x], []
    above, below = [], []
    for arg in x.args:
        factors, divisors = _parts(arg)
        above += factors
        below += divisors
    return above, below


class _Text(Printer):
    """An expression on one line, its names as words."""

    LEAF, OPERATOR, GROUP, COMMA = "{1}", " {} ", "({})", ", "

    def product(self, factors: list) -> str:
        written = (
            self.GROUP.format(self._print(x)) if x.is_Add else self._print(x) for x in factors
        )
        return self.OPERATOR.format("×").join(written)

    def quotient(self, above: list, below: list) -> str:
        written, divisor = self.product(above or [sympy.S.One]), self.product(below)
        if below[1:]:
            divisor = self.GROUP.format(divisor)
        return f"{written} / {divisor}" if below else written

    def _print_Symbol(self, x: sympy.Symbol) -> str:
        return self.LEAF.format("mi", x.name.replace("_", " "))

    def _print_Number(self, x: sympy.Number) -> str:
        return self.LEAF.format("mn", f"{float(x):.12g}")

    def _print_Add(self, x: sympy.Add) -> str:
        written = self._print(x.args[0])
        for term in x.args[1:]:
            above, below = _parts(term)
            factors = [factor for factor in above if factor != -1]
            sign = "+" if len(factors) == len(above) else "−"
            written += self.OPERATOR.format(sign) + self.quotient(factors, below)
        return written

    def _print_Mul(self, x: sympy.Mul) -> str:
        return self.quotient(*_parts(x))

    _print_Pow = _print_Mul

    def _print_Max(self, x: sympy.Max) -> str:
        arguments = self.COMMA.join(self._print(argument) for argument in x.args)
        return self.LEAF.format("mi", "max") + self.GROUP.format(arguments)


class _MathML(_Text):
    """An expression as the inside of a `math` element; names of Python need no escape."""

    LEAF, OPERATOR, COMMA = "<{0}>{1}</{0}>", "<mo>{}</mo>", "<mo>,</mo>"
    GROUP = "<mrow><mo>(</mo>{}<mo>)</mo></mrow>"

    def quotient(self, above: list, below: list) -> str:
        if not below:
            return self.product(above)
        sides = (
            self.product(x) if x[1:] else self._print(x[0]) for x in (above or [sympy.S.One], below)
        )
        return "<mfrac><mrow>{}</mrow><mrow>{}</mrow></mfrac>".format(*sides)


class _JavaScript(JavascriptCodePrinter):
    def _print_BooleanTrue(self, x: sympy.Basic) -> str:
        return "true"
