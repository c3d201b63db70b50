import { readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../errors.ts';
import { findProgram } from '../find-program.ts';
import type { TriedCommand } from '../process.ts';
import { bubblewrap } from './bubblewrap.ts';
import type { Hiding } from './hiding.ts';
import type { Isolation, MeasuredIsolation } from './isolation.ts';
import { mountTable, NAMESPACE_TOOLS, namespaces, type NamespaceTools } from './namespaces.ts';

/** What a machine is measured with. */
export interface MeasureOptions {
  readonly hiding: Hiding;
  /** Where what is mounted is written to, where it is needed: a folder of our own. */
  readonly folder: string;
  /** The folders in which programs are looked for. */
  readonly path: string;
  readonly attempt: (argv: readonly string[], timeoutMs: number) => Promise<TriedCommand>;
}

/** How long a way may take to start its first command. */
const TRIAL_MS = 3_000;
const TABLE_FILE = 'isolation.mounts';

/** A way, or why it cannot even be tried. */
type Candidate = { readonly isolation: Isolation } | { readonly obstacle: string };

/** Tries the ways, the fastest first, each with a command that looks for what is hidden. */
export async function measureIsolation(options: MeasureOptions): Promise<MeasuredIsolation> {
  const obstacles: string[] = [];
  for (const candidate of [bubblewrapOf, namespacesOf]) {
    const made = candidate(options);
    const obstacle = 'obstacle' in made ? made.obstacle : await failureOf(made.isolation, options);
    if (!('obstacle' in made) && obstacle === undefined) return { ...made, obstacles };
    if (obstacle !== undefined) obstacles.push(obstacle);
  }
  return { isolation: undefined, obstacles };
}

function bubblewrapOf({ hiding, path }: MeasureOptions): Candidate {
  const found = findProgram('bwrap', '/', path);
  if (found.kind !== 'found') return { obstacle: 'bubblewrap (bwrap) is not installed' };
  return { isolation: bubblewrap(found.path, hiding) };
}

function namespacesOf({ hiding, path, folder }: MeasureOptions): Candidate {
  const found = NAMESPACE_TOOLS.map((name) => [name, findProgram(name, '/', path)] as const);
  const missing = found.filter(([, { kind }]) => kind !== 'found').map(([name]) => name);
  if (missing.length > 0) return { obstacle: `util-linux lacks ${missing.join(', ')} here` };
  const tools = Object.fromEntries(
    found.map(([name, program]) => [name, 'path' in program ? program.path : '']),
  ) as unknown as NamespaceTools;
  const tableFile = join(folder, TABLE_FILE);
  try {
    writeFileSync(tableFile, mountTable(hiding), { mode: 0o600 });
  } catch (error) {
    return { obstacle: `${tableFile} cannot be written: ${messageOf(error)}` };
  }
  return { isolation: namespaces(tools, hiding, tableFile) };
}

/** Undefined where the way works. */
async function failureOf(
  isolation: Isolation,
  { hiding, attempt }: MeasureOptions,
): Promise<string | undefined> {
  const ours = ['pid', 'mnt'].map((name) => readlinkSync(`/proc/self/ns/${name}`));
  const argv = isolation.wrap(['sh', '-c', TRIAL, 'trial', ...ours, ...hiding.folders]);
  const { code, stderr } = await attempt(argv, TRIAL_MS);
  if (code === 0) return undefined;
  const said = stderr.trim().split('\n').at(-1) ?? '';
  return `${isolation.way}: ${said === '' ? `no answer within ${TRIAL_MS / 1_000} s` : said}`;
}

/** Ends with 0 where the namespaces are others, no right is left and the folders seem empty. */
const TRIAL = `
fail() { echo "$1" >&2; exit 1; }
[ "$(readlink /proc/self/ns/pid)" != "$1" ] || fail 'our processes are seen'
[ "$(readlink /proc/self/ns/mnt)" != "$2" ] || fail 'our files are seen'
shift 2
for folder; do [ -z "$(ls -A "$folder" 2> /dev/null)" ] || fail "$folder is seen"; done
while read -r name value; do
  case $name in CapEff:) [ "$value" = 0000000000000000 ] || fail 'rights are left' ;; esac
done < /proc/self/status
`;
