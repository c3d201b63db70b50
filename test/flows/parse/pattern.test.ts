import { expect, test } from 'vitest';
import { parseFiles, type ParseOptions } from '../../../src/flows/parse.ts';
import { ABSENT, AFTER } from '../../../src/flows/time-pattern.ts';
import { variablesOf } from '../../../src/flows/variables.ts';
import { SHAPES } from '../shapes.ts';

const OPTIONS: ParseOptions = {
  shapes: SHAPES,
  variables: variablesOf({ env: {}, readFile: () => '' }),
  settings: { keys: [], read: () => ({}) as never },
};

function parse(on: object): ReturnType<typeof parseFiles> {
  const text = JSON.stringify({ flows: { a: { on, steps: [{ emit: 'y' }] } } });
  return parseFiles([{ path: 'signalbox.yaml', text }], OPTIONS);
}

function idOf(on: object): string | undefined {
  return parse(on).flows.get('a')?.triggers[0]?.over?.pattern.id;
}

const ON = {
  sequence: ['a', { event: 'b', where: 'payload.n > 0' }],
  within: '5s',
  by: 'event.id',
};

test('a pattern is the same as long as it says the same', () => {
  expect(idOf(ON)).toBe(idOf({ ...ON }));
  const others = [
    { ...ON, within: '6s' },
    { ...ON, by: 'event.subject' },
    { ...ON, where: 'payload.m > 0' },
    { ...ON, sequence: ['a', 'b'] },
    { ...ON, sequence: ['a', { event: 'b', where: 'payload.n > 0', as: 'last' }] },
    { all: ON.sequence, within: '5s', by: 'event.id' },
  ].map(idOf);
  expect(new Set([idOf(ON), ...others]).size).toBe(7);
});

test('a member and its pattern may have conditions that are too long together', () => {
  const long = `payload.text == '${'x'.repeat(2_500)}'`;
  const on = { all: ['a', { event: 'b', where: long }], within: '1s', where: long };
  expect(parse(on).findings.map(({ code }) => code)).toEqual(['expression.invalid']);
});

test('what comes first and what is absent have their places, in whatever order they stand', () => {
  const { flows } = parse({ absent: 'reply', after: 'question', within: '1h' });
  const places = flows.get('a')?.triggers.map(({ pattern, over }) => [pattern.event, over?.place]);
  expect(places).toEqual([
    ['question', AFTER],
    ['reply', ABSENT],
  ]);
});
