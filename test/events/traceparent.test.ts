import { describe, expect, test } from 'vitest';
import { type EventForm, readEvents, type RequestHeaders } from '../../src/events/cloudevents.ts';

const PUSHED = { specversion: '1.0', id: 'e-1', source: 'git:api', type: 'git.pushed' };

function extensionsOf(form: EventForm, body: object, headers: RequestHeaders): unknown {
  return readEvents(form, headers, JSON.stringify(body))[0]?.extensions;
}

describe('a traceparent', () => {
  const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

  test('of the request is that of its events', () => {
    const headers = { traceparent: TRACEPARENT };
    for (const form of ['plain', 'structured'] as const) {
      expect(extensionsOf(form, PUSHED, headers)).toEqual({ traceparent: TRACEPARENT });
    }
    const batch = readEvents('batch', headers, JSON.stringify([PUSHED, { ...PUSHED, a: 'b' }]));
    expect(batch.map(({ extensions }) => extensions)).toEqual([
      { traceparent: TRACEPARENT },
      { a: 'b', traceparent: TRACEPARENT },
    ]);
  });

  test('of the event itself is kept', () => {
    const own = TRACEPARENT.replace('4bf9', 'aaaa');
    const event = { ...PUSHED, traceparent: own };
    const extensions = extensionsOf('structured', event, { traceparent: TRACEPARENT });
    expect(extensions).toEqual({ traceparent: own });
  });

  test.each(['', 'nonsense', TRACEPARENT.replace('00-', 'ff-'), [TRACEPARENT, TRACEPARENT]])(
    'that is none is ignored: %j',
    (traceparent) => {
      expect(extensionsOf('plain', { type: 'a' }, { traceparent })).toBeUndefined();
    },
  );
});
