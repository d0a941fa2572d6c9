"""NTCIR-13 ECA, the English part: passages of novels with an emotion, and which of their clauses says what causes it.

`emotion_cause_english_{train,test}.xml` are EmotionML with elements of its makers' own. One passage:

    <emotion id="1">
      <category name="sadness" value="2"/>
      <clause id="1" cause="N" keywords="N"><text> Ms Orlow had kept the bakery for thirty years</text></clause>
      <clause id="2" cause="Y" keywords="N"><text> and when the lease was not renewed</text>
        <cause id="1" begin="10" lenth="25">the lease was not renewed</cause></clause>
      <clause id="4" cause="N" keywords="Y"><text> she wept</text>
        <keywords keywords-begin="5" keywords-lenth="4">wept</keywords></clause>
    </emotion>

The files are documents one after another: `<?xml …?>` and byte-order marks stand in their middle, and there may be
several roots. Some closing tags have lost their `<` (`?/text>`). Clauses may have no text, ids have gaps. The words of
a cause count, not its place; they may hold marks (`###the lease#1#`) or other blanks than the clause. Passages occur
twice, with different emotions. Clauses are joined by a blank: the commas between them are not in the files.

Train and test are the task's own. The validation set is cut out of train by text. An id counts passages from 1.

The layout was taken from public parsers, not from the files, which cannot be passed on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from pica.corpora import native
from pica.corpora.corpus import Corpus, View, split_by_group
from pica.schema import Cause, Conversation, Rejected, Split, Turn

EMOTIONS = ("happiness", "sadness", "fear", "anger", "disgust", "surprise")

_NAMES: dict[Split, str] = {"train": "emotion_cause_english_train.xml", "test": "emotion_cause_english_test.xml"}

_SPACE = "{http://www.w3.org/2009/10/emotionml}"
_PROLOGUE = re.compile(r"<\?xml[^>]*\?>|\ufeff")
_BROKEN_TAG = re.compile(r"\?/(text|cause)>")
_MARKED = re.compile(r"###([^#]+)#\d#")


@native.of_the_user
def read(folder: Path) -> Iterator[Conversation | Rejected]:
    """One conversation of one turn a passage."""
    for official, name in _NAMES.items():
        for number, (at, passage) in enumerate(_passages(folder / name), start=1):
            yield _record(at, number, passage, official)


def _passages(path: Path) -> Iterator[tuple[native.At, ElementTree.Element]]:
    """The `emotion` elements of a file, each with the place of its end.

    All of the file is parsed inside one element, where XML allows neither a document type nor the entities that one
    could declare, so that no text grows beyond what stands in the file.
    """
    parser = ElementTree.XMLPullParser(["end"])
    parser.feed("<files>")
    found = False
    try:
        for at, line in native.lines(path):
            parser.feed(_BROKEN_TAG.sub(r"</\1>", _PROLOGUE.sub("", line)) + "\n")
            for _, element in parser.read_events():
                if element.tag == f"{_SPACE}emotion":
                    found = True
                    yield at, element
                    element.clear()
        parser.feed("</files>")
        parser.close()
    except ElementTree.ParseError as error:
        native.At(path, error.position[0]).fail(f"not valid XML ({error})")
    if not found:
        native.At(path).fail("expected `emotion` elements, found none")


def _record(at: native.At, number: int, passage: ElementTree.Element, official: Split) -> Conversation | Rejected:
    emotion = at.label(_child(at, passage, "category").get("name", ""), EMOTIONS, "category")
    clauses = [clause for clause in passage.findall(f"{_SPACE}clause") if _text(clause)]
    text = " ".join(_text(clause) for clause in clauses)
    split = split_by_group(f"ntcir13_eca/{text}", test=0.0) if official == "train" else official
    identifier = f"ntcir13_eca/{split}/{number}"
    spans = [span for clause in clauses for span in _spans(at, clause)]
    if not text or None in spans:
        reason = "a cause that is not in its clause" if text else "no text"
        raw = ElementTree.tostring(passage, encoding="unicode")
        return Rejected(identifier, "ntcir13_eca", split, reason, raw)
    causes = tuple(Cause(turn=0, emotion=emotion, cause_turn=0, span=span) for span in spans)
    return Conversation(identifier, "ntcir13_eca", split, "en", (Turn("writer", text),), emotion=emotion, causes=causes)


def _text(clause: ElementTree.Element) -> str:
    return clause.findtext(f"{_SPACE}text", "").strip()


def _spans(at: native.At, clause: ElementTree.Element) -> Iterator[str | None]:
    """The cause in a clause, in the clause's own characters; None for one that does not stand there."""
    if at.label(clause.get("cause", ""), ("Y", "N"), "cause mark") == "Y":
        words = _child(at, clause, "cause").text or ""
        yield native.quoted(_text(clause), _MARKED.sub(r"\1", words))


def _child(at: native.At, element: ElementTree.Element, name: str) -> ElementTree.Element:
    child = element.find(f"{_SPACE}{name}")
    if child is None:
        at.fail(f"<{element.tag.removeprefix(_SPACE)}> without <{name}>")
    return child


CORPUS = Corpus(
    name="ntcir13_eca",
    title="NTCIR-13 Emotion Cause Analysis (NTCIR-ECA13-3000), English",
    homepage="http://hlt.hitsz.edu.cn/ECA.html",
    citation="Gao, Hu, Xu, Gui, He, Wong, Lu. Overview of NTCIR-13 ECA Task. NTCIR-13 (2017)",
    licence="NTCIR-ECA13-3000 agreement: academic research, not to be passed on",
    commercial=False,
    redistributable=False,
    personal=False,
    languages=("en",),
    read=read,
    agreement=(
        "it is given against a signed form, returned to xuruifeng@hit.edu.cn; "
        "then give source.manual.ntcir13_eca=/path/to/folder"
    ),
    emotions=EMOTIONS,
    views=(
        View("ntcir13_eca-classification", "text_emotion", 2274, asks="emotion", of="conversation", labels=EMOTIONS),
        View("ntcir13_eca-cause", "emotion_cause", 2000, asks="cause"),
    ),
)
