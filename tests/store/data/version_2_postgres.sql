CREATE TABLE public.action (
    attempt bigint NOT NULL,
    number bigint NOT NULL,
    kind smallint NOT NULL,
    channel bigint,
    command text,
    target_ns bigint NOT NULL,
    requested_ns bigint,
    received_ns bigint,
    value double precision,
    text text,
    status smallint NOT NULL,
    raw text
);
CREATE TABLE public.attempt (
    id bigint NOT NULL,
    run bigint NOT NULL,
    shot bigint NOT NULL,
    attempt integer NOT NULL,
    began_utc_ns bigint,
    origin_utc_ns bigint,
    ended_utc_ns bigint,
    outcome text,
    fault text,
    message text,
    context text
);
CREATE TABLE public.channel (
    run bigint NOT NULL,
    channel bigint NOT NULL,
    name text NOT NULL,
    type text NOT NULL,
    unit text
);
CREATE VIEW public.action_view AS
 SELECT a.run,
    a.shot,
    a.attempt,
    a.outcome AS attempt_outcome,
    s.number,
        CASE s.kind
            WHEN 0 THEN 'planned'::text
            WHEN 1 THEN 'setup'::text
            WHEN 2 THEN 'safe'::text
            ELSE NULL::text
        END AS kind,
    c.name AS channel,
    s.command,
    ('1970-01-01 00:00:00+00'::timestamp with time zone + ((((a.origin_utc_ns + COALESCE(s.requested_ns, s.target_ns)) / 1000))::double precision * '00:00:00.000001'::interval)) AS "time",
    ((s.target_ns)::double precision / ('1000000000'::numeric)::double precision) AS target_s,
    ((s.requested_ns)::double precision / ('1000000000'::numeric)::double precision) AS requested_s,
    ((s.received_ns)::double precision / ('1000000000'::numeric)::double precision) AS received_s,
    (((s.requested_ns - s.target_ns))::double precision / ('1000000'::numeric)::double precision) AS lateness_ms,
    s.value,
    s.text,
    c.unit,
        CASE s.status
            WHEN 0 THEN 'ok'::text
            WHEN 1 THEN 'late'::text
            WHEN 2 THEN 'failed'::text
            WHEN 3 THEN 'missed'::text
            WHEN 4 THEN 'dropped'::text
            WHEN 5 THEN 'unreached'::text
            ELSE NULL::text
        END AS status,
    s.raw
   FROM ((public.attempt a
     JOIN public.action s ON ((s.attempt = a.id)))
     LEFT JOIN public.channel c ON (((c.run = a.run) AND (c.channel = s.channel))));
CREATE TABLE public.sample (
    attempt bigint NOT NULL,
    channel bigint NOT NULL,
    tick bigint NOT NULL,
    target_ns bigint NOT NULL,
    late_ns bigint,
    took_ns bigint,
    value double precision,
    status smallint NOT NULL
)
PARTITION BY RANGE (attempt);
CREATE TABLE public.sample_array (
    attempt bigint NOT NULL,
    channel bigint NOT NULL,
    tick bigint NOT NULL,
    dtype text NOT NULL,
    shape text NOT NULL,
    encoding text NOT NULL,
    data bytea NOT NULL
);
CREATE VIEW public.array_view AS
 SELECT a.run,
    a.shot,
    a.attempt,
    a.outcome AS attempt_outcome,
    c.name AS channel,
    s.tick,
    ('1970-01-01 00:00:00+00'::timestamp with time zone + (((((a.origin_utc_ns + s.target_ns) + COALESCE(s.late_ns, (0)::bigint)) / 1000))::double precision * '00:00:00.000001'::interval)) AS "time",
    ((s.target_ns)::double precision / ('1000000000'::numeric)::double precision) AS target_s,
    (((s.target_ns + s.late_ns))::double precision / ('1000000000'::numeric)::double precision) AS requested_s,
    ((((s.target_ns + COALESCE(s.late_ns, (0)::bigint)) + s.took_ns))::double precision / ('1000000000'::numeric)::double precision) AS received_s,
    ((s.late_ns)::double precision / ('1000000'::numeric)::double precision) AS lateness_ms,
    c.unit,
        CASE s.status
            WHEN 0 THEN 'ok'::text
            WHEN 1 THEN 'late'::text
            WHEN 2 THEN 'failed'::text
            WHEN 3 THEN 'missed'::text
            WHEN 4 THEN 'dropped'::text
            WHEN 5 THEN 'unreached'::text
            ELSE NULL::text
        END AS status,
    x.dtype,
    x.shape,
    x.encoding,
    x.data
   FROM (((public.attempt a
     JOIN public.sample_array x ON ((x.attempt = a.id)))
     JOIN public.sample s ON (((s.attempt = x.attempt) AND (s.channel = x.channel) AND (s.tick = x.tick))))
     JOIN public.channel c ON (((c.run = a.run) AND (c.channel = s.channel))));
CREATE VIEW public.attempt_view AS
 SELECT a.run,
    a.shot,
    a.attempt,
    a.id AS attempt_id,
    ('1970-01-01 00:00:00+00'::timestamp with time zone + (((a.began_utc_ns / 1000))::double precision * '00:00:00.000001'::interval)) AS began,
    ('1970-01-01 00:00:00+00'::timestamp with time zone + (((a.origin_utc_ns / 1000))::double precision * '00:00:00.000001'::interval)) AS origin,
    ('1970-01-01 00:00:00+00'::timestamp with time zone + (((a.ended_utc_ns / 1000))::double precision * '00:00:00.000001'::interval)) AS ended,
    COALESCE(a.outcome, 'no end recorded'::text) AS outcome,
    a.fault,
    a.message,
    a.context
   FROM public.attempt a;
CREATE TABLE public.document (
    run bigint NOT NULL,
    name text NOT NULL,
    text text
);
CREATE TABLE public.event (
    session bigint NOT NULL,
    number bigint NOT NULL,
    type text NOT NULL,
    at_utc_ns bigint NOT NULL,
    run bigint,
    shot bigint,
    attempt integer,
    fields text
);
CREATE VIEW public.event_view AS
 SELECT e.session,
    e.number,
    ('1970-01-01 00:00:00+00'::timestamp with time zone + (((e.at_utc_ns / 1000))::double precision * '00:00:00.000001'::interval)) AS "time",
    e.type,
    e.run,
    e.shot,
    e.attempt,
    e.fields
   FROM public.event e;
CREATE TABLE public.tally (
    attempt bigint NOT NULL,
    channel text NOT NULL,
    what text NOT NULL,
    planned bigint NOT NULL,
    ok bigint NOT NULL,
    late bigint NOT NULL,
    failed bigint NOT NULL,
    missed bigint NOT NULL,
    dropped bigint NOT NULL,
    unreached bigint NOT NULL
);
CREATE VIEW public.lateness_view AS
 SELECT a.run,
    a.shot,
    a.attempt,
    t.channel,
    t.what,
    t.planned,
    (t.ok + t.late) AS started,
    t.late,
    ((
        CASE t.what
            WHEN 'readings'::text THEN ( SELECT min(x.late) AS min
               FROM ( SELECT s.late_ns AS late,
                        cume_dist() OVER (ORDER BY s.late_ns) AS part
                       FROM public.sample s
                      WHERE ((s.attempt = t.attempt) AND (s.channel = c.channel) AND (s.status <= 1))) x
              WHERE (x.part >= (0.5)::double precision))
            WHEN 'actions'::text THEN ( SELECT min(x.late) AS min
               FROM ( SELECT (s.requested_ns - s.target_ns) AS late,
                        cume_dist() OVER (ORDER BY (s.requested_ns - s.target_ns)) AS part
                       FROM public.action s
                      WHERE ((s.attempt = t.attempt) AND (s.kind = 0) AND (s.status <= 1) AND ((s.channel = c.channel) OR ((c.channel IS NULL) AND (s.channel IS NULL) AND (s.command ~~ (t.channel || '.%'::text)))))) x
              WHERE (x.part >= (0.5)::double precision))
            ELSE NULL::bigint
        END)::double precision / ('1000000'::numeric)::double precision) AS p50_ms,
    ((
        CASE t.what
            WHEN 'readings'::text THEN ( SELECT min(x.late) AS min
               FROM ( SELECT s.late_ns AS late,
                        cume_dist() OVER (ORDER BY s.late_ns) AS part
                       FROM public.sample s
                      WHERE ((s.attempt = t.attempt) AND (s.channel = c.channel) AND (s.status <= 1))) x
              WHERE (x.part >= (0.99)::double precision))
            WHEN 'actions'::text THEN ( SELECT min(x.late) AS min
               FROM ( SELECT (s.requested_ns - s.target_ns) AS late,
                        cume_dist() OVER (ORDER BY (s.requested_ns - s.target_ns)) AS part
                       FROM public.action s
                      WHERE ((s.attempt = t.attempt) AND (s.kind = 0) AND (s.status <= 1) AND ((s.channel = c.channel) OR ((c.channel IS NULL) AND (s.channel IS NULL) AND (s.command ~~ (t.channel || '.%'::text)))))) x
              WHERE (x.part >= (0.99)::double precision))
            ELSE NULL::bigint
        END)::double precision / ('1000000'::numeric)::double precision) AS p99_ms,
    ((
        CASE t.what
            WHEN 'readings'::text THEN ( SELECT max(s.late_ns) AS max
               FROM public.sample s
              WHERE ((s.attempt = t.attempt) AND (s.channel = c.channel) AND (s.status <= 1)))
            WHEN 'actions'::text THEN ( SELECT max((s.requested_ns - s.target_ns)) AS max
               FROM public.action s
              WHERE ((s.attempt = t.attempt) AND (s.kind = 0) AND (s.status <= 1) AND ((s.channel = c.channel) OR ((c.channel IS NULL) AND (s.channel IS NULL) AND (s.command ~~ (t.channel || '.%'::text))))))
            ELSE NULL::bigint
        END)::double precision / ('1000000'::numeric)::double precision) AS max_ms
   FROM ((public.attempt a
     JOIN public.tally t ON ((t.attempt = a.id)))
     LEFT JOIN public.channel c ON (((c.run = a.run) AND (c.name = t.channel))));
CREATE TABLE public.parameter (
    run bigint NOT NULL,
    parameter bigint NOT NULL,
    name text NOT NULL,
    type text,
    unit text
);
CREATE TABLE public.shot_parameter (
    run bigint NOT NULL,
    shot bigint NOT NULL,
    parameter bigint NOT NULL,
    value double precision,
    text text
);
CREATE VIEW public.parameter_view AS
 SELECT v.run,
    v.shot,
    p.name,
    p.type,
    v.value,
    v.text,
    p.unit
   FROM (public.shot_parameter v
     JOIN public.parameter p ON (((p.run = v.run) AND (p.parameter = v.parameter))));
CREATE TABLE public.poll (
    run bigint NOT NULL,
    number bigint NOT NULL,
    channel bigint NOT NULL,
    requested_utc_ns bigint NOT NULL,
    received_utc_ns bigint,
    value double precision,
    text text,
    status smallint NOT NULL,
    raw text
);
CREATE VIEW public.poll_view AS
 SELECT s.run,
    s.number,
    c.name AS channel,
    ('1970-01-01 00:00:00+00'::timestamp with time zone + (((s.requested_utc_ns / 1000))::double precision * '00:00:00.000001'::interval)) AS "time",
    (((s.received_utc_ns - s.requested_utc_ns))::double precision / ('1000000'::numeric)::double precision) AS took_ms,
    s.value,
    s.text,
    c.unit,
        CASE s.status
            WHEN 0 THEN 'ok'::text
            WHEN 1 THEN 'late'::text
            WHEN 2 THEN 'failed'::text
            WHEN 3 THEN 'missed'::text
            WHEN 4 THEN 'dropped'::text
            WHEN 5 THEN 'unreached'::text
            ELSE NULL::text
        END AS status,
    s.raw
   FROM (public.poll s
     LEFT JOIN public.channel c ON (((c.run = s.run) AND (c.channel = s.channel))));
CREATE TABLE public.request (
    id bigint NOT NULL,
    run bigint NOT NULL,
    verb text NOT NULL,
    reason text,
    asked_by text,
    at_utc_ns bigint NOT NULL,
    taken_utc_ns bigint,
    answer text
);
ALTER TABLE public.request ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.request_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE VIEW public.request_view AS
 SELECT q.id,
    q.run,
    q.verb,
    q.reason,
    q.asked_by,
    ('1970-01-01 00:00:00+00'::timestamp with time zone + (((q.at_utc_ns / 1000))::double precision * '00:00:00.000001'::interval)) AS asked,
    ('1970-01-01 00:00:00+00'::timestamp with time zone + (((q.taken_utc_ns / 1000))::double precision * '00:00:00.000001'::interval)) AS taken,
    q.answer
   FROM public.request q;
CREATE TABLE public.result (
    attempt bigint NOT NULL,
    number bigint NOT NULL,
    name text NOT NULL,
    type text,
    value double precision,
    text text,
    unit text,
    low double precision,
    high double precision,
    equals double precision,
    equals_text text,
    verdict text
);
CREATE VIEW public.result_view AS
 SELECT a.run,
    a.shot,
    a.attempt,
    a.outcome AS attempt_outcome,
    s.number,
    s.name,
    s.type,
    s.value,
    s.text,
    s.unit,
    s.low,
    s.high,
    s.equals,
    s.equals_text,
    s.verdict
   FROM (public.attempt a
     JOIN public.result s ON ((s.attempt = a.id)));
CREATE TABLE public.run (
    number bigint NOT NULL,
    session bigint NOT NULL,
    ordinal integer NOT NULL,
    sequence text NOT NULL,
    station text NOT NULL,
    description text,
    started_utc_ns bigint NOT NULL,
    ended_utc_ns bigint,
    outcome text,
    reason text,
    shots_planned bigint NOT NULL,
    plan_digest text,
    tags text,
    stamps text,
    environment text,
    summary text
);
ALTER TABLE public.run ALTER COLUMN number ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.run_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.run_session (
    run bigint NOT NULL,
    number bigint NOT NULL,
    session bigint NOT NULL,
    began_utc_ns bigint,
    plan_digest text,
    environment text
);
CREATE TABLE public.session (
    id bigint NOT NULL,
    started_utc_ns bigint NOT NULL,
    seen_utc_ns bigint,
    ended_utc_ns bigint,
    outcome text,
    host text NOT NULL,
    user_name text,
    pid bigint NOT NULL,
    process_started text,
    boot text,
    version text
);
CREATE TABLE public.shot (
    run bigint NOT NULL,
    shot bigint NOT NULL,
    digest text,
    began_utc_ns bigint,
    ended_utc_ns bigint,
    outcome text,
    attempts integer,
    good_attempt bigint
);
CREATE VIEW public.run_view AS
 SELECT r.number AS run,
    r.sequence,
    r.station,
    ('1970-01-01 00:00:00+00'::timestamp with time zone + (((r.started_utc_ns / 1000))::double precision * '00:00:00.000001'::interval)) AS started,
    ('1970-01-01 00:00:00+00'::timestamp with time zone + (((r.ended_utc_ns / 1000))::double precision * '00:00:00.000001'::interval)) AS ended,
    COALESCE(r.outcome, 'no end recorded'::text) AS outcome,
    r.reason,
    r.shots_planned,
    ( SELECT count(*) AS count
           FROM public.shot s
          WHERE ((s.run = r.number) AND (s.outcome IS NOT NULL))) AS shots_committed,
    r.tags,
    r.stamps,
    r.description,
    r.plan_digest,
    e.host,
    e.user_name,
    e.pid
   FROM (public.run r
     JOIN public.session e ON ((e.id = r.session)));
CREATE TABLE public.sample_1_100 (
    attempt bigint NOT NULL,
    channel bigint NOT NULL,
    tick bigint NOT NULL,
    target_ns bigint NOT NULL,
    late_ns bigint,
    took_ns bigint,
    value double precision,
    status smallint NOT NULL
);
CREATE TABLE public.sample_text (
    attempt bigint NOT NULL,
    channel bigint NOT NULL,
    tick bigint NOT NULL,
    text text,
    raw text
);
CREATE VIEW public.sample_view AS
 SELECT a.run,
    a.shot,
    a.attempt,
    a.outcome AS attempt_outcome,
    c.name AS channel,
    s.tick,
    ('1970-01-01 00:00:00+00'::timestamp with time zone + (((((a.origin_utc_ns + s.target_ns) + COALESCE(s.late_ns, (0)::bigint)) / 1000))::double precision * '00:00:00.000001'::interval)) AS "time",
    ((s.target_ns)::double precision / ('1000000000'::numeric)::double precision) AS target_s,
    (((s.target_ns + s.late_ns))::double precision / ('1000000000'::numeric)::double precision) AS requested_s,
    ((((s.target_ns + COALESCE(s.late_ns, (0)::bigint)) + s.took_ns))::double precision / ('1000000000'::numeric)::double precision) AS received_s,
    ((s.late_ns)::double precision / ('1000000'::numeric)::double precision) AS lateness_ms,
    s.value,
    x.text,
    c.unit,
        CASE s.status
            WHEN 0 THEN 'ok'::text
            WHEN 1 THEN 'late'::text
            WHEN 2 THEN 'failed'::text
            WHEN 3 THEN 'missed'::text
            WHEN 4 THEN 'dropped'::text
            WHEN 5 THEN 'unreached'::text
            ELSE NULL::text
        END AS status,
    x.raw
   FROM (((public.attempt a
     JOIN public.sample s ON ((s.attempt = a.id)))
     JOIN public.channel c ON (((c.run = a.run) AND (c.channel = s.channel))))
     LEFT JOIN public.sample_text x ON (((x.attempt = s.attempt) AND (x.channel = s.channel) AND (x.tick = s.tick))));
CREATE TABLE public.schema_version (
    version integer NOT NULL,
    applied_utc_ns bigint,
    made_by text
);
CREATE VIEW public.shot_view AS
 SELECT s.run,
    s.shot,
    COALESCE(s.outcome, 'no end recorded'::text) AS outcome,
    s.attempts,
    ('1970-01-01 00:00:00+00'::timestamp with time zone + (((s.began_utc_ns / 1000))::double precision * '00:00:00.000001'::interval)) AS started,
    ('1970-01-01 00:00:00+00'::timestamp with time zone + (((s.ended_utc_ns / 1000))::double precision * '00:00:00.000001'::interval)) AS ended,
    (((s.ended_utc_ns - s.began_utc_ns))::double precision / ('1000000000'::numeric)::double precision) AS duration_s,
    s.digest
   FROM public.shot s;
CREATE TABLE public.step (
    attempt bigint NOT NULL,
    step bigint NOT NULL,
    name text NOT NULL,
    start_ns bigint NOT NULL,
    end_ns bigint NOT NULL
);
CREATE VIEW public.step_view AS
 SELECT a.run,
    a.shot,
    a.attempt,
    s.step,
    s.name,
    ((s.start_ns)::numeric / '1000000000'::numeric) AS start_s,
    ((s.end_ns)::numeric / '1000000000'::numeric) AS end_s
   FROM (public.attempt a
     JOIN public.step s ON ((s.attempt = a.id)));
CREATE VIEW public.tally_view AS
 SELECT a.run,
    a.shot,
    a.attempt,
    t.channel,
    t.what,
    t.planned,
    t.ok,
    t.late,
    t.failed,
    t.missed,
    t.dropped,
    t.unreached
   FROM (public.attempt a
     JOIN public.tally t ON ((t.attempt = a.id)));
ALTER TABLE ONLY public.sample ATTACH PARTITION public.sample_1_100 FOR VALUES FROM ('4294967296') TO ('433791696896');
ALTER TABLE ONLY public.action
    ADD CONSTRAINT action_pkey PRIMARY KEY (attempt, number);
ALTER TABLE ONLY public.attempt
    ADD CONSTRAINT attempt_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.channel
    ADD CONSTRAINT channel_pkey PRIMARY KEY (run, channel);
ALTER TABLE ONLY public.document
    ADD CONSTRAINT document_pkey PRIMARY KEY (run, name);
ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (session, number);
ALTER TABLE ONLY public.parameter
    ADD CONSTRAINT parameter_pkey PRIMARY KEY (run, parameter);
ALTER TABLE ONLY public.poll
    ADD CONSTRAINT poll_pkey PRIMARY KEY (run, number);
ALTER TABLE ONLY public.request
    ADD CONSTRAINT request_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.result
    ADD CONSTRAINT result_pkey PRIMARY KEY (attempt, number);
ALTER TABLE ONLY public.run
    ADD CONSTRAINT run_pkey PRIMARY KEY (number);
ALTER TABLE ONLY public.run
    ADD CONSTRAINT run_session_ordinal_key UNIQUE (session, ordinal);
ALTER TABLE ONLY public.run_session
    ADD CONSTRAINT run_session_pkey PRIMARY KEY (run, number);
ALTER TABLE ONLY public.sample
    ADD CONSTRAINT sample_pkey PRIMARY KEY (attempt, channel, tick);
ALTER TABLE ONLY public.sample_1_100
    ADD CONSTRAINT sample_1_100_pkey PRIMARY KEY (attempt, channel, tick);
ALTER TABLE ONLY public.sample_array
    ADD CONSTRAINT sample_array_pkey PRIMARY KEY (attempt, channel, tick);
ALTER TABLE ONLY public.sample_text
    ADD CONSTRAINT sample_text_pkey PRIMARY KEY (attempt, channel, tick);
ALTER TABLE ONLY public.schema_version
    ADD CONSTRAINT schema_version_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.shot_parameter
    ADD CONSTRAINT shot_parameter_pkey PRIMARY KEY (run, shot, parameter);
ALTER TABLE ONLY public.shot
    ADD CONSTRAINT shot_pkey PRIMARY KEY (run, shot);
ALTER TABLE ONLY public.step
    ADD CONSTRAINT step_pkey PRIMARY KEY (attempt, step);
ALTER TABLE ONLY public.tally
    ADD CONSTRAINT tally_pkey PRIMARY KEY (attempt, channel, what);
CREATE INDEX attempt_of_shot ON public.attempt USING btree (run, shot, attempt);
CREATE INDEX request_of_run ON public.request USING btree (run, taken_utc_ns);
ALTER INDEX public.sample_pkey ATTACH PARTITION public.sample_1_100_pkey;
ALTER TABLE ONLY public.attempt
    ADD CONSTRAINT attempt_run_fkey FOREIGN KEY (run) REFERENCES public.run(number);
ALTER TABLE ONLY public.channel
    ADD CONSTRAINT channel_run_fkey FOREIGN KEY (run) REFERENCES public.run(number);
ALTER TABLE ONLY public.document
    ADD CONSTRAINT document_run_fkey FOREIGN KEY (run) REFERENCES public.run(number);
ALTER TABLE ONLY public.parameter
    ADD CONSTRAINT parameter_run_fkey FOREIGN KEY (run) REFERENCES public.run(number);
ALTER TABLE ONLY public.poll
    ADD CONSTRAINT poll_run_fkey FOREIGN KEY (run) REFERENCES public.run(number);
ALTER TABLE ONLY public.request
    ADD CONSTRAINT request_run_fkey FOREIGN KEY (run) REFERENCES public.run(number);
ALTER TABLE ONLY public.run
    ADD CONSTRAINT run_session_fkey FOREIGN KEY (session) REFERENCES public.session(id);
ALTER TABLE ONLY public.run_session
    ADD CONSTRAINT run_session_run_fkey FOREIGN KEY (run) REFERENCES public.run(number);
ALTER TABLE ONLY public.run_session
    ADD CONSTRAINT run_session_session_fkey FOREIGN KEY (session) REFERENCES public.session(id);
ALTER TABLE ONLY public.shot
    ADD CONSTRAINT shot_run_fkey FOREIGN KEY (run) REFERENCES public.run(number);
