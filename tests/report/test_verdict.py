"""The verdict on an audit's page: next to the figure, with its reasons and every test of evidence."""

from typing import get_type_hints

import pytest

from sparring.audit._evidence import TESTS
from sparring.audit._examine import Examination
from sparring.audit._verdict import verdict
from sparring.report import audit_page, demo_page
from sparring.report._verdict import TRIED, plain
from sparring.victims.base import Victim
from sparring.victims.black_box import BlackBox


def sound(judged):
    evidence = [each | {"doubtful": False, "broken": []} for each in judged["evidence"]]
    reasons = [each["says"] for each in evidence]
    return judged | {"verdict": "sound", "reasons": reasons, "next": [], "evidence": evidence}


def test_suspect_cannot_be_overlooked(audit, suspect, read):
    """T41: the word stands in the first sentence, in a box above the figures, and on the figure itself."""
    page = read(audit_page(audit | {"verdict": suspect}))
    before_figures, _, after = page.text.partition("Clean accuracy")
    assert "95 % interval 40.1–46.2 %). This figure is suspect." in before_figures
    assert "Is the figure real? Suspect There is evidence that 43.1 % is too kind." in before_figures
    assert "Why random noise broke 9 of 64 samples that stood: noise beats the gradient" in before_figures
    assert "Do next look for a step in the model that hides its gradient" in before_figures
    assert "suspect, and probably too kind" in after
    assert "right whichever attack" not in after
    assert [box["class"] for box in page.all("aside")] == ["warnings", "judged suspect"]
    assert "doubt" in [box.get("class") for box in page.all("div")]


def test_sound_is_not_proof(audit, suspect, read):
    page = read(audit_page(audit | {"verdict": sound(suspect)}))
    assert "Is the figure real? Sound No sign was found that 43.1 % is too kind. It is still “at most”" in page.text
    assert "None of 5 tests on 64 images that stood raised a doubt" in page.text
    assert "The model misleads attacks as it is, and this audit went around that" in page.text
    assert "Do next" not in page.text
    assert "This figure is suspect" not in page.text
    assert "doubt" not in [box.get("class") for box in (*page.all("div"), *page.all("span"))]


def test_sound_because_nothing_is_left(audit, suspect, read):
    judged = suspect | {"verdict": "sound", "reasons": ["nothing was left standing"], "next": [], "evidence": []}
    text = read(audit_page(audit | {"robust_accuracy": 0.0, "verdict": judged})).text
    assert "Sound 0.0 % is so low that it cannot be much too kind. Why nothing was left standing" in text
    assert "No image was left standing to test." in text


def test_what_was_found_and_what_was_done(audit, suspect, read):
    text = read(audit_page(audit | {"verdict": suspect})).text
    assert "The model shows a score for each class" in text
    assert "Found in it it returns probabilities, whose gradients vanish Done about it the logarithm" in text
    assert "as it is 3 the logarithm of its probabilities 40" in text
    bare = suspect | {"examination": {}, "findings": [], "adapted": []}
    text = read(audit_page(audit | {"verdict": bare})).text
    assert "Found in it nothing that would mislead an attack Done about it nothing: it was attacked as it is" in text
    assert "Way to get at a gradient" not in text


def test_every_test_of_evidence_is_a_row_and_doubt_comes_first(audit, suspect, read):
    text = read(audit_page(audit | {"verdict": suspect})).text
    table = text[text.index("What was tried") : text.index("On at most 64 images that stood")]
    assert table.startswith("What was tried What came of it Doubt Random noise")
    for row in (
        "must beat blind chance. broke 9 of 64 yes",
        "it must not do better. broke 0 of 64 no",
        "Where the search does not, it is lost. 3.1 % still stood no",
        "raises no doubt. 0.04 of the way left no",
        "Images that fool another model no substitute was trained not tried –",
    ):
        assert row in table, row


def test_what_counts_is_told(audit, suspect, read):
    judged = {"verdict": suspect}
    assert "What fell here counts as fallen" in read(audit_page(audit | judged | {"protocol": "fast"})).text
    assert "counts the chosen attacks only" in read(audit_page(audit | judged | {"protocol": "custom"})).text
    audit["attacks"][-1]["left_standing"] = 440
    assert "To the tests of evidence 9 more images fell, counted" in read(audit_page(audit | judged)).text
    audit["attacks"][-1]["left_standing"] = 431
    assert "To the tests of evidence" not in read(audit_page(audit | judged)).text


def test_no_gradient_is_a_reason_of_its_own(audit, read):
    """T41: what rests on queries alone is suspect, without any test of evidence having failed."""
    box = BlackBox(lambda x: x.flatten(1), "scores", 3)
    judged = verdict(0.4, Examination(None, box, 3, {"access": "scores"}), [], standing=40)
    text = read(audit_page(audit | {"verdict": judged})).text
    assert "Suspect 43.1 % may be far too kind: no gradient showed the attack its way." in text
    assert "There is evidence" not in text
    assert "Found in it no gradient to follow Done about it attacked by queries alone" in text


@pytest.mark.parametrize("judged", [None, {}])
def test_no_verdict_no_claim(audit, read, judged):
    text = read(audit_page(audit | {"verdict": judged})).text
    assert "real?" not in text
    assert "Suspect" not in text
    assert "right whichever attack of this audit is tried" in text


def test_the_demo_shows_it_too(audit, suspect, read):
    text = read(demo_page({"n": 1, "threat": "linf(4/255)"}, [], [], audit | {"verdict": suspect})).text
    assert "Is the figure real? Suspect" in text


def test_text_is_escaped(audit, suspect, read):
    nasty = "<script>x</script>"
    suspect["evidence"][0] |= {"name": nasty}
    suspect |= {"reasons": [nasty], "next": [nasty], "findings": [nasty], "adapted": [nasty]}
    suspect["examination"] = {"access": nasty, "views": {nasty: 1}}
    page = read(audit_page(audit | {"verdict": suspect}))
    assert not page.all("script")
    assert page.text.count(nasty) == 7


def test_every_test_and_every_access_has_plain_words():
    from sparring.report._verdict import SHOWS

    assert set(TRIED) == set(TESTS)
    assert set(SHOWS) == set(get_type_hints(Victim)["access"].__args__)
    for name, why in TRIED.values():
        assert plain(name + why) == name + why
