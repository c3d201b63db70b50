import { posix } from 'node:path';
import type { EventDraft } from '../../../events/event.ts';
import type { SourceDefinition } from '../../../flows/source.ts';
import { meansFile } from '../../../sources/files/coverage.ts';
import {
  FILE_CHANGED,
  fileChangeShape,
  readFileChange,
} from '../../../sources/files/file-change-shape.ts';
import { plainEvent, PRESETS } from '../../../sources/webhook/preset.ts';
import { webhookConfig, webhookShape } from '../../../sources/webhook/shape.ts';
import { SignalboxError } from '../../../std/errors.ts';
import type { Given } from './scenario.ts';

type Delivery = Extract<Given, { kind: 'webhook' }>;
type Saved = Extract<Given, { kind: 'file' }>;

/**
 * The event of a delivery, as the source that hears its path makes it. Its signature is not asked
 * for.
 *
 * @throws SignalboxError `test.invalid` where no source hears the path.
 */
export function deliveryDraft(
  { path, headers, body }: Delivery,
  sources: Iterable<SourceDefinition>,
): EventDraft {
  const hooks = [...sources].filter(({ type }) => type === webhookShape.type);
  const found = hooks.find(({ config }) => webhookConfig(config).path === path);
  if (found === undefined) {
    const paths = hooks.map(({ config }) => webhookConfig(config).path);
    throw unheard(`No webhook is heard at ${path}`, paths);
  }
  if (found.secretFields !== undefined) {
    const what = `What ${found.name} keeps secret in "secret_fields" is not sealed in a scenario`;
    throw new SignalboxError('test.invalid', `${what}; emit its event, without the secret.`);
  }
  const { preset, id_header: idHeader } = webhookConfig(found.config);
  const known = preset === undefined ? undefined : PRESETS[preset];
  const json = JSON.stringify(body);
  const received = { headers, path, body: { value: body, json, type: undefined } };
  const { data, type, subject, actor } = (known?.eventOf ?? plainEvent)(received);
  const own = idHeader === undefined ? undefined : headers[idHeader];
  const id = own ?? known?.idOf(received) ?? undefined;
  return { type, source: found.name, data, subject, actor, id, trust: found.trust };
}

/**
 * The events that the sources tell which watch the files: one for each of them.
 *
 * @throws SignalboxError `test.invalid` where none does.
 */
export function savedDrafts(
  { paths, change }: Saved,
  sources: Iterable<SourceDefinition>,
): EventDraft[] {
  const watching = [...sources].filter(({ type }) => type === fileChangeShape.type);
  const drafts = watching.flatMap(({ name, config, trust }) => {
    const { path: root, pattern, ignore, events } = readFileChange(config);
    const files = events.includes(change)
      ? paths
          .map((path) => posix.normalize(path))
          .filter((path) => {
            const within = posix.relative(posix.normalize(root), path);
            return !within.startsWith('..') && meansFile({ pattern, ignore }, within);
          })
      : [];
    if (files.length === 0) return [];
    const changes = files.map((path) => ({ path, kind: change }));
    const data = JSON.stringify({ files, changes });
    return [{ type: FILE_CHANGED, source: name, data, trust }];
  });
  if (drafts.length > 0) return drafts;
  throw unheard(
    `No source tells of ${change} of ${paths.join(', ')}`,
    watching.map(({ name }) => name),
  );
}

function unheard(problem: string, known: readonly string[]): SignalboxError {
  const there = known.length === 0 ? 'there is no such source' : `there are ${known.join(', ')}`;
  return new SignalboxError('test.invalid', `${problem}; ${there}.`);
}
