"""Names and terms: what of them is found in a text, what a translation lacks, and which of two rules counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.glossary import Glossaries, Glossary, Scope, Term


def term(**words: str) -> Term:
    """Read ``term(es="línea|líneas", en="line|lines")``."""
    return Term(tuple((language, tuple(forms.split("|"))) for language, forms in words.items()))


OURS = Scope(
    ("Puente", "Plan Ahorro", "Plan Ahorro Plus", "Movistar+"),
    (
        term(es="factura", en="invoice", fr="facture"),
        term(es="línea fija|líneas fijas", en="landline|landlines"),
        term(es="puente", en="bridge loan"),
        term(ar="فاتورة", es="recibo"),
        term(zh="发票", es="comprobante"),
    ),
)
GLOSSARY = Glossary((OURS,))


@pytest.mark.parametrize(
    ("source", "target", "text", "wanted"),
    [
        ("es", "en", "La factura de Puente.", {"factura": "invoice", "Puente": "Puente"}),
        ("es", "en", "FACTURA", {"FACTURA": "invoice"}),
        ("en", "es", "the invoice", {"invoice": "factura"}),
        ("es", "fr", "la factura", {"factura": "facture"}),
        ("es", "pt", "la factura de Puente", {"Puente": "Puente"}),
        # Whole words only, and the longest of those that fit.
        ("es", "en", "el facturador, las facturas", {}),
        (
            "es",
            "en",
            "el plan ahorro plus y el Plan Ahorro",
            {"plan ahorro plus": "Plan Ahorro Plus", "Plan Ahorro": "Plan Ahorro"},
        ),
        ("es", "en", "mis líneas fijas y mi línea  fija", {"líneas fijas": "landlines", "línea  fija": "landline"}),
        ("es", "en", "el plan ahorro, plus.", {"plan ahorro, plus": "Plan Ahorro Plus"}),
        ("es", "en", "el Plan-Ahorro", {"Plan-Ahorro": "Plan Ahorro"}),
        ("es", "en", "¿Tiene Movistar+?", {"Movistar+": "Movistar+"}),
        # A name of one word is not what only sounds like it.
        ("es", "en", "un puente sobre el río", {"puente": "bridge loan"}),
        ("es", "fr", "un puente sobre el río", {}),
        ("es", "en", "PUENTE", {"PUENTE": "Puente"}),
        # Without spaces there are no whole words.
        ("zh", "es", "我没收到发票。", {"发票": "comprobante"}),
        ("es", "en", "", {}),
    ],
)
def test_what_is_found(source: str, target: str, text: str, wanted: dict[str, str]) -> None:
    found = GLOSSARY.pair(source, target).find(text)
    assert {text[each.start : each.end]: each.entry.target for each in found} == wanted


@pytest.mark.parametrize(
    ("pair", "text", "translation", "missing"),
    [
        (("es", "en"), "La factura de Puente.", "Puente's invoice.", []),
        (("es", "en"), "La factura de Puente.", "The bill of the Bridge.", ["invoice", "Puente"]),
        (("es", "en"), "La factura", "The INVOICES", []),
        (("es", "en"), "la línea fija", "the landlines", []),
        (("es", "en"), "las líneas fijas", "the landline", []),
        (("es", "en"), "la factura y la factura", "the bill", ["invoice"]),
        (("es", "en"), "la factura", "a disinvoice", ["invoice"]),
        # The Arabic article is written on to the word.
        (("es", "ar"), "el recibo", "الفاتورة", []),
        (("es", "zh"), "el comprobante", "我的发票", []),
        (("es", "de"), "la factura", "die Rechnung", []),
    ],
)
def test_what_is_missing(pair: tuple[str, str], text: str, translation: str, missing: list[str]) -> None:
    assert [entry.target for entry in GLOSSARY.pair(*pair).missing(text, translation)] == missing


def test_what_the_glossary_settles_can_be_left_out_of_a_comparison() -> None:
    glossary = Glossary((Scope(("No Limit",), (term(es="plan dos", en="plan two"),)),)).pair("es", "en")
    text, translation = glossary.apart("El No Limit y el plan dos son caros.", "No Limit and plan two cost a lot.")
    assert "No" not in text
    assert "No" not in translation
    assert "dos" not in text
    assert "two" not in translation
    assert glossary.apart("No.", "No.") == ("No.", "No.")


def test_what_a_number_says_counts_before_what_the_deployment_says() -> None:
    own = Scope(("Hogar",), (term(es="factura", en="bill"), term(es="parte", en="claim")))
    glossaries = Glossaries(GLOSSARY, (("+34910000001", Glossary((own, OURS))),))
    called, other = glossaries.of_call_to("+34910000001"), glossaries.of_call_to("+34910000002")
    text = "Hogar: la factura, el parte, Puente"
    assert [each.entry.target for each in called.pair("es", "en").find(text)] == ["Hogar", "bill", "claim", "Puente"]
    assert [each.entry.target for each in other.pair("es", "en").find(text)] == ["invoice", "Puente"]
    assert other is GLOSSARY
    assert set(glossaries.all()) == {GLOSSARY, called}
    assert Glossaries().all() == ()


def test_what_recognisers_should_expect_is_names_first_then_the_terms_of_the_languages() -> None:
    expected = GLOSSARY.expected(("en", "fr"))
    assert expected[:4] == OURS.names
    assert expected[4:] == ("invoice", "landline", "landlines", "bridge loan", "facture")
    assert Glossary().expected(("en",)) == ()


def test_every_pair_with_a_term_is_known() -> None:
    pairs = GLOSSARY.pairs()
    assert {("es", "en"), ("en", "es"), ("fr", "en"), ("es", "zh")} <= pairs
    assert ("zh", "en") not in pairs


WORDS = st.text(alphabet="abAB é+(.*", min_size=1, max_size=6).map(lambda text: " ".join(text.split())).filter(bool)


@given(st.lists(WORDS, unique_by=str.casefold, max_size=5), st.text(alphabet="abAB é+(.*", max_size=30))
def test_names_are_found_where_they_are_and_survive_themselves(names: list[str], text: str) -> None:
    glossary = Glossary((Scope(tuple(names)),)).pair("en", "es")
    end = 0
    for found in glossary.find(text):
        assert end <= found.start < found.end
        said = text[found.start : found.end].replace("-", " ").replace(",", " ")
        assert said.casefold().split() == found.entry.source.casefold().split()
        end = found.end
    assert glossary.missing(text, text) == ()
