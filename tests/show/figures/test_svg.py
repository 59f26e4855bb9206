"""SVG as a page takes it."""

import re
import xml.etree.ElementTree as ET

from analysis.show.figures import plotting, svg


@plotting.styled
def drawn():
    """A picture with a text and two marks, as it stands in a page."""
    fig, ax = plotting.sheet(50)
    ax.text(0.5, 0.5, "0.0412345 & <more>", color=plotting.LOSS)
    ax.set(xticks=[], yticks=[])
    ax.scatter([0, 1], [0, 1], c=plotting.ACCENT).set_gid("claim covers 10.00 90.00 a b")
    return svg.in_page(fig, "k", "A & B", "it's")


def test_text_stays_as_it_is_and_coordinates_are_short():
    root = ET.fromstring(drawn())
    assert [t.text for t in root.iter("text")] == ["0.0412345 & <more>"]
    assert root.find("title").text == "A & B" and root.find("desc").text == "it's"
    tags = re.sub(r">[^<]*<", "><", drawn())
    assert not re.search(r"\d\.\d{3,}", tags)


def test_colours_are_variables_with_their_light_value():
    text = drawn()
    assert f"var(--loss,{plotting.LOSS})" in text and f"var(--accent,{plotting.ACCENT})" in text
    assert set(re.findall("#[0-9a-f]{6}", text)) <= {*plotting.NAMED.values(), "#000000"}


def test_marks_say_what_they_are():
    root = ET.fromstring(drawn())
    (group,) = [g for g in root.iter("g") if g.get("data-claim")]
    assert (group.get("data-claim"), group.get("data-zero")) == ("covers", "10.00")
    assert [m.get("data-segment") for m in group.iter() if m.get("data-segment")] == ["a", "b"]
