import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

const LOG = 'claude/project/audit/commits.jsonl';

/** Adds a commit to the audit log, once however often it is told of it. */
export default function audit({ commit, message, files }, { event, emit }) {
  mkdirSync(dirname(LOG), { recursive: true });
  const before = existsSync(LOG) ? readFileSync(LOG, 'utf8') : '';
  if (!before.includes(`"commit":"${commit}"`)) {
    const line = { time: event.time, commit, message, files, instance: event.correlationid };
    appendFileSync(LOG, `${JSON.stringify(line)}\n`);
  }
  emit('audit_logged', { commit, log: LOG });
  return { log: LOG };
}
