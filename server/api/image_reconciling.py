"""Studies whose patient a person must settle, and the decisions about them."""

from __future__ import annotations

from fastapi import APIRouter, Response

from records.messages import (
    ImageDecisionGiven,
    StrayDecisionGiven,
    StrayImagesView,
    StraysSettled,
    UnsettledStudyView,
)
from server.api.gate import Asking, GuardedRoute
from server.services import image_reconciling, image_strays, images

router = APIRouter(prefix="/api/image-studies", tags=["images"], route_class=GuardedRoute)


@router.get("/unsettled", response_model=list[UnsettledStudyView])
def get_unsettled(caller: Asking) -> Response:
    """What waits, oldest first, then what was decided lately."""
    return caller.ask(image_reconciling.unsettled, refused=images.refusing(list="unsettled"))


@router.get("/strays", response_model=list[StrayImagesView])
def get_strays(caller: Asking) -> Response:
    """Images that contradict what was there first, by study and by whom they name; those that wait come first."""
    return caller.ask(image_strays.listed, refused=images.refusing(list="strays"))


@router.post("/{uid}/decisions", response_model=UnsettledStudyView)
def post_decision(caller: Asking, uid: str, given: ImageDecisionGiven) -> Response:
    """It is this patient's, it is wrong, or what was decided is taken back."""
    return caller.do(lambda desk: image_reconciling.decide(desk, uid, given),
                     refused=images.refusing(study=uid, act=given.decision))


@router.post("/{uid}/strays/decisions", response_model=StraysSettled)
def post_stray_decision(caller: Asking, uid: str, given: StrayDecisionGiven) -> Response:
    """They are of the study's patient and go into it, or they stay apart."""
    return caller.do(lambda desk: image_strays.decide(desk, uid, given),
                     refused=images.refusing(study=uid, act=given.decision))
