"""Refusals of a limit are told from those that come whatever the rate."""

import pytest

from services.sender.domain.refusals import MEMORY, Answer, Noise, Question, Tally


def question(before: Tally, after: Tally | None = None, at_ease: Tally | None = None) -> Question:
    asked = Question(0.0, before, 100.0)
    asked.after = after or Tally()
    asked.at_ease = at_ease or Tally()
    return asked


def test_shares() -> None:
    assert (Tally(50, 5).share, Tally().share) == (0.1, 0.0)
    both = Tally(50, 5) + Tally(50, 0)
    assert (both.calls, both.refused) == (100, 5)


@pytest.mark.parametrize(
    ("one", "other", "clearly"),
    [
        (Tally(500, 0), Tally(100, 10), True),
        (Tally(20, 0), Tally(100, 10), False),  # too few to say
        (Tally(100, 8), Tally(100, 10), False),
        (Tally(100, 50), Tally(100, 95), True),
        (Tally(), Tally(100, 10), False),
        (Tally(100, 0), Tally(), False),
    ],
)
def test_a_difference_is_clear_when_chance_does_not_explain_it(
    one: Tally, other: Tally, clearly: bool
) -> None:
    assert one.is_clearly_below(other) is clearly


def test_a_cut_that_took_refusals_away_settles_the_question() -> None:
    assert question(Tally(100, 20), after=Tally(100, 0)).is_settled()
    assert not question(Tally(100, 20), after=Tally(100, 18)).is_settled()
    assert not question(Tally(100, 20)).is_settled()


def test_rare_refusals_are_not_worth_a_question() -> None:
    assert question(Tally(10, 1), after=Tally(1000, 5)).is_settled()
    assert not question(Tally(10, 1), after=Tally(1000, 15)).is_settled()


@pytest.mark.parametrize(
    ("at_ease", "answer"),
    [
        (Tally(100, 0), Answer.LIMIT),
        (Tally(10, 0), None),
        (Tally(100, 18), Answer.NOISE),
        (Tally(10, 2), None),
        (Tally(4, 3), None),
        (Tally(100, 90), None),  # not even at ease: an outage, or a far lower limit
    ],
)
def test_what_comes_at_ease_is_no_limits(at_ease: Tally, answer: Answer | None) -> None:
    assert question(Tally(100, 20), at_ease=at_ease).answer() is answer


def test_many_in_vain_need_one_at_ease() -> None:
    at_ease = Tally(30, 1)
    assert question(Tally(100, 4), Tally(200, 9), at_ease).answer() is Answer.NOISE
    assert question(Tally(100, 4), Tally(200, 2), at_ease).answer() is None


def test_without_noise_only_mishaps_are_explained() -> None:
    assert Noise().explains(Tally(1000, 1), mishaps=1)
    assert not Noise().explains(Tally(1000, 2), mishaps=1)


def test_noise_explains_its_share_and_what_chance_adds() -> None:
    noise = Noise()
    noise.believe(Tally(1000, 20))
    assert noise.explains(Tally(100, 6), mishaps=1)
    assert not noise.explains(Tally(100, 12), mishaps=1)


def test_what_is_known_of_few_calls_explains_more() -> None:
    little, much = Noise(), Noise()
    little.believe(Tally(50, 5))
    much.believe(Tally(2000, 200))
    seen = Tally(1000, 160)
    assert little.explains(seen, mishaps=1)
    assert not much.explains(seen, mishaps=1)


def test_old_calls_fade() -> None:
    noise = Noise()
    noise.believe(Tally(10 * MEMORY, MEMORY))
    assert noise.known.calls == pytest.approx(MEMORY)
    assert noise.share == pytest.approx(0.1)
    noise.learn(Tally(MEMORY, 0.3 * MEMORY))
    assert noise.share == pytest.approx(0.2)


def test_noise_that_has_gone_is_forgotten_at_once() -> None:
    noise = Noise()
    noise.believe(Tally(1000, 100))
    noise.learn(Tally(20, 0))
    assert noise.share > 0.09
    noise.learn(Tally(100, 0))
    assert noise.share == 0.0
    noise.learn(Tally(100, 50))
    assert noise.share == 0.0


def test_what_refuses_most_is_no_noise() -> None:
    noise = Noise()
    noise.believe(Tally(100, 45))
    noise.learn(Tally(2000, 1500))
    assert noise.share == 0.0
