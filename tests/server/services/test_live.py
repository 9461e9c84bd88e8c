"""The live feed: what the database tells reaches every stream, and a stream that was cut off says so by ending."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
from sqlalchemy import Engine

from server.cluster import APP
from server.services.live import BACKLOG, Event, Feed, Stream, as_sse, told
from server.store import base
from tests.databases import Database

LIMIT_S = 20


def listening(database: Database, act: Callable[[Feed], Awaitable[Any]]) -> Any:
    """Run something beside a feed that listens."""
    async def run() -> Any:
        feed = Feed(base.plain_dsn(database.dsn), base.CHANNEL)
        async with feed.listening():
            await until_listening(database)
            return await asyncio.wait_for(act(feed), LIMIT_S)

    return asyncio.run(run())


async def until_listening(database: Database) -> None:
    """Wait until the feed's connection has said LISTEN."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%%'"
    async with await psycopg.AsyncConnection.connect(database.admin_dsn, autocommit=True) as admin:
        while (await (await admin.execute(query)).fetchone()) == (0,):  # noqa: ASYNC110 -- no event tells it
            await asyncio.sleep(0.02)


def test_a_notice_reaches_every_stream_when_its_transaction_commits(database: Database, engine: Engine) -> None:
    async def act(feed: Feed) -> list[Event | None]:
        async with feed.stream() as one, feed.stream() as two:
            with base.transaction(engine) as db:
                base.notify(db, "entry", entry="e")
                assert one.queue.empty()
            return [await one.queue.get(), await two.queue.get()]

    heard = listening(database, act)
    assert [(event.topic, event.data) for event in heard] == [("entry", {"entry": "e"})] * 2


def test_when_the_database_goes_away_every_stream_ends_and_the_feed_listens_again(
    database: Database, engine: Engine,
) -> None:
    async def act(feed: Feed) -> Event | None:
        async with feed.stream() as cut:
            with psycopg.connect(database.admin_dsn, autocommit=True) as admin:
                admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s "
                              "AND query LIKE 'LISTEN%%'", (APP,))
            assert await cut.queue.get() is None
        await until_listening(database)
        async with feed.stream() as again:
            with base.transaction(engine) as db:
                base.notify(db, "board")
            return await again.queue.get()

    event = listening(database, act)
    assert event.topic == "board"


def test_a_reader_that_does_not_keep_up_is_ended_not_fed_for_ever() -> None:
    async def fill() -> Stream:
        stream = Stream()
        for number in range(BACKLOG + 5):
            stream.put(Event(number, "entry", {}))
        return stream

    stream = asyncio.run(fill())
    assert stream.queue.qsize() <= BACKLOG + 1
    ended = [stream.queue.get_nowait() for _ in range(stream.queue.qsize())]
    assert ended[-1] is None


def test_a_stream_after_the_program_began_to_stop_ends_at_once() -> None:
    async def late() -> Event | None:
        feed = Feed("", "")
        feed.close()
        async with feed.stream() as stream:
            return await stream.queue.get()

    assert asyncio.run(late()) is None


def test_heartbeats_come_in_silence_and_end_with_the_session() -> None:
    answers = iter((True, False))

    async def alive() -> bool:
        return next(answers)

    async def read() -> list[str]:
        return [part async for part in told(Stream(), lambda _: True, alive, heartbeat_s=0.01)]

    assert asyncio.run(read()) == [": open\n\n", ": heartbeat\n\n"]


def test_an_event_travels_as_the_standard_says() -> None:
    assert as_sse(Event(7, "entry", {"entry": "é"})) == 'id: 7\nevent: entry\ndata: {"entry": "\\u00e9"}\n\n'
