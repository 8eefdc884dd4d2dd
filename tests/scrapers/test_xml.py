"""XML of strangers: read where it is a feed, refused by name where it is anything else."""

from __future__ import annotations

import pytest

from webapp.errors import Malformed
from webapp.scrapers._xml import DEEPEST, text_at, texts_at, xml_root
from webapp.values import Answer


def answer(body: bytes, kind: str = "application/xml") -> Answer:
    return Answer(200, "https://acme.example/feed", {"content-type": kind}, body)


def test_children_are_found_whatever_their_namespace() -> None:
    root = xml_root(answer(b'<a xmlns:t="urn:t"><t:b>1 <i>2</i></t:b><b>3</b></a>'), "a", "a feed")
    assert list(texts_at(root, "{*}b")) == ["1 2", "3"]
    assert text_at(root, "b") == "3"
    assert text_at(root, "{urn:t}b") == "1 2"
    assert text_at(root, "c") == ""


@pytest.mark.parametrize(
    "body",
    [
        "<a>caf\u00e9</a>".encode(),
        b"\xef\xbb\xbf" + "<a>caf\u00e9</a>".encode(),
        "<a>caf\u00e9</a>".encode("utf-16"),
        b'<?xml version="1.0" encoding="iso-8859-1"?><a>caf\xe9</a>',
        b"\n <a>caf&#233;</a>\n",
        b"<a><![CDATA[caf\xc3\xa9]]></a>",
    ],
)
def test_encodings_are_those_that_the_document_declares(body: bytes) -> None:
    assert xml_root(answer(body), "a", "a feed").text == "caf\u00e9"


def test_the_charset_of_the_header_is_above_that_of_the_document() -> None:
    body = b'<?xml version="1.0" encoding="utf-8"?><a>caf\xe9</a>'
    assert xml_root(answer(body, "text/xml; charset=ISO-8859-1"), "a", "a feed").text == "caf\u00e9"


def test_a_control_character_does_not_cost_the_feed() -> None:
    assert xml_root(answer(b"<a>one\x0btwo\x00</a>"), "a", "a feed").text == "one two "


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"<a><b></a>", "not_xml"),
        (b"<a><b>", "not_xml"),
        (b"<a>&nbsp;</a>", "not_xml"),
        (b"<t:a/>", "not_xml"),
        (b"{}", "not_xml"),
        (b"<b/>", "shape"),
        (b"<!doctype html><html><body><br></body></html>", "html"),
        (b"<html><head><meta></head></html>", "html"),
        (b"<html></html>", "html"),
        (b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>', "not_xml"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "not_xml"),
        (b'<?xml version="1.0" encoding="nonsuch"?><a/>', "not_xml"),
        (b'<?xml version="1.0" encoding="shift_jis"?><a>\x81</a>', "not_xml"),
        (b"<a>" * (DEEPEST + 1) + b"</a>" * (DEEPEST + 1), "not_xml"),
        ('<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>'.encode("utf-16"), "not_xml"),
    ],
)
def test_what_is_no_feed_is_refused_by_name(body: bytes, detail: str) -> None:
    with pytest.raises(Malformed) as caught:
        xml_root(answer(body), "a", "a feed of positions")
    assert caught.value.detail == detail
    assert caught.value.sentence.endswith(".")


def test_a_charset_that_does_not_exist_is_a_named_failure() -> None:
    for name in ("nonsuch", "utf-7", "utf-32", "idna", "base64"):
        with pytest.raises(Malformed):
            xml_root(answer(b"<a>\xff\xfe\x00b", f"application/xml; charset={name}"), "a", "a feed")
