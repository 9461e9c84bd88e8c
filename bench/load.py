"""A hundred people at work: each opens a chart of 50 entries every 10 s while 20 drafts a second are saved."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psutil

from bench.house import ROOT, House, house
from bench.measure import Figure, p95
from bench.rows import put_into, row
from records.entries import FormRef
from records.forms import current_form
from records.messages import DraftSave
from server.ids import new_id
from workstation.config import ZONE

SESSIONS, ENTRIES, CHARTS = 100, 50, 20
CHART_EVERY_S, SAVE_EVERY_S = 10.0, 5.0
"""Each session saves every 5 s, so that 100 of them make 20 saves a second."""
WARM_S, SECONDS = 6.0, float(os.environ.get("BENHAN_BENCH_LOAD_S", "60"))
LIMIT_MS = 100.0
DOCTORS = ("ha.lethu", "son.nguyenvan", "thanh.dovan")


def run() -> list[Figure]:
    """The 95th percentile of opening a chart and of saving, refusals, and what the generator itself used."""
    with house() as place:
        charts = [_chart(place, number) for number in range(CHARTS)]
        place.vacuum()
        orders = {
            "port": int(place.url.rsplit(":", 1)[1]), "ca": str(place.home.ca), "warm": WARM_S, "seconds": SECONDS,
            "chart_every": CHART_EVERY_S, "save_every": SAVE_EVERY_S, "sessions": list(_sessions(place, charts)),
        }
        server = psutil.Process(place.process.pid)
        before = sum(server.cpu_times()[:2])
        done = subprocess.run([sys.executable, "-m", "bench.load_generator"], input=json.dumps(orders), text=True,
                              stdout=subprocess.PIPE, check=True, cwd=ROOT)
        busy = sum(server.cpu_times()[:2]) - before
    tally = json.loads(done.stdout)
    return list(_figures(tally, busy / (WARM_S + SECONDS)))


def _figures(tally: dict[str, Any], server_cpu: float) -> Iterator[Figure]:
    for name, times in (("chart of 50 opened", tally["charts"]), ("draft saved", tally["saves"])):
        value = p95(times)
        yield Figure(f"{SESSIONS} sessions: {name}, p95 of {len(times)}", value, LIMIT_MS, "ms", "limit",
                     "under 100 ms", value < LIMIT_MS)
    refused = len(tally["refused"])
    yield Figure(f"{SESSIONS} sessions: requests refused", refused, 0, "requests", "limit", "none", refused == 0)
    generator = tally["cpu_s"] / (WARM_S + SECONDS)
    yield Figure("CPU of the load generator beside it (and of the server)", generator, server_cpu, "cores", "server",
                 "reported", met=True)


def _chart(place: House, number: int) -> UUID:
    encounter = place.encounter(f"Trần Văn Tải {chr(65 + number)}")
    client, account = place.client()
    with closing(client):
        chart = client.chart(encounter)
    rows = [row(chart, account, index, hours_ago=index * 4) for index in range(1, ENTRIES + 1)]
    put_into(place, encounter, rows, f"{number:064x}")
    return encounter


def _sessions(place: House, charts: list[UUID]) -> Iterator[dict[str, Any]]:
    now = datetime.now(UTC).astimezone(ZONE)
    form = current_form("36/BV2", now.date())
    for number in range(SESSIONS):
        encounter = charts[number % CHARTS]
        client, _ = place.client(DOCTORS[number % len(DOCTORS)])
        draft = DraftSave(
            encounter=encounter, form=FormRef(code=form.code, edition=form.edition, kind="row"), occurred_at=now,
            values={"subjective": "Còn sốt, đỡ đau.", "objective": "Mạch 96, nhiệt độ 38,4 °C."}, known_revision=0)
        yield {"token": client.door.token, "encounter": str(encounter), "entry": str(new_id()),
               "key": str(new_id())[:24], "draft": draft.model_dump(mode="json")}
        client.close()
