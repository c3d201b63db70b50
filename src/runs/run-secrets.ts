import type { ActionStep } from '../flows/flow.ts';
import type { Scope } from '../flows/scope.ts';
import type { KnownSecrets } from '../std/known-secrets.ts';
import type { Redaction } from '../std/redact.ts';
import type { SecretTable } from '../store/secrets/secret-table.ts';
import { failure } from './attempt.ts';
import type { Motion } from './motion.ts';
import type { StepResult } from './step-kind.ts';

/** What runs need to know of secrets. */
export interface RunSecrets {
  readonly known: KnownSecrets;
  /** Of what came in events. */
  readonly table: Pick<SecretTable, 'open'>;
}

/** What one attempt is given of its run's event, and what takes that out of the result. */
export interface Opened {
  readonly secrets?: Readonly<Record<string, string>>;
  readonly redaction?: Redaction;
}

/** Opens the secrets that a step lists, for one attempt; most list none. */
export function withSecrets(
  motion: Motion,
  { id, secrets: names = [] }: ActionStep,
  from: RunSecrets | undefined,
  attempt: (opened: Opened) => Promise<StepResult>,
): Promise<StepResult> | StepResult {
  if (names.length === 0) return attempt({});
  if (from === undefined) return gone(id, names[0]);
  return from.table.open(motion.origin.event, names).then((found) => {
    if (found.kind === 'gone') return gone(id, found.name);
    const secrets = found.values;
    return attempt({ secrets, redaction: from.known.with(Object.values(secrets)) });
  });
}

/** The scope of a step that is given secrets. */
export function scopeWith(scope: Scope, secrets: Opened['secrets']): Scope {
  if (secrets === undefined) return scope;
  return { get: (name) => (name === 'secrets' ? secrets : scope.get(name)) };
}

function gone(step: string, name = ''): StepResult {
  const message =
    `Step "${step}" is given no secret "${name}": the event that started its run brought none, ` +
    'or it has expired; name it in "secret_fields" of the source, and see "secret_keep".';
  return failure('secret.gone', message);
}
