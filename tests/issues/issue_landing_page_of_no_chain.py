"""L1's landing page said that it was the rollup's."""

from __future__ import annotations

import urllib.request

import pytest

from megadev import Devnet


def page(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.read().decode()


@pytest.mark.parametrize("preset", ["dev", "megaeth"])
def test_each_chains_page_names_both_chains(preset: str) -> None:
    with Devnet(preset=preset) as net:
        net.serve(port=0, l1_port=0)
        l2, l1 = page(net.url), page(net.l1.url)
        assert "<title>megadev: L1</title>" in l1
        assert "The local L1 that the rollup settles on" in l1
        assert f'href="{net.url}"' in l1
        assert "<title>megadev: L2</title>" in l2
        assert f'The L1 that it settles on is at <a href="{net.l1.url}"' in l2


def test_without_an_l1_the_page_does_not_mention_it() -> None:
    with Devnet(no_l1=True) as net:
        net.serve(port=0)
        assert "L1" not in page(net.url)
