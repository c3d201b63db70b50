import { describe, expect, test } from 'vitest';
import { routesOf } from '../../src/channels/recipients.ts';
import type { People } from '../../src/identity/people.ts';

const people: People = {
  lead: { roles: ['approver'], channels: ['dashboard', 'ops'] },
  lost: { roles: ['approver'], channels: ['dashboard'] },
  mute: { roles: ['approver'], channels: [] },
};
const recipients = { channels: new Set(['ops', 'audit']), people };

describe('the ways to tell', () => {
  test('are channels, and those of people in their name, each once', () => {
    expect(routesOf(['audit', 'lead', 'lead'], 'me', recipients)).toEqual([
      { channel: 'audit', to: 'me' },
      { channel: 'ops', to: 'lead' },
    ]);
  });

  test('are told to be none where there is no channel of a person', () => {
    expect(routesOf(['lost'], '', recipients)).toEqual({
      problem: '"lost" is told over "dashboard", which is no channel',
    });
    expect(routesOf(['mute'], '', recipients)).toEqual({ problem: '"mute" has no "channels"' });
    expect(routesOf(['laed'], '', recipients)).toMatchObject({
      problem: expect.stringContaining('"lead"') as string,
    });
    expect(routesOf([], '', recipients)).toEqual({ problem: 'nobody is named' });
  });
});
