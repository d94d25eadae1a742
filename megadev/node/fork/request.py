"""The fork request: read from the settings, before any request is sent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from megadev.config.settings import DevnetConfig
from megadev.errors import ConfigError
from megadev.node.fork.bundle import L1_PART, WITHOUT_L1, holds
from megadev.state.answers import check_place, read_bundle
from megadev.state.upstream import RequestPolicy, origin_of, url_trouble

CACHE = Path("~/.cache/megadev/fork")
"""Where fetched state is kept unless somebody says otherwise."""
_AT_BLOCK = re.compile(r"(.*[^/@]/?)@(latest|safe|finalized|earliest|0x[0-9a-fA-F]+|-?[0-9]+)")
HASH_DIGITS = 66
"""Characters of a hash in hex, with 0x."""


class ForkRequest(msgspec.Struct, frozen=True):
    """A fork's source and options. ``block``: a number, or negative so many before the latest; a tag or a hash; None:
    the latest, or the one that a forked L2 has got to.
    """

    urls: tuple[str, ...]
    block: int | str | None = None
    tx_hash: str | None = None
    chain_id: int | None = None
    policy: RequestPolicy = msgspec.field(default_factory=RequestPolicy)
    cache: Path | None = None
    bundle: Path | None = None
    part: str = ""
    """Which of a bundle's forks: L2's, or ``L1``."""
    recording: bool = False


def fork_request(config: DevnetConfig) -> ForkRequest | None:
    """Returns the settings' fork of L2; None: nothing. Raises ``ConfigError``, also where what is read could not be
    recorded.
    """
    if config.fork_record is not None:
        check_place(config.fork_record)
    if config.fork_bundle is not None:
        head = read_bundle(config.fork_bundle).head
        if head.get(WITHOUT_L1) and not config.no_l1:
            raise ConfigError(
                f"{config.fork_bundle}: the bundle was recorded without L1 and lacks what the bridge needs: "
                "start with --no-l1, or record it again with L1"
            )
        return ForkRequest((), bundle=config.fork_bundle) if holds(head, "") else None
    if config.fork_url is None:
        return None
    urls, named = _urls_and_blocks(config.fork_url)
    if config.fork_block_number is not None:
        named.add(config.fork_block_number)
    return ForkRequest(
        urls,
        _only("--fork-url", named),
        config.fork_transaction_hash,
        config.fork_chain_id,
        request_policy(config),
        _cache(config),
        recording=config.fork_record is not None,
    )


def l1_fork_request(config: DevnetConfig) -> ForkRequest | None:
    """The fork of L1 that the settings request; None: nothing."""
    if config.fork_bundle is not None:
        head = read_bundle(config.fork_bundle).head
        return ForkRequest((), bundle=config.fork_bundle, part=L1_PART) if holds(head, L1_PART) else None
    if config.fork_l1 is None:
        return None
    urls, named = _urls_and_blocks(config.fork_l1)
    return ForkRequest(
        urls,
        _only("--fork-l1", named),
        policy=request_policy(config),
        cache=_cache(config),
        part=L1_PART,
        recording=config.fork_record is not None,
    )


def _urls_and_blocks(given: Sequence[str]) -> tuple[tuple[str, ...], set[int | str]]:
    """URLs without the block that may stand behind each, and those blocks."""
    urls: list[str] = []
    named: set[int | str] = set()
    for each in given:
        match = _AT_BLOCK.fullmatch(each)
        urls.append(match[1] if match else each)
        if match:
            is_number = match[2][-1].isdigit() if match[2][:2] != "0x" else len(match[2]) != HASH_DIGITS
            named.add(int(match[2], 16 if match[2][:2] == "0x" else 10) if is_number else match[2].lower())
    return tuple(urls), named


def _only(flag: str, named: set[int | str]) -> int | str | None:
    if len(named) > 1:
        raise ConfigError(f"{flag} gives several blocks to fork: {', '.join(sorted(map(str, named)))}")
    return next(iter(named), None)


def _cache(config: DevnetConfig) -> Path | None:
    return None if config.no_storage_caching else config.fork_cache or CACHE.expanduser()


def check_urls(config: DevnetConfig) -> None:
    """Raises ``ConfigError`` for a URL of a node to fork that cannot be asked, with what was typed."""
    for flag, given in (("--fork-url", config.fork_url), ("--fork-l1", config.fork_l1)):
        for typed in given or ():
            ((url,), _) = _urls_and_blocks((typed,))
            if (trouble := url_trouble(url)) is not None:
                raise ConfigError(f"{flag}: invalid URL {typed!r}: {trouble}")


def request_policy(config: DevnetConfig) -> RequestPolicy:
    """The policy for requests to upstream; headers are only sent to the URLs in the settings."""
    headers = []
    for header in config.fork_header or ():
        name, colon, value = header.partition(":")
        if not colon or not name.strip():
            raise ConfigError(f"--fork-header: must be like NAME:VALUE, not {name!r}")
        if not header.isascii() or not header.strip().isprintable() or " " in name.strip():
            raise ConfigError(f"--fork-header {name.strip()!r}: must be one line of ASCII characters")
        headers.append((name.strip(), value.strip()))
    units = 0 if config.no_rate_limit else config.compute_units_per_second
    urls, _ = _urls_and_blocks((*(config.fork_url or ()), *(config.fork_l1 or ())))
    return RequestPolicy(
        timeout=config.timeout / 1000,
        retries=config.retries,
        pause=config.fork_retry_backoff / 1000,
        units_per_second=units,
        headers=tuple(headers),
        origins=frozenset(origin_of(url) for url in urls if url_trouble(url) is None),
    )
