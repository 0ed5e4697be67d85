"""Puts the question of a step to a person, without waiting for the answer.

In virtual time, where nobody can wait for a person, the answer comes at once and takes no time.
"""

import threading

from shotlane.execution._asker import Asker
from shotlane.execution._clock import Clock
from shotlane.execution._ending import How, Question
from shotlane.execution._journal import Journal
from shotlane.plan import AskEnding


class Asking:
    """One question, from when its step begins until `close`."""

    def __init__(
        self, plan: AskEnding, question: Question, asker: Asker, clock: Clock, journal: Journal
    ) -> None:
        self._plan = plan
        self._question = question
        self._asker = asker
        self._clock = clock
        self._journal = journal
        self._cancelled = threading.Event()

    def begin(self) -> None:
        """Put the question."""
        if self._clock.virtual:
            self._ask()
        else:
            threading.Thread(target=self._ask, name="question", daemon=True).start()

    def close(self) -> None:
        """Nobody waits for the answer any more."""
        self._cancelled.set()

    def _ask(self) -> None:
        """Ask when the step begins; whatever goes wrong with it is no answer."""
        early_ns = self._question.begun_ns - self._clock.now_ns()
        if early_ns > 0 and not self._clock.virtual and self._cancelled.wait(early_ns / 1e9):
            return
        self._journal.tell("question.asked", text=self._plan.text)
        timeout_s = None if self._plan.timeout_ns is None else self._plan.timeout_ns / 1e9
        try:
            answer = self._asker.ask(self._plan.text, timeout_s, self._cancelled)
        except Exception:  # noqa: BLE001  a terminal that is gone, or whatever stands for it, answers nothing
            answer = None
        now_ns = self._clock.now_ns()
        if answer is None:
            self._question.end(How.TIMEOUT, max(now_ns, self._question.begun_ns))
        elif not self._cancelled.is_set():
            self._journal.tell("question.answered", text=self._plan.text, answer=answer)
            self._question.answered(answer, now_ns)
