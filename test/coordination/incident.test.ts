import { describe, expect, test } from 'vitest';
import {
  escalate,
  evolveIncident,
  type Incident,
  type Level,
  levelOf,
  openedIncident,
} from '../../src/coordination/incident.ts';

const MINUTE = 60_000;

function opened(level: Level): Incident {
  return openedIncident({ key: 'k', subject: 's', level, reason: 'r' }, 0);
}

function recurred(incident: Incident, level: Level, now: number): Incident {
  const { key, subject, count } = incident;
  const named = { key, subject, level, reason: 'again', count: count + 1, event: null };
  return evolveIncident(incident, { type: 'incident.recurred', ...named }, now);
}

function acknowledged(incident: Incident, now: number): Incident {
  const { key, subject, level, reason } = incident;
  const named = { key, subject, level, reason, by: 'lead', note: null };
  return evolveIncident(incident, { type: 'incident.acknowledged', ...named }, now);
}

describe('a level', () => {
  test.each([
    ['orange', 'orange'],
    ['EMERGENCY', 'emergency'],
    ['normal', 'green'],
    ['low', 'green'],
    ['medium', 'yellow'],
    ['Warning', 'yellow'],
    ['HIGH', 'orange'],
    ['critical', 'red'],
    ['crisis', 'red'],
  ])('is called %s', (word, level) => {
    expect(levelOf(word)).toBe(level);
  });

  test('is the gravest of several, and red where none is named', () => {
    expect(levelOf('yellow|emergency, orange')).toBe('emergency');
    expect(levelOf('yellow/orange')).toBe('orange');
    expect(levelOf('orang')).toBe('red');
    expect(levelOf('')).toBe('red');
  });
});

describe('an incident', () => {
  test.each([
    ['green', null],
    ['yellow', null],
    ['orange', 60],
    ['red', 15],
    ['emergency', 5],
  ] as const)('of level %s waits %s minutes for somebody', (level, minutes) => {
    expect(opened(level).due).toBe(minutes === null ? null : minutes * MINUTE);
  });

  test('is escalated when it is due, and once more where it cannot be graver', () => {
    const red = opened('red');
    expect(escalate(red, 15 * MINUTE - 1)).toBeUndefined();
    const event = escalate(red, 15 * MINUTE);
    expect(event).toMatchObject({ type: 'incident.escalated', level: 'emergency' });
    if (event === undefined) return;
    const grave = evolveIncident(red, event, 15 * MINUTE);
    expect(grave).toMatchObject({ level: 'emergency', due: 20 * MINUTE });
    const last = escalate(grave, 20 * MINUTE);
    expect(last && evolveIncident(grave, last, 20 * MINUTE)).toMatchObject({ due: null });
  });

  test('that recurs graver waits no longer than what is as grave from the beginning', () => {
    expect(recurred(opened('green'), 'red', MINUTE).due).toBe(16 * MINUTE);
    expect(recurred(opened('orange'), 'emergency', MINUTE).due).toBe(6 * MINUTE);
    expect(recurred(opened('orange'), 'red', 50 * MINUTE).due).toBe(60 * MINUTE);
  });

  test('that recurs as grave as it was, or is taken care of, waits as before', () => {
    expect(recurred(opened('red'), 'red', MINUTE)).toMatchObject({ due: 15 * MINUTE, count: 2 });
    const cared = acknowledged(opened('green'), MINUTE);
    const again = recurred(cared, 'red', 2 * MINUTE);
    expect(again).toMatchObject({ state: 'acknowledged', level: 'red', due: null });
  });

  test('is over when somebody says so, be it resolved or none', () => {
    const { key, subject, level, reason } = opened('red');
    const said = { key, subject, level, reason, by: 'lead', note: null, resolution_ms: 5 };
    const end = (false_alarm: boolean): Incident =>
      evolveIncident(opened('red'), { type: 'incident.resolved', ...said, false_alarm }, 5);
    expect(end(false)).toMatchObject({ state: 'resolved', ended: 5, due: null });
    expect(end(true)).toMatchObject({ state: 'false_alarm', ended: 5, due: null });
  });
});
