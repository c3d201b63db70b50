import { type Family, gauge } from './family.ts';

/** What the process takes of the machine. `startedMs` is its start, in milliseconds since 1970. */
export function processFamilies(startedMs: number): Family[] {
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return [
    {
      name: 'process_cpu_seconds_total',
      help: 'Time of the processor that was used.',
      type: 'counter',
      samples: [{ value: (user + system) / 1_000_000 }],
    },
    gauge('process_start_time_seconds', 'When the daemon began, since 1970.', startedMs / 1_000),
    gauge('process_resident_memory_bytes', 'Memory that the process holds.', rss),
    gauge('nodejs_heap_size_used_bytes', 'Memory of JavaScript that is in use.', heapUsed),
    gauge('nodejs_heap_size_total_bytes', 'Memory of JavaScript that is held.', heapTotal),
    gauge('nodejs_external_memory_bytes', 'Memory outside of JavaScript.', external),
  ];
}
