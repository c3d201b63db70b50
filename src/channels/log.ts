import type { Logger } from '../std/logger.ts';
import type { Channel } from './channel.ts';
import type { Urgency } from './urgency.ts';

const LEVELS: Readonly<Record<Urgency, 'info' | 'warn' | 'error'>> = {
  low: 'info',
  normal: 'info',
  high: 'warn',
  critical: 'error',
};

/** Writes each message into the daemon's own log. */
export function logChannel(name: string, logger: Logger): Channel {
  return {
    name,
    async send({ text, to, urgency, flow, run, dedupeId }) {
      const fields = { text, to, urgency, flow, run, dedupe_id: dedupeId };
      logger[LEVELS[urgency]]('a notification', fields);
      return { kind: 'sent' };
    },
  };
}

/** A channel of this name that tells nobody, since what is said is only tried out. */
export function mutedChannel(name: string): Channel {
  return { name, send: async () => ({ kind: 'sent', muted: true }) };
}

/** Tells nobody: the log of events says that it was told, and what. */
export function auditChannel(name: string): Channel {
  return { name, send: async () => ({ kind: 'sent' }) };
}
