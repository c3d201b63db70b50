import { expect, test } from 'vitest';
import { parseFiles } from '../../src/flows/parse.ts';
import { toolUndo } from '../../src/flows/parse/tool-undo.ts';
import { sagasOf } from '../../src/flows/saga.ts';
import { variablesOf } from '../../src/flows/variables.ts';
import { builtInShapes } from '../../src/steps/shapes.ts';

const variables = variablesOf({ env: {}, readFile: () => '' });
const settings = { keys: [], read: () => undefined };

const FLOWS = `
flows:
  trip:
    on: trip.wanted
    steps:
      - { id: hotel, emit: a, compensate: { emit: b } }
      - { each: [1], do: [ { call: car } ] }
      - { parallel: [ { call: paper } ] }
  car:
    on: car.wanted
    steps:
      - { if: payload.far, then: [ { emit: a, compensate: { emit: b } } ], else: [ { emit: c } ] }
  paper: { on: paper.wanted, steps: [ { emit: a } ] }
  agency:
    on: agency.asked
    steps:
      - { if: payload.now, then: [ { call: trip } ], else: [ { call: trip, detach: true } ] }
  letter: { on: letter.came, steps: [ { call: trip, detach: true } ] }
  each: { on: x, steps: [ { each: [1], do: [ { emit: a, compensate: { emit: b } } ] } ] }
`;

test('flows can be undone by their own steps, and by those that they call and wait for', () => {
  const files = [{ path: 'signalbox.yaml', text: FLOWS }];
  const { flows, findings } = parseFiles(files, { shapes: builtInShapes, variables, settings });
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(Object.fromEntries(sagasOf(flows))).toEqual({
    trip: ['car'],
    car: [],
    agency: ['trip'],
    each: [],
  });
});

test('the undo of a tool is that of each step which names it, and of no other', () => {
  const files = [{ path: 'signalbox.yaml', text: 'flows: { a: { on: x, emit: y } }' }];
  const { flows } = parseFiles(files, { shapes: builtInShapes, variables, settings });
  const [undo] = flows.get('a')?.steps ?? [];
  if (undo === undefined || !('input' in undo)) throw new Error('the flow has no step that acts');
  const undos = new Map([['stage', undo]]);
  expect(toolUndo({ id: 'one', input: { tool: 'stage' } }, undos)).toEqual({
    ...undo,
    id: 'one.undo',
  });
  expect(toolUndo({ id: 'one', input: { tool: 'git' } }, undos)).toBeUndefined();
  expect(toolUndo({ id: 'one.undo', input: { tool: 'stage' } }, undos)).toBeUndefined();
  for (const input of [{ tool: 1 }, { run: ['x'] }, 'stage', null]) {
    expect(toolUndo({ id: 'one', input }, undos)).toBeUndefined();
  }
});
