"""Processes that crawl a site together by a store in PostgreSQL, with what each does when another one is gone."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
import time
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from crawler.store.errors import StoreDamaged, StoreMissing, StoreRefused, StoreUnusable
from crawler.store.interface import Outcome, Result, Robots, Settled
from crawler.store.opening import open_store
from crawler.store.policy import TableStore
from crawler.store.postgres import PostgresTables
from crawler.store.schema import version
from tests.chaos.shared import published, together
from tests.postgres_server import Server, home, started
from tests.store_samples import ask, begin, leased, new_record, outcome
from tests.waiting import until

HOST = "news.example.org"


def opened(url: str, lease: float = 30.0) -> TableStore:
    """Open a store as another process does, and join its run."""
    store = open_store(url, lease=lease)
    begin(store)
    return store


def sleeping(store: TableStore) -> None:
    """Stop a process's signs of life, as if it were stopped or cut off."""
    tables = store.tables
    assert isinstance(tables, PostgresTables)
    tables._ended.set()
    if tables._heart is not None:
        tables._heart.join()


def urls_of(store: TableStore, limit: int = 10) -> list[str]:
    """Lease pages; return their URLs."""
    return [job.url for job in leased(store, limit)]


def test_four_processes_give_what_one_gives(tmp_path: Path, postgres: Server) -> None:
    """Two of them are killed: nothing is lost or twice, hosts are asked at one pace, and one process publishes."""
    faults = together(tmp_path / "one", None, 45, 1, 0, seed=3)
    faults += together(tmp_path / "many", postgres.url(), 45, 4, 2, seed=3)
    assert [] == faults
    assert published(tmp_path / "one") == published(tmp_path / "many")
    assert 45 == len(published(tmp_path / "many"))


def test_a_host_belongs_to_one_process_at_a_time(postgres: Server) -> None:
    """Until that one has no page of it left in flight."""
    url = postgres.url()
    one, two = opened(url), opened(url)
    one.schedule("run", [ask(1), ask(2), ask(3)], 0.0)
    [job] = leased(one, 1)
    assert [] == leased(two)
    one.settle("run", outcome(job), 1.0)
    assert 1 == len(leased(two, 1))
    assert [] == leased(one)
    one.close()
    two.close()


def test_a_process_waits_for_pages_that_others_have(postgres: Server) -> None:
    """It asks again soon; when they are settled, nothing is due."""
    url = postgres.url()
    one, two = opened(url), opened(url)
    one.schedule("run", [ask(1)], 0.0)
    [job] = leased(one, 1)
    now = time.time()
    due = two.next_due("run", now)
    assert due is not None
    assert now < due < now + 60
    one.settle("run", outcome(job), 1.0)
    assert two.next_due("run", now) is None
    one.close()
    two.close()


def test_a_silent_process_loses_its_pages(postgres: Server) -> None:
    """After its lease they go to others, and it cannot settle them any more: no page is settled twice."""
    url = postgres.url()
    one, two = opened(url, lease=3.0), opened(url, lease=3.0)
    one.schedule("run", [ask(1)], 0.0)
    [job] = leased(one, 1)
    sleeping(one)
    until(lambda: urls_of(two) == [job.url])
    with pytest.raises(StoreUnusable, match="gave no sign of life for 3 seconds"):
        one.settle("run", outcome(job), 1.0)
    assert 0 == len(list(two.revisions(run="run")))
    assert two.settle("run", outcome(job), 1.0).written
    one.close()
    two.close()


def test_signs_of_life_keep_a_process(postgres: Server) -> None:
    """Pages that take longer than a lease stay with the process that fetches them."""
    url = postgres.url()
    one, two = opened(url, lease=3.0), opened(url, lease=3.0)
    one.schedule("run", [ask(1)], 0.0)
    [job] = leased(one, 1)
    end = time.monotonic() + 5.0
    while time.monotonic() < end:
        assert [] == leased(two)
        time.sleep(0.1)
    assert one.settle("run", outcome(job), 1.0).written
    one.close()
    two.close()


def test_the_last_process_publishes(postgres: Server) -> None:
    """The others leave; one that is alone stays until it has finished the run."""
    url = postgres.url()
    one, two = opened(url), opened(url)
    assert (1, 0) == (one.leave("run"), two.leave("run"))
    two.finish("run", b"{}")
    assert [False] == [run.open for run in two.runs("numbers")]
    one.close()
    two.close()


def test_one_process_waits_until_the_others_have_left(postgres: Server) -> None:
    """So that one is still at work when the last pages are decided; the others leave when they know that it is alive."""
    url = postgres.url()
    first, second = sorted((opened(url), opened(url)), key=lambda store: tables_of(store)._worker)
    assert [(1, True), (1, True)] == [second.others("run"), second.others("run")]
    assert ((1, True), (1, False)) == (first.others("run"), second.others("run"))
    second.leave("run")
    assert (0, False) == first.others("run")
    first.close()
    second.close()


def test_sequences_follow_the_order_of_commits(postgres: Server) -> None:
    """A reader that has seen a record has seen all before it: a second writer waits for the first one's commit."""
    url = postgres.url()
    one, two = opened(url), opened(url)
    one.schedule("run", [ask(1), ask(2)], 0.0)
    jobs = leased(one, 2)
    tables = two.tables
    assert isinstance(tables, PostgresTables)
    with one.tables.transaction():
        one._settle("run", [outcome(jobs[0])], 1.0, None)
        tables._writer.connection.execute("SET lock_timeout = '300ms'")
        with pytest.raises(StoreUnusable, match="lock timeout"):
            two.settle("run", Outcome(job=jobs[1], result=Result.PASSED), 1.0)
    tables._writer.connection.execute("SET lock_timeout = 0")
    assert two.settle("run", outcome(jobs[1]), 1.0).written
    assert [1, 2] == [revision.sequence for revision in two.revisions(run="run")]
    one.close()
    two.close()


def test_a_store_must_exist_for_commands_that_read(postgres: Server) -> None:
    """And a database with other tables of these names is left alone."""
    with pytest.raises(StoreMissing, match="does not exist yet"):
        open_store(postgres.url(), make=False)
    url = postgres.url("strange")
    with psycopg.connect(url, autocommit=True) as database:
        database.execute("CREATE SCHEMA strange")
        database.execute("CREATE TABLE meta (name TEXT, content TEXT)")
    with pytest.raises(StoreRefused, match="tables of something else"):
        open_store(url)


@pytest.mark.parametrize(("written", "opens"), [(version(), True), (version() + 1, False), (0, False)])
def test_versions(postgres: Server, written: int, *, opens: bool) -> None:
    """A store of a later release is refused; one of an earlier release is migrated (see the next test)."""
    url = postgres.url()
    open_store(url).close()
    with psycopg.connect(url, autocommit=True) as database:
        database.execute("UPDATE meta SET content = %s WHERE name = 'version'", (str(written),))
    if opens:
        open_store(url).close()
    else:
        with pytest.raises(StoreRefused, match=f"version {written}"):
            open_store(url)


def test_a_store_of_the_first_version_is_migrated(postgres: Server) -> None:
    """What has been added since is there afterwards."""
    url = postgres.url()
    open_store(url).close()
    with psycopg.connect(url, autocommit=True) as database:
        later = database.execute("SELECT to_regclass('checks')").fetchone()
        database.execute("DROP TABLE checks, signals, observed, held")
        database.execute("DELETE FROM counters WHERE name = 'checks'")
        database.execute("UPDATE meta SET content = '1' WHERE name = 'version'")
    assert later is not None
    store = open_store(url)
    assert ([], [], {}) == (store.checks("numbers", 10), [*store.held("numbers")], store.history("numbers", ""))
    store.check()
    store.close()


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        ("UPDATE frontier SET url = replace(url, 'news', 'nows') WHERE number = 1", "row 1 of the frontier"),
        ("UPDATE records SET line = overlay(line placing 'x'::bytea from 9)", "record 1 "),
        ("UPDATE quarantine SET line = line || ' '::bytea", "quarantine entry 1 "),
        ("UPDATE runs SET counts = replace(counts, '1', '2')", "the row of run run "),
        ("DELETE FROM records WHERE sequence = 1", "numbers of records"),
        ("DELETE FROM frontier WHERE number = 3", "pages of site numbers"),
        ("UPDATE counters SET amount = 1 WHERE name = 'frontier'", "numbers of frontier"),
    ],
)
def test_damage_is_noticed(postgres: Server, damage: str, fault: str) -> None:
    """A changed letter by the checksum of its row, a lost row or a number set back by the counts; as in a file."""
    url = postgres.url()
    store = opened(url)
    store.schedule("run", [ask(1), ask(7), ask(3)], 0.0)
    for job in leased(store, 2):
        store.settle("run", outcome(job), 1.0)
    store.check()
    with psycopg.connect(url, autocommit=True) as database:
        database.execute(damage.encode())
    with pytest.raises(StoreDamaged, match=fault):
        store.check()
    if "counters" in damage:  # the number of another row is not given again
        with pytest.raises(StoreDamaged, match="duplicate key"):
            store.schedule("run", [ask(9)], 0.0)
    store.close()


def test_a_server_that_fails_loses_nothing() -> None:
    """Its disk full, its connections cut, itself killed: a message each time, and what was settled stays, once."""
    with home() as folder:
        with started(folder, safe=True, largest=2**20) as server:
            url, port = server.url("kept"), server.port
            store = opened(url)
            store.schedule("run", [ask(number) for number in range(20)], 0.0)
            with pytest.raises(StoreUnusable, match=r"the disk has space.* nothing that was stored is lost"):
                settle_large(store)
            kept = len(list(store.revisions(run="run")))
            store.check()
            store.close()
        with started(folder, safe=True, port=port) as server:
            store = opened(url)
            [job, *others] = leased(store, 3)
            assert store.settle("run", outcome(job), 1.0).written
            with psycopg.connect(url, autocommit=True, application_name="other") as database:
                database.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'portalsieve'"
                )
            with pytest.raises(StoreUnusable, match="nothing that was stored is lost"):
                store.settle("run", outcome(others[0]), 1.0)
            store.close()
            store = opened(url, lease=1.0)
            until(lambda: urls_of(store, limit=1) == [others[0].url])
            server.end(hard=True)
            with pytest.raises(StoreUnusable, match="nothing that was stored is lost"):
                store.settle("run", outcome(others[0]), 1.0)
            store.close()
        (folder / "data" / "postmaster.pid").unlink(missing_ok=True)
        with started(folder, safe=True, port=port):
            again = opened(url, lease=1.0)
            again.check()
            assert (kept + 1, True) == (len(list(again.revisions(run="run"))), kept > 0)
            until(lambda: urls_of(again, limit=1) == [others[0].url])
            again.close()
            path = file_of(url, "records")
        page = bytearray((folder / "data" / path).read_bytes())
        page[100] ^= 1
        (folder / "data" / path).write_bytes(page)
        with started(folder, safe=True, port=port):
            damaged = open_store(url)
            with pytest.raises(StoreDamaged, match=r"invalid page .* Restore a backup"):
                damaged.check()
            damaged.close()


def settle_large(store: TableStore) -> None:
    """Settle pages whose records do not get smaller by compression."""
    for number, job in enumerate(leased(store, 20)):
        record = msgspec.structs.replace(new_record(job), line=random.Random(number).randbytes(100_000))
        store.settle("run", Outcome(job=job, result=Result.RECORD, record=record), 1.0)


def file_of(url: str, table: str) -> str:
    """Return a table's file, after what is in memory was written to it."""
    with psycopg.connect(url, autocommit=True) as database:
        database.execute("CHECKPOINT")
        found = database.execute("SELECT pg_relation_filepath(%s)", (table,)).fetchone()
    assert found is not None
    return str(found[0])


def test_a_password_is_not_shown() -> None:
    """Messages name the store without it."""
    with pytest.raises(StoreUnusable) as raised:
        open_store("postgresql://crew:geheim@127.0.0.1:1/portals")
    assert "geheim" not in str(raised.value)
    assert "postgresql://crew:***@127.0.0.1:1/portals: the store cannot be used" in str(raised.value)
    with pytest.raises(StoreUnusable) as raised:
        open_store("postgresql://127.0.0.1:1/portals?user=crew&password=geheim")
    assert "geheim" not in str(raised.value)


def test_a_long_transaction_is_a_sign_of_life(postgres: Server) -> None:
    """A process that adopts many pages takes longer than its lease, and keeps its run."""
    url = postgres.url()
    one, two = opened(url, lease=3.0), opened(url, lease=3.0)
    with one.tables.transaction():
        for _ in range(20):
            time.sleep(0.2)
            one.tables.scheduled("numbers")
    one.schedule("run", [ask(1)], 0.0)
    two.schedule("run", [ask(2)], 0.0)
    one.close()
    two.close()


def test_a_null_character_is_stored(postgres: Server) -> None:
    """A server may send one in a header, which PostgreSQL's text cannot hold."""
    store = opened(postgres.url())
    store.schedule("run", [ask(1)], 0.0)
    [job] = leased(store, 1)
    store.settle("run", msgspec.structs.replace(outcome(job), etag='"a\0b"'), 1.0)
    store.check()
    store.close()


def test_processes_share_the_hosts_out(postgres: Server) -> None:
    """The first one leaves half of them to the second, which gets its pages; a host is nobody's once it has none left."""
    url = postgres.url()
    one, two = opened(url), opened(url)
    pages = [ask(number, host=f"h{number % 4}.example.org") for number in range(16)]
    one.schedule("run", pages, 0.0)
    first = one.lease("run", 16, 2, {}, 1.0)
    second = two.lease("run", 16, 2, {}, 1.0)
    assert (4, 4, 4) == (len(first), len(second), len({job.host for job in [*first, *second]}))
    assert [] == one.lease("run", 16, 2, {job.host: 2 for job in first}, 1.0)
    two.close()
    for job in first:
        one.settle("run", outcome(job), 1.0)
    assert 12 == len(one.lease("run", 16, 16, {}, 1.0))
    one.close()


def test_what_is_verified_only_by_a_check(postgres: Server) -> None:
    """What pages showed, and robots.txt, which a crawl would fetch again; the message is that of a database."""
    url = postgres.url()
    store = opened(url)
    store.schedule("run", [ask(1)], 0.0)
    [job] = leased(store, 1)
    store.settle("run", msgspec.structs.replace(outcome(job), observed=(0, b"{}")), 1.0)
    store.keep_robots("http://a.example.org", Robots(fetched_at=1.0, status=200, body=b"User-agent: *"))
    store.check()
    for table, fault in (
        ("robots", "the robots.txt of http://a.example.org"),
        ("observed", "observed page 0 of run run"),
    ):
        with psycopg.connect(url, autocommit=True) as database:
            database.execute(f"UPDATE {table} SET seal = seal + 1")
        with pytest.raises(
            StoreDamaged, match=f"{fault} does not match .* or set PORTALSIEVE_STORE to another database"
        ):
            store.check()
        with psycopg.connect(url, autocommit=True) as database:
            database.execute(f"UPDATE {table} SET seal = seal - 1")
    store.close()


def test_times_are_those_of_the_server(postgres: Server) -> None:
    """A process whose clock is an hour late waits for a retry as long as the others."""
    url = postgres.url()
    one, two = opened(url), opened(url)
    late = two.tables
    assert isinstance(late, PostgresTables)
    late._skew += 3600
    one.schedule("run", [ask(1)], 0.0)
    [job] = leased(one, 1, 5000.0)
    one.settle("run", Outcome(job=job, result=Result.AGAIN, retry_at=5060.0, failure="http_status"), 5000.0)
    assert two.next_due("run", 1400.0) == pytest.approx(1460.0, abs=1)
    assert ([], 1) == (leased(two, 10, 1450.0), len(leased(two, 10, 1461.0)))
    one.close()
    two.close()


def test_a_process_that_waits_to_write_goes_on(postgres: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another process is in a transaction, its event loop keeps running; then its pages are settled."""
    monkeypatch.setattr("crawler.store.server._PATIENCE", 1e9)
    url = postgres.url()
    one, two = opened(url), opened(url)
    one.schedule("run", [ask(1)], 0.0)
    [job] = leased(two, 1)
    assert isinstance(two.tables, PostgresTables)
    two.tables._writer.connection.execute("SET lock_timeout = '5s'")  # one that waited in the loop would wait for ever

    async def both() -> list[Settled]:
        with one.tables.transaction():
            settling = asyncio.ensure_future(two.settle_all("run", [outcome(job)], 1.0))
            for _ in range(5):
                await asyncio.sleep(0.01)
            assert not settling.done()
        return await settling

    assert [True] == [settled.written for settled in asyncio.run(both())]
    one.close()
    two.close()


def cut(url: str) -> None:
    """Cut all connections of stores on the server."""
    with psycopg.connect(url, autocommit=True, application_name="other") as database:
        database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'portalsieve'"
        )


def tables_of(store: TableStore) -> PostgresTables:
    """Return the tables of a store on a server."""
    assert isinstance(store.tables, PostgresTables)
    return store.tables


def waiting(url: str) -> TableStore:
    """Open a store that waits for its server."""
    store = open_store(url, wait=60.0)
    begin(store)
    return store


def test_connections_that_are_cut_are_made_again(postgres: Server, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever is done next: leasing, settling alone or with others, reading, hosts' turns. Nothing is done twice."""
    store = waiting(url := postgres.url())
    store.schedule("run", [ask(number) for number in range(1, 7)], 0.0)
    cut(url)
    [one, two, three, *_] = leased(store, 3)
    cut(url)
    assert store.settle("run", outcome(one), 1.0).written
    cut(url)
    both = asyncio.run(store.settle_all("run", [outcome(two), outcome(three)], 1.0))
    assert [True, True] == [settled.written for settled in both]
    cut(url)
    assert 3 == store.counts("run")["records"]
    assert (0.0, True) == (store.take_turn(HOST, 5.0, time.time()), store.take_turn(HOST, 5.0, time.time()) > 0)
    cut(url)
    assert 3 == len(leased(store))
    assert 3 == len([*store.revisions(run="run")])
    store.check()
    store.close()
    said = [record.getMessage() for record in caplog.records if record.name == "portalsieve"]
    assert len([one for one in said if "the connection is lost (" in one]) == len(said) / 2 > 4
    assert len([one for one in said if "connected again after" in one]) == len(said) / 2


@pytest.mark.parametrize("committed", [False, True])
def test_a_commit_whose_answer_is_lost(postgres: Server, monkeypatch: pytest.MonkeyPatch, committed: bool) -> None:
    """The server says whether it was committed: the transaction is repeated only if not."""
    store = waiting(postgres.url())
    store.schedule("run", [ask(1)], 0.0)
    [job] = leased(store)
    connection, sent = tables_of(store)._writer.connection, list[str]()
    execute = connection.execute

    def lossy(statement: str, values: Any = None) -> Any:
        if statement != "COMMIT":
            return execute(statement, values)
        sent.append(statement)
        if committed:
            execute(statement)
        connection.close()
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(connection, "execute", lossy)
    settled = store.settle("run", outcome(job), 1.0)
    assert (True, 1, ["COMMIT"]) == (settled.written, len([*store.revisions(run="run")]), sent)
    assert (1, 1) == (store.counts("run")["pages"], store.counts("run")["records"])
    store.check()
    store.close()


def test_a_run_whose_begin_is_not_committed_is_begun_again(postgres: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process does not belong to it yet, so it is not missing there either."""
    store = open_store(postgres.url(), wait=60.0)
    connection = tables_of(store)._writer.connection
    execute = connection.execute

    def lossy(statement: str, values: Any = None) -> Any:
        if statement != "COMMIT":
            return execute(statement, values)
        connection.close()
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(connection, "execute", lossy)
    begin(store)
    store.schedule("run", [ask(1)], 0.0)
    assert ((0, False), 1) == (store.others("run"), len(leased(store)))
    store.close()


def test_pages_that_were_reserved_without_an_answer_are_free(postgres: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or else nobody would ever fetch them; those whose reservation is known stay reserved."""
    store = waiting(postgres.url())
    store.schedule("run", [ask(1), ask(2), ask(3)], 0.0)
    first = leased(store, 1)
    connection = tables_of(store)._aside.connection
    execute = connection.execute

    def lossy(statement: str, values: Any = None) -> Any:
        execute(statement, values)
        connection.close()
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(connection, "execute", lossy)
    assert 2 == len({job.number for job in leased(store)} - {job.number for job in first})
    store.close()


def test_a_server_that_restarts_is_waited_for() -> None:
    """A crawl continues when it is there again; one that stays away for too long is an error."""
    with home() as folder, contextlib.ExitStack() as stack:
        server = stack.enter_context(started(folder, safe=True))
        store, hasty = waiting(url := server.url("kept")), open_store(url, wait=0.1)
        store.schedule("run", [ask(1)], 0.0)
        [job] = leased(store)
        server.end(hard=True)
        with pytest.raises(StoreUnusable, match="nothing that was stored is lost"):
            hasty.sites()
        (folder / "data" / "postmaster.pid").unlink(missing_ok=True)
        again = threading.Thread(
            target=lambda: stack.enter_context(started(folder, safe=True, port=server.port)), daemon=True
        )
        again.start()
        assert store.settle("run", outcome(job), 1.0).written
        again.join()
        store.check()
        store.close()
        hasty.close()
