from services.sender.domain.intake import Intake
from services.sender.domain.work import Lane, Parcel, Work
from tests.unit.services.sender.fakes import FakeReceipt, command, parcel


def filled(*parcels: Parcel) -> Intake:
    intake = Intake()
    for each in parcels:
        intake.put(each)
    return intake


def ids(works: list[Work]) -> list[int]:
    return [each.message_id for each in works]


def test_urgent_before_retries_before_the_rest() -> None:
    intake = filled(
        parcel(command(1), command(2)),
        parcel(command(3), lane=Lane.AGAIN),
        parcel(command(4), lane=Lane.URGENT),
    )
    assert ids(intake.take(3)) == [4, 3, 1]
    assert ids(intake.take(3)) == [2]
    assert intake.take(3) == []


def test_put_back_keeps_the_order() -> None:
    intake = filled(parcel(command(1), command(2), command(3)))
    intake.put_back(intake.take(2))
    assert ids(intake.take(3)) == [1, 2, 3]


def test_dead_parcels_are_dropped_and_do_not_count() -> None:
    dead = FakeReceipt(alive=False)
    intake = filled(parcel(command(1), receipt=dead), parcel(command(2)))
    assert ids(intake.take(1)) == [2]
    assert len(intake) == 0


def test_parcels_can_be_dropped_as_a_whole() -> None:
    gone, kept = parcel(command(1), command(2)), parcel(command(3))
    intake = filled(gone, kept)
    intake.drop([gone])
    assert intake.parcels() == {kept}
    assert ids(intake.take(5)) == [3]
