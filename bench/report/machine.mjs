// @ts-check
import { cpus, loadavg, totalmem } from 'node:os';

/** What the figures depend on beside the code; the load is that of the last minute. */
export function machineOf() {
  return {
    node: process.version,
    cpus: cpus().length,
    model: cpus()[0]?.model ?? 'unknown',
    memory_gb: Math.round(totalmem() / 2 ** 30),
    load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
  };
}
