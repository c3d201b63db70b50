import { describe, expect, test } from 'vitest';
import { actOf, type StepAct } from '../../src/gates/act-of-step.ts';
import type { Json } from '../../src/std/json.ts';

const STEP = {
  flow: 'f',
  step: 's',
  effect: 'idempotent',
  trust: 'trusted',
  secrets: false,
} as const;

function read(kind: string, input: Json, more: Partial<StepAct> = {}): ReturnType<typeof actOf> {
  return actOf({ ...STEP, kind, input, ...more });
}

describe('what a step does is read from its rendered input', () => {
  test('a command', () => {
    expect(read('run', { run: ['git', 'push', 3] }).argv).toEqual(['git', 'push', '3']);
    expect(read('run', { run: 'git push', shell: true }).argv).toEqual([
      '/bin/sh',
      '-c',
      'git push',
    ]);
    expect(read('run', { run: ['ls'], cwd: '../other' }).paths).toEqual(['../other']);
    expect(read('run', { run: ['ls'], cwd: '.' }).paths).toEqual([]);
  });

  test('a request', () => {
    const request = { url: 'https://a.example:8443/x' };
    const { method, host } = read('http', { http: request });
    expect([method, host]).toEqual(['GET', 'a.example:8443']);
    expect(read('http', { http: { ...request, json: {} } }).method).toBe('POST');
    expect(read('http', { http: { method: 'put', url: 'no url' } })).toMatchObject({
      method: 'PUT',
      host: '',
    });
    const tool = { tool: 'http', action: 'request', with: { ...request, method: 'DELETE' } };
    expect(read('tool', tool)).toMatchObject({ tool: 'http', method: 'DELETE' });
  });

  test('a tool', () => {
    const write = { tool: 'filesystem', action: 'write' };
    expect(read('tool', { ...write, with: { path: 'a.md', content: 'x\ny' } })).toMatchObject({
      tool: 'filesystem',
      action: 'write',
      paths: ['a.md'],
      lines: 2,
    });
    const files = [{ path: 'a', content: 'x' }, { path: 'b', content: { n: 1 } }, {}];
    expect(read('tool', { ...write, with: { files } })).toMatchObject({
      paths: ['a', 'b'],
      lines: 2,
    });
    expect(read('tool', { tool: 'filesystem', with: { path: ['a', 'b'] } }).paths).toHaveLength(2);
    expect(read('tool', { tool: 'deploy' }, { command: ['git', 'push'] }).argv).toHaveLength(2);
  });

  test('what is declared, and what it may cost', () => {
    expect(read('emit', {}, { declared: ['low', 'high', undefined] }).declared).toBe('high');
    expect(read('emit', {}, { declared: [undefined] }).declared).toBeNull();
    expect(read('prompt', { prompt: 'x', budget: { money: 4.5 } }).cost).toBe(4.5);
    expect(read('prompt', { prompt: 'x', budget: { tokens: 4 } }).cost).toBe(0);
  });

  test('whatever else the input holds', () => {
    for (const input of [null, 3, 'text', [], { http: 3, run: 3, with: 3 }]) {
      for (const kind of ['run', 'http', 'tool', 'emit']) {
        expect(() => read(kind, input)).not.toThrow();
      }
    }
  });
});
