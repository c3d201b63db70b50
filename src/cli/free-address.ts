import { createServer } from 'node:net';

/** Where a daemon would be heard. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Whether nobody is heard there yet, and we could be. */
export function isFree({ host, port }: Address): Promise<boolean> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once('error', () => resolve(false));
    probe.listen({ host, port }, () => probe.close(() => resolve(true)));
  });
}
