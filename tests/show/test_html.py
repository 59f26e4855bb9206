"""Finished markup: the oracle is what a notebook and a template do with it."""

import json

from IPython.core.formatters import DisplayFormatter
from jinja2 import Environment
from markupsafe import Markup

from analysis.show.html import Html


def test_a_notebook_shows_it_as_html_and_a_template_leaves_it():
    shown, _ = DisplayFormatter().format(Html("<b>1</b>"))
    assert shown["text/html"] == "<b>1</b>" and type(shown["text/html"]) is str
    template = Environment(autoescape=True).from_string("{{ made }}{{ text }}")
    assert template.render(made=Html("<b>1</b>"), text="<b>") == "<b>1</b>&lt;b&gt;"


def test_what_is_filled_in_is_escaped_and_stays_html():
    made = Html("<td>{}{}</td>").format("a < b", Markup("<i>c</i>"))
    assert made == "<td>a &lt; b<i>c</i></td>" and isinstance(made, Html)
    assert isinstance(Html(", ").join(["<", Html("<i>")]), Html)
    assert json.loads(json.dumps(made)) == str(made)
