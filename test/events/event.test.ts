import * as fc from '../properties.ts';
import { describe, expect, test } from 'vitest';
import {
  draftProblem,
  type EventDraft,
  TEXT_LENGTH_MAX,
  TYPE_LENGTH_MAX,
} from '../../src/events/event.ts';

const draft: EventDraft = { type: 'deploy.requested', source: 'api', data: '{}' };
const whole: EventDraft = {
  ...draft,
  id: '7',
  subject: 'app',
  time: '2026-11-20T09:00:00Z',
  correlationid: 'c',
  actor: 'mara',
};

describe('a draft', () => {
  test('is fine with a type and a source, and with all of its attributes', () => {
    expect(draftProblem(draft)).toBeUndefined();
    expect(draftProblem(whole)).toBeUndefined();
  });

  const texts = ['type', 'source', 'id', 'subject', 'correlationid', 'actor'] as const;
  describe.each(texts)('is refused for its "%s"', (name) => {
    const lengthMax = name === 'type' ? TYPE_LENGTH_MAX : TEXT_LENGTH_MAX;

    test('where that is empty', () => {
      expect(draftProblem({ ...whole, [name]: '' })).toBe(`"${name}" is empty; give it a text.`);
    });

    test('where that is too long, saying by how much', () => {
      expect(draftProblem({ ...whole, [name]: 'x'.repeat(lengthMax) })).toBeUndefined();
      const problem = draftProblem({ ...whole, [name]: 'x'.repeat(lengthMax + 1) });
      expect(problem).toContain(`"${name}" has ${lengthMax + 1} characters; at most ${lengthMax}`);
    });

    test('where that holds any control character', () => {
      const controls = fc.oneof(fc.integer({ min: 0, max: 0x1f }), fc.constant(0x7f));
      fc.assert(
        fc.property(controls, (unit) => {
          const text = `a${String.fromCharCode(unit)}b`;
          const problem = draftProblem({ ...whole, [name]: text });
          expect(problem).toBe(`"${name}" holds a control character; remove it.`);
        }),
      );
    });

    test('where that holds half of a character, which no store could give back', () => {
      expect(draftProblem({ ...whole, [name]: 'a\u{1f6a6}b' })).toBeUndefined();
      const problem = draftProblem({ ...whole, [name]: 'a\ud83db' });
      expect(problem).toBe(`"${name}" holds half of a character; correct its encoding.`);
    });
  });

  test('is refused for a time that is none, with an example', () => {
    const problem = draftProblem({ ...whole, time: '2026-02-30T09:00:00Z' });
    expect(problem).toContain('2026-11-20T09:00:00Z');
  });

  test.each(['signalbox', 'signalbox:run'])(
    'is refused where it claims to be ours: %s',
    (source) => {
      expect(draftProblem({ ...draft, source })).toContain(`"source" may not be "${source}"`);
    },
  );

  test('may have a source that only begins like ours', () => {
    expect(draftProblem({ ...draft, source: 'signalboxes' })).toBeUndefined();
  });

  test.each(['run.started', 'disk.full', 'signalbox.x'])(
    'is refused for a type of ours: %s',
    (type) => {
      expect(draftProblem({ ...draft, type })).toContain('Choose another name');
    },
  );
});
