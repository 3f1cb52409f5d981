import pytest

from sparring.errors import InputError
from sparring.report import explain_page

LINES = [{"name": "cat", "points": [[-1, 4], [1, -2]]}, {"name": "dog", "points": [[-1, 0], [1, 3]]}]


def test_lines_are_told_apart_by_a_legend(read):
    parsed = read(explain_page({"verdict": "Straight.", "charts": [{"title": "Logits", "lines": LINES}]}))
    assert "cat dog" in parsed.text
    assert len([svg for svg in parsed.all("svg") if svg["class"] == "key"]) == 2
    assert len(parsed.all("polyline")) == 4  # two lines, for desk and phone


def test_one_line_needs_no_legend(read):
    parsed = read(explain_page({"verdict": "Straight.", "charts": [{"lines": LINES[:1]}]}))
    assert not [svg for svg in parsed.all("svg") if svg["class"] == "key"]


def test_tables_set_figures_to_the_right(read):
    table = {
        "columns": ["d", "shift", "flips", "word"],
        "rows": [[10, 0.123456, True, "a"], [123456, None, False, "b"]],
    }
    parsed = read(explain_page({"verdict": "Straight.", "tables": [table]}))
    assert [head.get("class") for head in parsed.all("th")] == [None, "n", None, None]
    for shown in ("0.1235", "123,456", "–", "yes", "no"):
        assert shown in parsed.words


def test_a_verdict_is_needed():
    with pytest.raises(InputError, match="verdict"):
        explain_page({"charts": []})


def test_another_story_may_name_its_own_chapter():
    html = explain_page(
        {"verdict": "V.", "charts": [{"lines": LINES}], "charts_title": "More", "kicker": "before nets"}
    )
    assert "More</h2>" in html
    assert "before nets" in html
    assert "Along the direction" not in html
