/** The channel that tells of new records: `session:head`. A hint only; the log is the truth. */
export const CHANNEL = 'signalbox';

/**
 * Days of one period of `seen`, and the periods that a new key is looked for in: the current one
 * and three before. A foreign id is so remembered for 30 to 40 days, each insert lands among its
 * own period's keys, and a lookup costs four probes.
 */
export const SEEN_PERIOD_MS = 864_000_000;
export const SEEN_PERIODS = 4;

/** Why a unit is refused, as `signalbox.append` says it. */
export const REASON = { duplicate: 1, conflict: 2, stale: 3 } as const;

/**
 * What commits a group: one call, one transaction, one round trip.
 *
 * It takes the lock of `log_head` first, so that all writers of the log stand in one line until
 * they have committed, and every later statement of it sees what those before it wrote. No unit of
 * a group touches a run, a key, a letter, an entity, a window, a cursor or a consumer that another
 * one touches: all can be decided at once.
 *
 * `p_number` counts the groups of one lane of a session, each sent when the one before is settled.
 * A group that is sent again, since the connection was cut before its answer, finds its answer in
 * `commits`; one that a dead connection still carries finds that the lane is past it, and does
 * nothing.
 *
 * Units and records count from 1. `r_stream` is null for an event, 0 for a new run, else the run.
 * `skipped` holds for each unit how many records before it were refused, or -1 where it is itself.
 */
export const APPEND_FUNCTION = `
CREATE FUNCTION signalbox.append(
  p_session bigint, p_lane int, p_number bigint, u_size int[],
  r_unit int[], r_type text[], r_version int[], r_source text[], r_id text[], r_subject text[],
  r_received bigint[], r_correlation text[], r_causation bigint[], r_hops int[],
  r_stream bigint[], r_prev bigint[], r_attributes text[], r_data text[],
  d_record int[], d_key text[], d_digest text[],
  o_record int[], o_flow text[], o_catalog text[], o_event bigint[], o_correlation text[],
  o_hops int[], o_started bigint[], o_lane text[], o_parent bigint[], o_fork bigint[],
  o_branch int[],
  o_state text[], o_at text[], o_attempt int[], o_due bigint[], o_epoch bigint[],
  o_crashes int[], o_ended bigint[], o_reason text[],
  a_record int[], a_run bigint[], a_expected_version bigint[], a_expected_epoch bigint[],
  a_state text[], a_at text[], a_attempt int[], a_due bigint[], a_epoch bigint[],
  a_crashes int[], a_ended bigint[], a_reason text[], a_catalog text[],
  c_unit int[], c_consumer text[], c_from bigint[], c_to bigint[], c_state text[],
  l_record int[], l_kind text[], l_event bigint[], l_flow text[], l_run bigint[], l_step text[],
  l_attempts int[], l_code text[], l_message text[],
  x_record int[], x_letter bigint[], x_state text[],
  w_unit int[], w_flow text[], w_key text[], w_due bigint[], w_state text[],
  k_unit int[], k_source text[], k_key text[], k_value text[],
  e_record int[], e_entity bigint[], e_expected bigint[], e_kind text[], e_state text[],
  e_run bigint[], e_due bigint[], e_ended bigint[], e_data text[],
  OUT first_seq bigint, OUT floor_received bigint,
  OUT refused_units int[], OUT refused_reasons int[], OUT refused_seqs bigint[]
) LANGUAGE plpgsql AS $body$
#variable_conflict use_column
DECLARE
  head signalbox.log_head;
  known signalbox.commits;
  refusal record;
  skipped int[];
  missing int := 0;
  records int := cardinality(r_unit);
  now_received bigint;
  now_period bigint;
BEGIN
  SELECT * INTO head FROM signalbox.log_head FOR UPDATE;

  SELECT * INTO known FROM signalbox.commits
  WHERE session = p_session AND lane = p_lane;
  IF known.number >= p_number THEN
    IF known.number = p_number THEN
      first_seq := known.first_seq; floor_received := known.floor_received;
      refused_units := known.refused_units; refused_reasons := known.refused_reasons;
      refused_seqs := known.refused_seqs;
    END IF;
    RETURN;
  END IF;

  first_seq := head.seq + 1;
  floor_received := head.received;
  now_received := greatest(head.received, r_received[records]);
  now_period := now_received / ${SEEN_PERIOD_MS};

  IF cardinality(d_record) + cardinality(a_record) + cardinality(c_unit) + cardinality(x_record)
    + cardinality(e_record) > 0
  THEN
    FOR refusal IN
      SELECT DISTINCT ON (found.unit) found.unit, found.reason, found.seq FROM (
        SELECT c.unit, 0 AS place, ${REASON.stale} AS reason, 0 AS seq
        FROM unnest(c_unit, c_consumer, c_from) AS c (unit, consumer, origin)
        LEFT JOIN signalbox.checkpoints AS k ON k.consumer = c.consumer
        WHERE coalesce(k.seq, 0) <> c.origin
        UNION ALL
        SELECT r_unit[a.record], a.record, ${REASON.stale}, 0
        FROM unnest(a_record, a_run, a_expected_version, a_expected_epoch)
          AS a (record, run, version, epoch)
        LEFT JOIN signalbox.runs AS r ON r.id = a.run
        WHERE r.id IS NULL OR r.version <> a.version OR r.epoch <> a.epoch
        UNION ALL
        SELECT r_unit[d.record], d.record,
          CASE WHEN s.digest = d.digest THEN ${REASON.duplicate} ELSE ${REASON.conflict} END, s.seq
        FROM unnest(d_record, d_key, d_digest) AS d (record, key, digest)
        CROSS JOIN generate_series(now_period - ${SEEN_PERIODS - 1}, now_period) AS w (period)
        JOIN signalbox.seen AS s ON s.period = w.period AND s.key = d.key
        UNION ALL
        SELECT r_unit[x.record], x.record, ${REASON.stale}, 0
        FROM unnest(x_record, x_letter) AS x (record, letter)
        LEFT JOIN signalbox.letters AS l ON l.id = x.letter
        WHERE l.id IS NULL OR l.closed IS NOT NULL
        UNION ALL
        SELECT r_unit[e.record], e.record, ${REASON.stale}, 0
        FROM unnest(e_record, e_entity, e_expected) AS e (record, entity, version)
        LEFT JOIN signalbox.entities AS n ON n.id = e.entity
        WHERE e.entity IS NOT NULL AND (n.id IS NULL OR n.version <> e.version)
      ) AS found ORDER BY found.unit, found.place, found.reason
    LOOP
      refused_units := refused_units || refusal.unit;
      refused_reasons := refused_reasons || refusal.reason;
      refused_seqs := refused_seqs || refusal.seq;
    END LOOP;
  END IF;

  skipped := array_fill(0, ARRAY[cardinality(u_size)]);
  IF refused_units IS NOT NULL THEN
    FOR unit IN 1 .. cardinality(u_size) LOOP
      IF unit = ANY (refused_units) THEN
        skipped[unit] := -1;
        missing := missing + u_size[unit];
      ELSE
        skipped[unit] := missing;
      END IF;
    END LOOP;
  END IF;

  IF records > missing THEN
    INSERT INTO signalbox.events (seq, type, version, source, id, subject, received, correlation,
      causation, hops, stream, prev, attributes, data)
    SELECT head.seq + r.place - skipped[r.unit], r.type, r.version, r.source, r.id, r.subject,
      greatest(r.received, head.received), r.correlation, r.causation, r.hops,
      CASE r.stream WHEN 0 THEN head.seq + r.place - skipped[r.unit] ELSE r.stream END, r.prev,
      r.attributes, r.data
    FROM unnest(r_unit, r_type, r_version, r_source, r_id, r_subject, r_received, r_correlation,
        r_causation, r_hops, r_stream, r_prev, r_attributes, r_data) WITH ORDINALITY
      AS r (unit, type, version, source, id, subject, received, correlation,
        causation, hops, stream, prev, attributes, data, place)
    WHERE skipped[r.unit] >= 0;
  END IF;

  IF cardinality(o_record) > 0 THEN
    INSERT INTO signalbox.runs (id, version, flow, catalog, event, correlation, hops, started,
      lane, parent, fork, branch, state, at, attempt, due, epoch, crashes, ended, reason)
    SELECT head.seq + o.record - skipped[r_unit[o.record]],
      head.seq + o.record - skipped[r_unit[o.record]], o.flow, o.catalog, o.event, o.correlation,
      o.hops, o.started, o.lane, o.parent, o.fork, o.branch, o.state, o.at, o.attempt, o.due,
      o.epoch, o.crashes, o.ended, o.reason
    FROM unnest(o_record, o_flow, o_catalog, o_event, o_correlation, o_hops, o_started,
        o_lane, o_parent, o_fork, o_branch, o_state, o_at, o_attempt, o_due, o_epoch, o_crashes,
        o_ended, o_reason)
      AS o (record, flow, catalog, event, correlation, hops, started,
        lane, parent, fork, branch, state, at, attempt, due, epoch, crashes, ended, reason)
    WHERE skipped[r_unit[o.record]] >= 0;
  END IF;

  IF cardinality(a_record) > 0 THEN
    UPDATE signalbox.runs AS r
    SET version = head.seq + a.record - skipped[r_unit[a.record]], state = a.state, at = a.at,
      attempt = a.attempt, due = a.due, epoch = a.epoch, crashes = a.crashes, ended = a.ended,
      reason = a.reason, catalog = coalesce(a.catalog, r.catalog)
    FROM unnest(a_record, a_run, a_state, a_at, a_attempt, a_due, a_epoch, a_crashes, a_ended,
        a_reason, a_catalog)
      AS a (record, run, state, at, attempt, due, epoch, crashes, ended, reason, catalog)
    WHERE r.id = a.run AND skipped[r_unit[a.record]] >= 0;
  END IF;

  IF cardinality(d_record) > 0 THEN
    INSERT INTO signalbox.seen (period, key, digest, seq)
    SELECT now_period, d.key, d.digest, head.seq + d.record - skipped[r_unit[d.record]]
    FROM unnest(d_record, d_key, d_digest) AS d (record, key, digest)
    WHERE skipped[r_unit[d.record]] >= 0;
  END IF;

  IF cardinality(c_unit) > 0 THEN
    INSERT INTO signalbox.checkpoints (consumer, seq, state)
    SELECT c.consumer, c.target, c.state
    FROM unnest(c_unit, c_consumer, c_to, c_state) AS c (unit, consumer, target, state)
    WHERE skipped[c.unit] >= 0
    ON CONFLICT (consumer) DO UPDATE SET seq = excluded.seq, state = excluded.state;
  END IF;

  IF cardinality(l_record) > 0 THEN
    INSERT INTO signalbox.letters (id, kind, event, flow, run, step, attempts, code, message, at,
      state)
    SELECT head.seq + l.record - skipped[r_unit[l.record]], l.kind, l.event, l.flow, l.run, l.step,
      l.attempts, l.code, l.message, greatest(r_received[l.record], head.received), 'open'
    FROM unnest(l_record, l_kind, l_event, l_flow, l_run, l_step, l_attempts, l_code, l_message)
      AS l (record, kind, event, flow, run, step, attempts, code, message)
    WHERE skipped[r_unit[l.record]] >= 0;
  END IF;

  IF cardinality(x_record) > 0 THEN
    UPDATE signalbox.letters AS l
    SET state = x.state, closed = head.seq + x.record - skipped[r_unit[x.record]]
    FROM unnest(x_record, x_letter, x_state) AS x (record, letter, state)
    WHERE l.id = x.letter AND skipped[r_unit[x.record]] >= 0;
  END IF;

  IF cardinality(e_record) > 0 THEN
    INSERT INTO signalbox.entities (id, version, kind, state, run, due, ended, data)
    SELECT head.seq + e.record - skipped[r_unit[e.record]],
      head.seq + e.record - skipped[r_unit[e.record]], e.kind, e.state, e.run, e.due, e.ended,
      e.data
    FROM unnest(e_record, e_entity, e_kind, e_state, e_run, e_due, e_ended, e_data)
      AS e (record, entity, kind, state, run, due, ended, data)
    WHERE e.entity IS NULL AND skipped[r_unit[e.record]] >= 0;
    UPDATE signalbox.entities AS n
    SET version = head.seq + e.record - skipped[r_unit[e.record]], state = e.state, due = e.due,
      ended = e.ended, data = e.data
    FROM unnest(e_record, e_entity, e_state, e_due, e_ended, e_data)
      AS e (record, entity, state, due, ended, data)
    WHERE n.id = e.entity AND skipped[r_unit[e.record]] >= 0;
  END IF;

  IF cardinality(w_unit) > 0 THEN
    DELETE FROM signalbox.windows AS k
    USING unnest(w_unit, w_flow, w_key, w_state) AS w (unit, flow, key, state)
    WHERE k.flow = w.flow AND k.key = w.key AND w.state IS NULL AND skipped[w.unit] >= 0;
    INSERT INTO signalbox.windows (flow, key, due, state)
    SELECT w.flow, w.key, w.due, w.state
    FROM unnest(w_unit, w_flow, w_key, w_due, w_state) AS w (unit, flow, key, due, state)
    WHERE w.state IS NOT NULL AND skipped[w.unit] >= 0
    ON CONFLICT (flow, key) DO UPDATE SET due = excluded.due, state = excluded.state;
  END IF;

  IF cardinality(k_unit) > 0 THEN
    DELETE FROM signalbox.cursors AS c
    USING unnest(k_unit, k_source, k_key, k_value) AS k (unit, source, key, value)
    WHERE c.source = k.source AND c.key = k.key AND k.value IS NULL AND skipped[k.unit] >= 0;
    INSERT INTO signalbox.cursors (source, key, value)
    SELECT k.source, k.key, k.value
    FROM unnest(k_unit, k_source, k_key, k_value) AS k (unit, source, key, value)
    WHERE k.value IS NOT NULL AND skipped[k.unit] >= 0
    ON CONFLICT (source, key) DO UPDATE SET value = excluded.value;
  END IF;

  IF records > missing THEN
    UPDATE signalbox.log_head SET seq = head.seq + records - missing, received = now_received;
    PERFORM pg_notify('${CHANNEL}', p_session || ':' || head.seq + records - missing);
  END IF;

  INSERT INTO signalbox.commits (session, lane, number, first_seq, floor_received, refused_units,
    refused_reasons, refused_seqs)
  VALUES (p_session, p_lane, p_number, first_seq, floor_received, refused_units,
    refused_reasons, refused_seqs)
  ON CONFLICT (session, lane) DO UPDATE SET number = excluded.number,
    first_seq = excluded.first_seq, floor_received = excluded.floor_received,
    refused_units = excluded.refused_units, refused_reasons = excluded.refused_reasons,
    refused_seqs = excluded.refused_seqs, written = now();
END $body$;`;
