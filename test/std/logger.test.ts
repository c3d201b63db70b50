import { stripVTControlCharacters } from 'node:util';
import * as fc from '../properties.ts';
import { describe, expect, test } from 'vitest';
import {
  createLogger,
  LOG_TEXT_LENGTH_MAX,
  type Logger,
  type LoggerOptions,
  silentLogger,
} from '../../src/std/logger.ts';
import { SimulatedClock } from '../../src/std/simulated-clock.ts';

const NOON = Date.UTC(2026, 10, 20, 12);

function logged(options: Partial<LoggerOptions>, use: (logger: Logger) => void): string[] {
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  use(createLogger({ format: 'text', clock: new SimulatedClock(NOON), write, ...options }));
  return lines;
}

describe('a log for people', () => {
  test('has one line an entry: time, level where it matters, sentence, fields', () => {
    const lines = logged({}, (logger) => {
      logger.info('Ready.', { port: 8765, quiet: false });
      logger.warn('The disk is nearly full.', { free: '12 MB', path: '/data', unknown: undefined });
      logger.error('A step failed.');
    });
    expect(lines).toEqual([
      '2026-11-20T12:00:00.000Z Ready. port=8765 quiet=false\n',
      '2026-11-20T12:00:00.000Z warning: The disk is nearly full. free="12 MB" path=/data\n',
      '2026-11-20T12:00:00.000Z error: A step failed.\n',
    ]);
  });

  test('shows where a value ends that is empty, or holds a space, a quote or a sign', () => {
    const [line] = logged({}, (logger) => {
      logger.info('x', { empty: '', quote: '"', pair: 'a=b', plain: 'a-b' });
    });
    expect(line).toContain(String.raw`x empty="" quote="\"" pair="a=b" plain=a-b`);
  });

  test('is coloured only where asked for', () => {
    const say = (logger: Logger): void => logger.error('No.', { code: 7 });
    const [plain] = logged({}, say);
    const [colored] = logged({ color: true }, say);
    expect(colored).toContain('\u001b[31m');
    expect(stripVTControlCharacters(colored ?? '')).toBe(plain);
  });
});

describe('a log for programs', () => {
  test('has one JSON object a line', () => {
    const [line] = logged({ format: 'json' }, (logger) => {
      logger.warn('Slow.', { ms: 12.5, path: 'a b', unknown: undefined });
    });
    const time = '2026-11-20T12:00:00.000Z';
    expect(line).toBe(
      `{"time":"${time}","level":"warn","message":"Slow.","ms":12.5,"path":"a b"}\n`,
    );
  });

  test('lets no field replace the time, the level or the message', () => {
    const [line] = logged({ format: 'json' }, (logger) => {
      logger.info('Real.', { message: 'forged', level: 'error', time: 'never', own: 1 });
    });
    const time = '2026-11-20T12:00:00.000Z';
    expect(JSON.parse(line ?? '')).toEqual({ time, level: 'info', message: 'Real.', own: 1 });
  });
});

describe.each(['text', 'json'] as const)('any log, as %s', (format) => {
  test('is one safe line whatever a message or a field holds', () => {
    const texts = fc.string({ unit: 'binary', maxLength: 100 });
    fc.assert(
      fc.property(texts, fc.dictionary(texts, texts, { maxKeys: 4 }), (message, fields) => {
        const lines = logged({ format }, (logger) => logger.info(message, fields));
        expect(lines).toHaveLength(1);
        expect(lines[0]).toMatch(/^[^\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\ufeff]*\n$/u);
      }),
    );
  });

  test('cuts a text that is too long for a log', () => {
    const [line = ''] = logged({ format }, (logger) => {
      logger.info('m'.repeat(1_000_000), { output: 'o'.repeat(1_000_000) });
    });
    expect(line).toContain(`${'o'.repeat(LOG_TEXT_LENGTH_MAX)}…`);
    expect(line.length).toBeLessThan(2 * LOG_TEXT_LENGTH_MAX + 200);
  });

  test('that cannot be written any more does not end the work it tells of', () => {
    const write = (): never => {
      throw Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
    };
    expect(logged({ format, write }, (logger) => logger.error('Lost.'))).toEqual([]);
  });
});

test('the silent logger says nothing and fails at nothing', () => {
  for (const level of ['info', 'warn', 'error'] as const) {
    expect(silentLogger[level]('x', { a: 1 })).toBeUndefined();
  }
});
