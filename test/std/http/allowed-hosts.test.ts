import { describe, expect, test } from 'vitest';
import { allowedHosts, isAllowedHost } from '../../../src/std/http/allowed-hosts.ts';

describe('a host header', () => {
  const hosts = allowedHosts({ host: '192.168.0.7', port: 8766 }, ['ci.example', 'fe80::7']);

  test.each([
    'localhost',
    'LOCALHOST:8766',
    '127.0.0.1',
    '[::1]:8766',
    '192.168.0.7:8766',
    'ci.example',
    '[fe80::7]',
  ])('names us as %s', (header) => {
    expect(isAllowedHost(header, hosts)).toBe(true);
  });

  test.each([undefined, '', 'evil.example', 'localhost:9', 'localhost:8766:1', '::1', 'a b'])(
    'does not name us as %s',
    (header) => {
      expect(isAllowedHost(header, hosts)).toBe(false);
    },
  );

  test('may name a port that only a proxy has, where the configuration says so', () => {
    const behindProxy = allowedHosts({ host: '127.0.0.1', port: 8766 }, ['ci.example:443']);
    expect(isAllowedHost('ci.example:443', behindProxy)).toBe(true);
    expect(isAllowedHost('ci.example', behindProxy)).toBe(false);
  });

  test('is not one of an address that stands for all of them', () => {
    const everywhere = allowedHosts({ host: '0.0.0.0', port: 8766 }, []);
    expect(isAllowedHost('0.0.0.0:8766', everywhere)).toBe(false);
  });
});
