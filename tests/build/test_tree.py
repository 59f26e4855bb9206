"""HTML as a tree: the oracle is the same markup written with the prefix in the first place."""

from hypothesis import given
from hypothesis import strategies as st

from analysis.build.tree import head_section, number_captions, parsed, prefix_ids

names = st.from_regex(r"[a-z][a-z0-9_-]{0,6}", fullmatch=True)
prefixes = st.from_regex(r"[a-z]{1,6}-", fullmatch=True)
EACH = """<p id="{p}{i}" class="{i}" data-result="{i}/x">id={i} #{i} url(#{i})</p>
<a href="#{p}{i}">{i}</a><a href="https://example.org/#{i}">{i}</a>
<g clip-path="url(#{p}{i})" style="fill:url('#{p}{i}')"></g><b title="> id={i}"></b>
<label for="{p}{i}"></label><use xlink:href="#{p}{i}" /><style>#{p}{i} {{}}</style>
<!-- id="{i}" --><script>"#{i}"</script>"""


@given(own=st.lists(names, unique=True, min_size=1, max_size=5), other=names, prefix=prefixes)
def test_every_id_and_reference_is_prefixed_once_and_nothing_else(own, other, prefix):
    elsewhere = "" if other in own else f'<a href="#{other}">there</a>'

    def page(p):
        listed = " ".join(p + name for name in own)
        lists = f'<svg aria-labelledby="{listed}"></svg><td headers="{listed}"></td>'
        return parsed("".join(EACH.format(p=p, i=name) for name in own) + lists + elsewhere)

    tree = page("")
    prefix_ids(tree, prefix)
    assert str(tree) == str(page(prefix))


def test_a_link_to_an_id_beyond_ascii_follows_it_however_it_is_written():
    tree = parsed('<p id="é"></p><a href="#%C3%A9"></a><a href="#é"></a>')
    prefix_ids(tree, "k-")
    assert [a["href"] for a in tree.find_all("a")] == ["#k-%C3%A9", "#k-é"]


def test_headings_take_their_level_an_id_of_their_own_and_a_link():
    """Oracle: the outline, written down."""
    tree = parsed('<h1>Costs &amp; more</h1><h2>A part</h2><h2>A <i>part</i></h2><p id="A"></p>')
    assert head_section(tree, "k", "unused", 2) == [
        ("k-A-part", "A part"),
        ("k-A-part-2", "A part"),
    ]
    assert [(h.name, h["id"]) for h in tree.find_all(["h2", "h3"])] == [
        ("h2", "title"),
        ("h3", "A-part"),
        ("h3", "A-part-2"),
    ]
    links = tree.select("div.headed > a.permalink")
    assert [a["href"] for a in links] == ["#k", "#A-part", "#A-part-2"]
    assert links[0]["aria-label"] == "Link to this section: Costs & more"


def test_a_section_without_a_heading_gets_its_title_as_text():
    tree = parsed("<p>Words.</p>")
    assert head_section(tree, "k", "<i>", 3) == []
    assert tree.h3.text == "<i>" and tree.h3["id"] == "title"


def test_figures_and_tables_are_counted_apart_and_in_order():
    plot = '<figure class="plot" id="{0}"><figcaption>{0}</figcaption></figure>'
    table = '<figure class="table" id="{0}"><table><caption>{0}</caption></table></figure>'
    tree = parsed(plot.format("a") + table.format("b") + plot.format("c"))
    number_captions(tree)
    found = [(a["href"], a.text, a.parent.text) for a in tree.find_all("a")]
    assert found == [
        ("#a", "Figure 1.", "Figure 1. a"),
        ("#b", "Table 1.", "Table 1. b"),
        ("#c", "Figure 2.", "Figure 2. c"),
    ]
