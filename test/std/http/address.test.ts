import { describe, expect, test } from 'vitest';
import { bareHost, isLoopback, localUrlOf, urlOf } from '../../../src/std/http/address.ts';

describe('an address', () => {
  test('takes IPv6 with and without brackets', () => {
    expect(['::1', '[::1]'].map(bareHost)).toEqual(['::1', '::1']);
    expect(['::1', '[::1]', 'a.b'].map((host) => urlOf(host, 1))).toEqual([
      'http://[::1]:1',
      'http://[::1]:1',
      'http://a.b:1',
    ]);
  });

  test.each([
    ['0.0.0.0', '0.0.0.0', 'http://127.0.0.1:1'],
    ['0', '0.0.0.0', 'http://127.0.0.1:1'],
    ['[::]', '::', 'http://[::1]:1'],
    ['localhost', '127.0.0.1', 'http://localhost:1'],
  ])('of a server on %s is one that this machine can ask', (host, address, url) => {
    expect(localUrlOf(host, { address, family: '', port: 1 })).toBe(url);
  });

  test.each(['localhost', '127.0.0.1', '127.1.2.3', '::1', '[::1]'])(
    'is reached by this machine only: %s',
    (host) => {
      expect(isLoopback(host)).toBe(true);
    },
  );

  test.each(['0.0.0.0', '::', '10.0.0.7', '128.0.0.1', '127.0.0.1.example', 'localhost.example'])(
    'may be reached by others: %s',
    (host) => {
      expect(isLoopback(host)).toBe(false);
    },
  );
});
