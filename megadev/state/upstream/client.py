"""Asking the node, or nodes, that are forked: calls in batches, what is left of them again, and words for the rest."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

import msgspec

from megadev.clock import Clock, SystemClock
from megadev.errors import UpstreamFailed, UpstreamLacksMethod
from megadev.state.upstream.http import SECONDS_UNTOLD, HttpClient, RpcUrl
from megadev.state.upstream.policy import BATCH, Attempts, Kind, RequestPolicy, Schedule, Standing, Trouble
from megadev.state.upstream.refusals import batch_after, error_of, lacks, may_lag, refusal, slower

Call: TypeAlias = tuple[str, Sequence[Any]]
"""A method and its parameters."""
WORKERS = 4
"""Requests at a time."""
_LOG = logging.getLogger("megadev.upstream")


class Counts(msgspec.Struct):
    """The number of HTTP requests so far, of calls in them, and of repeated attempts."""

    requests: int = 0
    calls: int = 0
    repeated: int = 0


class Upstream:
    """The node, or nodes, behind ``urls``, which share the work (see the package).

    ``sleep`` waits for so many seconds; ``clock`` measures for the rate limit. Raises ``ConfigError`` for URLs that
    cannot be asked.
    """

    def __init__(
        self,
        urls: Sequence[str],
        policy: RequestPolicy | None = None,
        *,
        clock: Clock | None = None,
        sleep: Callable[[float], object] | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.urls = tuple(urls)
        self.policy = policy or RequestPolicy()
        self.counts = Counts()
        self._clock = clock or SystemClock()
        self._http = HttpClient(self.policy.timeout)
        self._sleep = sleep or self._http.pause
        self._schedule = Schedule(len(urls), self.policy, self._clock, chance)
        self._endpoints = dict(zip(self._schedule.standings, (RpcUrl(url, self.policy) for url in urls), strict=True))
        self._pool: ThreadPoolExecutor | None = None

    @property
    def name(self) -> str:
        """The first URL, fit for messages."""
        return next(iter(self._endpoints.values())).name

    def lacking(self, calls: Sequence[Call]) -> UpstreamLacksMethod | None:
        """The error for the first call whose method none of the nodes has, as far as is known by now."""
        for method, _ in calls:
            if all(method in standing.lacking for standing in self._endpoints):
                return lacks(self.name, method)
        return None

    def ask(self, calls: Sequence[Call]) -> list[Any]:
        """The results of ``calls``, in order; every one of them or an exception.

        Raises ``UpstreamFailed`` where no URL gave an answer, or not the state asked for, and ``UpstreamRefused`` for a
        call that upstream understood and refused.
        """
        outcomes = self.outcomes(calls)
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome
        return outcomes

    def outcomes(self, calls: Sequence[Call], retries: int | None = None) -> list[Any]:
        """As ``ask``, with the exception in the place of each result that is not to be had. ``retries`` in the place of
        those that the policy has.
        """
        if retries is None:
            retries = self.policy.retries
        pieces = [calls[start : start + BATCH] for start in range(0, len(calls), BATCH)]
        if len(pieces) <= 1:
            return self._piece(calls, retries) if calls else []
        if self._pool is None:
            self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="megadev-upstream")
        found = self._pool.map(lambda piece: self._piece(piece, retries), pieces)
        return [outcome for piece in found for outcome in piece]

    def close(self) -> None:
        """Let go of connections; whoever waits, for a connection, an answer or another attempt, gives up at once."""
        self._http.close()
        for endpoint in self._endpoints.values():
            while endpoint.idle:
                endpoint.idle.pop().close()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _piece(self, calls: Sequence[Call], retries: int) -> list[Any]:
        """The outcomes of one batch, after as many attempts as it takes; what was answered is not asked again."""
        done: dict[int, Any] = {}
        attempts = Attempts(self._schedule, retries)
        began = self._clock.monotonic_ns()
        while True:
            left = [index for index in range(len(calls)) if index not in done]
            if not left:
                return [done[index] for index in range(len(calls))]
            standing = attempts.begin()
            try:
                trouble = self._attempt(standing, [calls[index] for index in left], left, done)
            except Trouble as met:
                trouble = met
            finally:
                self._schedule.end(standing)
            if attempts.may_ask_another:
                unknown = [index for index in left if index in done and may_lag(calls[index][0], done[index])]
                for index in unknown:
                    del done[index]
                if unknown and all(index in done or index in unknown for index in left):
                    continue
            if len(done) == len(calls):
                standing.failures = 0
                continue
            self.counts.repeated += 1
            pause = attempts.after(standing, trouble)
            asked = [calls[index] for index in left if index not in done]
            if pause is None or self._http.is_closed:
                error = trouble.final or self._gave_up(standing, asked[0][0], attempts.failed, trouble)
                return [done.get(index, error) for index in range(len(calls))]
            if pause:
                if pause >= SECONDS_UNTOLD or self._clock.monotonic_ns() - began >= SECONDS_UNTOLD * 1e9:
                    name = self._endpoints[standing].name
                    _LOG.warning("%s does not answer %s: %s; asked again in %.1f s", name, _told(asked), trouble, pause)
                self._sleep(pause)

    def _gave_up(self, standing: Standing, method: str, attempts: int, trouble: Trouble) -> UpstreamFailed:
        remedy = {
            Kind.TOO_FAST: "lower --compute-units-per-second, or use an endpoint with a higher limit",
            Kind.DEAD: "check that the node is running and its URL is correct",
        }.get(trouble.kind, "check that the node is running, or give it more time with --timeout and --retries")
        tried = f"after {attempts} attempts" if attempts > 1 else "at the first attempt"
        name = self._endpoints[standing].name
        return UpstreamFailed(
            f"state unavailable: {name} did not answer {method} {tried}: {trouble}; {remedy}. "
            "Nothing was changed: ask again"
        )

    def _attempt(
        self, standing: Standing, calls: Sequence[Call], places: Sequence[int], done: dict[int, Any]
    ) -> Trouble:
        """Ask once, and note in ``done`` what came of it; returns why something is left. Raises ``Trouble``."""
        endpoint = self._endpoints[standing]
        if not standing.lacking.isdisjoint(method for method, _ in calls):
            for (method, _), place in zip(calls, places, strict=True):
                if method in standing.lacking:
                    done[place] = lacks(endpoint.name, method)
            places = [place for place in places if place not in done]
            calls = [call for call in calls if call[0] not in standing.lacking]
            if not calls:
                return Trouble("")
        if len(calls) > standing.batch:
            return self._in_parts(standing, calls, places, done)
        self._sleep_for(self._schedule.delay(standing, len(calls)))
        self.counts.requests += 1
        self.counts.calls += len(calls)
        members = [
            {"jsonrpc": "2.0", "id": index, "method": method, "params": list(params)}
            for index, (method, params) in enumerate(calls)
        ]
        is_batch = len(calls) > 1
        answer = self._http.post(
            endpoint,
            msgspec.json.encode(members if is_batch else members[0]),
            lambda: _LOG.warning("waiting for %s to answer %s", endpoint.name, _told(calls)),
        )
        if is_batch and type(answer) is dict:
            whole = error_of(answer) or {}
            batch = batch_after(whole, len(calls))
            if batch is None and (busy := slower(whole)) is not None:
                return busy
            if batch is not None:
                standing.batch = batch
            # whatever else it means, it says again of each
            return self._in_parts(standing, calls, places, done, 1 if batch is None else batch)
        if is_batch and type(answer) is not list:
            return Trouble("the answer is not JSON-RPC")
        members_told = [item for item in answer if type(item) is dict] if is_batch else []
        found = {item["id"]: item for item in members_told if type(item.get("id")) is int}
        trouble = Trouble("the answer lacks members of the batch" if is_batch else "the answer is not JSON-RPC")
        for index, ((method, _), place) in enumerate(zip(calls, places, strict=True)):
            item = found.get(index) if is_batch else answer
            if type(item) is not dict:
                continue
            error = error_of(item)
            if error is None:
                if "result" in item:
                    done[place] = item["result"]
                continue
            busy = slower(error)
            if busy is not None:
                trouble = busy
                continue
            refused = refusal(endpoint.name, method, error)
            if isinstance(refused, UpstreamFailed):
                trouble = Trouble.of(refused)
                continue
            done[place] = refused
            if isinstance(refused, UpstreamLacksMethod):
                standing.lacking.add(method)
        return trouble

    def _in_parts(
        self,
        standing: Standing,
        calls: Sequence[Call],
        places: Sequence[int],
        done: dict[int, Any],
        size: int | None = None,
    ) -> Trouble:
        """As ``_attempt``, in smaller batches."""
        trouble = Trouble("")
        size = standing.batch if size is None else size
        for start in range(0, len(calls), size):
            part = places[start : start + size]
            trouble = self._attempt(standing, calls[start : start + size], part, done)
            if any(place not in done for place in part):
                break
        return trouble

    def _sleep_for(self, seconds: float) -> None:
        if seconds > 0:
            self._sleep(seconds)


def _told(calls: Sequence[Call]) -> str:
    """Returns a request in words."""
    names = list(dict.fromkeys(method for method, _ in calls))
    more = len(calls) - 1
    return names[0] if not more else f"{', '.join(names[:3])}{' …' if len(names) > 3 else ''} ({len(calls)} calls)"
