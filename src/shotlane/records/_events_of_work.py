"""The types of events that tell how the work goes: sessions, runs, shots, and who asked for what."""

from shotlane.records._event_type import FAULT, ROLE, count, event_type, named, number, several, text, value

_SESSIONS = (
    event_type(
        "session.started",
        "A process begins to write to the store.",
        "session of process {pid} on {host}[ by {user}][ at station {station}]",
        (
            text("host", "name of the machine"),
            text("user", "who is logged in there"),
            count("pid", "number of the process"),
            text("kind", "`run`, `station` (work outside of a sequence) or `note`", since=2),
            text("station", "the station, of a session at one", since=2),
        ),
    ),
    event_type(
        "session.ended",
        "A process has written all that it had.",
        "session ended[: {outcome}]",
        (text("outcome", "the worst of what it did"),),
    ),
    event_type(
        "store.away",
        "The store cannot be written to; records wait on the disk of this machine.",
        "the store is away: {reason}; records wait in {spool}",
        (text("reason", "why"), text("spool", "the file in which they wait")),
        loud=True,
    ),
    event_type(
        "store.back",
        "The store has all that waited while it was away.",
        "the store is back; it got {rows} rows that had waited",
        (count("rows", "how many rows it got"),),
    ),
    event_type(
        "note.added",
        "Somebody added a note to a run.",
        "{kind} by {author}: {text}",
        (
            text("author", "who"),
            text("kind", "`note`, `tag` (one was given) or `untag` (one was taken away)"),
            text("text", "the note, or the tag"),
        ),
    ),
    event_type(
        "meeting.reached",
        "Everybody who was waited for has come to a meeting point.",
        "{parties} met at {name}, after {waited_s}",
        (
            text("name", "the meeting point"),
            count("parties", "how many met"),
            number("waited_s", "how long this one waited", "s"),
        ),
    ),
    event_type(
        "meeting.missed",
        "Not everybody came to a meeting point in time.",
        "nobody met at {name}: {message}",
        (
            text("name", "the meeting point"),
            count("parties", "how many were to meet"),
            text("message", "who did not come"),
        ),
        loud=True,
    ),
    event_type(
        "server.started",
        "Other processes may use instruments of this session.",
        "serves {roles} at {address}",
        (text("address", "where"), several("roles", "which instruments")),
    ),
    event_type(
        "server.stopped",
        "Other processes may not use the instruments of this session any more.",
        "serves nothing any more at {address}",
        (text("address", "where"),),
    ),
    event_type(
        "server.joined",
        "Another process begins to use an instrument of this session.",
        "{by} uses {role}",
        (ROLE, text("by", "who")),
    ),
    event_type(
        "server.left",
        "Another process does not use an instrument of this session any more, whatever became of it.",
        "{by} has let go of {role}",
        (ROLE, text("by", "who")),
    ),
    event_type(
        "server.refused",
        "Another process was refused the instruments of this session.",
        "{by} was refused at {address}: {message}",
        (text("address", "where"), text("message", "why"), text("by", "who, as it says")),
        loud=True,
    ),
)

_RUNS = (
    event_type(
        "run.started",
        "A run begins; what was run is in its documents.",
        "{sequence} on {station}, {shots} shots",
        (
            text("sequence", "name of the sequence"),
            text("station", "name of the station"),
            count("shots", "shots that are planned; of an optimisation the most there may be"),
        ),
    ),
    event_type(
        "run.ended",
        "A run has ended, with its instruments safe as far as they could be made.",
        "run {outcome}[: {reason}]",
        (text("outcome", "how it ended"), text("reason", "why, where it did not end well")),
    ),
    event_type(
        "run.resumed",
        "A run that was killed or stopped goes on in this session.",
        "goes on with shots {shots}",
        (several("shots", "the shots that are left"),),
    ),
    event_type(
        "run.paused",
        "The run waits for a person, room for its records, or an instrument; its interlocks are watched.",
        "paused[: {reason}]",
        (text("reason", "why"),),
    ),
    event_type(
        "run.continued",
        "The run goes on after a pause.",
        "goes on[: {reason}]",
        (text("reason", "why"),),
    ),
    event_type(
        "request.taken",
        "The run does what somebody asked for, in another process or at its keyboard.",
        "{by} asked to {verb}[: {reason}]",
        (
            text("verb", "`pause`, `continue`, `skip` or `abort`"),
            text("reason", "why, in the words of who asked"),
            text("by", "who asked: user and machine, `keyboard` or `the retry policy`"),
        ),
    ),
    event_type(
        "question.asked",
        "A step puts its question to a person.",
        "asks: {text}",
        (text("text", "the question"),),
    ),
    event_type(
        "question.answered",
        "A person has answered a step.",
        "{text} -- {answer}",
        (text("text", "the question"), text("answer", "the answer")),
    ),
    event_type(
        "timing.mode",
        "How the threads that keep time are scheduled.",
        "{mode} priority[: {reason}]",
        (text("mode", "`realtime`, `normal` or `virtual`"), text("reason", "why, or how")),
    ),
    event_type(
        "clock.stepped",
        "Somebody set the clock of the machine; targets are kept, instants in UTC jump.",
        "the clock was set by {by_s}",
        (number("by_s", "by how much, negative when it was set back", "s"),),
        loud=True,
    ),
    event_type(
        "clock.suspended",
        "The machine slept during the run.",
        "the machine slept for {for_s}",
        (number("for_s", "for how long", "s"),),
        loud=True,
    ),
    event_type(
        "worker.crashed",
        "A bug: a thread of the run ended as it must not.",
        "{port}: {message}",
        (
            text("port", "what it worked for: a port, or a part of the run"),
            text("message", "what was raised"),
        ),
        loud=True,
    ),
)

_SHOTS = (
    event_type(
        "shot.started",
        "A shot begins.",
        "shot begins[: {parameters}]",
        (
            named("parameters", "its parameters, in the units of the run's table of them"),
            named("units", "their units, of those that have one"),
        ),
    ),
    event_type(
        "shot.ended",
        "A shot has ended, and is committed with this event.",
        "shot {outcome}, attempts {attempts}",
        (text("outcome", "how it ended"), count("attempts", "how often it was tried")),
    ),
    event_type(
        "shot.skipped",
        "A shot is left, because somebody asked or its point is not allowed.",
        "skipped[: {reason}]",
        (text("reason", "why"),),
    ),
    event_type("attempt.started", "An attempt of a shot begins with its set-up.", "attempt begins"),
    event_type(
        "attempt.ended",
        "An attempt has ended.",
        "attempt {outcome}[ ({fault})][: {message}]",
        (
            text("outcome", "how it ended"),
            FAULT,
            text("message", "what happened, where it did not end well"),
        ),
    ),
    event_type(
        "segment.ended",
        "An open-ended step has found its end; what follows counts from there.",
        "{step}: {how} after {lasted_s}",
        (
            text("step", "name of the step"),
            text("how", "what ended it: `held` (its condition), `answered` or `timeout`"),
            number("lasted_s", "how long it lasted", "s"),
        ),
    ),
    event_type(
        "retry.scheduled",
        "A shot is tried again.",
        "attempt {next_attempt} in {delay_s}, after {fault}",
        (
            FAULT,
            number("delay_s", "how long the run waits before", "s"),
            count("next_attempt", "number of the attempt to come"),
        ),
    ),
    event_type(
        "retry.exhausted",
        "The run has used up its retries; from now on nothing is tried again.",
        "all {budget} retries of the run are used up",
        (count("budget", "how many there were"),),
        loud=True,
    ),
    event_type(
        "cadence.kept",
        "A shot of a run with a fixed cadence began on time.",
        "{interval_s} after the one before",
        (count("shot", "the shot"), number("interval_s", "since the shot before began", "s")),
    ),
    event_type(
        "cadence.missed",
        "A shot of a run with a fixed cadence began late.",
        "{late_s} late, {interval_s} after the one before",
        (
            count("shot", "the shot"),
            number("interval_s", "since the shot before began", "s"),
            number("late_s", "later than its time", "s"),
        ),
        loud=True,
    ),
)

_FIGURES = (
    event_type(
        "verdict.failed",
        "A figure of the shot is not within its limits.",
        "{result} is {value}[ {unit}][, at least {low}][, at most {high}][, wanted {equals}]",
        (
            text("result", "name of the figure"),
            value("value", "what it is"),
            text("unit", "unit of the value and of its limits"),
            number("low", "its lower limit"),
            number("high", "its upper limit"),
            value("equals", "what it must be"),
        ),
        loud=True,
    ),
    event_type(
        "verdict.errored",
        "A figure of the shot that has limits has no value.",
        "{result}: {message}",
        (text("result", "name of the figure"), text("message", "why it has none")),
        loud=True,
    ),
    event_type(
        "result.slow",
        "A function of the user's that works out a figure has not returned for long; it is waited for.",
        "{result} is not there after {after_s}: {function} has not returned",
        (
            text("result", "name of the figure"),
            text("function", "the function, as the sequence names it"),
            number("after_s", "how long it was waited for", "s"),
        ),
        loud=True,
    ),
    event_type(
        "optimize.asked",
        "An optimiser has given the point of a shot.",
        "shot {shot} at {values}[: {reason}]",
        (
            count("shot", "the shot"),
            named("values", "the point, in the units of the parameters"),
            text("reason", "why the shot is not run, where it is not"),
        ),
    ),
    event_type(
        "optimize.told",
        "An optimiser was told what came of a shot.",
        "shot {shot} {how}[: {value}][ ({reason})]",
        (
            count("shot", "the shot"),
            named("values", "the point, in the units of the parameters"),
            text("how", "`measured`, `failed`, `infeasible` or `errored`"),
            number("value", "the figure, where it was measured"),
            text("digest", "SHA-256 of what was executed"),
            text("reason", "why there is no figure"),
        ),
    ),
)

OF_WORK = (*_SESSIONS, *_RUNS, *_SHOTS, *_FIGURES)
