import { describe, expect, test } from 'vitest';
import { join } from 'node:path';
import { loadConfiguration } from '../../../src/config.ts';
import { builtInShapes } from '../../../src/steps/shapes.ts';
import type { Finding } from '../../../src/std/diagnostics.ts';
import { makeFolder, signalbox } from '../../cli/signalbox.ts';

/** What is wrong in a configuration with one webhook source. */
async function check(source: object, settings: object = {}): Promise<string> {
  const findings = await find(source, settings);
  const errors = findings.filter(({ severity }) => severity === 'error');
  return errors.map(({ message, code }) => `${message} [${code}]`).join('\n');
}

async function find(source: object, settings: object = {}): Promise<readonly Finding[]> {
  const sources = [{ type: 'webhook', path: '/hooks/a', ...source }];
  const folder = makeFolder({ 'signalbox.yaml': JSON.stringify({ sources, ...settings }) });
  const file = join(folder, 'signalbox.yaml');
  const { findings } = await loadConfiguration({ file, env: {}, shapes: builtInShapes });
  return findings;
}

/** S13 of the security matrix. */
describe('a webhook without a secret', () => {
  test.each([{}, { secret: '' }, { secret: '${NO_SUCH:-}' }, { secrets: [] }])(
    '%j is an error',
    async (source) => {
      expect(await check(source)).toMatch(/^"secret": is missing or empty.*\[config\.invalid\]$/);
    },
  );

  test('is fine with "auth: none" where only this machine is heard', async () => {
    expect(await check({ auth: 'none' })).toBe('');
    expect(await check({ auth: 'none' }, { webhook_host: '::1' })).toBe('');
  });

  test.each(['0.0.0.0', '192.168.0.7', '::', 'box.example'])(
    'is unsafe where %s is listened on',
    async (webhook_host) => {
      const said = await check({ auth: 'none' }, { webhook_host });
      expect(said).toMatch(/give the source a secret \[config\.unsafe\]$/);
      expect(await check({ secret: 's' }, { webhook_host })).toBe('');
    },
  );

  test('does not start', async () => {
    const sources = [{ type: 'webhook', path: '/hooks/a', auth: 'none' }];
    const yaml = JSON.stringify({ sources, webhook_host: '0.0.0.0', port: 0 });
    const folder = makeFolder({ 'signalbox.yaml': yaml });
    expect((await signalbox(folder, ['up'])).code).toBe(77);
  });
});

describe('a webhook source', () => {
  test('whose secrets stand in the file is warned of', async () => {
    const secrets = ['new', { value: 'old' }, '${NO_SUCH:-x}'];
    expect((await find({ secrets })).map(({ code }) => code)).toEqual([
      'config.bare_secret',
      'config.bare_secret',
    ]);
    expect(await find({ secret: '${NO_SUCH:-of-the-tour}' })).toEqual([]);
  });

  test.each([
    { secret: 's', preset: 'github' },
    { secrets: ['new', { value: 'old', until: '2026-12-01T00:00:00Z' }] },
    { secret: 's', signature_header: 'X-Sig', signature_algorithm: 'sha512' },
    { secret: 's', signature_encoding: 'base64', id_header: 'X-Id', tolerance: '1m' },
    { secret: 's', auth: 'token', signature_header: 'X-Token' },
    { secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', preset: 'standard-webhooks' },
    { auth: 'none', preset: 'gitlab', body_limit: '64KiB' },
    { secret: 's', path: '/hooks/team-a/deploy.v2' },
  ])('%j is fine', async (source) => {
    expect(await check(source)).toBe('');
  });

  test.each([
    [{ secret: 's', secrets: ['t'] }, '"secrets": stands beside "secret"'],
    [{ secret: 's', auth: 'none' }, '"auth": is none, so that the secret is not asked for'],
    [{ secret: 's', auth: 'token', preset: 'github' }, '"auth": is what "preset: github" says'],
    [{ secret: 's', preset: 'github', signature_header: 'X' }, '"signature_header": says nothing'],
    [{ auth: 'none', signature_encoding: 'hex' }, '"signature_encoding": says nothing'],
    [{ secret: 's', auth: 'token', signature_algorithm: 'sha1' }, '"signature_algorithm": says'],
    [{ secret: 'no base 64', preset: 'standard-webhooks' }, '"secret": is whsec_ and base 64'],
    [{ secret: 'whsec_', preset: 'standard-webhooks' }, '"secret": is whsec_ and base 64'],
    [{ secret: 's', preset: 'githup' }, '"preset"'],
    [{ secret: 's', path: '/deploy' }, '"path": begins with /hooks/'],
    [{ secret: 's', path: '/hooks/' }, '"path": begins with /hooks/'],
    [{ secret: 's', path: '/hooks/a b' }, '"path": begins with /hooks/'],
    [{ secret: 's', path: '/hooks/../a' }, '"path": has no part that is . or ..'],
    [{ secret: 's', body_limit: '2MiB' }, '"body_limit": is a size of at most 1MiB'],
    [{ secret: 's', body_limit: '0B' }, '"body_limit": is a size of at most 1MiB'],
    [{ secret: 's', tolerance: '2h' }, '"tolerance": is between'],
    [{ secret: 's', id_header: 'X Id' }, '"id_header": is no name of a header'],
    [{ secrets: [{ value: 's', until: 'soon' }] }, '"secrets.0.until": is no time'],
    [{ secrets: [''] }, '"secrets.0"'],
    [{ secret: 's', sekret: 't' }, 'unknown key "sekret"'],
  ])('%j is not', async (source, expected) => {
    expect(await check(source)).toContain(expected);
  });

  test('never has its secret shown in what is wrong with it', async () => {
    const said = await check({ secret: 'canary-kiwi', auth: 'none', path: '/nowhere' });
    expect(said).not.toContain('canary');
  });
});
