"""What a table of differences does not say by itself is said in a sentence."""

from made_runs import difference

from visdiff_plugin.hints import hints


def rows(supported, of, **changes):
    return [
        difference(description=f"phrase {number}", cut="top", significant=number < supported,
                   **changes)
        for number in range(of)
    ]  # fmt: skip


def test_where_most_of_a_bank_is_supported_the_words_are_not_to_be_trusted_alone():
    [said] = hints(rows(42, 42))
    assert said.startswith("42 of 42 descriptions are supported") and "encoder" in said
    assert hints(rows(28, 42)) and not hints(rows(27, 42))


def test_few_descriptions_or_other_evidence_are_no_sign_of_the_encoder():
    assert hints(rows(19, 19)) == []
    assert hints(rows(42, 42, unit="megapixels")) == []
    assert hints([difference(cut="shows") for _ in range(42)]) == []
    assert hints([]) == []
