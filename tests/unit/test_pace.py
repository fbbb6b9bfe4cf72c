"""How many requests at a time: a simulated server that answers one after the other."""

import asyncio
import selectors

import pytest

from visdiff_plugin.chat.pace import Pace


class _Instantly(selectors.DefaultSelector):
    """Waits for nothing: where a loop would sleep, its clock is put forward."""

    now = 0.0

    def select(self, timeout=None):
        self.now += timeout or 0.0
        return super().select(0 if timeout is not None else None)


def simulated(work):
    """Runs a coroutine on a clock of its own: no load of the machine changes the outcome."""
    selector = _Instantly()
    loop = asyncio.SelectorEventLoop(selector)
    loop.time = lambda: selector.now
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()


async def serve(pace, n, threads, seconds, timeout, parallel):
    """Asks n times over a made server; returns how many requests that took, and for how long."""
    loop, sent, free = asyncio.get_running_loop(), 0, asyncio.Semaphore(parallel)
    most = 0

    async def answer():
        async with free:
            await asyncio.sleep(seconds)

    async def one(turns):
        nonlocal sent, most
        async with turns:
            for _ in range(8):
                turn, share = await pace.begin(), None
                began, sent = loop.time(), sent + 1
                most = max(most, pace._busy)
                try:
                    # an abandoned request is answered all the same, as many servers do
                    await asyncio.wait_for(asyncio.shield(asyncio.ensure_future(answer())), timeout)
                    share = (loop.time() - began) / timeout
                    return
                except TimeoutError:
                    pass
                finally:
                    pace.end(turn, share, crowded=share is None, rest=timeout / 2)
                await asyncio.sleep(0.5)
            raise AssertionError("never answered")

    turns = asyncio.Semaphore(threads)
    began = loop.time()
    await asyncio.gather(*(one(turns) for _ in range(n)))
    return sent, loop.time() - began, most


@pytest.mark.parametrize("timeout", [1.2, 1.5, 2.1, 3.0, 3.3, 4.1, 6.0, 8.5, 20.0])
def test_a_server_that_answers_in_turn_is_asked_about_once_for_each(timeout):
    sent, _, _ = simulated(serve(Pace(), 40, 8, 1.0, timeout, 1))
    assert sent <= (46 if timeout >= 3 else 52)


def test_a_server_that_answers_many_at_once_is_asked_so():
    sent, seconds, most = simulated(serve(Pace(), 80, 16, 2.0, 60.0, 64))
    assert sent == 80 and most >= 12
    assert seconds <= 80 * 2.0 / 7


def test_timeouts_of_requests_that_were_sent_together_count_once():
    async def go():
        pace = Pace(8)
        eras = [await pace.begin() for _ in range(8)]
        for era in eras:
            pace.end(era, None, crowded=True)
        return pace.at_once

    assert simulated(go()) == 4


def test_it_never_stops_and_grows_back():
    async def go():
        pace = Pace(2)
        for _ in range(5):
            pace.end(await pace.begin(), None, crowded=True)
        low = pace.at_once
        for _ in range(60):
            eras = [await pace.begin() for _ in range(pace.at_once)]
            for era in eras:
                pace.end(era, 0.05)
        return low, pace.at_once

    low, high = simulated(go())
    assert low == 1 and 3 <= high <= 8


def test_who_gives_up_waiting_leaves_the_turn_to_others():
    async def go():
        pace = Pace(1)
        era = await pace.begin()
        waiting = [asyncio.ensure_future(pace.begin()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        pace.end(era, 0.5)
        waiting[1].cancel()  # it may have been woken already
        return await asyncio.wait_for(waiting[2], 5)

    assert simulated(go()).era == 0
