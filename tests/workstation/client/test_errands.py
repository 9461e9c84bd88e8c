"""The courier over a real socket: large answers, what is given up, idle lines, and every way in which it can die."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest

from records.errors import Cancelled, Refusal, Trouble
from workstation.client import Client, SignedOut
from workstation.client.courier import THREADS

LARGE = bytes(range(256)) * 11_000 + b"end"
"""Two pieces and a part of a third."""
LONG = 1 << 26


class Counter(ThreadingHTTPServer):
    """A server whose answers the test writes; HTTP/1.1, so that connections stay."""

    daemon_threads = True
    answer: Callable[[BaseHTTPRequestHandler], None]

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.lines: set[int] = set()
        """Ports from which it was asked: one for each connection."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Counter

    def do_GET(self) -> None:
        self.server.lines.add(self.client_address[1])
        self.server.answer(self)

    def log_message(self, *_: object) -> None:
        """Silence."""


def told(at: BaseHTTPRequestHandler, body: bytes, status: int = 200, length: int | None = None) -> None:
    at.send_response(status)
    at.send_header("Content-Type", "a/b")
    at.send_header("Content-Length", str(len(body) if length is None else length))
    at.end_headers()
    at.wfile.write(body)


@pytest.fixture
def counter() -> Iterator[Counter]:
    server = Counter()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def client(counter: Counter) -> Iterator[Client]:
    made = Client(counter.url, timeout_s=10, workstation="PC-3")
    yield made
    made.close()
    assert made.door.errands.pid is None


def read(client: Client, path: str = "/x", given_up: Callable[[], bool] | None = None) -> bytes:
    return client.door.read(path, accept="*/*", given_up=given_up)[1]


def test_large_answers_come_whole_many_at_once_over_few_connections(counter: Counter, client: Client) -> None:
    counter.answer = lambda at: told(at, at.path.encode() + LARGE)
    client.door.token = "abc"
    client.door.warm()
    with ThreadPoolExecutor(6) as many:
        came = list(many.map(lambda number: read(client, f"/{number}?q=1"), range(40)))
    assert came == [f"/{number}?q=1".encode() + LARGE for number in range(40)]
    assert len(counter.lines) <= THREADS


def test_who_asks_is_said_and_a_refusal_is_one(counter: Counter, client: Client) -> None:
    asked: list[dict[str, str]] = []

    def answer(at: BaseHTTPRequestHandler) -> None:
        asked.append({name: at.headers[name] for name in ("Authorization", "X-Workstation", "Accept")})
        told(at, b"{}", {"/401": 401, "/403": 403, "/503": 503}[at.path])

    counter.answer, client.door.token = answer, "abc"
    for path, kind in (("/401", SignedOut), ("/403", Refusal), ("/503", Trouble)):
        with pytest.raises(kind):
            read(client, path)
    assert asked == [{"Authorization": "Bearer abc", "X-Workstation": "PC-3", "Accept": "*/*"}] * 3


def test_a_list_is_taken_apart_and_what_is_none_comes_as_it_is(counter: Counter, client: Client) -> None:
    items = [{"00080018": {"vr": "UI", "Value": [f"1.{number}"]}, "00100010": {"vr": "PN"}} for number in range(3)]
    counter.answer = lambda at: told(at, {"/list": json.dumps(items).encode(), "/none": b"[]"}.get(at.path, b"?{"))
    kept = [json.loads(text) for text in client.door.read_list("/list", ["00080018"])]
    assert kept == [[{"00080018": item["00080018"]}] for item in items]
    assert client.door.read_list("/none", ["00080018"]) == [b"[]"]
    assert client.door.read_list("/rubbish", ["00080018"]) == [b"?{"]


def test_a_line_that_lay_idle_and_was_ended_is_opened_again(counter: Counter, client: Client) -> None:
    def once(at: BaseHTTPRequestHandler) -> None:
        told(at, LARGE)
        at.close_connection = True  # and says nothing of it

    counter.answer = once
    assert [read(client) for _ in range(3)] == [LARGE] * 3
    assert len(counter.lines) == 3


def test_an_answer_that_is_cut_is_trouble_and_never_half_a_picture(counter: Counter, client: Client) -> None:
    def cut(at: BaseHTTPRequestHandler) -> None:
        told(at, LARGE, length=len(LARGE) + 1)
        at.close_connection = True

    counter.answer = cut
    with pytest.raises(Trouble) as caught:
        read(client)
    assert caught.value.reasons[0].code == "server_away"


def test_what_is_given_up_ends_the_line_when_much_is_still_to_come(counter: Counter, client: Client) -> None:
    ended, wanted = threading.Event(), threading.Event()

    def long(at: BaseHTTPRequestHandler) -> None:
        try:
            told(at, b"", length=LONG)
            while not ended.is_set():
                at.wfile.write(bytes(1 << 16))
                wanted.set()
        except OSError:
            ended.set()
        at.close_connection = True

    counter.answer = long
    with pytest.raises(Cancelled):
        read(client, given_up=wanted.is_set)
    assert ended.wait(10)


def test_what_is_nearly_here_is_taken_though_it_was_given_up(counter: Counter, client: Client) -> None:
    asked = threading.Event()

    def answer(at: BaseHTTPRequestHandler) -> None:
        asked.set()
        told(at, LARGE[:1000])

    counter.answer = answer
    assert read(client, given_up=asked.is_set) == LARGE[:1000]


def test_a_killed_courier_is_sent_again_and_nothing_is_lost(counter: Counter, client: Client) -> None:
    asked, may = threading.Semaphore(0), threading.Event()

    def late(at: BaseHTTPRequestHandler) -> None:
        asked.release()
        may.wait(10)
        told(at, at.path.encode() + LARGE)

    counter.answer = late
    with ThreadPoolExecutor(4) as many:
        errands = [many.submit(read, client, f"/{number}") for number in range(4)]
        for _ in errands:
            assert asked.acquire(timeout=10)
        first = client.door.errands.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        may.set()
        assert [errand.result() for errand in errands] == [f"/{number}".encode() + LARGE for number in range(4)]
    assert client.door.errands.pid not in (None, first)


def test_where_the_courier_always_dies_the_window_goes_itself(counter: Counter, client: Client) -> None:
    deaths: list[int] = []

    def deadly(at: BaseHTTPRequestHandler) -> None:
        pid = client.door.errands.pid
        if len(deaths) < 2 and pid is not None:
            deaths.append(pid)
            os.kill(pid, signal.SIGKILL)
            at.close_connection = True
            return
        told(at, b"by ourselves")

    counter.answer = deadly
    assert read(client) == b"by ourselves"
    assert len(set(deaths)) == 2


def test_where_no_courier_can_be_started_the_window_goes_itself(
        counter: Counter, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    counter.answer = lambda at: told(at, b"[{}]")
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert read(client) == b"[{}]"
    assert client.door.read_list("/list", ["00080018"]) == [b"[{}]"]


def test_closing_ends_the_courier_and_who_waits_hears_nothing_more(counter: Counter, client: Client) -> None:
    asked, may = threading.Event(), threading.Event()

    def never(at: BaseHTTPRequestHandler) -> None:
        asked.set()
        may.wait(10)
        at.close_connection = True

    counter.answer = never
    with ThreadPoolExecutor(1) as one:
        errand = one.submit(read, client)
        assert asked.wait(10)
        pid = client.door.errands.pid
        assert pid is not None
        client.close()
        assert not psutil.pid_exists(pid)
        with pytest.raises(Cancelled):
            errand.result()
    may.set()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="tells of its files on Linux")
def test_what_the_courier_loads_never_finds_its_pipes(counter: Counter, client: Client) -> None:
    """On Windows a library that is loaded while the next order is awaited would hang over them."""
    counter.answer = lambda at: told(at, b"here")
    client.door.read("/one", accept="*/*")
    files = Path(f"/proc/{client.door.errands.pid}/fd")
    assert [str((files / number).readlink()) for number in ("0", "1", "2")] == [os.devnull] * 3


def test_the_courier_ends_with_a_program_that_was_killed() -> None:
    program = ("import sys, time\nfrom workstation.client import Client\nclient = Client('http://127.0.0.1:1')\n"
               "client.door.warm()\nprint(client.door.errands.pid, flush=True)\ntime.sleep(60)\n")
    window = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True,
                              cwd=Path(__file__).parents[3])
    assert window.stdout is not None
    with window.stdout as said:
        courier = psutil.Process(int(said.readline()))
    assert courier.is_running()
    window.kill()
    window.wait()
    courier.wait(10)
