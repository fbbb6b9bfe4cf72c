"""What calls cost by list prices, against figures worked out by hand."""

import pytest

from visdiff_plugin.estimating.prices import image_tokens, price_of, text_tokens


def test_tokens_of_images_as_the_providers_guide_works_them_out():
    # its own examples: 1024 x 1024 -> 768 x 768: 4 tiles; 2048 x 4096 -> 768 x 1536: 6 tiles
    assert image_tokens("gpt-4o", 1024, 1024) == 85 + 4 * 170
    assert image_tokens("gpt-4o", 2048, 4096) == 85 + 6 * 170
    assert image_tokens("gpt-4o", 512, 384) == 85 + 170
    assert image_tokens("gpt-4o-mini", 512, 512) == 2833 + 5667
    assert image_tokens("gpt-4.1-mini", 512, 512) == 415  # ceil(256 patches x 1.62)
    assert image_tokens("gpt-4.1-mini", 4000, 4000) == 2489  # ceil(1,536 patches x 1.62)
    assert image_tokens("my/model", 280, 280) == 100


def test_prices_are_by_name_with_or_without_a_date():
    price = price_of("gpt-4o-mini-2024-07-18")
    assert price is price_of("GPT-4o-mini") is not None
    assert price.of(1_000_000, 100_000) == pytest.approx(0.15 + 0.06)
    assert price_of("gpt-4o-mini-audio") is None and price_of("Qwen/Qwen2.5-VL-3B") is None


def test_text_is_about_four_characters_a_token():
    assert text_tokens("x" * 400) == 104 and text_tokens("abcde", "") == 2 + 4 + 4
