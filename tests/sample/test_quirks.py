"""Every quirk that the tables in the sample's modules list stands in the committed files."""

import csv
import json
import re
from collections import Counter
from itertools import pairwise

import pytest

from pica.sample.__main__ import FILES
from pica.sample.smilechat import QUESTION


def text(name: str) -> str:
    return (FILES / name).read_bytes().decode()


class TestMeld:
    @pytest.fixture
    def splits(self) -> dict[str, list[dict[str, str]]]:
        names = {"train": "train_sent_emo.csv", "test": "test_sent_emo.csv"}
        return {split: list(csv.DictReader(text(f"meld/{name}").splitlines())) for split, name in names.items()}

    @pytest.fixture
    def train(self, splits) -> list[dict[str, str]]:
        return splits["train"]

    def test_typographic_characters_and_line_ends(self):
        raw = text("meld/train_sent_emo.csv")
        assert "’" in raw
        assert "…" in raw
        assert raw.count("\n") == raw.count("\r\n")

    def test_dialogue_60_is_missing(self, train):
        numbers = {int(row["Dialogue_ID"]) for row in train}
        assert 60 not in numbers
        assert {59, 61} <= numbers

    def test_utterance_ids_start_late_and_have_gaps(self, train):
        ids: dict[str, list[int]] = {}
        for row in train:
            ids.setdefault(row["Dialogue_ID"], []).append(int(row["Utterance_ID"]))
        assert any(numbers[0] > 0 for numbers in ids.values())
        assert any(b - a > 1 for numbers in ids.values() for a, b in pairwise(numbers))

    def test_serial_numbers_repeat(self, train):
        assert max(Counter(row["Sr No."] for row in train).values()) > 1

    def test_dialogues_of_one_utterance(self, train):
        assert 1 in Counter(row["Dialogue_ID"] for row in train).values()

    def test_times_in_two_forms_of_no_length_and_backwards(self, train):
        assert {len(row["StartTime"].split(":")[0]) for row in train} == {1, 2}
        assert any(row["StartTime"] == row["EndTime"] for row in train)
        assert any(re.search(r",\d\d$", row["EndTime"]) for row in train)
        assert any(row["EndTime"].zfill(12) < row["StartTime"].zfill(12) for row in train)

    def test_joint_and_numbered_speakers(self, train):
        speakers = {row["Speaker"] for row in train}
        assert "All" in speakers
        assert any("/" in speaker for speaker in speakers)
        assert any("#" in speaker for speaker in speakers)

    def test_surprise_is_positive_and_negative(self, train):
        assert {row["Sentiment"] for row in train if row["Emotion"] == "surprise"} == {"positive", "negative"}

    def test_a_clip_stands_twice_with_two_labels_and_once_in_test(self, splits):
        tested = {row["Utterance"]: row["Emotion"] for row in splits["test"]}
        found = [row for row in splits["train"] if row["Utterance"] in tested]
        assert len({row["Utterance"] for row in found}) == 1
        assert len({row["Emotion"] for row in found}) == 2
        assert tested[found[0]["Utterance"]] in {row["Emotion"] for row in found}


class TestDailyDialog:
    @pytest.fixture
    def lines(self) -> dict[str, list[str]]:
        return {split: text(f"dailydialog/dialogues_{split}.txt").split("\n")[:-1] for split in ("train", "test")}

    @pytest.fixture
    def reccon(self) -> dict[str, dict]:
        return {
            split: json.loads(text(f"dailydialog/dailydialog_{split}.json")) for split in ("train", "valid", "test")
        }

    @pytest.fixture
    def turns(self, reccon) -> list[dict]:
        return [turn for dialogues in reccon.values() for rows in dialogues.values() for turn in rows[0]]

    def test_spacing_and_punctuation(self, lines):
        train = "\n".join(lines["train"])
        assert " ’ " in train
        assert re.search(r"[a-z][.!?][A-Z]", train)
        assert " ?" in train
        assert "。" in train

    def test_utterances_without_a_letter(self, lines):
        assert " 92 . __eou__" in "\n".join(lines["train"])

    def test_labels_end_with_a_blank(self):
        for kind in ("act", "emotion"):
            assert all(line.endswith(" ") for line in text(f"dailydialog/dialogues_{kind}_train.txt").splitlines())

    def test_the_last_line_has_a_label_too_few(self, lines):
        labels = text("dailydialog/dialogues_act_train.txt").splitlines()
        assert (lines["train"][-1].count("__eou__"), len(labels[-1].split())) == (12, 11)
        assert all(a.count("__eou__") == len(b.split()) for a, b in zip(lines["train"][:-1], labels[:-1], strict=True))

    def test_dialogues_repeat_with_other_labels_and_in_test(self, lines):
        acts = text("dailydialog/dialogues_act_train.txt").splitlines()
        labels: dict[str, list[str]] = {}
        for line, act in zip(lines["train"], acts, strict=True):
            labels.setdefault(line, []).append(act)
        repeated = [found for found in labels.values() if len(found) > 1]
        assert any(len(set(found)) == 1 for found in repeated)
        assert any(len(set(found)) == 2 for found in repeated)
        assert set(lines["train"]) & set(lines["test"])

    def test_reccon_cuts_its_own_splits(self, reccon):
        assert Counter(key[:2] for key in reccon["test"]) == {"tr": 12, "te": 14}
        assert {key[:2] for key in reccon["valid"]} == {"tr", "va"}

    @pytest.mark.parametrize("split", ["train", "valid", "test"])
    def test_reccon_ids_are_lines_of_dailydialog(self, lines, reccon, split):
        for key, (turns,) in reccon[split].items():
            prefix, number = key.split("_")
            if prefix != "va":
                line = lines[{"tr": "train", "te": "test"}[prefix]][int(number)]
                assert "".join(f"{turn['utterance']} __eou__ " for turn in turns)[:-1] == line

    def test_stray_spellings(self, turns):
        strays = {"happy", "happines", "excited", "sad", "surprised", "angry"}
        assert strays <= {turn["emotion"] for turn in turns}

    def test_causes_outside_the_dialogue_alone_and_beside_another(self, turns):
        evidence = [turn.get("expanded emotion cause evidence", []) for turn in turns]
        assert ["b"] in evidence
        assert any("b" in found and len(found) > 1 for found in evidence)

    def test_explanations_flags_and_types(self, turns):
        assert any("explanation" in turn for turn in turns)
        assert any(turn.get("flag") == "F" for turn in turns)
        assert {"no-context", "inter-personal", "self-contagion", "latent"} <= {
            kind for turn in turns for kind in turn.get("type", ())
        }


class TestGoEmotions:
    @pytest.fixture
    def splits(self) -> dict[str, list[list[str]]]:
        return {
            split: list(csv.reader(text(f"goemotions/{split}.tsv").splitlines(), delimiter="\t"))
            for split in ("train", "dev", "test")
        }

    def test_several_labels_and_neutral_beside_an_emotion(self, splits):
        labels = [row[1].split(",") for rows in splits.values() for row in rows]
        assert {1, 2, 3} == {len(found) for found in labels}
        assert any("27" in found and len(found) > 1 for found in labels)

    def test_csv_quoting(self):
        assert re.search(r'^".*"".*"\t', text("goemotions/train.tsv"), re.MULTILINE)

    def test_masks_blanks_and_escapes(self):
        raw = text("goemotions/train.tsv")
        assert "[NAME]" in raw
        assert "[RELIGION]" in raw
        assert raw.startswith(" ") or "\n " in raw
        assert "\\xf0" in raw

    def test_the_same_text_with_other_labels_and_in_two_splits(self, splits):
        train = {}
        for comment, labels, _ in splits["train"]:
            train.setdefault(comment, set()).add(labels)
        assert any(len(labels) > 1 for labels in train.values())
        assert {row[0] for row in splits["test"]} & set(train)
        assert {row[0] for row in splits["dev"]} & set(train)
        assert {row[0] for row in splits["dev"]} & {row[0] for row in splits["test"]}

    def test_the_list_of_emotions_has_no_final_line_end(self):
        assert text("goemotions/emotions.txt").endswith("\nneutral")


class TestEsConv:
    @pytest.fixture
    def splits(self) -> dict[str, list[dict]]:
        return {
            split: [json.loads(line) for line in text(f"esconv/{split}.txt").splitlines()]
            for split in ("train", "valid", "test")
        }

    def test_either_side_starts(self, splits):
        assert {row["dialog"][0]["speaker"] for row in splits["train"]} == {"usr", "sys"}

    def test_one_speaker_has_several_turns(self, splits):
        pairs = [pair for row in splits["train"] for pair in pairwise(turn["speaker"] for turn in row["dialog"])]
        assert {("usr", "usr"), ("sys", "sys")} <= set(pairs)

    def test_casing_of_problems(self, splits):
        problems = {row["problem_type"] for row in splits["train"]}
        assert any(problem.islower() for problem in problems)
        assert any(problem.istitle() for problem in problems)

    def test_shared_situations(self, splits):
        assert len({r["situation"] for r in splits["train"]} & {r["situation"] for r in splits["test"]}) >= 2

    def test_only_the_supporter_has_strategies(self, splits):
        turns = [turn for rows in splits.values() for row in rows for turn in row["dialog"]]
        assert all(("strategy" in turn) == (turn["speaker"] == "sys") for turn in turns)
        assert len({turn.get("strategy") for turn in turns} - {None}) == 8


class TestEmotionStimulus:
    @pytest.fixture
    def lines(self) -> list[str]:
        return text("emotion_stimulus/Emotion Cause.txt").splitlines()

    @pytest.fixture
    def rows(self) -> list[list[str]]:
        return list(csv.reader(text("emotion_stimulus/emotion-stimulus.csv").splitlines()))

    def test_tags(self, lines):
        assert all(re.fullmatch(r"<(\w+)>.*<cause>.*<\\cause>.*<\\\1>", line) for line in lines)

    @pytest.mark.parametrize(
        "slip",
        [
            pytest.param(r"<cause>.*<cause>", id="a stray tag"),
            pytest.param(r" \w<cause>", id="a letter late"),
            pytest.param(r"[a-z]{2}<cause>", id="no blank before"),
            pytest.param(r"<\\cause>\S", id="no blank after"),
            pytest.param(r"<cause> ", id="an outer blank"),
            pytest.param(r"^<\w+> ", id="a blank after the first tag"),
        ],
    )
    def test_slips(self, lines, slip):
        assert any(re.search(slip, line) for line in lines)

    def test_csv(self, rows):
        raw = text("emotion_stimulus/emotion-stimulus.csv")
        assert raw.count("\n") == raw.count("\r\n") == len(rows)
        assert all(row[1].endswith(" ") for row in rows[1:])

    def test_sentences_in_both_parts_once_with_two_emotions(self, lines, rows):
        parts = rows[1 : len(lines) + 1], rows[len(lines) + 1 :]
        first, second = ({sentence: emotion for emotion, sentence in part} for part in parts)
        assert {first[sentence] == second[sentence] for sentence in first.keys() & second} == {True, False}


class TestSmileChat:
    @pytest.fixture
    def chats(self) -> dict[int, list[dict]]:
        paths = (FILES / "smilechat" / "data").iterdir()
        return {int(path.stem): json.loads(path.read_bytes()) for path in paths}

    def test_layout(self):
        raw = text("smilechat/data/0.json")
        assert raw.startswith('[\n  {\n    "role": "client",\n    "content": "')
        assert raw.endswith("]")
        assert "\\u" not in raw

    def test_ids_have_gaps(self, chats):
        assert max(chats) > len(chats)

    def test_one_question_under_neighbouring_ids(self, chats):
        questions = [chats[number][0]["content"][:QUESTION] for number in sorted(chats)]
        assert any(a == b for a, b in pairwise(questions))
        assert len(set(questions)) > 80

    def test_chats_that_do_not_alternate_or_end_with_the_client_or_have_one_turn(self, chats):
        roles = [[row["role"] for row in rows] for rows in chats.values()]
        assert any(a == b for chat in roles for a, b in pairwise(chat))
        assert any(chat[-1] == "client" for chat in roles)
        assert any(len(chat) == 1 for chat in roles)

    def test_one_turn_holds_the_others_words(self, chats):
        spliced = [row for rows in chats.values() for row in rows if "求助者：" in row["content"]]
        assert [row["role"] for row in spliced] == ["counselor"]

    def test_annotation_is_the_content_in_sentences(self, chats):
        for row in (row for rows in chats.values() for row in rows):
            assert "".join(part["sentence"] for part in row["annotation"]) == row["content"]
