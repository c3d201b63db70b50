import { expect, test } from 'vitest';
import { load, makeProject, said } from './folder.ts';

const FOUND = 'config.unsafe';

test.each([
  ['postgres://me:hunter22@host/name', FOUND],
  ['postgres://host/name?user=me&password=hunter22', FOUND],
  ['postgres://me:${P:-hunter22}@host/name', FOUND],
  ['${URL:-postgres://me:hunter22@host/name}', FOUND],
  ['postgres://me:${P:-}@host/name', undefined],
  ['postgres://me@host/name', undefined],
])('a password that stands in the file is refused: store %s', async (store, code) => {
  const folder = makeProject({ 'signalbox.yaml': JSON.stringify({ store }) });
  const found = said(await load(folder), folder).filter((text) => text.includes(FOUND));
  expect(found.map(() => FOUND)).toEqual(code === undefined ? [] : [code]);
});
