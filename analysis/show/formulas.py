"""What runs, printed: a metric's formula as text, as MathML and as JavaScript, by SymPy.

In: the name of a metric and a business model. Out: the function of that name put through symbols
and written in the order in which it computes, unsimplified.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import FunctionType

import sympy
from sympy.printing.jscode import JavascriptCodePrinter
from sympy.printing.printer import Printer

from analysis.model.registry import (
    BUSINESS_MODELS,
    CONVERSIONS,
    Metric,
    formula_of,
    parameters,
    reads,
)
from analysis.show.html import Html


class _One:
    """One month or year: in a formula it turns units only, and in print it vanishes."""

    def __mul__(self, other):
        return other

    __rmul__ = __rtruediv__ = __mul__

    def __truediv__(self, other):
        if other is self:
            return self
        return sympy.S.One / other


# What these are made of serves floats and arrays; a reader and JavaScript have them by name.
PRINTED = {
    "positive_part": lambda x: sympy.Max(0, x, evaluate=False),
    "ratio": lambda numerator, denominator: numerator / denominator,
    "geometric_sum": lambda factor, count: (1 - factor**count) / (1 - factor),
}
IN_JAVASCRIPT = PRINTED | {"geometric_sum": sympy.Function("geometric_sum")}
GEOMETRIC_SUM = """  const geometric_sum = (factor, count) => {
    const logarithm = Math.log(factor) + 1e-300;
    return Math.expm1(count * logarithm) / Math.expm1(logarithm);
  };
"""


def expression(function: Callable, primitives: Mapping[str, Callable] = PRINTED) -> sympy.Basic:
    """What a function does to its arguments, as written; conversions of units are numbers."""
    symbols = {name: _argument(name) for name in parameters(function)}
    named = FunctionType(function.__code__, {**function.__globals__, **primitives})
    with sympy.evaluate(False):
        return sympy.sympify(named(**symbols))


def _argument(name: str) -> sympy.Basic | _One:
    if name not in CONVERSIONS:
        return sympy.Symbol(name, real=True)
    worth, _ = CONVERSIONS[name]
    if worth == 1:
        return _One()
    return sympy.nsimplify(worth)


def text(business_model: str, metric: str) -> str:
    """A metric's formula on one line.

    >>> text("metered", "generated_seconds")
    'finished seconds × retakes'
    """
    return _Text().doprint(expression(formula_of(business_model, metric)))


def mathml(business_model: str, metric: str) -> Html:
    """A metric's formula as MathML; screen readers and the CSV get its text."""
    written = _MathML().doprint(expression(formula_of(business_model, metric)))
    told = f'alttext="{text(business_model, metric)}" aria-label="{text(business_model, metric)}"'
    return Html(f'<math displaystyle="true" {told}><mrow>{written}</mrow></math>')


def formulas_html(metric: Metric) -> Html:
    """Every formula of a metric, each after its business models where they differ."""
    models = {}
    for model, function in metric.formulas.items():
        models.setdefault(function, []).append(model)
    if len(models) == 1 and {*BUSINESS_MODELS} <= {*metric.formulas}:
        return mathml(BUSINESS_MODELS[0], metric.name)
    lines = []
    for own in models.values():
        written = mathml(own[0], metric.name)
        lines.append(f"{', '.join(own)}: {written}")
    return Html("<br>".join(lines))


def javascript(business_model: str, *metrics: str) -> str:
    """A JavaScript function from an object of inputs to one of these metrics.

    >>> print(javascript("metered", "generated_seconds"))
    ({ finished_seconds, retakes }) => {
      const generated_seconds = finished_seconds*retakes;
      return { generated_seconds };
    }
    """
    lines = {}
    printer = _JavaScript({"order": "none", "user_functions": {"geometric_sum": "geometric_sum"}})

    def follow(name: str) -> None:
        function = formula_of(business_model, name)
        if function is None or name in lines:
            return
        for read in parameters(function):
            follow(read)
        printed = printer.doprint(expression(function, IN_JAVASCRIPT))
        lines[name] = f"  const {name} = {printed};\n"

    for name in metrics:
        follow(name)
    inputs = sorted(set().union(*(reads(business_model, name) for name in metrics)))
    body = "".join(lines.values())
    if "geometric_sum(" in body:
        body = GEOMETRIC_SUM + body
    return f"({{ {', '.join(inputs)} }}) => {{\n{body}  return {{ {', '.join(metrics)} }};\n}}"


def _parts(x: sympy.Basic) -> tuple[list, list]:
    """The factors of a product and what it is divided by, each in the order written."""
    if x.is_Pow and x.exp == -1:
        return _parts(x.base)[::-1]
    if not x.is_Mul:
        return [x], []
    above = []
    below = []
    for arg in x.args:
        factors, divisors = _parts(arg)
        above += factors
        below += divisors
    return above, below


class _Text(Printer):
    """An expression on one line, its names as words."""

    LEAF = "{1}"
    OPERATOR = " {} "
    GROUP = "({})"
    COMMA = ", "
    POWER = "{}^{}"

    def product(self, factors: list) -> str:
        written = (self._grouped(x) if x.is_Add else self._print(x) for x in factors)
        return self.OPERATOR.format("×").join(written)

    def quotient(self, above: list, below: list) -> str:
        written = self.product(above or [sympy.S.One])
        divisor = self.product(below)
        if below[1:]:
            divisor = self.GROUP.format(divisor)
        if below:
            return f"{written} / {divisor}"
        return written

    def _print_Symbol(self, x: sympy.Symbol) -> str:
        return self.LEAF.format("mi", x.name.replace("_", " "))

    def _print_Number(self, x: sympy.Number) -> str:
        return self.LEAF.format("mn", f"{float(x):.12g}")

    def _print_Add(self, x: sympy.Add) -> str:
        written = self._print(x.args[0])
        for term in x.args[1:]:
            above, below = _parts(term)
            factors = [factor for factor in above if factor != -1]
            sign = "−"
            if len(factors) == len(above):
                sign = "+"
            written += self.OPERATOR.format(sign) + self.quotient(factors, below)
        return written

    def _print_Mul(self, x: sympy.Mul) -> str:
        return self.quotient(*_parts(x))

    def _print_Pow(self, x: sympy.Pow) -> str:
        if x.exp == -1:
            return self.quotient(*_parts(x))
        base, power = (self._print(y) if y.is_Atom else self._grouped(y) for y in x.args)
        return self.POWER.format(base, power)

    def _grouped(self, x: sympy.Basic) -> str:
        return self.GROUP.format(self._print(x))

    def _print_Max(self, x: sympy.Max) -> str:
        arguments = self.COMMA.join(self._print(argument) for argument in x.args)
        return self.LEAF.format("mi", "max") + self.GROUP.format(arguments)


class _MathML(_Text):
    """An expression as the inside of a `math` element; names of Python need no escape."""

    LEAF = "<{0}>{1}</{0}>"
    OPERATOR = "<mo>{}</mo>"
    COMMA = "<mo>,</mo>"
    POWER = "<msup>{}{}</msup>"
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
