"""The composition root: settings in, a served application out. Only this module knows all the parts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI

from server.api import (
    audit,
    certificates,
    closing,
    confirmations,
    delegations,
    dicomweb,
    dicomweb_pictures,
    dicomweb_storing,
    drafts,
    encounters,
    entries,
    events,
    evidence,
    health,
    image_reconciling,
    image_reports,
    imaging_orders,
    looks,
    organisation,
    pacs,
    patients,
    prints,
    problems,
    remote_signing,
    sessions,
    settlements,
    signing_board,
    trust,
)
from server.api.image_reading import router as image_reading
from server.api.short_way import Hands, ShortWay, questions_of
from server.dicom.beside import beside
from server.services.gathering import gathering
from server.services.hospital import Hospital
from server.services.live import Feed
from server.services.remote_polling import polling
from server.services.sealing import sealing
from server.settings import Settings
from server.store import base

ROUTERS = (
    health.router, sessions.doorway, sessions.router, patients.router, image_reading, encounters.router, entries.router,
    drafts.router, certificates.router, confirmations.router, settlements.router, audit.router, delegations.router,
    events.router, prints.router, evidence.router, organisation.router, signing_board.router, trust.router,
    remote_signing.router, remote_signing.calls, closing.router, looks.router, imaging_orders.router,
    image_reports.router, image_reconciling.router,
)


def create_app(settings: Settings) -> FastAPI:
    """The application over one hospital's database, blobs and keys."""
    hospital = Hospital.open(settings)
    hands = Hands(settings.pool_size)
    feed = Feed(base.plain_dsn(settings.dsn), base.CHANNEL)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        # A thread more than there are connections would only wait for one, and fight for the interpreter meanwhile.
        current_default_thread_limiter().total_tokens = settings.pool_size
        async with feed.listening(), sealing(hospital), gathering(hospital), polling(hospital), \
                beside(settings):
            yield
        hands.close()
        hospital.close()

    app = FastAPI(title="Bệnh Án", version=hospital.build, lifespan=life, docs_url=None, redoc_url=None)
    app.state.hospital = hospital
    app.state.feed = feed
    problems.install(app)
    pictures = ((dicomweb.router, dicomweb_pictures.router, dicomweb_storing.router) if hospital.pacs is None
                else (pacs.router,))
    for router in (*pictures, *ROUTERS):
        # As they are: included, FastAPI would make each anew with the first request, which a person waits for.
        app.router.routes.extend(router.routes)
    app.add_middleware(ShortWay, routes=[one for router in pictures for one in questions_of(router.routes)],
                       hands=hands)
    return app
