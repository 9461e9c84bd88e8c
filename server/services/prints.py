"""What was printed or saved as a file, of whom and by whom (R40, R42)."""

from __future__ import annotations

from uuid import UUID

from records.errors import Refusal
from records.forms import form
from records.messages import PrintedDocument, PrintNotice, PrintRun, PrintView
from records.prints import code_in, record_of
from server.services import rights
from server.services.hospital import Desk
from server.store import entries as store
from server.store import patients, prints, stays
from server.store.stays import Place


def note(desk: Desk, encounter: UUID, notice: PrintNotice) -> None:
    """Write the print into the audit; it may have happened while the server was away, and then says when."""
    place = stays.place(desk.db, encounter)
    if place is None:
        raise Refusal.because("thing_unknown", "encounter")
    rights.demand_sight(desk, place.wards)
    if notice.entry is not None:
        found = store.entry(desk.db, notice.entry)
        if found is None or found.encounter != encounter:
            raise Refusal.because("thing_unknown", "entry")
    desk.note("print", patient=place.patient, encounter=encounter, entry=notice.entry,
              facts={"form": notice.form_code, "what": notice.what, "look_up_code": notice.look_up_code,
                     "versions": [f"{one.entry}.{one.version}" for one in notice.versions],
                     "report": notice.report, "at": notice.at.isoformat()})
    desk.scope = encounter


def look_up(desk: Desk, scanned: str) -> PrintView:
    """What the paper with this code was, for people who may see that record; the look is in the audit (R40, R42).

    A code that nobody printed and one of a record that the person may not see are told apart only after the right.
    """
    code = code_in(scanned)
    encounter = prints.encounter_of(desk.db, record_of(code))
    place = stays.place(desk.db, encounter) if encounter else None
    if place is None:
        raise Refusal.because("print_unknown", code)
    rights.demand_sight(desk, place.wards)
    runs = prints.runs(desk.db, place.patient, place.id, code)
    if not runs:
        raise Refusal.because("print_unknown", code)
    desk.note("print.look_up", patient=place.patient, encounter=place.id, facts={"look_up_code": code})
    return _view(desk, place, code, runs)


def _view(desk: Desk, place: Place, code: str, runs: tuple[prints.Printed, ...]) -> PrintView:
    form_code = code.removeprefix(f"{place.record_no}/").rpartition("/")[0]
    now = prints.of_form(desk.db, place.id, form_code)
    on_paper = {entry: number for entry, number in runs[0].versions if entry in now}
    patient = patients.read(desk.db, place.patient)
    return PrintView(
        look_up_code=code, form_code=form_code, record_no=place.record_no,
        form_name=next((_form_name(one) for one in now.values()), form_code),
        patient_name=patient.full_name if patient else "",
        runs=tuple(PrintRun(at=run.at, person_name=run.person_name, what=run.what) for run in runs),
        documents=tuple(_document(entry, number, now[entry]) for entry, number in on_paper.items()),
        # One entry's own file never held the others.
        added=0 if runs[0].single else sum(
            entry not in on_paper and not one.cancelled for entry, one in now.items()))


def _form_name(one: prints.Now) -> str:
    return form(one.form.code, one.form.edition).name


def _document(entry: UUID, number: int, now: prints.Now) -> PrintedDocument:
    kind = form(now.form.code, now.form.edition).kind(now.form.kind)
    return PrintedDocument(entry=entry, name=kind.name, author=now.author, occurred_at=now.occurred_at, version=number,
                           newest=now.newest, cancelled=now.cancelled, replaced=now.replaced)
