import type { LookupAddress } from 'node:dns';
import { isIPv6, type LookupFunction } from 'node:net';
import type { buildConnector } from 'undici';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { StepResult } from '../../src/runs/step-kind.ts';
import { parseAllowedHost } from '../../src/steps/http-allow.ts';
import { HttpClient } from '../../src/steps/http-client.ts';
import { guardedConnector } from '../../src/steps/http-connector.ts';
import { httpStep } from '../../src/steps/http.ts';
import { startTarget, type Target } from '../fixtures/http-target.ts';
import { contextOf } from '../fixtures/step-context.ts';

/** What names resolve to here: nobody else is asked. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  localhost: ['127.0.0.1', '::1'],
  'localhost.': ['127.0.0.1'],
  'any.localhost': ['127.0.0.1'],
  'private.test': ['10.0.0.1'],
  'metadata.google.internal': ['169.254.169.254'],
  'mixed.test': ['93.184.216.34', '127.0.0.1'],
  'mapped.test': ['::ffff:127.0.0.1'],
  'nat64.test': ['64:ff9b::7f00:1'],
  'sixtofour.test': ['2002:7f00:1::'],
  'ula.test': ['fd00:ec2::254'],
  '127.0.0.1.nip.test': ['127.0.0.1'],
  'none.test': [],
};

let target: Target;
let client: HttpClient;
let lookups: string[];
beforeEach(async () => {
  lookups = [];
  target = await startTarget((response) => response.end('secret'));
  client = new HttpClient({ allow: [], lookup });
});
afterEach(async () => {
  await client.stop();
  await target.stop();
});

describe('a host that is not of the public internet is not called', () => {
  const hosts = `
    127.0.0.1 127.1 127.0.1 127.0.0.1. 127.255.255.254 0.0.0.0 0 00 0x0
    2130706433 017700000001 0x7f000001 0x7F.1 0177.0.0.1 0x7f.0x0.0x0.0x1 0177.0x0.1 127.0.0.0x1
    [::1] [::] [0:0:0:0:0:0:0:1] [0000:0000:0000:0000:0000:0000:0000:0001]
    [::ffff:127.0.0.1] [::ffff:7f00:1] [0:0:0:0:0:ffff:7f00:0001] [::127.0.0.1] [::ffff:0:127.0.0.1]
    [64:ff9b::127.0.0.1] [64:ff9b::7f00:1] [64:ff9b:1::7f00:1] [2002:7f00:1::] [2001::7f00:1]
    [fe80::1] [fc00::1] [fd00:ec2::254] [ff02::1]
    169.254.169.254 0xa9fea9fe 2852039166 [::ffff:a9fe:a9fe] 100.100.100.200 192.0.0.192
    10.0.0.1 10.1 012.0.0.1 172.16.0.1 172.31.255.255 192.168.0.1 192.168.257 198.18.0.1
    224.0.0.1 240.0.0.1 255.255.255.255
    localhost LOCALHOST localhost. any.localhost private.test metadata.google.internal mixed.test
    mapped.test nat64.test sixtofour.test ula.test 127.0.0.1.nip.test
    ①②⑦.⓪.⓪.① 127。0。0。1 １２７.0.0.1 %31%32%37.0.0.1 ⓛocalhost
  `;

  test.each(hosts.trim().split(/\s+/))('as %s', async (host) => {
    const result = await call(`http://${host}:${target.port}/latest/meta-data`);
    expect(result).toMatchObject({
      kind: 'fail',
      error: { code: 'http.forbidden_address', happened: 'no' },
    });
    expect(result).toHaveProperty('error.message', expect.stringContaining('security.http_allow'));
    expect(target.connections()).toBe(0);
  });

  test.each([
    (port: number) => `http://127.0.0.1:${port}#@example.com/`,
    (port: number) => `http://127.0.0.1:${port}\\@example.com/`,
    (port: number) => `http://127.0.0.1:${port}?@example.com/`,
    (port: number) => `http:127.0.0.1:${port}`,
    (port: number) => `hTTp:\\\\127.0.0.1:${port}`,
    (port: number) => ` http://127.0.0.1:${port}\n`,
    (port: number) => `ht\ntp://127.0.\t0.1:${port}/`,
    (port: number) => `https://127.0.0.1:${port}`,
  ])('however its URL hides it: %#', async (hidden) => {
    const result = await call(hidden(target.port));
    expect(result).toMatchObject({ kind: 'fail', error: { code: 'http.forbidden_address' } });
    expect(target.connections()).toBe(0);
  });

  test.each([
    'http://example.com@127.0.0.1/',
    'http://example.com:80@127.0.0.1/',
    'file:///etc/passwd',
    'file://localhost/etc/passwd',
    'ftp://127.0.0.1/',
    'gopher://127.0.0.1:6379/_INFO',
    'unix:/var/run/docker.sock',
    'http+unix://%2Fvar%2Frun%2Fdocker.sock/info',
    'ws://127.0.0.1/',
    'data:text/plain,a',
    'javascript:alert(1)',
    'jar:http://127.0.0.1!/',
    '//127.0.0.1/',
    'http://127.0.0.1:99999/',
    'http://256.0.0.1/',
    'http://0x100000000/',
    'http://[::1',
    'http://',
  ])('nor anything by the URL %s', async (url) => {
    const result = await call(url);
    expect(result).toMatchObject({ kind: 'fail', error: { code: 'step.input_invalid' } });
  });
});

describe('a name', () => {
  test('without an address is not called', async () => {
    const result = await call('http://none.test/');
    expect(result).toMatchObject({ error: { code: 'http.unreachable', happened: 'no' } });
  });

  test('is resolved once for a connection', async () => {
    await call(`http://private.test:${target.port}/`);
    expect(lookups).toEqual(['private.test']);
  });

  test.each([true, false])(
    'leads to the addresses that were checked, all of them: %s',
    async (all) => {
      const [first, second] = [['93.184.216.34', '2606:2800:220:1::1'], ['127.0.0.1']];
      const answers = [first, second];
      const changing: LookupFunction = (_, __, callback) =>
        callback(null, addressesOf(answers.shift()));
      const given = await connectedTo(changing, all);
      expect(given).toEqual(all ? addressesOf(first) : '93.184.216.34');
      expect(answers).toEqual([second]);
    },
  );
});

describe('a host that is allowed is called', () => {
  test.each([
    (port: number) => `127.0.0.1:${port}`,
    (port: number) => `0x7f.1:${port}`,
    () => '127.0.0.1',
  ])('by its address: %#', async (entry) => {
    client = new HttpClient({ allow: [entry(target.port)], lookup });
    expect(await call(`${target.url}/`)).toMatchObject({ output: { body: 'secret' } });
  });

  test('by its name, in any case', async () => {
    client = new HttpClient({ allow: [`any.LOCALHOST:${target.port}`], lookup });
    const result = await call(`http://Any.localhost:${target.port}/`);
    expect(result).toMatchObject({ output: { body: 'secret' } });
  });

  test.each([
    (port: number) => `127.0.0.1:${port + 1}`,
    () => 'localhost',
    () => '127.0.0.2',
    () => '[::1]',
    () => '',
    () => '127.0.0.1/8',
  ])('and no other: %#', async (entry) => {
    client = new HttpClient({ allow: [entry(target.port)], lookup });
    expect(await call(`${target.url}/`)).toMatchObject({
      error: { code: 'http.forbidden_address' },
    });
  });
});

test.each([
  ['127.0.0.1:9000', { hostname: '127.0.0.1', port: 9000 }],
  ['Build.Example', { hostname: 'build.example', port: undefined }],
  ['[::1]:80', { hostname: '[::1]', port: 80 }],
  ['::1', { hostname: '[::1]', port: undefined }],
  ['[0:0::1]', { hostname: '[::1]', port: undefined }],
  ['', undefined],
  [':80', undefined],
  ['a:99999', undefined],
  ['a:b', undefined],
  ['http://a', undefined],
  ['a/b', undefined],
  ['[::1', undefined],
])('"%s" allows %j', (entry, host) => {
  expect(parseAllowedHost(entry)).toEqual(host);
});

function call(url: string): Promise<StepResult> {
  return httpStep(client).execute(contextOf({ http: { method: 'GET', url } }));
}

/** What the system is told to connect to when a request goes to a public name. */
function connectedTo(resolve: LookupFunction, all: boolean): Promise<string | LookupAddress[]> {
  return new Promise((settle, reject) => {
    const build = (options: buildConnector.BuildOptions = {}): buildConnector.connector => {
      const { lookup: guarded } = options as { readonly lookup: LookupFunction };
      return ({ hostname }) =>
        guarded(hostname, { all }, (error, found) => (error ? reject(error) : settle(found)));
    };
    const connect = guardedConnector({ allow: [], lookup: resolve, build });
    connect({ hostname: 'public.test', protocol: 'https:', port: '' }, () => {});
  });
}

function lookup(...[hostname, , callback]: Parameters<LookupFunction>): void {
  lookups.push(hostname);
  callback(null, addressesOf(NAMES[hostname]));
}

function addressesOf(addresses: readonly string[] = []): LookupAddress[] {
  return addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
}
