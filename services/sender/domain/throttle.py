"""How many calls a second this sender makes: found from what the provider refuses.

No limit is known at first. Once the provider refuses calls (429, or 503 with Retry-After), the rate
seeks its limit by itself. Senders need no word with each other: each sees refusals in proportion to
what it sends, so together they come to the limit.

*Down*: what was accepted a second is what the provider gives, the ceiling; the rate is cut to a
little less (``domain/pace.py``). Refusals that no cut takes away are no limit's
(``domain/refusals.py``); to find that out all senders hold back in the same seconds of the clock.

*Up*: the rate rises by itself. It waits at its ceiling while a cut is in question, and until enough
calls were accepted for those that were refused: so refusals are rare, whatever the rate. One that
nobody needs does not rise, for nothing would test it; after a long calm it is forgotten.

Instants and durations are seconds, of a monotonic clock.
"""

from math import inf, sqrt
from typing import NamedTuple

from services.sender.domain.pace import Pace
from services.sender.domain.refusals import MOST, Answer, Noise, Question, Tally
from services.sender.domain.spans import SHORTEST, Span

LONGEST = 5.0  # of a span, while few answers came
# Refusals that say nothing yet: one may be a mishap, and a cut may take a moment to help.
MISHAPS = 1
MISHAPS_AFTER_CUT = 3
SETTLING = 1.5  # after a cut: others have to notice, too
# Every fifth call: then the provider does not mean single calls, and the channel waits as told.
MUCH = 0.2

DEEPEST = 0.5  # of one cut where a rate is known: the next one is a second away
SHALLOW = 0.8  # of what was accepted of all calls: pauses, too, make it less a second
NEAR = 1.3  # times the ceiling: up to there all that was accepted since the last cut tells of it
TOLD = 10  # calls; of fewer a large share may be chance
BLIND = 0.1  # of what was tried, where nothing was accepted

CALLS_PER_REFUSAL = 110  # accepted before the rate may rise beyond its ceiling
OWING = 12.0  # and the longest that takes
TRUSTED = 200  # calls without a reason to cut, before the limit seems to be gone
CALM = 90.0

IN_QUESTION = 10.0  # the longest that a cut keeps the rate at its ceiling for being in question
PATIENCE = 60.0  # for an answer
IN_VAIN = 3  # cuts; then the senders hold back
PATIENT = 0.6  # of the rate that is in question: no lower while that is due

EASE = 0.4  # of the rate in question
EASE_EVERY = 10.0  # by the clock, so that all senders who ask do it together
EASE_WITHIN = 1.0
EASE_STARTS = 0.5  # for calls under way to end
SHORTEST_EASE = 1.5
LONGEST_EASE = 6.0
LONGEST_DOUBT = 3.0

# Until the next question may be asked; each answer that was known makes it four times as long.
ASK_AFTER = 5.0
DOUBT_AFTER = 20.0
LONGEST_AFTER = 80.0


class Ease(NamedTuple):
    """Some seconds at a low rate; ``resume``: where the rate was."""

    began: float
    question: Question
    resume: tuple[float, float, float]

    def is_over(self, now: float, *, doubting: bool) -> bool:
        lasted = now - self.began
        told = lasted >= SHORTEST_EASE and self.question.answer() is not None
        return told or lasted > (LONGEST_DOUBT if doubting else LONGEST_EASE)


class Throttle:
    """Asked before calls, told of them and of their answers."""

    def __init__(self, now: float, clock: float) -> None:
        """``clock``: seconds of the same clock for all senders, at ``now``."""
        self.noise = Noise()
        self._pace = Pace(now)
        self._ahead = clock - now
        self._cut_at = -inf  # what began before says nothing
        self._owed = 0.0
        self._paused_until = now
        self._since_cut = Span(now)
        self._lately = Span(now)
        self._before: Span | None = None
        self._started_at = -inf
        self._idle = True
        self._question: Question | None = None
        self._doubting = False  # the question is whether noise is still there
        self._give_back = (inf, inf)
        self._ease: Ease | None = None
        self._ask_at = now
        self._ask_after = 0.0

    @property
    def rate(self) -> float:
        """Calls a second, ``inf`` while no limit is known."""
        return self._pace.rate

    def allows(self, now: float, wanted: int) -> int:
        """How many of so many calls may begin."""
        if self._pace.rate == inf:
            return wanted
        self._advance(now)
        return self._pace.allows(wanted) if self._pace.is_limited else wanted

    def wait(self, now: float, wanted: int) -> float:
        """Seconds until a claim is worth making for ``wanted`` calls; 0 when it is now."""
        if self._pace.rate == inf:
            return 0.0
        self._advance(now)
        return self._pace.wait(now, wanted) if self._pace.is_limited else 0.0

    def started(self, now: float) -> None:
        """A call begins."""
        if now > self._started_at + LONGEST and now > self._pace.needed_at + LONGEST:
            self._begin_spans(now)
        elif self._idle:
            self._lately = Span(now)
        self._idle = False
        self._started_at = now
        if self._pace.rate != inf:
            self._pace.take()

    def accepted(self, started: float, now: float) -> None:
        """The provider took the time to answer a call that began at ``started`` as such."""
        lately = self._lately
        lately.accepted += 1
        self._owed -= 1
        if started >= self._cut_at:
            lately.tally.calls += 1
        if now >= lately.began + SHORTEST:
            self._judge(now)

    def refused(self, started: float, now: float, pause: float) -> bool:
        """A call came too fast, and the provider says to wait ``pause`` seconds. Whether the whole
        channel should: where single calls are refused, slowing down is enough."""
        tally = self._lately.tally
        if started >= self._cut_at:
            tally.calls += 1
            tally.refused += 1
        self._pace.needed_at = now
        waits = False
        if not (self.noise.share and self._is_explained()):
            self._owed = max(0.0, self._owed) + CALLS_PER_REFUSAL
            waits = self._recent().share >= MUCH
        if waits:
            self._pause(now, pause)
        self._judge(now)
        return waits

    def _pause(self, now: float, seconds: float) -> None:
        until = max(now, self._paused_until)
        more = max(0.0, now + seconds - until)
        self._lately.paused += more
        self._paused_until = until + more

    def _advance(self, now: float) -> None:
        if self._ease is not None and now > self._ease.began + LONGEST_EASE:
            self._end_ease(self._ease, now)
        pace = self._pace
        if not pace.was_short and now - pace.needed_at > CALM:
            pace.forget()
        if not pace.is_limited:
            return
        tested = pace.refill(now)
        if tested and self._ease is None:
            calls = self._since_cut.tally.calls + self._lately.tally.calls
            pace.rise(tested, held=self._is_held(now), trusted=calls >= TRUSTED)

    def _is_held(self, now: float) -> bool:
        elapsed = now - self._cut_at
        owes = self._owed > 0 and elapsed < OWING
        return owes or (self._asks() and elapsed < IN_QUESTION)

    def _asks(self) -> bool:
        return self._question is not None and not self._doubting

    def _recent(self) -> Tally:
        lately = self._lately.tally
        return lately if self._before is None else self._before.tally + lately

    def _is_explained(self) -> bool:
        """Whether the refusals lately are no reason to cut the rate."""
        lately = self._lately.tally
        if self._asks() and not self._pace.is_beyond:
            return self.noise.explains(self._since_cut.tally + lately, MISHAPS_AFTER_CUT)
        sought = self._pace.is_beyond and not self.noise.share
        return self.noise.explains(lately, 0 if sought else MISHAPS)

    def _judge(self, now: float) -> None:
        if self._ease is not None:
            self._judge_at_ease(self._ease, now)
            return
        if not self._is_explained():
            began = self._cut_at if self._pace.is_limited else self._lately.began
            if now >= began + SHORTEST:
                self._too_fast(now)
        elif self._have_told(now):
            self._close(now)
        question = self._question
        if question is not None and question.in_vain >= IN_VAIN and self._may_ask(now):
            self._begin_ease(question, now)

    def _may_ask(self, now: float) -> bool:
        return now >= self._ask_at and (now + self._ahead) % EASE_EVERY < EASE_WITHIN

    def _have_told(self, now: float) -> bool:
        tally, lasted = self._lately.tally, now - self._lately.began
        if lasted < SHORTEST or lasted >= LONGEST:
            return lasted >= LONGEST
        if self.noise.share:
            return self.noise.would_be_missed(tally)
        return tally.refused == 0

    def _close(self, now: float) -> None:
        lately = self._take(now)
        few = lately.tally.refused < self.noise.share * lately.tally.calls
        if few or not self._pace.is_beyond:
            self.noise.learn(lately.tally)
        question = self._question
        if question is None:
            if self.noise.share and now >= self._ask_at:
                self._doubt(lately.tally.calls / max(SHORTEST, now - lately.began), now)
        elif now > question.raised + PATIENCE or (self._asks() and question.is_settled()):
            self._drop_question()

    def _take(self, now: float) -> Span:
        """Ends what is counted as lately."""
        lately = self._lately
        self._since_cut.accepted += lately.accepted
        self._since_cut.paused += lately.paused
        self._since_cut.tally += lately.tally
        if self._question is not None and self._asks() and not self._pace.is_beyond:
            self._question.after += lately.tally
        self._before, self._lately = lately, Span(now)
        return lately

    def _too_fast(self, now: float) -> None:
        recent, before = self._recent(), self._before
        in_question = self._asks() and not self._pace.is_beyond
        lately = self._take(now)
        told = self._since_cut.tally if in_question else recent
        given = self._given(lately, before, now)
        first = not self._pace.is_limited
        question = self._ask(told, lately.tried_at_work(now) if first else self._pace.rate, now)
        is_due = question.in_vain >= IN_VAIN and not first
        if not is_due or told.share > MUCH or self._pace.rate > PATIENT * question.tried:
            self._lower(told, given, now)
        self._start_over(now)
        if told.share < MUCH:
            self._cut_at += SETTLING
        if question.before.share > MOST and told.calls >= TOLD:
            self._drop_question()
        elif first:
            self._begin_ease(question, now)

    def _ask(self, told: Tally, tried: float, now: float) -> Question:
        question = self._question
        if (
            question is None
            or self._doubting
            or question.is_settled()
            or question.before.is_clearly_below(told)
        ):
            # Where no limit is known there is nothing to cut a little: that is found out at once.
            in_vain = 0 if self._pace.is_limited else IN_VAIN
            question = self._question = Question(now, told, tried, in_vain)
            self._doubting = False
            self._give_back = (self._pace.rate, self._pace.ceiling)
        else:
            question.in_vain += 1
        return question

    def _given(self, lately: Span, before: Span | None, now: float) -> float:
        if self._pace.rate <= NEAR * self._pace.ceiling < inf:
            return self._since_cut.given_at_work(now)
        both = Span(lately.began if before is None else before.began)
        both.accepted = lately.accepted + (0 if before is None else before.accepted)
        return both.given(now)

    def _lower(self, told: Tally, given: float, now: float) -> None:
        rate = self._pace.rate
        if rate == inf:
            self._pace.cut(now, given or BLIND * told.calls)
            return
        surely = (told.refused - sqrt(told.refused)) / told.calls
        least = max(DEEPEST, SHALLOW * (1 - told.share))
        self._pace.cut(now, max(least * rate, min(given, (1 - surely) * rate)))

    def _start_over(self, now: float) -> None:
        self._begin_spans(now)
        self._idle = True
        self._cut_at = now

    def _begin_spans(self, now: float) -> None:
        """An idle time tells nothing of what the provider gives."""
        self._since_cut, self._lately, self._before = Span(now), Span(now), None

    def _doubt(self, tried: float, now: float) -> None:
        self._question = Question(now, self.noise.known, tried, IN_VAIN)
        self._doubting = True
        self._give_back = (self._pace.rate, self._pace.ceiling)

    def _drop_question(self) -> None:
        self._question = None
        self._doubting = False

    def _begin_ease(self, question: Question, now: float) -> None:
        resume = self._pace.ease(now, EASE * min(self._pace.rate, question.tried))
        self._ease = Ease(now, question, resume)
        self._start_over(now)
        self._cut_at = now + EASE_STARTS

    def _judge_at_ease(self, ease: Ease, now: float) -> None:
        ease.question.at_ease += self._lately.tally
        self._lately.tally = Tally()
        if ease.is_over(now, doubting=self._doubting):
            self._end_ease(ease, now)

    def _end_ease(self, ease: Ease, now: float) -> None:
        question = ease.question
        self._ease = None
        self._start_over(now)
        self._pace.resume(now, ease.resume)
        answer = question.answer()
        if answer is Answer.NOISE:
            self._is_noise(question, now)
        elif answer is Answer.LIMIT:
            self._is_limit(question, now)
        elif self._doubting:
            self._ask_later(now, known=True)
        if answer is not None or self._doubting:
            self._drop_question()

    def _is_noise(self, question: Question, now: float) -> None:
        known = self.noise.share > 0
        self.noise.believe(self.noise.known + question.at_ease + question.after)
        self._ask_later(now, known=known)
        if not self._doubting:
            self._pace.restore(now, *self._give_back)

    def _is_limit(self, question: Question, now: float) -> None:
        ceiling = self._pace.ceiling
        if self._doubting:
            self.noise.forget()
            ceiling = (1 - question.before.share) * min(self._pace.rate, question.tried)
        self._ask_later(now, known=not self._doubting)
        self._pace.cut(now, ceiling)

    def _ask_later(self, now: float, *, known: bool) -> None:
        least = DOUBT_AFTER if self.noise.share else ASK_AFTER
        longer = min(LONGEST_AFTER, max(least, 4 * self._ask_after))
        self._ask_after = longer if known else least
        self._ask_at = now + self._ask_after
