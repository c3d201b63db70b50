import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { draftOfArguments, draftOfLine, sortData } from '../../src/cli/emit-input.ts';

const folder = mkdtempSync(join(tmpdir(), 'signalbox-input-'));
afterAll(() => rmSync(folder, { recursive: true }));

const none = { data: undefined, words: [], folder: '' };

describe('the event of a command line', () => {
  test('has no data and comes from the command line where nothing else is said', () => {
    expect(draftOfArguments('a.b', {}, none)).toMatchObject({
      type: 'a.b',
      source: 'cli',
      data: 'null',
    });
  });

  test('goes on in the trace of the command that emits it, where that is one', () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const extensionsOf = (text: string): unknown =>
      draftOfArguments('a.b', { traceparent: text }, none).extensions;
    expect(extensionsOf(traceparent)).toEqual({ traceparent });
    expect(extensionsOf('nonsense')).toBeUndefined();
    const line = `{"type":"a","traceparent":"mine"}`;
    expect(draftOfLine(line, { traceparent }).extensions).toEqual({ traceparent: 'mine' });
  });

  test('takes JSON as it is written, byte for byte', () => {
    const data = '{"big": 12345678901234567890, "one": 1.0}';
    expect(draftOfArguments('a', {}, { data, words: [], folder: '' }).data).toBe(data);
  });

  test('makes the three words of emit_event its operation, context and payload', () => {
    const words = ['stage_files', '', '3 files'];
    const { data } = draftOfArguments('files_staged', {}, { data: undefined, words, folder: '' });
    expect(JSON.parse(data)).toEqual({
      operation: 'stage_files',
      context: '',
      payload: '3 files',
    });
    const short = draftOfArguments(
      'error',
      {},
      { data: undefined, words: ['git_state_invalid'], folder: '' },
    );
    expect(JSON.parse(short.data)).toEqual({
      operation: 'git_state_invalid',
      context: '',
      payload: '',
    });
  });

  test('reads its data from a file', () => {
    const file = join(folder, 'data.json');
    writeFileSync(file, '{"n": 1}\n');
    expect(draftOfArguments('a', {}, { data: `@${file}`, words: [], folder: '' }).data).toBe(
      '{"n": 1}',
    );
  });

  test('carries the attributes that were named', () => {
    const attributes = { source: 's', subject: 'x', id: 'i', correlation: 'c' };
    expect(draftOfArguments('a', attributes, none)).toMatchObject({
      source: 's',
      subject: 'x',
      id: 'i',
      correlationid: 'c',
    });
  });

  test.each([
    ['data that is no JSON', { data: 'hello', words: [], folder: '' }, 'This is not JSON'],
    ['data that nests too deep', { data: '['.repeat(65), words: [], folder: '' }, 'deeper than 64'],
    [
      'a file that is not there',
      { data: '@/nowhere/x.json', words: [], folder: '' },
      '/nowhere/x.json',
    ],
    ['data given twice', { data: '{}', words: ['a'], folder: '' }, 'given twice'],
  ])('is refused for %s', (_, given, message) => {
    expect(() => draftOfArguments('a', {}, given)).toThrow(message);
  });

  test('is refused for a type that is ours', () => {
    expect(() => draftOfArguments('run.started', {}, none)).toThrow('"type" may not be');
  });
});

describe('the event of a line', () => {
  test('names its own type, and what is said for all fills what it lacks', () => {
    const line = '{"type":"a","id":"1","data":{"n":1.0}}';
    const common = { source: 'import', subject: 'all' };
    expect(draftOfLine(line, common)).toMatchObject({
      type: 'a',
      id: '1',
      source: 'import',
      subject: 'all',
      data: '{"n":1.0}',
    });
  });

  test('keeps what it says itself', () => {
    const line = '{"type":"a","source":"own","subject":"mine"}';
    const common = { source: 'import', subject: 'all' };
    expect(draftOfLine(line, common)).toMatchObject({ source: 'own', subject: 'mine' });
  });

  test('is the data alone where all have one type', () => {
    expect(draftOfLine(' {"n": 1} ', { type: 'a' })).toMatchObject({ type: 'a', data: '{"n": 1}' });
  });

  test.each([
    ['no JSON', '{"type":', {}, 'not JSON'],
    ['no object', '[1]', {}, 'a JSON object'],
    ['no type', '{"data":1}', {}, '"type" is missing'],
    ['no JSON where all have one type', 'x', { type: 'a' }, 'not JSON'],
  ])('is refused for %s', (_, line, attributes, message) => {
    expect(() => draftOfLine(line, attributes)).toThrow(message);
  });
});

describe('--data', () => {
  test('is the payload where it is JSON, a file or a dash', () => {
    for (const payload of ['{}', '1', '"x"', '@x', '-', 'no json']) {
      expect(sortData([payload], folder)).toEqual({ payload, directory: undefined });
    }
  });

  test('is the data directory where it names one', () => {
    expect(sortData(['{}', folder], '/')).toEqual({ payload: '{}', directory: folder });
    expect(sortData(['.'], folder)).toEqual({ payload: undefined, directory: '.' });
  });

  test('is refused where two mean the same', () => {
    expect(() => sortData(['1', '2'], folder)).toThrow('given twice');
    expect(() => sortData(['.', folder], folder)).toThrow('two directories');
  });
});
