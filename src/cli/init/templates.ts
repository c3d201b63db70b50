import { suggestion } from '../../std/diagnostics.ts';
import { SignalboxError } from '../../std/errors.ts';
import { agentsTemplate } from './agents-template.ts';
import { minimalTemplate } from './minimal-template.ts';
import { starterTemplate } from './starter-template.ts';
import type { Template } from './template.ts';
import { webhookTemplate } from './webhook-template.ts';

/** What `init` writes where nobody says otherwise. */
const DEFAULT_TEMPLATE = starterTemplate.name;

/** Every template there is, the default first. */
export const TEMPLATES: readonly Template[] = [
  starterTemplate,
  minimalTemplate,
  agentsTemplate,
  webhookTemplate,
];

/**
 * The template of a name, or the default one.
 *
 * @throws SignalboxError `usage.invalid` with the names there are.
 */
export function findTemplate(name: string = DEFAULT_TEMPLATE): Template {
  const found = TEMPLATES.find((template) => template.name === name);
  if (found !== undefined) return found;
  const names = TEMPLATES.map((template) => template.name);
  const near = suggestion(name, names);
  const list = TEMPLATES.map((template) => `  ${template.name.padEnd(8)}  ${template.brief}`);
  const message = `There is no template "${name}"${near || '.'}\nThere are:\n${list.join('\n')}`;
  throw new SignalboxError('usage.invalid', message);
}
