"""Personal data: what is masked, and what only looks like it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pica.cleaning.privacy import KINDS, kinds, mask
from tests.strategies import texts


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("mail me: tom.k+pica@mail.example.org.", "mail me: [EMAIL]."),
        ("(https://example.org/a?b=c#d), then", "([URL]), then"),
        ("[this](http://example.org/a_b) one", "[this]([URL]) one"),
        ("see www.example.org!", "see [URL]!"),
        ("HTTPS://EXAMPLE.ORG", "[URL]"),
        ("it is on example.co.uk/photos/12", "it is on [URL]"),
        ("cut off https://t.c…", "cut off [URL]…"),
        ("thanks @ruth_k, and @ida@cats.example", "thanks [HANDLE], and [HANDLE]"),
        ("(via @Ruth, @mel)", "(via [HANDLE], [HANDLE])"),
        ("thanks u/some-one and /u/other_1!", "thanks [HANDLE] and [HANDLE]!"),
        ("call 615-555-0133 now", "call [PHONE] now"),
        ("call 1-615-555-0133.", "call [PHONE]."),
        ("(615) 555-0133", "[PHONE]"),
        ("+44 20 7946 0958", "[PHONE]"),
        ("+16155550133", "[PHONE]"),
        ("my number is 9876543210", "my number is [NUMBER]"),
        ("card 4000 1234 5678 9010", "card [NUMBER]"),
        ("to NL91 ABNA 0417 1643 00 please", "to [NUMBER] please"),
        ("SSN 078-05-1120", "SSN [NUMBER]"),
        ("我的手机是13912345678，有事打给我", "我的手机是[PHONE]，有事打给我"),
        ("电话139-1234-5678或139 1234 5678", "电话[PHONE]或[PHONE]"),
        ("座机0571-81234567转3，或(010)81234567", "座机[PHONE]转3，或[PHONE]"),
        ("客服400-8123-456", "客服[PHONE]"),
        ("身份证11010119900101123X丢了", "身份证[NUMBER]丢了"),
        ("身份证号110101199001011234。", "身份证号[NUMBER]。"),
        ("加QQ812345吧，qq号：812345678", "加QQ[NUMBER]吧，qq号：[NUMBER]"),
        ("微信号：ling_xiao88，备注姓名", "微信号：[NUMBER]，备注姓名"),
        ("发到我的邮箱tom.k@example.org谢谢", "发到我的邮箱[EMAIL]谢谢"),
        ("看看example.com/a吧", "看看[URL]吧"),
        ("哈哈//@小林同学:早上好//@Mel_小周: 早", "哈哈//[HANDLE]:早上好//[HANDLE]: 早"),
        ("转发@小林-ing 快看", "转发[HANDLE] 快看"),
    ],
)
def test_personal_data_is_masked(text, masked):
    assert mask(text) == masked
    assert mask(masked) == masked


@pytest.mark.parametrize(
    "text",
    [
        "at 3:30, or 15:30:00",
        "$1,000 or 100,000 or 1000000",
        "$1234567890",
        "2019-2020",
        "from 1-12-2019 to 2019-12-31",
        "7/19/2003 - 8.5/10",
        "20191231",
        "500-1000 people",
        "1000000000 thanks",
        "3.14159265358979",
        "@ 5pm",
        "@5pm",
        "see you @",
        "don't @me",
        "@home all day",
        "f@ck, d@mn",
        "$$$#@%@!",
        "lol:) :@ :-@",
        "25.5 pts @ 1.85",
        "and/or, w/o, he/she, 24/7",
        "awwww. so sweet",
        "wowwww.... nice",
        "Tell.me.more",
        "great.and/or bad",
        "the U.S./U.K.",
        "indeed.com",
        "[NAME] of [RELIGION]",
        "<URL> <MENTION>",
        "r/books",
        "you/us",
        "AB12 this that when then",
        "AB12 THIS THAT WHEN THEN",
        "1 2 3 4 5 6 7 8 9 10",
        "C++11 2019",
        "win 10 20 30",
        "9" * 40,
        "电话是多少？@",
        "花了123456789元",
        "从2019年到2020年，共12345人",
        "编号20200315",
        "QQ空间里有1234张照片",
        "微信支付",
        "晚上@我",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text):
    assert mask(text) == text


@given(texts)
def test_what_is_masked_is_what_is_counted(text):
    assert (mask(text) != text) == bool(kinds(text))
    assert kinds(text) <= set(KINDS)


_BEFORE = st.sampled_from(["", "call ", "(", "so: ", "¿", "你好"])


@given(_BEFORE, st.from_regex(r"[a-z]{3,8}(\.[a-z]{2,5})?@[a-z]{3,8}\.(com|org|example)", fullmatch=True))
def test_no_address_stays(before, address):
    assert mask(f"{before} {address}, ok") == f"{before} [EMAIL], ok"


@given(_BEFORE, st.from_regex(r"https?://[a-z]{2,8}\.[a-z]{2,3}(/[A-Za-z0-9_~-]{1,8}){0,3}", fullmatch=True))
def test_no_link_stays(before, link):
    assert mask(f"{before}{link}.") == f"{before}[URL]."


@given(st.from_regex(r"(\+?1[ .-])?(\([2-9]\d\d\) ?|[2-9]\d\d[ .-])[2-9]\d\d[ .-]\d{4}", fullmatch=True))
def test_no_phone_number_stays(number):
    assert mask(f"call {number}, ok") == "call [PHONE], ok"


@given(st.text("0123456789.,:%/ -", max_size=12).filter(lambda text: sum(map(str.isdigit, text)) < 9))
def test_a_few_digits_are_no_phone_or_account(text):
    assert mask(text) == text
