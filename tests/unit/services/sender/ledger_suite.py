"""What every ledger must do: run on the one in memory and on the one in PostgreSQL."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.sender.domain.outcomes import Outcome, Told
from services.sender.domain.verdicts import SENT_EARLIER
from services.sender.domain.work import Work
from services.sender.ports import Gates, Ledger, RecordedAs
from shared.contracts.commands import SendCommand
from shared.contracts.gates import Gate
from tests.unit.services.sender.fakes import MAILING, command, work


@dataclass
class Ledgers:
    """Two senders on one ledger; ``once`` is a third, whose provider must not be asked twice."""

    ours: Ledger
    theirs: Ledger
    once: Ledger
    gates: Gates
    now: datetime
    let_leases_run_out: Callable[[], Awaitable[None]]

    def work(self, its_command: SendCommand | None = None, minutes: int = 60) -> Work:
        return work(its_command, not_after=self.now + timedelta(minutes=minutes))

    def outcome(self, its: Work, kind: str, due: int = 1, tier: int | None = None) -> Outcome:
        return Outcome(its, kind, self.now, due, "a_reason", "Why.", 500, 12, tier=tier)  # type: ignore[arg-type]

    async def retrying(self, its: Work, due: int = 2) -> None:
        """Our call of this work failed, and is due again."""
        await self.ours.claim([its])
        await self.ours.record_calls([self.outcome(its, "retrying", due, tier=5)])


def at_attempt(its: Work, attempt: int, dispatch: int = 1, *, unknown: bool = False) -> Work:
    command = its.command._replace(attempt=attempt, dispatch=dispatch, unknown=unknown)
    return Work(command, its.parcel)


async def claimed(ledger: Ledger, *works: Work) -> list[int]:
    """The places in ``works`` of those given out."""
    given = await ledger.claim(works)
    return [place for place, each in enumerate(works) if each.message_id in given]


class LedgerSuite:
    async def test_gives_out_once(self, ledgers: Ledgers) -> None:
        works = [ledgers.work() for _ in range(3)]
        assert await claimed(ledgers.ours, *works[:2]) == [0, 1]
        assert await claimed(ledgers.theirs, *works) == [2]

    async def test_own_claim_may_be_repeated(self, ledgers: Ledgers) -> None:
        one = ledgers.work()
        await ledgers.ours.claim([one])
        assert await ledgers.ours.claim([one]) == {one.message_id: False}

    async def test_lease_runs_out(self, ledgers: Ledgers) -> None:
        one = ledgers.work()
        await ledgers.ours.claim([one])
        await ledgers.let_leases_run_out()
        assert await ledgers.once.claim([one]) == {}
        assert await ledgers.theirs.claim([one]) == {one.message_id: True}

    async def test_retry_is_due_at_its_attempt_only(self, ledgers: Ledgers) -> None:
        one = ledgers.work()
        await ledgers.retrying(one, due=3)
        assert await claimed(ledgers.theirs, at_attempt(one, 1)) == []
        assert await claimed(ledgers.theirs, at_attempt(one, 2)) == []
        assert await claimed(ledgers.theirs, at_attempt(one, 3)) == [0]

    async def test_unknown_attempts_are_remembered(self, ledgers: Ledgers) -> None:
        one = ledgers.work()
        await ledgers.retrying(one)
        due = at_attempt(one, 2, unknown=True)
        assert await ledgers.theirs.claim([due]) == {one.message_id: True}

    async def test_ended_dispatch_is_over_and_the_next_is_not(self, ledgers: Ledgers) -> None:
        one = ledgers.work()
        await ledgers.ours.claim([one])
        await ledgers.ours.record_calls([ledgers.outcome(one, "failed")])
        assert await claimed(ledgers.ours, one) == []
        assert await claimed(ledgers.ours, at_attempt(one, 2)) == []
        assert await claimed(ledgers.ours, at_attempt(one, 1, dispatch=2)) == [0]
        assert await claimed(ledgers.ours, one) == []

    async def test_sent_is_never_given_out_again(self, ledgers: Ledgers) -> None:
        one = ledgers.work()
        await ledgers.ours.claim([one])
        await ledgers.ours.record_calls([ledgers.outcome(one, "sent")])
        assert await claimed(ledgers.ours, one, at_attempt(ledgers.work(), 1)) == [1]
        assert await claimed(ledgers.ours, at_attempt(one, 1, dispatch=9)) == []

    async def test_a_sending_is_told_under_later_dispatches_and_keeps_the_last(
        self, ledgers: Ledgers
    ) -> None:
        one, failed = ledgers.work(), ledgers.work()
        await ledgers.ours.claim([one, failed])
        ended = [ledgers.outcome(one, "sent"), ledgers.outcome(failed, "failed")]
        await ledgers.ours.record_calls(ended)
        tolds = [Told(each._replace(detail=SENT_EARLIER), 3, 1) for each in ended]
        await ledgers.theirs.follow(tolds)
        await ledgers.theirs.follow([tolds[0]._replace(dispatch=2)])
        looks = await ledgers.ours.look([one, failed])
        known = [look.recorded for look in looks if look.recorded is not None]
        assert [(each.state, each.dispatch) for each in known] == [("sent", 3), ("failed", 1)]
        assert (known[0].detail, known[0].at) == (SENT_EARLIER, ledgers.now)
        assert await claimed(ledgers.ours, at_attempt(one, 1, dispatch=9)) == []

    async def test_next_dispatch_waits_for_a_live_lease(self, ledgers: Ledgers) -> None:
        one = ledgers.work()
        await ledgers.ours.claim([one])
        following = at_attempt(one, 1, dispatch=2)
        assert await claimed(ledgers.theirs, following) == []
        await ledgers.let_leases_run_out()
        assert await claimed(ledgers.once, following, at_attempt(following, 2)) == []
        assert await claimed(ledgers.theirs, following) == [0]

    async def test_gates_and_windows_stop(self, ledgers: Ledgers) -> None:
        stopped, free = ledgers.work(), ledgers.work()
        late = ledgers.work(minutes=-1)
        client = stopped.command.client_id
        await ledgers.gates.store([Gate(kind="client", id=client, revision=1, closed=True)])
        assert await claimed(ledgers.ours, stopped, free, late) == [1]
        await ledgers.gates.store([Gate(kind="client", id=client, revision=2, closed=False)])
        assert await claimed(ledgers.ours, stopped) == []
        moved = ledgers.work(command(client_id=client, client_revision=2))
        assert await claimed(ledgers.ours, moved) == [0]

    async def test_gates_change_only_upwards(self, ledgers: Ledgers) -> None:
        one = ledgers.work()
        opened = Gate(kind="mailing", id=MAILING, revision=1, closed=False)
        closed = Gate(kind="mailing", id=MAILING, revision=0, closed=True)
        await ledgers.gates.store([opened, closed, opened])
        await ledgers.gates.store([closed])
        (look,) = await ledgers.ours.look([one])
        assert look.mailing_gate is not None
        assert (look.mailing_gate.revision, look.mailing_gate.closed) == (1, False)

    async def test_looks_come_in_the_order_asked(self, ledgers: Ledgers) -> None:
        known, unknown = ledgers.work(), ledgers.work()
        await ledgers.retrying(known)
        looks = await ledgers.theirs.look([unknown, known])
        assert looks[0].recorded is None
        recorded = looks[1].recorded
        assert recorded is not None
        assert (recorded.state, recorded.attempt, recorded.called) == ("retrying", 2, 1)
        assert (recorded.reason, recorded.detail) == ("a_reason", "Why.")
        assert (recorded.http_status, recorded.latency_ms) == (500, 12)
        assert recorded.next_attempt_at == ledgers.now + timedelta(seconds=5)
        assert recorded.at == ledgers.now

    async def test_whose_lease_it_is(self, ledgers: Ledgers) -> None:
        one = ledgers.work()
        await ledgers.ours.claim([one])
        assert await _lease(ledgers.ours, one) == (True, True)
        assert await _lease(ledgers.theirs, one) == (False, True)
        await ledgers.let_leases_run_out()
        assert await _lease(ledgers.theirs, one) == (False, False)

    async def test_overtaken_outcomes_are_not_recorded(self, ledgers: Ledgers) -> None:
        one = ledgers.work()
        await ledgers.ours.claim([one])
        await ledgers.let_leases_run_out()
        await ledgers.theirs.claim([one])
        assert await ledgers.ours.record_calls([ledgers.outcome(one, "failed")]) == {}
        recorded = await ledgers.theirs.record_calls([ledgers.outcome(one, "failed")])
        assert recorded == {one.message_id: RecordedAs(1, 1)}

    async def test_sent_overrules_whatever_became_of_it(self, ledgers: Ledgers) -> None:
        one = ledgers.work()
        await ledgers.ours.claim([one])
        await ledgers.let_leases_run_out()
        await ledgers.theirs.record_uncalled([ledgers.outcome(one, "returned")])
        following = at_attempt(one, 1, dispatch=2)
        await ledgers.theirs.claim([following])
        recorded = await ledgers.ours.record_calls([ledgers.outcome(one, "sent")])
        assert recorded == {one.message_id: RecordedAs(2, 1)}
        assert await ledgers.theirs.record_calls([ledgers.outcome(following, "failed")]) == {}

    async def test_batch_is_recorded_as_far_as_it_goes(self, ledgers: Ledgers) -> None:
        works = [ledgers.work() for _ in range(5)]
        await ledgers.ours.claim(works[::2])
        outcomes = [ledgers.outcome(each, "sent") for each in reversed(works)]
        assert set(await ledgers.ours.record_calls(outcomes)) == {
            each.message_id for each in works[::2]
        }

    async def test_uncalled_outcomes_need_a_row_nobody_moved(self, ledgers: Ledgers) -> None:
        new, calling, over = ledgers.work(), ledgers.work(), ledgers.work()
        await ledgers.theirs.claim([calling, over])
        await ledgers.theirs.record_calls([ledgers.outcome(over, "sent")])
        returned = [ledgers.outcome(each, "returned") for each in (new, calling, over)]
        assert await ledgers.ours.record_uncalled(returned) == {new.message_id: False}
        assert await ledgers.ours.record_uncalled(returned) == {}

    async def test_uncalled_outcome_keeps_what_stopped_it(self, ledgers: Ledgers) -> None:
        one = ledgers.work(command(attempt=2))
        stopped = ledgers.outcome(one, "returned", due=2)._replace(
            mailing_revision=4, client_revision=6
        )
        await ledgers.ours.record_uncalled([stopped])
        (look,) = await ledgers.ours.look([one])
        assert look.recorded is not None
        assert (look.recorded.called, look.recorded.attempt) == (2, 2)
        assert (look.recorded.mailing_revision, look.recorded.client_revision) == (4, 6)

    async def test_what_may_have_been_accepted_is_remembered_through_all_dispatches(
        self, ledgers: Ledgers
    ) -> None:
        one = ledgers.work()
        await ledgers.ours.claim([one])
        lost = ledgers.outcome(one, "returned")._replace(uncertain=True)
        await ledgers.ours.record_calls([lost])
        second, third = at_attempt(one, 1, dispatch=2), at_attempt(one, 1, dispatch=3)
        stopped = ledgers.outcome(second, "returned")
        assert await ledgers.theirs.record_uncalled([stopped]) == {one.message_id: True}
        assert await ledgers.theirs.claim([third]) == {one.message_id: True}

    async def test_what_a_silent_sender_left_is_uncertain(self, ledgers: Ledgers) -> None:
        silent, untouched = ledgers.work(), ledgers.work()
        await ledgers.ours.claim([silent])
        await ledgers.let_leases_run_out()
        returned = [ledgers.outcome(each, "returned") for each in (silent, untouched)]
        assert await ledgers.theirs.record_uncalled(returned) == {
            silent.message_id: True,
            untouched.message_id: False,
        }

    async def test_nothing_but_a_sending_stands_in_the_way_of_the_next_dispatch(
        self, ledgers: Ledgers
    ) -> None:
        for state in ("retrying", "failed", "unknown", "returned"):
            one = ledgers.work()
            await ledgers.ours.claim([one])
            lost = ledgers.outcome(one, state)._replace(uncertain=True)
            await ledgers.ours.record_calls([lost])
            assert await claimed(ledgers.once, at_attempt(one, 1, dispatch=2)) == [0]

    async def test_nothing_at_all(self, ledgers: Ledgers) -> None:
        nothing: Sequence[Work] = []
        assert await ledgers.ours.claim(nothing) == {}
        assert await ledgers.ours.record_calls([]) == {}


async def _lease(ledger: Ledger, its: Work) -> tuple[bool, bool]:
    (look,) = await ledger.look([its])
    assert look.recorded is not None
    return look.recorded.ours, look.recorded.lease_live
