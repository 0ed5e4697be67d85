"""What polls for interlocks looks at what is in force once, however that changes meanwhile."""

from tests.execution.fakes import Bench, HandPlan, above, interlock, reading

from shotlane.execution._journal import Journal
from shotlane.execution._lookout import Lookout
from shotlane.execution._sentinel import Sentinel, Watching


def test_a_watch_that_ends_between_two_looks_of_a_poll_is_no_fault() -> None:
    bench = Bench(HandPlan([]), lambda _, request: reading(x=1.0))
    channels, journal = bench.plan.channels, Journal(bench.recorder, bench.clock)
    lookout = Lookout(channels, bench.clock, bench.control, journal)
    polled: list[object] = []

    def next_ns(port: str) -> None:
        """The end of the run comes from another thread at this very instant."""
        lookout.use(())

    watching = Watching(
        channels, bench.pool, bench.clock, bench.control, journal, lookout, polled.append, next_ns
    )
    lookout.use([interlock(above("a.x", 10), poll_ms=30)])
    journal.poll = lambda row: None  # type: ignore[method-assign]
    rounds = Sentinel("P", watching).rounds()
    for _ in range(3):
        next(rounds)
    assert len(polled) == 1
