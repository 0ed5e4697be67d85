BEGIN TRANSACTION;
CREATE TABLE action (
	attempt INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	kind SMALLINT NOT NULL, 
	channel BIGINT, 
	command TEXT, 
	target_ns BIGINT NOT NULL, 
	requested_ns BIGINT, 
	received_ns BIGINT, 
	value DOUBLE, 
	text TEXT, 
	status SMALLINT NOT NULL, 
	raw TEXT, 
	PRIMARY KEY (attempt, number)
)
 WITHOUT ROWID

;
INSERT INTO "action" VALUES(4294967297,0,0,5,NULL,0,1000,2000,25.0,NULL,0,NULL);
INSERT INTO "action" VALUES(4294967297,1,0,5,NULL,10000000,10001000,10002000,25.9,NULL,0,NULL);
INSERT INTO "action" VALUES(4294967298,0,0,5,NULL,0,1000,2000,25.0,NULL,0,NULL);
INSERT INTO "action" VALUES(4294967298,1,0,5,NULL,10000000,10001000,10002000,25.9,NULL,0,NULL);
INSERT INTO "action" VALUES(4294967299,0,0,5,NULL,0,1000,2000,25.0,NULL,0,NULL);
INSERT INTO "action" VALUES(4294967299,1,0,5,NULL,10000000,10001000,10002000,25.9,NULL,0,NULL);
INSERT INTO "action" VALUES(8589934594,0,0,5,NULL,0,1000,2000,25.9,NULL,0,NULL);
CREATE TABLE attempt (
	id INTEGER NOT NULL, 
	run BIGINT NOT NULL, 
	shot BIGINT NOT NULL, 
	attempt INTEGER NOT NULL, 
	began_utc_ns BIGINT, 
	origin_utc_ns BIGINT, 
	ended_utc_ns BIGINT, 
	outcome TEXT, 
	fault TEXT, 
	message TEXT, 
	context TEXT, 
	PRIMARY KEY (id), 
	FOREIGN KEY(run) REFERENCES run (number)
);
INSERT INTO "attempt" VALUES(4294967297,1,1,1,1728000001123456789,1728000001133456789,1728000001183456789,'done',NULL,NULL,NULL);
INSERT INTO "attempt" VALUES(4294967298,1,2,1,1728000002123456789,1728000002133456789,1728000002183456789,'done',NULL,NULL,NULL);
INSERT INTO "attempt" VALUES(4294967299,1,3,1,1728000003123456789,1728000003133456789,1728000003183456789,'done',NULL,NULL,NULL);
INSERT INTO "attempt" VALUES(8589934593,2,1,1,1728000001123456789,1728000001133456789,1728000001183456789,'errored','timeout','no answer within 0.3 s','{"role":"furnace"}');
INSERT INTO "attempt" VALUES(8589934594,2,1,2,1728000001223456789,1728000001233456789,1728000001283456789,'done',NULL,NULL,NULL);
INSERT INTO "attempt" VALUES(8594128897,2,2,1,1728000002123456789,1728000002133456789,1728000002183456789,'done',NULL,NULL,NULL);
CREATE TABLE channel (
	run BIGINT NOT NULL, 
	channel INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	type TEXT NOT NULL, 
	unit TEXT, 
	PRIMARY KEY (run, channel), 
	FOREIGN KEY(run) REFERENCES run (number)
)
 WITHOUT ROWID

;
INSERT INTO "channel" VALUES(1,0,'furnace.temperature','float','degC');
INSERT INTO "channel" VALUES(1,1,'furnace.count','int',NULL);
INSERT INTO "channel" VALUES(1,2,'gas.shutoff','bool',NULL);
INSERT INTO "channel" VALUES(1,3,'gas.name','option',NULL);
INSERT INTO "channel" VALUES(1,4,'scope.trace','array','V');
INSERT INTO "channel" VALUES(1,5,'furnace.setpoint','float','degC');
INSERT INTO "channel" VALUES(2,0,'furnace.temperature','float','degC');
INSERT INTO "channel" VALUES(2,1,'furnace.count','int',NULL);
INSERT INTO "channel" VALUES(2,2,'gas.shutoff','bool',NULL);
INSERT INTO "channel" VALUES(2,3,'gas.name','option',NULL);
INSERT INTO "channel" VALUES(2,4,'scope.trace','array','V');
INSERT INTO "channel" VALUES(2,5,'furnace.setpoint','float','degC');
CREATE TABLE document (
	run BIGINT NOT NULL, 
	name TEXT NOT NULL, 
	text TEXT, 
	PRIMARY KEY (run, name), 
	FOREIGN KEY(run) REFERENCES run (number)
)
 WITHOUT ROWID

;
INSERT INTO "document" VALUES(1,'furnace-ramp.yaml','sequence: furnace-ramp
');
INSERT INTO "document" VALUES(2,'furnace-ramp.yaml','sequence: furnace-ramp
');
CREATE TABLE event (
	session INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	type TEXT NOT NULL, 
	at_utc_ns BIGINT NOT NULL, 
	run BIGINT, 
	shot BIGINT, 
	attempt INTEGER, 
	fields TEXT, 
	PRIMARY KEY (session, number)
)
 WITHOUT ROWID

;
INSERT INTO "event" VALUES(3741985000000000001,1,'session.started',1728000000123456789,NULL,NULL,NULL,'{"host":"bench","user":"ada","pid":4711}');
INSERT INTO "event" VALUES(3741985000000000001,2,'run.started',1728000000123456789,1,NULL,NULL,'{"shots":3}');
INSERT INTO "event" VALUES(3741985000000000001,3,'run.ended',1728000001123456789,1,NULL,NULL,'{"outcome":"done"}');
INSERT INTO "event" VALUES(3741985000000000001,4,'session.ended',1795194697032079218,NULL,NULL,NULL,'{"outcome":"done"}');
INSERT INTO "event" VALUES(3741985000000000002,1,'session.started',1728000000123456789,NULL,NULL,NULL,'{"host":"bench","user":"ada","pid":4711}');
INSERT INTO "event" VALUES(3741985000000000002,2,'session.ended',1795194697117495459,NULL,NULL,NULL,'{"outcome":"done"}');
CREATE TABLE parameter (
	run BIGINT NOT NULL, 
	parameter INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	type TEXT, 
	unit TEXT, 
	PRIMARY KEY (run, parameter), 
	FOREIGN KEY(run) REFERENCES run (number)
)
 WITHOUT ROWID

;
INSERT INTO "parameter" VALUES(1,0,'T_soak','number','degC');
INSERT INTO "parameter" VALUES(1,1,'flow','number','cm**3/min');
INSERT INTO "parameter" VALUES(1,2,'background','bool',NULL);
INSERT INTO "parameter" VALUES(1,3,'gas','text',NULL);
INSERT INTO "parameter" VALUES(2,0,'T_soak','number','degC');
INSERT INTO "parameter" VALUES(2,1,'flow','number','cm**3/min');
INSERT INTO "parameter" VALUES(2,2,'background','bool',NULL);
INSERT INTO "parameter" VALUES(2,3,'gas','text',NULL);
CREATE TABLE poll (
	run BIGINT NOT NULL, 
	number INTEGER NOT NULL, 
	channel BIGINT NOT NULL, 
	requested_utc_ns BIGINT NOT NULL, 
	received_utc_ns BIGINT, 
	value DOUBLE, 
	text TEXT, 
	status SMALLINT NOT NULL, 
	raw TEXT, 
	PRIMARY KEY (run, number), 
	FOREIGN KEY(run) REFERENCES run (number)
)
 WITHOUT ROWID

;
INSERT INTO "poll" VALUES(2,1,0,1728000000123456789,1728000000123456794,21.5,NULL,0,NULL);
CREATE TABLE request (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	run BIGINT NOT NULL, 
	verb TEXT NOT NULL, 
	reason TEXT, 
	asked_by TEXT, 
	at_utc_ns BIGINT NOT NULL, 
	taken_utc_ns BIGINT, 
	answer TEXT, 
	FOREIGN KEY(run) REFERENCES run (number)
);
CREATE TABLE result (
	attempt INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	type TEXT, 
	value DOUBLE, 
	text TEXT, 
	unit TEXT, 
	low DOUBLE, 
	high DOUBLE, 
	equals DOUBLE, 
	equals_text TEXT, 
	verdict TEXT, 
	PRIMARY KEY (attempt, number)
)
 WITHOUT ROWID

;
INSERT INTO "result" VALUES(8589934594,0,'overshoot','number',1.5,NULL,'K',NULL,2.0,NULL,NULL,'passed');
CREATE TABLE run (
	number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	session BIGINT NOT NULL, 
	ordinal INTEGER NOT NULL, 
	sequence TEXT NOT NULL, 
	station TEXT NOT NULL, 
	description TEXT, 
	started_utc_ns BIGINT NOT NULL, 
	ended_utc_ns BIGINT, 
	outcome TEXT, 
	reason TEXT, 
	shots_planned BIGINT NOT NULL, 
	plan_digest TEXT, 
	tags TEXT, 
	stamps TEXT, 
	environment TEXT, 
	summary TEXT, 
	UNIQUE (session, ordinal), 
	FOREIGN KEY(session) REFERENCES session (id)
);
INSERT INTO "run" VALUES(1,3741985000000000001,1,'furnace-ramp','demo','',1728000000123456789,1728000060123456789,'done',NULL,3,'d0','["commissioning"]','["mocked"]','{"python":"3.12"}','{"shots":3}');
INSERT INTO "run" VALUES(2,3741985000000000002,1,'killed','demo','it''s half done',1728000000123456789,1728000060123456789,'done',NULL,3,'d0','["commissioning"]','["mocked"]','{"python":"3.12"}','{"shots":3}');
CREATE TABLE run_session (
	run BIGINT NOT NULL, 
	number INTEGER NOT NULL, 
	session BIGINT NOT NULL, 
	began_utc_ns BIGINT, 
	plan_digest TEXT, 
	environment TEXT, 
	PRIMARY KEY (run, number), 
	FOREIGN KEY(run) REFERENCES run (number), 
	FOREIGN KEY(session) REFERENCES session (id)
)
 WITHOUT ROWID

;
INSERT INTO "run_session" VALUES(1,0,3741985000000000001,1728000000123456789,NULL,NULL);
INSERT INTO "run_session" VALUES(2,0,3741985000000000001,1728000000123456789,NULL,NULL);
INSERT INTO "run_session" VALUES(2,1,3741985000000000002,1728000000123456789,'d0','{"python":"3.12"}');
CREATE TABLE sample (
	attempt INTEGER NOT NULL, 
	channel INTEGER NOT NULL, 
	tick INTEGER NOT NULL, 
	target_ns BIGINT NOT NULL, 
	late_ns BIGINT, 
	took_ns BIGINT, 
	value DOUBLE, 
	status SMALLINT NOT NULL, 
	PRIMARY KEY (attempt, channel, tick)
)
 WITHOUT ROWID

;
INSERT INTO "sample" VALUES(4294967297,0,0,0,5000,895000,1.0,0);
INSERT INTO "sample" VALUES(4294967297,0,1,20000000,5000,895000,1.25,0);
INSERT INTO "sample" VALUES(4294967297,0,2,40000000,5000,895000,1.5,0);
INSERT INTO "sample" VALUES(4294967297,0,3,60000000,5000,895000,1.75,0);
INSERT INTO "sample" VALUES(4294967297,0,4,80000000,5000,895000,NULL,2);
INSERT INTO "sample" VALUES(4294967297,0,5,100000000,NULL,NULL,NULL,3);
INSERT INTO "sample" VALUES(4294967297,1,0,0,5000,895000,1.15292150460684697597e+18,0);
INSERT INTO "sample" VALUES(4294967297,3,0,0,5000,895000,NULL,0);
INSERT INTO "sample" VALUES(4294967297,4,0,0,5000,895000,NULL,0);
INSERT INTO "sample" VALUES(4294967298,0,0,0,5000,895000,2.0,0);
INSERT INTO "sample" VALUES(4294967298,0,1,20000000,5000,895000,2.25,0);
INSERT INTO "sample" VALUES(4294967298,0,2,40000000,5000,895000,2.5,0);
INSERT INTO "sample" VALUES(4294967298,0,3,60000000,5000,895000,2.75,0);
INSERT INTO "sample" VALUES(4294967298,0,4,80000000,5000,895000,NULL,2);
INSERT INTO "sample" VALUES(4294967298,0,5,100000000,NULL,NULL,NULL,3);
INSERT INTO "sample" VALUES(4294967298,1,0,0,5000,895000,1.15292150460684697597e+18,0);
INSERT INTO "sample" VALUES(4294967298,3,0,0,5000,895000,NULL,0);
INSERT INTO "sample" VALUES(4294967298,4,0,0,5000,895000,NULL,0);
INSERT INTO "sample" VALUES(4294967299,0,0,0,5000,895000,3.0,0);
INSERT INTO "sample" VALUES(4294967299,0,1,20000000,5000,895000,3.25,0);
INSERT INTO "sample" VALUES(4294967299,0,2,40000000,5000,895000,3.5,0);
INSERT INTO "sample" VALUES(4294967299,0,3,60000000,5000,895000,3.75,0);
INSERT INTO "sample" VALUES(4294967299,0,4,80000000,5000,895000,NULL,2);
INSERT INTO "sample" VALUES(4294967299,0,5,100000000,NULL,NULL,NULL,3);
INSERT INTO "sample" VALUES(4294967299,1,0,0,5000,895000,1.15292150460684697597e+18,0);
INSERT INTO "sample" VALUES(4294967299,3,0,0,5000,895000,NULL,0);
INSERT INTO "sample" VALUES(4294967299,4,0,0,5000,895000,NULL,0);
INSERT INTO "sample" VALUES(8589934593,0,0,0,5000,895000,1.0,0);
INSERT INTO "sample" VALUES(8589934593,0,1,20000000,5000,895000,1.25,0);
INSERT INTO "sample" VALUES(8589934593,0,2,40000000,5000,895000,1.5,0);
INSERT INTO "sample" VALUES(8589934593,0,3,60000000,5000,895000,1.75,0);
INSERT INTO "sample" VALUES(8589934594,0,0,0,5000,895000,2.0,0);
INSERT INTO "sample" VALUES(8589934594,0,1,20000000,5000,895000,2.25,0);
INSERT INTO "sample" VALUES(8589934594,0,2,40000000,5000,895000,2.5,0);
INSERT INTO "sample" VALUES(8589934594,0,3,60000000,5000,895000,2.75,0);
INSERT INTO "sample" VALUES(8594128897,0,0,0,5000,895000,2.0,0);
INSERT INTO "sample" VALUES(8594128897,0,1,20000000,5000,895000,2.25,0);
INSERT INTO "sample" VALUES(8594128897,0,2,40000000,5000,895000,2.5,0);
INSERT INTO "sample" VALUES(8594128897,0,3,60000000,5000,895000,2.75,0);
CREATE TABLE sample_array (
	attempt INTEGER NOT NULL, 
	channel INTEGER NOT NULL, 
	tick INTEGER NOT NULL, 
	dtype TEXT NOT NULL, 
	shape TEXT NOT NULL, 
	encoding TEXT NOT NULL, 
	data BLOB NOT NULL, 
	PRIMARY KEY (attempt, channel, tick)
);
INSERT INTO "sample_array" VALUES(4294967297,4,0,'<f8','[4]','zlib',X'7801636040061FECA13C0708CDE1000017BF01B8');
INSERT INTO "sample_array" VALUES(4294967298,4,0,'<f8','[4]','zlib',X'7801636040061FECA13C0708CDE1000017BF01B8');
INSERT INTO "sample_array" VALUES(4294967299,4,0,'<f8','[4]','zlib',X'7801636040061FECA13C0708CDE1000017BF01B8');
CREATE TABLE sample_text (
	attempt INTEGER NOT NULL, 
	channel INTEGER NOT NULL, 
	tick INTEGER NOT NULL, 
	text TEXT, 
	raw TEXT, 
	PRIMARY KEY (attempt, channel, tick)
)
 WITHOUT ROWID

;
INSERT INTO "sample_text" VALUES(4294967297,0,4,NULL,'-------');
INSERT INTO "sample_text" VALUES(4294967297,1,0,'1152921504606846977',NULL);
INSERT INTO "sample_text" VALUES(4294967297,3,0,'He',NULL);
INSERT INTO "sample_text" VALUES(4294967298,0,4,NULL,'-------');
INSERT INTO "sample_text" VALUES(4294967298,1,0,'1152921504606846977',NULL);
INSERT INTO "sample_text" VALUES(4294967298,3,0,'He',NULL);
INSERT INTO "sample_text" VALUES(4294967299,0,4,NULL,'-------');
INSERT INTO "sample_text" VALUES(4294967299,1,0,'1152921504606846977',NULL);
INSERT INTO "sample_text" VALUES(4294967299,3,0,'He',NULL);
CREATE TABLE schema_version (
	version INTEGER NOT NULL, 
	applied_utc_ns BIGINT, 
	made_by TEXT, 
	PRIMARY KEY (version)
);
INSERT INTO "schema_version" VALUES(2,1795194696901190484,'0.2');
CREATE TABLE session (
	id INTEGER NOT NULL, 
	started_utc_ns BIGINT NOT NULL, 
	seen_utc_ns BIGINT, 
	ended_utc_ns BIGINT, 
	outcome TEXT, 
	host TEXT NOT NULL, 
	user_name TEXT, 
	pid BIGINT NOT NULL, 
	process_started TEXT, 
	boot TEXT, 
	version TEXT, 
	PRIMARY KEY (id)
);
INSERT INTO "session" VALUES(3741985000000000001,1728000000123456789,1728000000123456789,1795194697032079218,'done','bench','ada',4711,'1','boot','0.2');
INSERT INTO "session" VALUES(3741985000000000002,1728000000123456789,1728000000123456789,1795194697117495459,'done','bench','ada',4711,'1','boot','0.2');
CREATE TABLE shot (
	run BIGINT NOT NULL, 
	shot INTEGER NOT NULL, 
	digest TEXT, 
	began_utc_ns BIGINT, 
	ended_utc_ns BIGINT, 
	outcome TEXT, 
	attempts INTEGER, 
	good_attempt BIGINT, 
	PRIMARY KEY (run, shot), 
	FOREIGN KEY(run) REFERENCES run (number)
)
 WITHOUT ROWID

;
INSERT INTO "shot" VALUES(1,1,'d1',1728000001123456789,1728000001183456789,'done',1,4294967297);
INSERT INTO "shot" VALUES(1,2,'d2',1728000002123456789,1728000002183456789,'done',1,4294967298);
INSERT INTO "shot" VALUES(1,3,'d3',1728000003123456789,1728000003183456789,'done',1,4294967299);
INSERT INTO "shot" VALUES(2,1,'d1',1728000001123456789,1728000001283456789,'done',2,8589934594);
INSERT INTO "shot" VALUES(2,2,'d2',1728000002123456789,1728000002183456789,'done',1,8594128897);
CREATE TABLE shot_parameter (
	run INTEGER NOT NULL, 
	shot INTEGER NOT NULL, 
	parameter INTEGER NOT NULL, 
	value DOUBLE, 
	text TEXT, 
	PRIMARY KEY (run, shot, parameter)
)
 WITHOUT ROWID

;
INSERT INTO "shot_parameter" VALUES(1,1,0,40.0,NULL);
INSERT INTO "shot_parameter" VALUES(1,1,1,10.5,NULL);
INSERT INTO "shot_parameter" VALUES(1,1,2,0.0,NULL);
INSERT INTO "shot_parameter" VALUES(1,1,3,NULL,'He');
INSERT INTO "shot_parameter" VALUES(1,2,0,60.0,NULL);
INSERT INTO "shot_parameter" VALUES(1,2,1,10.5,NULL);
INSERT INTO "shot_parameter" VALUES(1,2,2,1.0,NULL);
INSERT INTO "shot_parameter" VALUES(1,2,3,NULL,'He');
INSERT INTO "shot_parameter" VALUES(1,3,0,80.0,NULL);
INSERT INTO "shot_parameter" VALUES(1,3,1,10.5,NULL);
INSERT INTO "shot_parameter" VALUES(1,3,2,0.0,NULL);
INSERT INTO "shot_parameter" VALUES(1,3,3,NULL,'He');
INSERT INTO "shot_parameter" VALUES(2,1,0,40.0,NULL);
INSERT INTO "shot_parameter" VALUES(2,1,1,10.5,NULL);
INSERT INTO "shot_parameter" VALUES(2,1,2,0.0,NULL);
INSERT INTO "shot_parameter" VALUES(2,1,3,NULL,'He');
INSERT INTO "shot_parameter" VALUES(2,2,0,60.0,NULL);
INSERT INTO "shot_parameter" VALUES(2,2,1,10.5,NULL);
INSERT INTO "shot_parameter" VALUES(2,2,2,1.0,NULL);
INSERT INTO "shot_parameter" VALUES(2,2,3,NULL,'He');
CREATE TABLE step (
	attempt INTEGER NOT NULL, 
	step INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	start_ns BIGINT NOT NULL, 
	end_ns BIGINT NOT NULL, 
	PRIMARY KEY (attempt, step)
)
 WITHOUT ROWID

;
INSERT INTO "step" VALUES(4294967297,0,'heat',0,30000000);
INSERT INTO "step" VALUES(4294967297,1,'soak',30000000,100000000);
INSERT INTO "step" VALUES(4294967298,0,'heat',0,30000000);
INSERT INTO "step" VALUES(4294967298,1,'soak',30000000,100000000);
INSERT INTO "step" VALUES(4294967299,0,'heat',0,30000000);
INSERT INTO "step" VALUES(4294967299,1,'soak',30000000,100000000);
INSERT INTO "step" VALUES(8589934593,0,'heat',0,30000000);
INSERT INTO "step" VALUES(8589934593,1,'soak',30000000,100000000);
INSERT INTO "step" VALUES(8589934594,0,'heat',0,30000000);
INSERT INTO "step" VALUES(8589934594,1,'soak',30000000,100000000);
INSERT INTO "step" VALUES(8594128897,0,'heat',0,30000000);
INSERT INTO "step" VALUES(8594128897,1,'soak',30000000,100000000);
CREATE TABLE tally (
	attempt INTEGER NOT NULL, 
	channel TEXT NOT NULL, 
	what TEXT NOT NULL, 
	planned BIGINT NOT NULL, 
	ok BIGINT NOT NULL, 
	late BIGINT NOT NULL, 
	failed BIGINT NOT NULL, 
	missed BIGINT NOT NULL, 
	dropped BIGINT NOT NULL, 
	unreached BIGINT NOT NULL, 
	PRIMARY KEY (attempt, channel, what)
)
 WITHOUT ROWID

;
INSERT INTO "tally" VALUES(4294967297,'furnace.temperature','readings',6,4,0,1,1,0,0);
INSERT INTO "tally" VALUES(4294967298,'furnace.temperature','readings',6,4,0,1,1,0,0);
INSERT INTO "tally" VALUES(4294967299,'furnace.temperature','readings',6,4,0,1,1,0,0);
INSERT INTO "tally" VALUES(8589934593,'furnace.temperature','readings',4,4,0,0,0,0,0);
INSERT INTO "tally" VALUES(8589934594,'furnace.temperature','readings',4,4,0,0,0,0,0);
INSERT INTO "tally" VALUES(8594128897,'furnace.temperature','readings',4,4,0,0,0,0,0);
CREATE INDEX attempt_of_shot ON attempt (run, shot, attempt);
CREATE INDEX request_of_run ON request (run, taken_utc_ns);
CREATE VIEW run_view AS SELECT r.number AS run, r.sequence, r.station, strftime('%Y-%m-%dT%H:%M:%S', r.started_utc_ns / 1000000000, 'unixepoch') || printf('.%09dZ', r.started_utc_ns % 1000000000) AS started,
    strftime('%Y-%m-%dT%H:%M:%S', r.ended_utc_ns / 1000000000, 'unixepoch') || printf('.%09dZ', r.ended_utc_ns % 1000000000) AS ended, coalesce(r.outcome, 'no end recorded') AS outcome, r.reason,
    r.shots_planned,
    (SELECT count(*) FROM shot s WHERE s.run = r.number AND s.outcome IS NOT NULL) AS shots_committed,
    r.tags, r.stamps, r.description, r.plan_digest, e.host, e.user_name, e.pid
FROM run r JOIN session e ON e.id = r.session;
CREATE VIEW shot_view AS SELECT s.run, s.shot, coalesce(s.outcome, 'no end recorded') AS outcome, s.attempts,
    strftime('%Y-%m-%dT%H:%M:%S', s.began_utc_ns / 1000000000, 'unixepoch') || printf('.%09dZ', s.began_utc_ns % 1000000000) AS started, strftime('%Y-%m-%dT%H:%M:%S', s.ended_utc_ns / 1000000000, 'unixepoch') || printf('.%09dZ', s.ended_utc_ns % 1000000000) AS ended,
    CAST(s.ended_utc_ns - s.began_utc_ns AS double precision) / 1e9 AS duration_s, s.digest
FROM shot s;
CREATE VIEW parameter_view AS SELECT v.run, v.shot, p.name, p.type, v.value, v.text, p.unit
FROM shot_parameter v JOIN parameter p ON p.run = v.run AND p.parameter = v.parameter;
CREATE VIEW attempt_view AS SELECT a.run, a.shot, a.attempt, a.id AS attempt_id, strftime('%Y-%m-%dT%H:%M:%S', a.began_utc_ns / 1000000000, 'unixepoch') || printf('.%09dZ', a.began_utc_ns % 1000000000) AS began,
    strftime('%Y-%m-%dT%H:%M:%S', a.origin_utc_ns / 1000000000, 'unixepoch') || printf('.%09dZ', a.origin_utc_ns % 1000000000) AS origin, strftime('%Y-%m-%dT%H:%M:%S', a.ended_utc_ns / 1000000000, 'unixepoch') || printf('.%09dZ', a.ended_utc_ns % 1000000000) AS ended,
    coalesce(a.outcome, 'no end recorded') AS outcome, a.fault, a.message, a.context
FROM attempt a;
CREATE VIEW sample_view AS SELECT a.run, a.shot, a.attempt, a.outcome AS attempt_outcome, c.name AS channel, s.tick,
    strftime('%Y-%m-%dT%H:%M:%S', (a.origin_utc_ns + s.target_ns + coalesce(s.late_ns, 0)) / 1000000000, 'unixepoch') || printf('.%09dZ', (a.origin_utc_ns + s.target_ns + coalesce(s.late_ns, 0)) % 1000000000) AS time, CAST(s.target_ns AS double precision) / 1e9 AS target_s, CAST((s.target_ns + s.late_ns) AS double precision) / 1e9 AS requested_s,
    CAST((s.target_ns + coalesce(s.late_ns, 0) + s.took_ns) AS double precision) / 1e9 AS received_s,
    CAST(s.late_ns AS double precision) / 1e6 AS lateness_ms, s.value, x.text, c.unit, CASE s.status WHEN 0 THEN 'ok' WHEN 1 THEN 'late' WHEN 2 THEN 'failed' WHEN 3 THEN 'missed' WHEN 4 THEN 'dropped' WHEN 5 THEN 'unreached' END AS status, x.raw
FROM attempt a
JOIN sample s ON s.attempt = a.id
JOIN channel c ON c.run = a.run AND c.channel = s.channel
LEFT JOIN sample_text x ON x.attempt = s.attempt AND x.channel = s.channel AND x.tick = s.tick;
CREATE VIEW array_view AS SELECT a.run, a.shot, a.attempt, a.outcome AS attempt_outcome, c.name AS channel, s.tick,
    strftime('%Y-%m-%dT%H:%M:%S', (a.origin_utc_ns + s.target_ns + coalesce(s.late_ns, 0)) / 1000000000, 'unixepoch') || printf('.%09dZ', (a.origin_utc_ns + s.target_ns + coalesce(s.late_ns, 0)) % 1000000000) AS time, CAST(s.target_ns AS double precision) / 1e9 AS target_s, CAST((s.target_ns + s.late_ns) AS double precision) / 1e9 AS requested_s,
    CAST((s.target_ns + coalesce(s.late_ns, 0) + s.took_ns) AS double precision) / 1e9 AS received_s,
    CAST(s.late_ns AS double precision) / 1e6 AS lateness_ms, c.unit, CASE s.status WHEN 0 THEN 'ok' WHEN 1 THEN 'late' WHEN 2 THEN 'failed' WHEN 3 THEN 'missed' WHEN 4 THEN 'dropped' WHEN 5 THEN 'unreached' END AS status,
    x.dtype, x.shape, x.encoding, x.data
FROM attempt a
JOIN sample_array x ON x.attempt = a.id
JOIN sample s ON s.attempt = x.attempt AND s.channel = x.channel AND s.tick = x.tick
JOIN channel c ON c.run = a.run AND c.channel = s.channel;
CREATE VIEW action_view AS SELECT a.run, a.shot, a.attempt, a.outcome AS attempt_outcome, s.number, CASE s.kind WHEN 0 THEN 'planned' WHEN 1 THEN 'setup' WHEN 2 THEN 'safe' END AS kind,
    c.name AS channel, s.command, strftime('%Y-%m-%dT%H:%M:%S', (a.origin_utc_ns + coalesce(s.requested_ns, s.target_ns)) / 1000000000, 'unixepoch') || printf('.%09dZ', (a.origin_utc_ns + coalesce(s.requested_ns, s.target_ns)) % 1000000000) AS time, CAST(s.target_ns AS double precision) / 1e9 AS target_s, CAST(s.requested_ns AS double precision) / 1e9 AS requested_s,
    CAST(s.received_ns AS double precision) / 1e9 AS received_s,
    CAST((s.requested_ns - s.target_ns) AS double precision) / 1e6 AS lateness_ms, s.value, s.text, c.unit,
    CASE s.status WHEN 0 THEN 'ok' WHEN 1 THEN 'late' WHEN 2 THEN 'failed' WHEN 3 THEN 'missed' WHEN 4 THEN 'dropped' WHEN 5 THEN 'unreached' END AS status, s.raw
FROM attempt a
JOIN action s ON s.attempt = a.id
LEFT JOIN channel c ON c.run = a.run AND c.channel = s.channel;
CREATE VIEW result_view AS SELECT a.run, a.shot, a.attempt, a.outcome AS attempt_outcome, s.number, s.name, s.type, s.value,
    s.text, s.unit, s.low, s.high, s.equals, s.equals_text, s.verdict
FROM attempt a JOIN result s ON s.attempt = a.id;
CREATE VIEW poll_view AS SELECT s.run, s.number, c.name AS channel, strftime('%Y-%m-%dT%H:%M:%S', s.requested_utc_ns / 1000000000, 'unixepoch') || printf('.%09dZ', s.requested_utc_ns % 1000000000) AS time,
    CAST(s.received_utc_ns - s.requested_utc_ns AS double precision) / 1e6 AS took_ms, s.value, s.text, c.unit,
    CASE s.status WHEN 0 THEN 'ok' WHEN 1 THEN 'late' WHEN 2 THEN 'failed' WHEN 3 THEN 'missed' WHEN 4 THEN 'dropped' WHEN 5 THEN 'unreached' END AS status, s.raw
FROM poll s LEFT JOIN channel c ON c.run = s.run AND c.channel = s.channel;
CREATE VIEW request_view AS SELECT q.id, q.run, q.verb, q.reason, q.asked_by, strftime('%Y-%m-%dT%H:%M:%S', q.at_utc_ns / 1000000000, 'unixepoch') || printf('.%09dZ', q.at_utc_ns % 1000000000) AS asked,
    strftime('%Y-%m-%dT%H:%M:%S', q.taken_utc_ns / 1000000000, 'unixepoch') || printf('.%09dZ', q.taken_utc_ns % 1000000000) AS taken, q.answer
FROM request q;
CREATE VIEW step_view AS SELECT a.run, a.shot, a.attempt, s.step, s.name, s.start_ns / 1e9 AS start_s,
    s.end_ns / 1e9 AS end_s
FROM attempt a JOIN step s ON s.attempt = a.id;
CREATE VIEW tally_view AS SELECT a.run, a.shot, a.attempt, t.channel, t.what, t.planned, t.ok, t.late, t.failed, t.missed,
    t.dropped, t.unreached
FROM attempt a JOIN tally t ON t.attempt = a.id;
CREATE VIEW lateness_view AS SELECT a.run, a.shot, a.attempt, t.channel, t.what, t.planned, t.ok + t.late AS started, t.late,
    CAST(CASE t.what WHEN 'readings' THEN (SELECT min(x.late) FROM (SELECT s.late_ns AS late, cume_dist() OVER (ORDER BY s.late_ns) AS part FROM sample s WHERE s.attempt = t.attempt AND s.channel = c.channel
        AND s.status <= 1) x WHERE x.part >= 0.5) WHEN 'actions' THEN (SELECT min(x.late) FROM (SELECT s.requested_ns - s.target_ns AS late, cume_dist() OVER (ORDER BY s.requested_ns - s.target_ns) AS part FROM action s WHERE s.attempt = t.attempt AND s.kind = 0
        AND s.status <= 1 AND (s.channel = c.channel OR c.channel IS NULL
        AND s.channel IS NULL AND s.command LIKE t.channel || '.%')) x WHERE x.part >= 0.5) END AS double precision) / 1e6 AS p50_ms, CAST(CASE t.what WHEN 'readings' THEN (SELECT min(x.late) FROM (SELECT s.late_ns AS late, cume_dist() OVER (ORDER BY s.late_ns) AS part FROM sample s WHERE s.attempt = t.attempt AND s.channel = c.channel
        AND s.status <= 1) x WHERE x.part >= 0.99) WHEN 'actions' THEN (SELECT min(x.late) FROM (SELECT s.requested_ns - s.target_ns AS late, cume_dist() OVER (ORDER BY s.requested_ns - s.target_ns) AS part FROM action s WHERE s.attempt = t.attempt AND s.kind = 0
        AND s.status <= 1 AND (s.channel = c.channel OR c.channel IS NULL
        AND s.channel IS NULL AND s.command LIKE t.channel || '.%')) x WHERE x.part >= 0.99) END AS double precision) / 1e6 AS p99_ms, CAST(CASE t.what WHEN 'readings' THEN (SELECT max(s.late_ns) FROM sample s WHERE s.attempt = t.attempt AND s.channel = c.channel
        AND s.status <= 1) WHEN 'actions' THEN (SELECT max(s.requested_ns - s.target_ns) FROM action s WHERE s.attempt = t.attempt AND s.kind = 0
        AND s.status <= 1 AND (s.channel = c.channel OR c.channel IS NULL
        AND s.channel IS NULL AND s.command LIKE t.channel || '.%')) END AS double precision) / 1e6 AS max_ms
FROM attempt a JOIN tally t ON t.attempt = a.id
LEFT JOIN channel c ON c.run = a.run AND c.name = t.channel;
CREATE VIEW event_view AS SELECT e.session, e.number, strftime('%Y-%m-%dT%H:%M:%S', e.at_utc_ns / 1000000000, 'unixepoch') || printf('.%09dZ', e.at_utc_ns % 1000000000) AS time, e.type, e.run, e.shot,
    e.attempt, e.fields
FROM event e;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('run',2);
COMMIT;
