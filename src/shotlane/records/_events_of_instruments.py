"""The types of events that tell what happens at the bench: instruments, their locks, and their safety."""

from shotlane.records._event_type import (
    EXCHANGES,
    FAULT,
    ROLE,
    count,
    event_type,
    named,
    number,
    several,
    text,
    value,
)

_RESOURCE = text("resource", "where it is, as the station says it")
_HOLDER = text("holder", "who has it: process, since when, and what it does")
_OPERATION = text("operation", "`read`, `write`, `call` and the like")
_NAMES = several("names", "the attributes, or the command")

_INSTRUMENTS = (
    event_type(
        "instrument.opened",
        "An instrument is open, and has its set-up.",
        "{role} opened at {resource}[ ({driver})]",
        (ROLE, _RESOURCE, text("driver", "what drives it")),
    ),
    event_type(
        "instrument.identified",
        "An instrument has said who it is.",
        "{role} is {identity}",
        (ROLE, named("identity", "maker, model, serial number and firmware, as far as it says"), EXCHANGES),
    ),
    event_type(
        "instrument.mismatched",
        "Somebody else answers than the station expects; the run is stamped so.",
        "{role}: {message}",
        (ROLE, text("message", "what differs"), named("identity", "who answers")),
        loud=True,
    ),
    event_type(
        "instrument.set-up",
        "A value of the set-up was sent, at opening or after a reconnection.",
        "{role}.{attribute} set up: {value}",
        (ROLE, text("attribute", "the attribute"), value("value", "its value"), EXCHANGES),
    ),
    event_type(
        "instrument.configured",
        "Somebody changed something at an instrument outside of a sequence.",
        "{role}: {method}[ {parameters}][, answered {result}]",
        (
            ROLE,
            text("method", "the command, or the attribute"),
            named("parameters", "with what"),
            value("result", "what it answered"),
        ),
    ),
    event_type(
        "instrument.set",
        "An attribute was set, in a session outside of a sequence.",
        "{role}.{attribute} = {value}[ {unit}][, by {by}]",
        (
            ROLE,
            text("attribute", "the attribute"),
            value("value", "what it was set to"),
            text("unit", "unit of the value"),
            text("by", "the process that asked, where it is another one"),
        ),
    ),
    event_type(
        "instrument.called",
        "A command was run, in a session outside of a sequence.",
        "{role}.{command}[ {arguments}][, answered {result}][, by {by}]",
        (
            ROLE,
            text("command", "the command"),
            named("arguments", "with what"),
            value("result", "what it answered"),
            text("by", "the process that asked, where it is another one"),
        ),
    ),
    event_type(
        "instrument.faulted",
        "An instrument could not be opened.",
        "{role}: {fault}: {message}",
        (ROLE, FAULT, text("message", "what happened"), named("context", "what is known of the exchange")),
        loud=True,
    ),
    event_type(
        "instrument.reopened",
        "An instrument that was lost is open again.",
        "{role} opened again at {resource}",
        (ROLE, _RESOURCE),
    ),
    event_type(
        "instrument.down",
        "An instrument does not answer; from now on it is asked only now and then.",
        "{role} does not answer ({fault}, {unanswered} times in a row): {message}",
        (
            ROLE,
            FAULT,
            text("message", "what happened last"),
            count("unanswered", "requests in a row without an answer"),
        ),
        loud=True,
    ),
    event_type(
        "instrument.answered-again",
        "An instrument that was down answers.",
        "{role} answers again after {down_s}",
        (ROLE, number("down_s", "how long it did not", "s")),
    ),
    event_type(
        "instrument.worn",
        "A memory of an instrument was written more often than it stands.",
        "{role}.{attribute} was written {writes} times, and its memory stands {budget} in {per_s}",
        (
            ROLE,
            text("attribute", "the attribute"),
            count("writes", "how often it was written in that time"),
            count("budget", "how often it may be"),
            number("per_s", "in what time", "s"),
        ),
        loud=True,
    ),
    event_type("instrument.closed", "An instrument was closed.", "{role} closed", (ROLE,)),
)

_LOCKS = (
    event_type(
        "lock.taken",
        "This process has an instrument for itself.",
        "{role} ({resource}) is locked",
        (ROLE, _RESOURCE),
    ),
    event_type(
        "lock.released",
        "Other processes may use an instrument again.",
        "{role} ({resource}) is free",
        (ROLE, _RESOURCE),
    ),
    event_type(
        "lock.waited",
        "Another process has an instrument, and this one begins to wait for it.",
        "waiting for {role} ({resource})[, in use by {holder}]",
        (ROLE, _RESOURCE, _HOLDER),
    ),
    event_type(
        "lock.refused",
        "Another process has an instrument, and this one goes without.",
        "{role} ({resource}) is in use[ by {holder}]",
        (ROLE, _RESOURCE, _HOLDER),
        loud=True,
    ),
)

_EXCHANGES = (
    event_type(
        "exchange.repeated",
        "A request came to nothing and is made again, within the attempt.",
        "{role}: {operation} {names} again after try {try}: {fault}: {message}",
        (
            ROLE,
            _OPERATION,
            _NAMES,
            FAULT,
            text("message", "what happened"),
            count("try", "which try it was, from 1"),
            EXCHANGES,
        ),
    ),
    event_type(
        "exchange.extra",
        "Something needed more than one request on the wire.",
        "{role}: {operation} {names} took {exchanges} more",
        (ROLE, _OPERATION, _NAMES, EXCHANGES),
    ),
    event_type(
        "exchange.checked",
        "What was set was read back to see whether it holds.",
        "{role}: {names} read back",
        (ROLE, _OPERATION, _NAMES, EXCHANGES),
    ),
    event_type(
        "exchange.unverified",
        "An instrument may have restarted, and some of what was set cannot be read back.",
        "{role}: {names} cannot be read back",
        (ROLE, _NAMES),
        loud=True,
    ),
    event_type(
        "exchange.doubted",
        "A reply came so late that an answer before it, already taken, may have been to another request.",
        "{role}: what was taken for the answer to {command} may be that to a request before it: {received} "
        "came later",
        (
            ROLE,
            text("command", "the last request that was answered"),
            text("received", "what came, and was thrown away"),
        ),
        loud=True,
    ),
    event_type(
        "exchange.failed",
        "What was asked of an instrument came to nothing, in a session outside of a sequence.",
        "{role}: {operation} {names}: {fault}: {message}[, by {by}]",
        (
            ROLE,
            _OPERATION,
            _NAMES,
            FAULT,
            text("message", "what happened"),
            text("by", "the process that asked, where it is another one"),
        ),
        loud=True,
    ),
    event_type(
        "table.loaded",
        "A hardware-timed instrument has its table, and is armed.",
        "{role} has a table of {edges} edges and {frames} frames",
        (ROLE, count("edges", "edges of the table"), count("frames", "frames that it takes"), EXCHANGES),
    ),
    event_type(
        "table.stopped",
        "The table of a hardware-timed instrument was stopped.",
        "{role} stopped, {came} of {edges} edges came",
        (ROLE, count("edges", "edges of the table"), count("came", "edges that surely came"), EXCHANGES),
    ),
    event_type(
        "channel.opened",
        "The first reading of a series was taken.",
        "{key}[ in {unit}]: {uri}",
        (
            text("key", "name of the series"),
            text("uri", "what finds it again"),
            text("type", "type of its values"),
            text("unit", "their unit"),
        ),
    ),
)

_SAFETY = (
    event_type(
        "interlock.watched",
        "An interlock is watched from now on.",
        "{name}: {condition}",
        (text("name", "its name"), text("condition", "what trips it")),
    ),
    event_type(
        "interlock.tripped",
        "An interlock has tripped: the run is aborted.",
        "{message}[ ({values})]",
        (
            text("name", "its name"),
            text("message", "what happened"),
            named("values", "the readings that tripped it, by channel"),
        ),
        loud=True,
    ),
    event_type(
        "safe-state.reached",
        "Every safe value was written.",
        "safe, {written} values written[: {reason}]",
        (text("reason", "why then"), count("written", "how many values")),
    ),
    event_type(
        "safe-state.written",
        "A safe value was written outside of an attempt.",
        "{role}.{attribute} set to {value}",
        (ROLE, text("attribute", "the attribute"), value("value", "its safe value"), EXCHANGES),
    ),
    event_type(
        "safe-state.failed",
        "An instrument could not be made safe; where it was tried again, a later event says so.",
        "{role}[.{attribute}] is NOT SAFE: {message}",
        (
            text("reason", "why it was to be made safe"),
            ROLE,
            text("attribute", "the attribute; null of what the driver does beyond values"),
            text("message", "what happened"),
            EXCHANGES,
        ),
        loud=True,
    ),
    event_type(
        "guard.absent",
        "No guard could be started; the run goes on without.",
        "no guard: {message}",
        (text("message", "why"),),
        loud=True,
    ),
    event_type(
        "guard.lost",
        "The guard has ended before the run.",
        "guard lost: {message}",
        (text("message", "how"),),
        loud=True,
    ),
    event_type(
        "guard.made-safe",
        "The process of the run died, and its guard made the instruments safe.",
        "the guard wrote {written} safe values in {took_s}[; NOT SAFE: {unsafe}]",
        (
            count("written", "how many values"),
            several("unsafe", "what could not be made safe: role, attribute and message"),
            number("took_s", "how long it took", "s"),
        ),
        loud=True,
    ),
)

OF_INSTRUMENTS = (*_INSTRUMENTS, *_LOCKS, *_EXCHANGES, *_SAFETY)
