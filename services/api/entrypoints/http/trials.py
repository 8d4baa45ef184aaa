"""Test messages."""

from fastapi import APIRouter

from services.api.domain.rights import Right
from services.api.entrypoints.http.common import Id, Who, Wired
from services.api.entrypoints.http.permissions import guarded
from services.api.entrypoints.http.trials_models import TrialsBody, TrialsView, TrialView
from services.api.handlers import trials

router = APIRouter(prefix="/mailings/{mailing_id}", tags=["mailings"])


@router.post(
    "/test-send",
    summary="Send a mailing's text to a few numbers",
    status_code=202,
    **guarded(Right.MAILINGS_WRITE, also=(404,)),
)
async def test_send(mailing_id: Id, body: TrialsBody, wired: Wired, who: Who) -> TrialsView:
    """At once, at any hour, in every state of the mailing, and in nobody's statistics. Follow each
    under `/messages/{message_id}`. 422 names what the text needs and the client has not."""
    sent = await trials.request_trials(wired, mailing_id, body.phones, body.client_id, who)
    return TrialsView(messages=[TrialView.of(id_, trial) for id_, trial in sent])
