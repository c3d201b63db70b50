import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, test } from 'vitest';
import { allowedHosts } from '../../../src/std/http/allowed-hosts.ts';
import { refuseStranger } from '../../../src/std/http/strangers.ts';

const HOSTS = allowedHosts({ host: '127.0.0.1', port: 8766 }, ['Box.example']);
const HOST = '127.0.0.1:8766';

describe('a request', () => {
  test.each<[string, IncomingHttpHeaders]>([
    ['a program', { host: HOST }],
    ['our own page', { host: HOST, origin: `http://${HOST}`, 'sec-fetch-site': 'same-origin' }],
    ['our own page behind a proxy', { host: 'box.example', origin: 'https://box.example' }],
    ['a page of ours in any case', { host: 'BOX.example', origin: 'HTTP://box.EXAMPLE' }],
    ['whoever types the address', { host: HOST, 'sec-fetch-site': 'none' }],
  ])('is taken from %s', (_, headers) => {
    expect(refuseStranger(headers, HOSTS)).toBeUndefined();
  });

  test.each<[string, IncomingHttpHeaders]>([
    ['another origin', { origin: 'https://evil.example' }],
    ['another port of this machine', { origin: 'http://127.0.0.1:1' }],
    ['an origin that is hidden', { origin: 'null' }],
    ['an origin with more behind it', { origin: `http://${HOST}/x` }],
    ['a cross-site request', { 'sec-fetch-site': 'cross-site' }],
    ['a request of the same site', { 'sec-fetch-site': 'same-site' }],
    ['a site beside our origin', { origin: `http://${HOST}`, 'sec-fetch-site': 'cross-site' }],
  ])('is refused on behalf of a page of somebody else: %s', (_, headers) => {
    const error = refuseStranger({ host: HOST, ...headers }, HOSTS);
    expect(error).toMatchObject({ status: 403, code: 'request.cross_site' });
  });

  test.each<[string, IncomingHttpHeaders]>([
    ['another', { host: 'evil.example' }],
    ['none', {}],
    ['another, which is the origin too', { host: 'a.b', origin: 'http://a.b' }],
  ])('is refused under a name that is not ours: %s', (_, headers) => {
    const error = refuseStranger(headers, HOSTS);
    expect(error).toMatchObject({ status: 421, code: 'request.unknown_host' });
  });
});
