import { BlockList, isIP } from 'node:net';

/** IPv4 networks that are not the public internet (IANA special-purpose registry, RFC 6890). */
const PRIVATE_V4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/** What of IPv6's global unicast space stands for something else: tunnels, documentation, tests. */
const SPECIAL_V6: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const refusedV4 = listOf(PRIVATE_V4, 'ipv4');
const refusedV6 = listOf(SPECIAL_V6, 'ipv6');
/** All of public IPv6. Addresses that wrap an IPv4 one (mapped, NAT64) lie outside of it. */
const globalV6 = listOf([['2000::', 3]], 'ipv6');

/**
 * Whether an IP address belongs to a host of the public internet.
 *
 * False for private, local, shared, multicast and reserved networks, for addresses that stand for
 * an IPv4 one, and for what is no address at all.
 */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !refusedV4.check(address, 'ipv4');
    case 6:
      return (
        !address.includes('%') &&
        globalV6.check(address, 'ipv6') &&
        !refusedV6.check(address, 'ipv6')
      );
    default:
      return false;
  }
}

function listOf(
  networks: readonly (readonly [string, number])[],
  family: 'ipv4' | 'ipv6',
): BlockList {
  const list = new BlockList();
  for (const [network, bits] of networks) list.addSubnet(network, bits, family);
  return list;
}
