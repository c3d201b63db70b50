// @ts-check
import { work } from '../plan.mjs';
import { compare } from '../report/line.mjs';

/** @import {Plan} from '../plan.mjs' */

/** @param {Plan} plan */
function webhookTrials(plan) {
  return ['signalbox', 'raw'].map((subject) => ({
    name: `webhooks ${subject}`,
    kind: 'webhooks',
    options: { subject, durationMs: work(plan, 5_000) },
  }));
}

/**
 * Webhooks are verified and made durable at a good part of the speed at which bare Node verifies
 * them.
 *
 * @type {import('../plan.mjs').Row}
 */
export const webhooks = {
  key: '6',
  title: 'Webhooks with HMAC over HTTP, 32 connections, 420 bytes each',
  trials: webhookTrials,
  lines(results) {
    const figure = results('webhooks signalbox')?.['per_s'];
    const raw = results('webhooks raw')?.['per_s'];
    if (figure === undefined || raw === undefined) return [];
    const target = { floor: 0.35, goal: 0.5 };
    const other = { label: 'bare node:http and HMAC', durability: 'nothing stored', target };
    return compare({ figure, unit: '/s', others: [{ ...other, figure: raw }] });
  },
};

/**
 * No webhook that was accepted is lost when the daemon is killed.
 *
 * @type {import('../plan.mjs').Row}
 */
export const lostWebhooks = {
  key: '7',
  title: 'Accepted webhooks lost by `kill -9` under that load',
  trials: webhookTrials,
  lines(results) {
    const figure = results('webhooks signalbox')?.['lost'];
    if (figure === undefined) return [];
    const target = { floor: 0, less: true };
    return [{ label: 'Signalbox', durability: 'FULL', figure, unit: 'rows', target }];
  },
};
