import { describe, expect, test } from 'vitest';
import { load, makeProject, said } from './folder.ts';

describe('a variable without a value is told where it stands', () => {
  test.each([
    [
      'signalbox.yaml',
      'port: 1\nhost: "${UNSET_HOST}"\n',
      '2:7',
      'environment variable UNSET_HOST',
    ],
    [
      'signalbox.toml',
      'port = 1\nhost = "${UNSET_HOST}"\n',
      '2:1',
      'environment variable UNSET_HOST',
    ],
    [
      'signalbox.json',
      '{\n  "host": "${file:keys/none}"\n}',
      '2:11',
      'file keys/none cannot be read',
    ],
    [
      'signalbox.yaml',
      'sources:\n  - { type: schedule, handler: a, cron: "${UNSET_CRON}" }\n',
      '2:41',
      'environment variable UNSET_CRON',
    ],
  ])('in %s: %j', async (file, text, place, problem) => {
    const folder = makeProject({ [file]: text });
    const findings = said(await load(folder, { file }), folder);
    expect(findings[0]).toContain(`${file}:${place}: error: the ${problem}`);
    expect(findings[0]).toContain('[config.unset]');
  });
});

test('a file stands for its text, from above the folder of a profile too', async () => {
  const folder = makeProject({
    'profiles/a.yaml': 'hosts: ["${file:keys/host}"]\n',
    'keys/host': 'box.example\n',
  });
  const { configuration, findings } = await load(folder, { file: 'profiles/a.yaml' });
  expect(findings).toEqual([]);
  expect(configuration?.settings.hosts).toEqual(['box.example']);
});
