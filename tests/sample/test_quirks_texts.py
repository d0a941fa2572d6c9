"""Every quirk that the tables in the modules of reviews, tweets, posts, headlines and passages list, in their files."""

import csv
import html
import io
import json
import re
from collections import Counter

import pytest

from pica.cleaning.language import in_another_language
from pica.cleaning.privacy import kinds
from pica.corpora import corpus
from pica.corpora.cams import CATEGORIES
from pica.sample.__main__ import FILES
from pica.schema import Conversation, Rejected


def text(name: str) -> str:
    return (FILES / name).read_bytes().decode()


def table(name: str, **dialect) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text(name), newline=""), **dialect))


def conversations(name: str) -> list[Conversation]:
    return [row for row in corpus(name).read(FILES / name) if isinstance(row, Conversation)]


def reasons(name: str) -> Counter[str]:
    return Counter(row.reason for row in corpus(name).read(FILES / name) if isinstance(row, Rejected))


@pytest.mark.parametrize(
    ("folder", "classes", "columns"),
    [
        ("amazon_polarity/amazon_review_polarity_csv", {"1", "2"}, 3),
        ("yelp/yelp_review_full_csv", {"1", "2", "3", "4", "5"}, 2),
    ],
)
class TestZhangReviews:
    @pytest.mark.parametrize("split", ["train", "test"])
    def test_layout(self, folder, classes, columns, split):
        raw = text(f"{folder}/{split}.csv")
        rows = table(f"{folder}/{split}.csv")
        assert not raw.endswith("\n")
        assert raw.count("\n") == len(rows) - 1
        assert all(line.startswith('"') and line.endswith('"') for line in raw.split("\n"))
        assert {len(row) for row in rows} == {columns}
        assert {row[0] for row in rows} == classes

    def test_line_breaks_and_quotes(self, folder, classes, columns):
        raw = text(f"{folder}/train.csv")
        assert r"\n\n" in raw
        assert '\\""' in raw
        # Amazon has quotes without a backslash too, Yelp none.
        assert bool(re.search(r'[^\\"]""[^"]', raw)) == ("amazon" in folder)

    def test_line_breaks_at_the_end(self, folder, classes, columns):
        assert (r'\n\n"' in text(f"{folder}/train.csv")) == ("yelp" in folder)


class TestImdb:
    @pytest.fixture
    def rows(self) -> list[list[str]]:
        return table("imdb/IMDB Dataset.csv")

    def test_line_breaks(self, rows):
        marked = sum("<br /><br />" in row[0] for row in rows)
        assert 0.2 * len(rows) < marked < 0.8 * len(rows)
        assert "\r" not in text("imdb/IMDB Dataset.csv")

    def test_the_last_row_is_cut(self, rows):
        assert rows[-1][0][-1].isalpha()
        assert sum(reasons("imdb").values()) == 1

    def test_a_text_stands_twice(self, rows):
        assert max(Counter(row[0] for row in rows).values()) == 2


class TestTripAdvisor:
    @pytest.fixture
    def rows(self) -> list[list[str]]:
        return table("tripadvisor/tripadvisor_hotel_reviews.csv")[1:]

    def test_texts(self, rows):
        assert all(row[0].endswith(",  ") for row in rows)
        assert not any(set(row[0].replace(",", "").split()) & {"the", "was", "and"} for row in rows)
        assert any("__Ç_é_" in row[0] for row in rows)
        assert all(row[0].replace("__Ç_é_", "").islower() for row in rows)

    def test_line_ends_and_ratings(self, rows):
        raw = text("tripadvisor/tripadvisor_hotel_reviews.csv")
        assert raw.count("\n") == raw.count("\r\n") == len(rows) + 1
        counts = Counter(row[1] for row in rows)
        assert counts["5"] > counts["3"] > counts["1"]


class TestTwitterFinancial:
    def test_line_ends(self):
        train, valid = (text(f"twitter_financial/sent_{part}.csv") for part in ("train", "valid"))
        assert train.count("\r\n") == len(table("twitter_financial/sent_train.csv"))
        assert train.count("\n") > train.count("\r\n")
        assert "\r" not in valid
        assert valid.count("\n") > len(table("twitter_financial/sent_valid.csv"))

    def test_tweets(self):
        raw = text("twitter_financial/sent_train.csv")
        for sign in ("https://t.co/", "$", "#", "&amp;", "â€™"):
            assert sign in raw

    def test_one_is_in_another_language(self):
        assert [in_another_language(row) for row in conversations("twitter_financial")].count(True) == 1

    def test_most_are_neutral(self):
        labels = Counter(row[1] for row in table("twitter_financial/sent_train.csv")[1:])
        assert labels.most_common(1)[0][0] == "2"


class TestEmoContext:
    @pytest.fixture
    def splits(self) -> dict[str, list[list[str]]]:
        return {
            name: [line.split("\t") for line in text(f"emocontext/{name}.txt").split("\r\n")]
            for name in ("train", "dev", "test")
        }

    def test_layout(self, splits):
        for rows in splits.values():
            assert rows[0] == ["id", "turn1", "turn2", "turn3", "label"]
            assert [row[0] for row in rows[1:]] == [str(number) for number in range(len(rows) - 1)]
            assert rows[-1][-1] in {"others", "happy", "sad", "angry"}  # and no line end

    def test_what_stands_in_texts(self):
        raw = text("emocontext/train.txt")
        assert "&apos;" in raw
        assert "\ufffd" in raw
        assert "😂" in raw
        assert re.search('\t[^\t\r]*"[^\t\r"]*\t', raw)
        assert "\t " in raw

    def test_others_are_half_of_train_and_most_of_the_rest(self, splits):
        shares = {name: sum(row[-1] == "others" for row in rows) / len(rows) for name, rows in splits.items()}
        assert 0.4 < shares["train"] < 0.6
        assert min(shares["dev"], shares["test"]) > 0.7

    def test_chats_repeat(self, splits):
        labels: dict[tuple[str, ...], list[str]] = {}
        for *turns, label in (row[1:] for row in splits["train"]):
            labels.setdefault(tuple(turn.strip() for turn in turns), []).append(label)
        assert {len(set(found)) for found in labels.values() if len(found) > 1} == {1, 2}
        for name in ("dev", "test"):
            assert labels.keys() & {tuple(row[1:4]) for row in splits[name]}


class TestCams:
    def test_layout(self):
        for name in ("Training", "Testing"):
            raw = text(f"cams/IntentSDCNL_{name}.csv")
            assert raw.startswith("selftext,ANNOTATIONS,Interpretations\r\n")
            assert not raw.endswith("\n")
            assert raw.count("\n") > raw.count("\r\n")
        assert (FILES / "cams/added_CAMS_data.csv").read_bytes().startswith(b"selftext,cause,inference\r\n")

    def test_stray_bytes(self):
        data = (FILES / "cams/added_CAMS_data.csv").read_bytes()
        assert data.count(b"\x92") > 5
        assert len(re.findall(rb"(?<!\xe2\x80)\x9d", data)) == 1
        assert "’".encode() in data
        posts = [row.turns[0].text for row in conversations("cams") if "/added-" in row.id]
        assert not any("\udc92" in post for post in posts)

    def test_double_encoding_and_entities(self):
        raw = text("cams/IntentSDCNL_Training.csv")
        assert "â€™" in raw
        assert "&amp;" in raw

    def test_rows_that_lack_something(self):
        assert reasons("cams") == {"no label": 2, "no text": 3}

    def test_personal_data(self):
        found = set[str]().union(*(kinds(row.turns[0].text) for row in conversations("cams")))
        assert found == {"url", "email", "handle", "phone"}

    def test_interpretations(self):
        rows = table("cams/IntentSDCNL_Training.csv")[1:]
        assert all(row[2] == "" for row in rows if row[1] == "0")
        verbatim = [row[2].split(" , ")[0] in row[0].lower() for row in rows if row[2]]
        assert {True, False} == set(verbatim)

    def test_posts_repeat(self):
        found: dict[str, list[tuple[bool, str]]] = {}
        for row in conversations("cams"):
            found.setdefault(row.turns[0].text, []).append(("/added-" in row.id, row.emotion))
        repeats = [rows for rows in found.values() if len(rows) > 1]
        assert any(len({part for part, _ in rows}) == 2 for rows in repeats)
        assert any(len({emotion for _, emotion in rows}) == 2 for rows in repeats)

    def test_every_category_in_every_part(self):
        for name in ("IntentSDCNL_Training", "IntentSDCNL_Testing"):
            numbers = {row[1] for row in table(f"cams/{name}.csv")[1:]} - {""}
            assert numbers == {str(number) for number in range(len(CATEGORIES))}


class TestEmpathyMentalHealth:
    @pytest.fixture
    def files(self) -> dict[str, list[list[str]]]:
        names = ("emotional-reactions", "interpretations", "explorations")
        return {name: table(f"empathy_mental_health/{name}-reddit.csv")[1:] for name in names}

    def test_rows_of_the_three_files_belong_together(self, files):
        reactions, interpretations, explorations = files.values()
        assert (
            [row[:2] for row in reactions] == [row[:2] for row in interpretations] == [row[:2] for row in explorations]
        )
        assert [row[2:4] for row in interpretations] == [row[2:4] for row in explorations]
        other = [(a[2], b[2]) for a, b in zip(reactions, explorations, strict=True) if a[2] != b[2]]
        assert {a.split() == b.split() for a, b in other} == {True, False}

    def test_entities_and_characters(self, files):
        posts = [row[2] for row in files["explorations"]]
        assert any("&amp;" in post and "&amp;#" not in post for post in posts)
        assert any(html.unescape(html.unescape(post)).endswith("\u200b") for post in posts)
        assert any("\ufffd" in post for post in posts)

    @pytest.mark.parametrize("name", ["emotional-reactions", "interpretations", "explorations"])
    def test_rationales(self, files, name):
        rows = files[name]
        assert all(row[5] == "" for row in rows if row[4] == "0")
        assert sum(row[5] == "" for row in rows if row[4] != "0") == 1
        phrases = [(row[5], row[3]) for row in rows if row[5]]
        assert all(phrase.endswith("|") for phrase, _ in phrases)
        assert sum(phrase[:-1] in response for phrase, response in phrases) >= len(phrases) - 1

    def test_pairs_and_posts_repeat(self, files):
        levels: dict[tuple[str, ...], set[str]] = {}
        for row in files["explorations"] + files["interpretations"]:
            levels.setdefault((*row[:2], str(row in files["explorations"])), set()).add(row[4])
        assert any(len(found) > 1 for found in levels.values())
        assert sum(reasons("empathy_mental_health").values()) == 3
        posts = {(row[0], row[1]) for row in files["explorations"]}
        assert max(Counter(seeker for seeker, _ in posts).values()) > 1

    def test_every_level_can_be_learnt_and_tested(self):
        found: dict[str, set[str]] = {"train": set(), "test": set()}
        for row in conversations("empathy_mental_health"):
            found.setdefault(row.split, set()).update(row.turns[1].act.split(", "))
        assert len(found["train"]) == len(found["test"]) == 9


class TestGoodNewsEveryone:
    @pytest.fixture
    def first(self) -> list[dict]:
        return [json.loads(line) for line in text("goodnewseveryone/gne_fix.jsonl").splitlines()]

    @pytest.fixture
    def rows(self) -> list[dict[str, str]]:
        header, *rows = table("goodnewseveryone/altered_copy/gne-release-v1.0.tsv", delimiter="\t")
        return [dict(zip(header, row, strict=True)) for row in rows]

    @pytest.fixture
    def causes(self, rows) -> list[list[list[str]]]:
        return [json.loads(row["cause"].replace('\\\\"', '\\"')) for row in rows]

    def test_annotations(self, first):
        assert {"phase1_rank", "source", "country", "bias"} == set(first[0]["meta"])
        assert all(set(a) == {"raw", "gold"} for row in first for a in row["annotations"].values())

    def test_spans(self, rows, causes):
        spans = [(span, row["headline"]) for row, found in zip(rows, causes, strict=True) for v in found for span in v]
        assert all(span == span.lower() for span, _ in spans)
        assert {span in headline for span, headline in spans} == {True, False}
        assert any(span == headline.lower() for span, headline in spans)
        assert any(span.endswith("0") for span, _ in spans)
        assert [[]] in causes
        assert any(len(found) == 2 for found in causes)
        assert any(len(versions) == 2 for found in causes for versions in found)

    def test_quotes_and_apostrophes(self, rows):
        assert any("“" in row["headline"] for row in rows)
        assert any('\\\\"' in row["cause"] for row in rows)
        assert any("and#039;" in row["headline"] for row in rows)
        assert any('and#039","' in row["cause"] for row in rows)

    def test_other_columns(self, rows):
        assert any("; " in row["cue"] for row in rows)
        assert any("TOEXCLUDE" in row["cue"] for row in rows)
        assert any(row["cue"] == "[]" for row in rows)
        assert {row["intensity"] for row in rows} == {"medium"}
        assert any(row["other_emotions"] == "no_other_emotions_are_expressed" for row in rows)
        assert max(Counter(row["id"] for row in rows).values()) > 2

    def test_rows_to_reject(self, first, rows):
        assert {row["headline"] for row in first} & {row["headline"] for row in rows}
        assert set(reasons("goodnewseveryone")) == {
            "altered in this copy",
            "the headline stands in an earlier row",
            "a cause that is not in the headline",
        }


class TestNtcir13Eca:
    @pytest.fixture
    def raw(self) -> str:
        return text("ntcir13_eca/emotion_cause_english_train.xml")

    @pytest.mark.parametrize(
        "quirk",
        [
            pytest.param("<text> ", id="a blank before the text"),
            pytest.param(' lenth="', id="lenth"),
            pytest.param(' keywords-lenth="', id="keywords-lenth"),
            pytest.param(r"</emotionml>\n\ufeff<\?xml.*\n<emotionml", id="a second document"),
            pytest.param(r"</emotion>\n<\?xml.*\n<emotion ", id="a prologue in the middle"),
            pytest.param(r'keywords="N"></clause>', id="a clause without text"),
            pytest.param(r'<clause id="[1-4]".*\n(<cause.*\n)?(<keywords.*\n)?<clause id="9"', id="ids with gaps"),
            pytest.param(r">###.*#1#</cause>", id="a marked cause"),
            pytest.param(r"\?/text>", id="a broken tag"),
        ],
    )
    def test_layout(self, raw, quirk):
        assert re.search(quirk, raw)

    def test_passages(self):
        rows = conversations("ntcir13_eca")
        assert {0, 1, 2} == {len(row.causes) for row in rows}
        found: dict[str, set[str]] = {}
        for row in rows:
            found.setdefault(row.turns[0].text, set()).add(row.emotion)
        assert sum(len(emotions) == 2 for emotions in found.values()) == 2
        assert not reasons("ntcir13_eca")
