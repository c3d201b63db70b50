import { expect, test } from 'vitest';
import { load, makeProject, said } from './folder.ts';

test('a channel of a person that there is not (yet) is warned of where it stands', async () => {
  const folder = makeProject({
    'signalbox.yaml': `channels: { ops: { inbox: box/ } }
people:
  lead: { roles: [approver], channels: [dashboard, opps, ops, log] }
`,
  });
  expect(said(await load(folder), folder)).toEqual([
    'signalbox.yaml:3:41: warning: the channel "dashboard" is not supported by this version ' +
      '[config.not_supported]',
    'signalbox.yaml:3:52: warning: no channel is called "opps", did you mean "ops"? ' +
      '[config.unknown_name]',
  ]);
});
