"""Every quirk that ten modules of the sample, all of dialogues, list in their tables stands in the committed files."""

import csv
import json
import re
from collections import Counter
from itertools import pairwise

import pytest

from pica.corpora import corpus
from pica.corpora.labels import EMPATHETIC
from pica.sample.__main__ import FILES
from pica.schema import Rejected


def text(name: str) -> str:
    return (FILES / name).read_bytes().decode()


def rows(name: str) -> list[dict[str, str]]:
    with (FILES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def document(name: str):
    return json.loads(text(name))


def reasons(name: str) -> set[str]:
    return {row.reason for row in corpus(name).read(FILES / name) if isinstance(row, Rejected)}


class TestEdos:
    @pytest.fixture
    def files(self) -> list[list[dict[str, str]]]:
        return [rows(f"edos/{path.name}") for path in sorted((FILES / "edos").iterdir())]

    def test_tokenised(self, files):
        raw = "\n".join(row["Dialog"] for row in files[0])
        assert " 've" in raw
        assert " ," in raw

    def test_casing_of_labels(self, files):
        assert all(row["Agreed emotion (2/3 vote)"][:1].isupper() for row in files[0] if "-" not in row.values())
        assert all(row["emotion"].istitle() for row in files[1])
        assert all(row["emotion"].islower() for part in files[2:] for row in part)

    def test_dashes(self, files):
        assert not any(row["Dialog"].startswith("- ") for row in files[0])
        assert all(row["os_dialog"].startswith("- ") for part in files[1:] for row in part)
        assert any(row["os_dialog"].startswith("- - ") for row in files[3])

    def test_lengths(self, files):
        assert {1, 2, 46} <= {row["Dialog"].count("\n") + 1 for row in files[0]}

    def test_copies(self, files):
        said = [[row.get("os_dialog", row.get("Dialog")).replace("- ", "") for row in part] for part in files]
        labels: dict[str, set[str]] = {}
        for row in files[0]:
            labels.setdefault(row["Dialog"], set()).add(row["Agreed emotion (2/3 vote)"])
        assert any(len(found) > 1 for found in labels.values())
        assert max(Counter(said[0]).values()) > 1
        assert set(said[0]) & set(said[1])
        assert set(said[1]) & set(said[2])

    def test_votes(self, files):
        votes = [[row[f"Worker {n} answer"] for n in (1, 2, 3)] for row in files[0]]
        agreed = [row["Agreed emotion (2/3 vote)"] for row in files[0]]
        assert any(
            label == "-" and len({v.casefold() for v in vote}) < 3 for label, vote in zip(agreed, votes, strict=True)
        )
        assert any(
            label.removesuffix(" (Other)").casefold() in corpus("edos").emotions for label in agreed if "(" in label
        )
        assert "Disagreeing (Other)" in agreed
        assert any(" be " in vote for row in votes for vote in row)
        assert max(Counter(row["DialogID"] for row in files[0]).values()) > 1
        assert reasons("edos") == {"annotators disagree", "label not in the set: Disagreeing (Other)"}


class TestEmpatheticDialogues:
    @pytest.fixture
    def copies(self) -> dict[str, list[dict[str, str]]]:
        return {emotion: rows(f"empatheticdialogues/annotated/{emotion}.csv") for emotion in EMPATHETIC}

    @pytest.fixture
    def fixed(self) -> dict[str, list[dict[str, str]]]:
        return {split: rows(f"empatheticdialogues/fixed_{split}.csv") for split in ("valid", "test")}

    def test_escapes_and_quotes(self, copies, fixed):
        assert not any("_comma_" in row["Text"] for part in copies.values() for row in part)
        assert not any("," in row["utterance"] + row["prompt"] for part in fixed.values() for row in part)
        assert any("_comma_" in row["utterance"] for row in fixed["test"])
        assert any('"' in row["Text"] for part in copies.values() for row in part)

    def test_test_has_no_label(self, fixed):
        assert "label" in fixed["valid"][0]
        assert "label" not in fixed["test"][0]

    @pytest.mark.parametrize("split", ["valid", "test"])
    def test_one_is_in_the_fixed_file_alone(self, copies, fixed, split):
        known = {row["Dialog_ID"] for part in copies.values() for row in part}
        assert len({row["conv_id"] for row in fixed[split]} - known) == 1

    def test_lengths(self, copies):
        turns = Counter(row["Dialog_ID"] for part in copies.values() for row in part if row["Type"] == "utterance")
        assert {1, 4, 5, 8} <= set(turns.values())

    def test_a_situation_in_two_splits(self):
        assert reasons("empatheticdialogues") == {"its situation stands in test"}


class TestEmoryNlp:
    @pytest.fixture
    def scenes(self) -> list[dict]:
        seasons = [document(f"emorynlp/emotion-detection-{name}.json") for name in ("dev", "tst")]
        return [scene for season in seasons for episode in season["episodes"] for scene in episode["scenes"]]

    def test_ascii(self):
        assert all(path.read_bytes().isascii() for path in (FILES / "emorynlp").iterdir())

    def test_utterance_numbers(self, scenes):
        numbers = [[int(row["utterance_id"][-3:]) for row in scene["utterances"]] for scene in scenes]
        assert all(re.fullmatch(r"s\d\d_e\d\d_c\d\d", scene["scene_id"]) for scene in scenes)
        assert any(found[0] > 1 for found in numbers)
        assert any(b - a > 1 for found in numbers for a, b in pairwise(found))

    def test_token_lists(self, scenes):
        assert any(len(row["tokens"]) > 1 for scene in scenes for row in scene["utterances"])

    def test_several_speakers(self, scenes):
        assert any(len(row["speakers"]) > 1 for scene in scenes for row in scene["utterances"])
        speakers = {row["speaker"] for scene in document("emorynlp/train_data.json") for row in scene}
        assert {2, 4} <= {len(speaker.split()) for speaker in speakers}

    def test_train_has_scenes_of_melds_test_set(self):
        tested = {row["Utterance"].replace("’", "'") for row in rows("meld/test_sent_emo.csv")}
        leaked = [s for s in document("emorynlp/train_data.json") if {row["text"] for row in s} <= tested]
        assert len(leaked) >= 2


class TestEmotionLines:
    @pytest.fixture
    def train(self) -> list[list[dict[str, str]]]:
        return document("emotionlines/friends_train.json")

    def test_mojibake(self, train):
        raw = text("emotionlines/friends_train.json")
        assert raw.isascii()
        assert {"\\u0092", "\\u0085", "\\u2019"} <= set(re.findall(r"\\u....", raw))
        assert any("\x92" in row["speaker"] for scene in train for row in scene)

    def test_votes_and_disagreement(self, train):
        lines = [row for scene in train for row in scene]
        assert all(sum(map(int, row["annotation"])) == 5 for row in lines)
        assert all((max(map(int, row["annotation"])) < 3) == (row["emotion"] == "non-neutral") for row in lines)
        assert "non-neutral" in {row["emotion"] for row in lines}

    def test_speakers_and_repeated_lines(self, train):
        speakers = {row["speaker"] for scene in train for row in scene}
        assert {"All", "an", "Mila/Waitress", "Bruno and Omar", "Nurse #2"} <= speakers
        assert any(a == b for scene in train for a, b in pairwise(scene))

    def test_order_of_keys(self, train):
        assert list(train[0][0]) == ["speaker", "utterance", "emotion", "annotation"]
        assert list(document("emotionlines/friends_eval_gold.json")[0][0])[2:] == ["annotation", "emotion"]

    @pytest.mark.parametrize(("name", "meld"), [("train", "train"), ("dev", "dev"), ("test", "test")])
    def test_melds_scenes_in_the_same_split(self, name, meld):
        told = {row["Utterance"].replace("’", "'") for row in rows(f"meld/{meld}_sent_emo.csv")}
        shared = [
            scene
            for scene in document(f"emotionlines/friends_{name}.json")
            if {re.sub("[\x92’]", "'", row["utterance"]).replace("\x85", "…") for row in scene} <= told
        ]
        assert len(shared) >= 2


class TestEmoWoz:
    @pytest.fixture
    def calls(self) -> dict[str, dict]:
        return {name: document(f"emowoz/emowoz-{name}.json") for name in ("multiwoz", "dialmage")}

    def test_only_users_are_annotated(self, calls):
        for call in (call for part in calls.values() for call in part.values()):
            assert [len(row["emotion"]) for row in call["log"]] == [
                4 * (place % 2 == 0) for place in range(len(call["log"]))
            ]

    def test_annotators_differ(self, calls):
        votes = [row["emotion"] for part in calls.values() for call in part.values() for row in call["log"][::2]]
        assert any(len({vote["emotion"] for vote in found}) > 1 for found in votes)

    def test_ids(self, calls):
        prefixes = {re.match("[A-Z]+", key)[0] for part in calls.values() for key in part}
        assert prefixes == {"MUL", "PMUL", "SNG", "SSNG", "WOZ", "DMAGE"}
        ids = document("emowoz/data-split.json")["train"]["dialmage"]
        assert len(ids) == len(set(ids)) + 1


class TestMastodon:
    @pytest.fixture
    def threads(self) -> list[list[str]]:
        lines = text("mastodon/datatrainJoint.txt").split("\n")[:-1]
        threads: list[list[str]] = []
        for line in lines:
            if line.startswith("0 "):
                threads.append([])
            threads[-1].append(line)
        return threads

    def test_lines(self, threads):
        assert all(re.fullmatch(r"\d+ [*+-]_[A-Z] \S.* ", line) for thread in threads for line in thread)
        assert {line.split()[1][2] for thread in threads for line in thread} == set("IWQOADRSTHVJEMF")

    def test_traces_of_the_web(self):
        raw = text("mastodon/datatrainJoint.txt")
        assert all(trace in raw for trace in ("<URL>", "<MENTION>", "anon ", "https://", "🐸", "ε"))

    def test_shared_beginnings(self, threads):
        firsts = Counter(thread[0] for thread in threads)
        assert max(firsts.values()) > 1

    def test_a_line_with_two_labels_and_a_thread_that_is_the_beginning_of_another(self, threads):
        labels: dict[str, set[str]] = {}
        for line in (thread[0].split(" ", 2) for thread in threads):
            labels.setdefault(line[2], set()).add(line[1])
        assert any(len(found) > 1 for found in labels.values())
        assert reasons("mastodon") == {"the beginning of an earlier dialogue"}

    def test_texts_of_test_in_train(self):
        train, test = (
            {line.split(" ", 2)[2] for line in text(f"mastodon/data{name}Joint.txt").split("\n")[:-1]}
            for name in ("train", "test")
        )
        assert train & test


class TestPersonaMinEdit:
    @pytest.fixture
    def files(self) -> dict[str, list[dict]]:
        return {name: document(f"personaminedit/{name}.json") for name in ("valid", "test")}

    def test_layout(self):
        raw = text("personaminedit/valid.json")
        assert raw.isascii()
        assert "\n" not in raw
        assert not re.search(r"[A-Z]", raw)
        assert " ' " in raw

    def test_personas_and_contexts(self, files):
        assert {len(row["intervening_persona"]) for row in files["valid"]} == {1, 2}
        assert {1, 3, 7} <= {len(row["context"]) for row in files["valid"]}

    def test_references(self, files):
        assert {len(set(row["references"])) for row in files["valid"]} == {2, 3}
        assert any(row["original_response"] in row["references"] for row in files["valid"])

    def test_dialogues_in_several_rows_and_in_both_files(self, files):
        openings = {
            name: [tuple(row["context"][:2]) for row in part if len(row["context"]) > 2] for name, part in files.items()
        }
        assert max(Counter(openings["valid"]).values()) > 1
        assert set(openings["valid"]) & set(openings["test"])


class TestEmoLlm:
    @pytest.fixture
    def chats(self) -> list[list[dict[str, str]]]:
        return [row["conversation"] for row in document("emollm/data.json")]

    def test_layout(self):
        raw = text("emollm/data.json")
        assert raw.startswith('[\n    {\n        "conversation": [\n            {\n                "system": "现在你是')
        assert raw.endswith("]")

    def test_system_in_the_first_exchange_alone(self, chats):
        assert all(["system" in row for row in chat] == [True] + [False] * (len(chat) - 1) for chat in chats)
        assert {len(chat) for chat in chats} == {2, 3, 4}

    def test_openings(self, chats):
        firsts = [chat[0]["input"] for chat in chats]
        assert len(firsts) > len(set(firsts))
        assert {first.startswith("医生，") for first in firsts} == {True, False}

    def test_spliced_segments_line_breaks_and_a_remark(self, chats):
        outputs = [row["output"] for chat in chats for row in chat]
        assert any("\n\n医生：" in output for output in outputs)
        assert any(re.search("[^\n]\n[^\n]", output) for output in outputs)
        assert any(output.endswith("（对话结束）") for output in outputs)


class TestIemocap:
    @pytest.fixture
    def transcripts(self) -> dict[str, list[str]]:
        paths = (FILES / "iemocap").glob("Session*/dialog/transcriptions/Ses*.txt")
        return {path.stem: path.read_text(encoding="latin-1").split("\n")[:-1] for path in paths}

    @pytest.fixture
    def evaluations(self) -> dict[str, str]:
        paths = (FILES / "iemocap").glob("Session*/dialog/EmoEvaluation/*.txt")
        return {path.stem: path.read_text(encoding="utf-8") for path in paths}

    def test_each_transcript_has_an_evaluation(self, transcripts, evaluations):
        assert set(transcripts) == set(evaluations)
        assert {name[:5] for name in transcripts} == {f"Ses0{session}" for session in range(1, 6)}

    def test_sessions_share_a_script(self, transcripts):
        played = [
            {line.split("]: ")[1] for line in lines if "]: " in line}
            for name, lines in transcripts.items()
            if "script" in name
        ]
        assert len(played) == 5
        assert all(len(played[0] & other) > len(other) / 2 for other in played)

    def test_lines_without_an_id_out_of_order_and_unrated(self, transcripts):
        assert any(line == "M: sorry" for lines in transcripts.values() for line in lines)
        assert any("XX0 [" in line for lines in transcripts.values() for line in lines)
        starts = [[float(t) for t in re.findall(r"\[(\d+\.\d+)-", "\n".join(lines))] for lines in transcripts.values()]
        assert any(times != sorted(times) for times in starts)

    def test_sounds_and_colons(self, transcripts):
        lines = [line.partition("]: ")[2] for lines in transcripts.values() for line in lines]
        assert any("[LAUGHTER]" in line for line in lines)
        assert any(": " in line for line in lines)

    def test_blocks(self, evaluations):
        raw = "".join(evaluations.values())
        assert raw.count("% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n[") == len(evaluations)
        assert "\txxx\t" in raw
        assert "(hard to say)" in raw
        assert "dom  ;" in raw
        assert "Frustration; Anger;" in raw
        speakers = [re.findall(r"_([FM])\d{3}\t", part) for part in evaluations.values()]
        assert all(found == sorted(found) for found in speakers)

    def test_files_that_are_not_to_be_read(self):
        session = FILES / "iemocap" / "Session1" / "dialog"
        assert (session / "transcriptions" / "._Ses01F_impro01.txt").exists()
        assert list((session / "EmoEvaluation" / "Categorical").iterdir())
        with pytest.raises(UnicodeDecodeError):
            (session / "transcriptions" / "Ses01F_impro01.txt").read_text(encoding="utf-8")


class TestMemor:
    @pytest.fixture
    def anno(self) -> dict[str, list[dict]]:
        return document("memor/anno.json")

    @pytest.fixture
    def clips(self) -> dict[str, dict]:
        return document("memor/data.json")

    def test_two_lists_with_the_same_places(self, anno):
        primary, fine = ([(row["clip"], row["moment"], row["character"]) for row in part] for part in anno.values())
        assert primary == fine

    def test_people_who_are_silent(self, anno, clips):
        for row in anno["primary"]:
            clip = clips[row["clip"]]
            row["now"] = clip["speakers"][sum(start <= row["moment"] for start in clip["seg_start"]) - 1]
        assert any(row["now"] == row["character"] for row in anno["primary"])
        assert any(row["now"] not in (row["character"], -1) for row in anno["primary"])
        assert any(row["now"] == -1 for row in anno["primary"])

    def test_segments(self, clips):
        assert any(
            start > end
            for clip in clips.values()
            for start, end in zip(clip["seg_start"], clip["seg_end"], strict=True)
        )
        assert any(set(clip["speakers"]) - {-1} > set(clip["on_character"]) for clip in clips.values())
        lengths = ("seg_start", "seg_end", "seg_utt", "seg_ori_ind", "speakers", "sentences")
        assert all(len({len(clip[key]) for key in lengths}) == 1 for clip in clips.values())

    def test_features(self):
        lines = text("memor/features/character_features.csv").splitlines()
        assert [len(line.split(",")) for line in lines] == [118] * 8

    def test_what_cannot_be_used(self):
        assert reasons("memor") == {
            "in neither train_id.txt nor test_id.txt",
            "its clip is in test",
            "nobody has spoken by the moment",
            "nobody speaks",
            "none of the seven speaks first",
        }
