"""The page: its addresses say what scenarios say, its answers are those of the command line, and it is built of what it needs."""

import subprocess
import sys
from pathlib import Path

import pytest

from callcheck.conformance.report import specification
from callcheck.conformance.site import build, form
from callcheck.conformance.site.answer import answer, audit
from callcheck.conformance.site.state import SITE, from_texts, given_whole, link, of_scenario, scenario_of
from callcheck.spec.clauses.clause import CLAUSES
from callcheck.spec.dialect import NEWEST
from callcheck.spec.scenario import loads
from callcheck.spec.vectors import stored

EARLY = {"callback": "EarlyStopping", "patience": "1"}


def asked(**texts: str) -> str:
    """What the page shows."""
    found = answer(texts)
    assert "wrong" not in found, found["wrong"]
    return found["html"]


def test_an_address_says_what_the_scenario_says() -> None:
    alone = [vector.scenario for vector in stored() if vector.scenario.callback]
    states = [of_scenario(scenario) for scenario in alone]
    assert [repr(scenario_of(from_texts(state.texts()))) for state in states] == list(map(repr, alone))  # in that order
    assert not any(given_whole(state) for state in states)
    assert sum(state.see.startswith("{") for state in states) < len(states) / 2  # most are as a person would write them


def test_an_address_is_short_and_readable() -> None:
    config = '{"patience": 1, "mode": "min"}'
    text = f'{{"callback": "EarlyStopping", "config": {config}, "fits": [{{"epochs": [{{"logs": {{"loss": 1}}}}]}}]}}'
    found = link(loads(text), against="keras-3.10.0")
    assert found == f"{SITE}#callback=EarlyStopping&patience=1&mode=min&see=loss%3D1&against=keras-3.10.0"


def test_every_stored_scenario_has_an_answer_or_a_sentence() -> None:
    unanswered = []
    for vector in stored():
        late = {"BackupAndRestore": "keras-3.7.0", "SwapEMAWeights": "keras-3.7.0", "TensorBoard": "tf-keras-2.21.0"}
        against = late.get(vector.scenario.callback, "keras-2.3.1")
        found = answer(of_scenario(vector.scenario, against=against).texts())
        if "wrong" in found:
            assert found["wrong"].endswith(
                ("what it does is not predicted", "has no BackupAndRestore", "has no SwapEMAWeights")
            ), vector.id
            unanswered.append(vector.id)
    assert len(unanswered) < 30


def test_a_scenario_that_is_pasted_whole_moves_into_the_form() -> None:
    text = '{"callback": "TerminateOnNaN", "fits": [{"epochs": [{"logs": {"loss": "NaN"}}]}]}'
    found = answer({"callback": "EarlyStopping", "patience": "3", "see": text})
    assert found["state"] == '{"callback": "TerminateOnNaN", "see": "loss=nan"}'


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        ({**EARLY}, "paste what the training recorded"),
        ({**EARLY, "see": "hello"}, "what was pasted: is none of the known kinds"),
        ({**EARLY, "see": "1", "on": "keras-0.3"}, "keras 0.3 is older than the first known release"),
        ({**EARLY, "see": "1", "patient": "2"}, "EarlyStopping has no parameter 'patient'"),
        ({**EARLY, "see": '{"fits": []}'}, "fits: "),
        ({"callback": "Nothing", "see": "1"}, "unknown callback 'Nothing'"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(texts: dict[str, str], sentence: str) -> None:
    found = answer(texts)
    assert set(found) == {"wrong"}
    assert found["wrong"].startswith(sentence)
    assert audit(texts) == ""


def test_a_record_is_explained_and_audited() -> None:
    record = "epoch,val_loss\n0,0.5\n1,0.6\n"
    html = asked(**EARLY, see=record)
    assert "EarlyStopping stopped training after epoch 2 (index 1)" in html
    assert "a CSVLogger file, 2 epochs" in html
    assert "The record agrees with the configuration" in audit({**EARLY, "see": record})
    assert "The record does not agree" in audit({**EARLY, "see": record + "2,0.7\n"})
    assert audit({**EARLY, "see": "0.5, 0.6, 0.7"}) == ""  # numbers are no record of where a training ended


def test_two_releases_beside_each_other() -> None:
    see = "val_loss=0.5,0.6/0.9,0.8"
    differ = asked(**EARLY, see=see, against="keras-3.11.0")
    assert (
        "Keras 3.15.0 to 3.15.1 and Keras 3.11.0 to 3.12.4 differ: "
        "first in fit 2, epoch 2: stop is false in the one, true in the other" in differ
    )
    assert differ.count('class="differs') == 1  # both end there, and leave the same weights
    assert "do the same here" in asked(**EARLY, see="0.5,0.6", against="keras-3.11.0")
    assert answer({**EARLY, "see": see, "against": "keras-3.11.0"})["command"] == (
        "callcheck trace EarlyStopping patience=1 val_loss=0.5,0.6/0.9,0.8 --against reference@keras-3.11.0"
    )


def test_names_are_text() -> None:
    name = "<img src=x onerror=alert(1)>"
    see = '{"fits": [{"epochs": [{"logs": {"%s": 1}}, {"logs": {"%s": 2}}]}]}' % (name, name)  # noqa: UP031 - braces
    html = asked(**EARLY, monitor=name, mode="min", see=see)
    assert "<img" not in html
    assert html.count("&lt;img") > 3


def test_the_examples_of_the_form_are_answered() -> None:
    for title, state in form.EXAMPLES:
        assert 'class="summary"' in asked(**state), title


def test_every_clause_of_the_specification_links_to_the_page() -> None:
    text = specification.markdown("index.html")
    parts = [part for part in text.split("\n#### ")[1:] if "`" in part.split("\n")[0]]
    clauses = [part for part in parts if part.split("\n")[0].split("`")[1] in CLAUSES]
    assert len(clauses) == len(CLAUSES)
    assert [clause.split("\n")[0] for clause in clauses if clause.count("[Try it](index.html#") != 1] == []


def test_the_specification_in_the_repository_links_to_no_page_that_has_to_be_built() -> None:
    assert not any("index.html" in text for text in (*specification.documents().values(), specification.markdown()))


def test_what_goes_into_the_browser_is_enough_with_the_standard_library_alone(tmp_path: Path) -> None:
    for name, content in build.modules().items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    assert not any("hypothesis" in file.name or "clauses" in file.parts for file in tmp_path.rglob("*"))
    states = [state for _, state in form.EXAMPLES] + [{**EARLY, "see": "0.5, 0.6", "on": "tf-keras-2.21.0"}]
    script = (
        f"import sys; sys.path[:0] = [{str(tmp_path)!r}]\nfrom callcheck.conformance.site.answer import answer, audit\n"
    )
    script += f"for state in {states!r}: print(sorted(answer(state)), audit(state)[:0])"
    ran = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert set(ran.stdout.split("\n")) == {"['command', 'html', 'title'] ", ""}


def test_a_folder_that_was_not_built_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(build.CannotBuild, match="was not built here"):
        build.build(tmp_path, tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "mine"
    with pytest.raises(build.CannotBuild, match=r"pyodide.mjs of Pyodide .* is not there"):
        build.build(tmp_path / "site", tmp_path)


def test_the_page_shows_an_answer_before_anything_is_loaded() -> None:
    page = build.page()
    assert "EarlyStopping stopped training after epoch 7" in page
    assert NEWEST in page
    assert "{{" not in page


def test_several_callbacks_are_those_of_the_scenario() -> None:
    each = '{"callback": "EarlyStopping"}, {"callback": "TerminateOnNaN"}'
    see = f'{{"callbacks": [{each}], "fits": [{{"epochs": [{{"logs": {{"val_loss": 1}}}}]}}]}}'
    html = asked(**EARLY, see=see)
    assert "EarlyStopping + TerminateOnNaN" in html
    assert "those of the scenario" in html
    assert "<p>1: val_loss=1.0 is the first monitored value" in html
    assert scenario_of(from_texts(of_scenario(loads(see)).texts())) == loads(see)


def test_of_a_long_record_the_lines_are_shown_in_which_something_happens() -> None:
    values = [*(1 / (at + 1) for at in range(500)), *[1.0] * 4]
    html = asked(callback="EarlyStopping", patience="4", see=", ".join(map(str, values)))
    assert "495 epochs more, in which the same is done" in html
    assert html.count('scope="row"') == 10  # the first five and the last five, the end of the fit among them
    assert '<span class="part">stop</span>' in html
