"""From the letters of a judge to wins, ties and losses."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import pytest

from pica.errors import DataError, JudgeError
from pica.judging.answers import Answer
from pica.judging.forms import fingerprint
from pica.judging.human import COLUMNS, Human, calibrated, read_sheet, write_sheet
from pica.judging.pairs import Pair, make_pairs, questions
from pica.judging.summary import columns, details, remarks, summarise
from pica.judging.verdicts import by_length, comparison, judged, position, ratings
from pica.schema import Prediction
from pica.store import write_table
from tests.judging.server import replies_of


def pair(number, ours="Tell me what happened.", theirs="Ok.", view="esconv-generation", language="en"):
    return Pair(view, f"{view[:6]}/test/{number}#generation-1", language, f"USER: Day {number}.", ours, theirs)


def answers(asked, prefers):
    """A judge that prefers what `prefers` says: (reply A, reply B) → a letter or None; every rating is 4 of 5."""
    found = {}
    for (_, _, what), question in asked.items():
        if what in ("first", "second", "same", "first cut", "second cut"):
            letter = prefers(*replies_of({"messages": [{"content": question.text}]}))
            found[question] = Answer({letter: 1.0} if letter else {}, "logprob", invalid=not letter)
        else:
            found[question] = Answer({"3": 0.25, "4": 0.5, "5": 0.25}, "logprob")
    return found


def longer(first, second):
    return "A" if len(first) > len(second) else "B" if len(second) > len(first) else "C"


def run(pairs, prefers, rated=False):
    asked = questions(pairs, rated, seed=0)
    return judged(pairs, asked, answers(asked, prefers))


def test_a_verdict_is_the_same_in_both_orders_or_a_tie():
    pairs = [pair(1), pair(2, "Hm.", "That must hurt a lot."), pair(3, "Yes.", "Hm!?")]
    assert [row.verdict for row in run(pairs, longer)] == ["win", "loss", "tie"]
    biased = run(pairs, lambda first, second: "A")
    assert [row.verdict for row in biased] == ["tie", "tie", "tie"]
    assert biased[0].orders == ("win", "loss")


def test_a_pair_with_an_invalid_or_missing_order_has_no_verdict_and_counts_nowhere():
    rows = run([pair(1), pair(2)], lambda first, second: None if first == "Ok." else "A")
    assert [row.verdict for row in rows] == [None, None]
    found = summarise(rows, {}, None, 10, 0)
    assert (found["pairwise"], found["without_verdict"], found["position"]["pairs"]) == ([], 2, 0)


def test_the_longer_reply_is_cut_to_the_length_of_the_other_one_and_a_liking_for_length_is_gone():
    pairs = [
        pair(1),
        pair(2, "Hm.", "That must hurt a lot."),
        pair(3, "Yes.", "Hm!?"),
        pair(4, "", "Oh no, that is far too much."),
    ]
    asked = questions(pairs, False, 0)
    shown = {what: replies_of({"messages": [{"content": q.text}]}) for (_, id, what), q in asked.items() if "/1#" in id}
    assert (shown["first cut"], shown["second cut"]) == (["Tel", "Ok."], ["Ok.", "Tel"])
    assert not any(what.endswith("cut") for _, id, what in asked if "/3#" in id or "/4#" in id)
    rows = run(pairs, longer)
    assert [(row.verdict, row.cut) for row in rows] == [("win", "tie"), ("loss", "tie"), ("tie",) * 2, ("loss",) * 2]
    found = summarise(rows, {}, None, 10, 0)["one_length"]
    assert (found["n"], found["win_rate"]) == (4, 37.5)


def test_a_reply_that_begins_as_the_shorter_one_is_level_with_it_at_its_length():
    (row,) = run([pair(1, "I see. Go on.", "I see.")], longer)
    assert (row.verdict, row.cut) == ("win", "tie")


def test_replies_that_are_alike_are_a_tie_that_nobody_is_asked_about():
    asked = questions([pair(1, "Ok.", " Ok.")], False, 0)
    assert [what for _, _, what in asked] == ["same"]
    (row,) = judged([pair(1, "Ok.", " Ok.")], asked, {})
    assert row.verdict == "tie"


def test_wins_ties_and_losses_by_group():
    pairs = [pair(n) for n in range(3)] + [pair(9, "嗯", "我明白你的难处", "smilechat-generation", "zh")]
    table = {row["group"]: row for row in comparison(run(pairs, longer), draws=50, seed=0)}
    assert list(table) == ["all", "en", "zh", "esconv-generation", "smilechat-generation"]
    assert {key: table["all"][key] for key in ("n", "wins", "ties", "losses", "win_rate")} == {
        "n": 4, "wins": 75, "ties": 0, "losses": 25, "win_rate": 75,
    }  # fmt: skip
    assert (table["en"]["low"], table["en"]["high"]) == (100, 100)
    assert table["all"]["low"] < 75 < table["all"]["high"]
    assert "low" not in comparison(run(pairs, longer), draws=0, seed=0)[0]


def test_a_judge_that_likes_length_or_a_place_is_seen():
    pairs = [pair(n) for n in range(6)] + [pair(n, "No.", "Then tell me about it.") for n in range(6, 12)]
    assert [(row["length"], row["n"], row["win_rate"]) for row in by_length(run(pairs, longer))] == [
        ("under 0.5", 6, 0),
        ("over 2", 6, 100),
    ]
    fair, biased = position(run(pairs, longer)), position(run(pairs, lambda first, second: "A"))
    assert fair == {"pairs": 12, "same": 12, "decided": 0, "agreement": 100}
    assert (biased["agreement"], biased["first"], biased["decided"]) == (0, 100, 12)
    assert biased["low"] == pytest.approx(100 * 0.025 ** (1 / 12), abs=1e-3)


def test_ratings_are_means_over_pairs_of_which_both_replies_were_rated():
    pairs = [pair(1), pair(2)]
    asked = questions(pairs, True, 0)
    given = answers(asked, longer)
    del given[asked[pairs[0].view, pairs[0].id, "empathy ours"]]
    table = {row["rating"]: row for row in ratings(judged(pairs, asked, given), 20, 0)}
    assert [(name, row["n"], row["ours"], row["difference"]) for name, row in table.items()] == [
        ("fluency", 2, 4, 0),
        ("consistency", 2, 4, 0),
        ("empathy", 1, 4, 0),
    ]


def prediction(number, output, view="esconv-generation", task="dialogue_generation"):
    about = (f"esconv/test/{number}#generation-1", view, task, "esconv", "en", "tuned")
    return Prediction(*about, "Gold reply.", output, None, None, True)


CHATS = {("esconv-generation", f"esconv/test/{n}#generation-1"): [{"role": "user", "content": "Hi"}] for n in range(9)}


def test_pairs_are_joined_by_id_and_drawn_by_the_seed():
    ours, theirs = [prediction(n, f"ours {n}") for n in range(6)], [prediction(n, f"theirs {n}") for n in (5, 3, 1, 8)]
    pairs = make_pairs(ours, theirs, CHATS, [], 0, seed=1)
    assert {(p.id[12], p.ours, p.theirs) for p in pairs} == {(n, f"ours {n}", f"theirs {n}") for n in "135"}
    assert len(make_pairs(ours, theirs, CHATS, [], 2, seed=1)) == 2
    assert {p.theirs for p in make_pairs(ours, [], CHATS, [], 0, seed=1)} == {"Gold reply."}


def test_what_cannot_be_judged_is_said():
    ours = [prediction(1, "Hm."), prediction(2, "joy", "meld-classification", "dialogue_emotion")]
    with pytest.raises(DataError, match=r"meld-classification: no view with replies .* esconv-generation\."):
        make_pairs(ours, ours, CHATS, ["meld-classification"], 0, 1)
    with pytest.raises(DataError, match="no reply to the same conversation"):
        make_pairs(ours, [prediction(8, "Hm.")], CHATS, [], 0, 1)
    with pytest.raises(DataError, match="not among the test instructions"):
        make_pairs(ours, ours, {}, [], 0, 1)


def test_a_summary_is_numbers_without_text_or_nan():
    pairs = [pair(n) for n in range(3)]
    asked = questions(pairs, True, 0)
    given = answers(asked, longer)
    rows = judged(pairs, asked, given)
    found = summarise(rows, given, None, 20, 0)
    said = json.dumps(found, allow_nan=False)
    assert "Tell me" not in said
    assert found["forms"] == {"version": "v1", "sha256": fingerprint()}
    assert found["answers"] == {
        "estimators": {"logprob": len(given)},
        "raw": len(given),
        "invalid": 0,
        "without_answer": 0,
    }
    assert [row["verdict"] for row in details(rows)] == ["win"] * 3
    assert all(set(row) <= set(columns()) for row in details(rows))


# People


def sheet(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def filled(path, words, **ratings):
    """A word under `better` in each line, and the same ratings in all: `empathy_first="4"`."""
    cells = {name.replace("_", " "): rating for name, rating in ratings.items()}
    rows = [{**row, "better": word, **cells} for row, word in zip(sheet(path), words, strict=True)]
    write_table(path, rows, list(rows[0]))


def test_a_sheet_hides_whose_reply_is_whose_and_comes_back_with_who_won(tmp_path):
    pairs, path = [*(pair(n) for n in range(20)), pair(20, "Ok.", "Ok.")], tmp_path / "pairs.csv"
    write_sheet(path, pairs)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 21, "nobody is asked about two replies that are alike"
    ours_first = ["Tell me what happened.,Ok." in line for line in lines[1:]]
    assert 3 < sum(ours_first) < 17
    filled(path, ["first" if mine else "second" for mine in ours_first[:10]] + ["tie", "Tie "] + [""] * 8)
    found = read_sheet(path, pairs)
    assert list(found.verdicts.values()) == ["win"] * 10 + ["tie"] * 2
    assert found.ratings == {}
    with pytest.raises(JudgeError, match="somebody's work"):
        write_sheet(path, pairs)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace(",better", ",winner"), "no column better"),
        (lambda text: text.replace("esconv/test/1#", "esconv/test/99#"), "line 2: .* not among the judged pairs"),
        (lambda text: text.replace("Ok.", "Okay."), "line 2: .* are others by now"),
        (lambda text: text.replace(",first,,", ",A,,"), "line 2: better is 'a'"),
        (lambda text: text.replace(",first,,", ",,,"), "no judgement yet"),
        (lambda text: text.replace(",first,,,,,,\n", "\n"), "no judgement yet"),
        (lambda text: text.replace(",first,,", ",first,,4.5"), "line 2: fluency second is '4.5'. Write a whole number"),
        (lambda text: text.replace(",first,,,,,,\n", ",first,,,,,6\n"), "line 2: empathy first is '6'"),
        (lambda text: text.replace(",first,,", ",,0,"), "line 2: fluency first is '0'"),
        (lambda text: text.replace("Day 1.", "Day 2."), "line 2: under conversation"),
        (lambda text: text.replace(",USER", ',"USER'), r"row that begins in line 2 is no CSV \(unexpected end"),
        (lambda text: text.replace(",USER", ',"USER' + 200_000 * "x"), "row that begins in line 2 is no CSV"),
        (lambda text: text.replace(",first,,", ",first,,,"), "line 2: 13 cells under 12 columns"),
        (lambda text: text.replace(",Ok.", ""), "line 2: "),
        (lambda text: text + text.splitlines()[1].replace(",first", ",second"), "line 3: .* is in line 2, too"),
        (lambda text: text.replace("second,better", "second,better,better"), "several columns better"),
        (lambda text: text.replace("empathy second", "empathy first"), "several columns empathy first"),
    ],
)
def test_a_sheet_that_does_not_fit_is_one_message(tmp_path, change, said):
    path = tmp_path / "pairs.csv"
    write_sheet(path, [pair(1)])
    filled(path, ["first"])
    path.write_text(change(path.read_text()))
    with pytest.raises(JudgeError, match=said):
        read_sheet(path, [pair(1)])


def test_a_quote_that_is_never_closed_hides_no_lines(tmp_path):
    """It ends at the next quote, and the row would pass for one that nobody has judged."""
    path, pairs = tmp_path / "pairs.csv", [pair(n, theirs="Ok, yes.") for n in range(6)]
    write_sheet(path, pairs)
    filled(path, ["first"] * 4 + ["", ""])
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[1] = lines[1].replace("USER", '"USER')
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(JudgeError, match="line 2"):
        read_sheet(path, pairs)


def test_empty_lines_of_a_spreadsheet_are_none(tmp_path):
    path = tmp_path / "pairs.csv"
    write_sheet(path, [pair(1)])
    filled(path, ["tie"])
    path.write_text(path.read_text(encoding="utf-8") + ",,,,,\n\n", encoding="utf-8")
    assert list(read_sheet(path, [pair(1)]).verdicts.values()) == ["tie"]


def test_ratings_of_a_sheet_come_back_by_whose_reply_they_are_of(tmp_path):
    pairs, path = [pair(n) for n in range(20)], tmp_path / "pairs.csv"
    write_sheet(path, pairs)
    filled(path, [""] * 20, empathy_first="5", empathy_second=" 2 ", fluency_second="3")
    found = read_sheet(path, pairs)
    assert found.verdicts == {}, "nobody has to say which is better"
    for row in sheet(path):
        first, second = ("ours", "theirs") if row["first"] == "Tell me what happened." else ("theirs", "ours")
        expected = {f"empathy {first}": 5, f"empathy {second}": 2, f"fluency {second}": 3}
        assert found.ratings[row["view"], row["id"]] == expected


def test_a_sheet_without_columns_for_ratings_is_read(tmp_path):
    path = tmp_path / "pairs.csv"
    write_sheet(path, [pair(1)])
    filled(path, ["tie"])
    write_table(path, [{name: row[name] for name in COLUMNS} for row in sheet(path)], COLUMNS)
    assert read_sheet(path, [pair(1)]) == Human({("esconv-generation", pair(1).id): "tie"}, {})


def test_a_share_is_corrected_by_rogan_and_gladen():
    """100 pairs, 60 judged as wins; of 40 that people judged, 20 wins and 20 losses, the judge says so of 16 and 18."""
    pairs = [pair(n) for n in range(100)]
    said = {p.id: "win" if n < 60 else "loss" for n, p in enumerate(pairs)}
    rows = [replace(row, verdict=said[row.pair.id]) for row in run(pairs, longer)]
    human = {}
    for place, truth in [(range(16), "win"), (range(60, 64), "win"), (range(64, 82), "loss"), (range(16, 18), "loss")]:
        human |= {(pairs[n].view, pairs[n].id): truth for n in place}
    found = calibrated(rows, human, draws=200, seed=0)
    assert (found["pairs"], found["agreement"]) == (40, 85)
    win = found["win"]
    assert (win["sensitivity"], win["specificity"]) == (80, 90)
    assert win["corrected"] == pytest.approx(100 * (0.6 + 0.9 - 1) / (0.8 + 0.9 - 1), abs=1e-3)
    assert win["low"] < win["corrected"] < win["high"]
    narrow = calibrated(rows, human | {(p.view, p.id): said[p.id] for p in pairs}, draws=200, seed=0)["win"]
    assert narrow["high"] - narrow["low"] < win["high"] - win["low"], "more human pairs tell more"


def test_pairs_that_are_alike_are_ties_that_no_error_of_the_judge_touches():
    """As above, and as many pairs again that nobody judges: half the share of wins, half the interval."""
    pairs = [pair(n) for n in range(10)]
    alike = [pair(n, "Ok.", "Ok.") for n in range(10, 20)]
    rows = [replace(row, verdict="win" if n < 6 else "loss") for n, row in enumerate(run(pairs, longer))]
    human = {(p.view, p.id): "win" if n in (0, 1, 2, 3, 6) else "loss" for n, p in enumerate(pairs)}
    alone, among = (calibrated(each, human, draws=50, seed=0)["win"] for each in (rows, [*rows, *run(alike, longer)]))
    assert (alone["sensitivity"], alone["specificity"]) == (among["sensitivity"], among["specificity"]) == (80, 60)
    assert alone["corrected"] == pytest.approx(50)
    assert [among[name] for name in ("corrected", "low", "high")] == pytest.approx(
        [alone[name] / 2 for name in ("corrected", "low", "high")], abs=1e-3
    )


def test_a_judge_that_people_do_not_bear_out_is_not_corrected():
    pairs = [pair(n) for n in range(4)]
    rows = run(pairs, longer)
    human = {(p.view, p.id): truth for p, truth in zip(pairs, ["win", "loss", "win", "loss"], strict=True)}
    assert "corrected" not in calibrated(rows, human, 10, 0)["win"]
    assert calibrated(rows, {}, 10, 0) == {"pairs": 0, "win": {}, "loss": {}}


def test_ratings_that_nobody_compared_are_said_to_be_so():
    pairs = [pair(n) for n in range(3)]
    asked = questions(pairs, True, 0)
    given = answers(asked, longer)
    rows = judged(pairs, asked, given)

    def said(human):
        found = {**summarise(rows, given, human, 0, 0), "judge": {"unanswered": {}}}
        json.dumps(found, allow_nan=False)
        return "; ".join(remarks(found))

    assert "UNCALIBRATED ratings: nobody has compared those of fluency, consistency, empathy" in said(None)
    people = {(p.view, p.id): {"empathy ours": 4, "empathy theirs": n} for n, p in enumerate(pairs, 3)}
    some = said(Human({}, people))
    assert "UNCALIBRATED: nobody has compared this judge with people" in some  # of no pair which reply is better
    assert "UNCALIBRATED ratings: nobody has compared those of fluency, consistency with" in some
    assert (
        "people rated the empathy of 6 replies and agree with the judge exactly on 66.7 %, within one on 100.0 %"
        in some
    )
    assert "; no rank correlation; fewer than 50 ratings say little" in some
