import { existsSync, readlinkSync, writeFileSync } from 'node:fs';
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
  /** Where the system shows its processes as files. */
  readonly proc?: string;
  readonly attempt: (argv: readonly string[], timeoutMs: number) => Promise<TriedCommand>;
}

/** How long a way may take to start its first command, also on a machine that has much to do. */
const TRIAL_MS = 10_000;
const TABLE_FILE = 'isolation.mounts';
/** The fastest first. */
const WAYS = [bubblewrapOf, namespacesOf];

/** Tries the ways in order, each with a command that looks for what is hidden. */
export async function measureIsolation(options: MeasureOptions): Promise<MeasuredIsolation> {
  const obstacles: string[] = [];
  for (const make of WAYS) {
    const made = make(options);
    const tried = typeof made === 'string' ? made : await tryWay(made, options);
    if (typeof tried !== 'string') return { isolation: tried, obstacles };
    obstacles.push(tried);
  }
  return { isolation: undefined, obstacles };
}

/** A text says why it cannot even be tried. */
function bubblewrapOf({ hiding, path }: MeasureOptions): Isolation | string {
  const found = findProgram('bwrap', '/', path);
  return found.kind === 'found'
    ? bubblewrap(found.path, hiding)
    : 'bubblewrap (bwrap) is not installed';
}

function namespacesOf({ hiding, path, folder }: MeasureOptions): Isolation | string {
  const found = new Map(
    NAMESPACE_TOOLS.flatMap((name) => {
      const program = findProgram(name, '/', path);
      return program.kind === 'found' ? [[name, program.path]] : [];
    }),
  );
  const missing = NAMESPACE_TOOLS.filter((name) => !found.has(name));
  if (missing.length > 0) return `util-linux lacks ${missing.join(', ')} here`;
  const tableFile = join(folder, TABLE_FILE);
  try {
    writeFileSync(tableFile, mountTable(hiding), { mode: 0o600 });
  } catch (error) {
    return `${tableFile} cannot be written: ${messageOf(error)}`;
  }
  return namespaces(Object.fromEntries(found) as unknown as NamespaceTools, hiding, tableFile);
}

/** The way itself where it works, else why it does not. */
async function tryWay(
  isolation: Isolation,
  { hiding, attempt, proc = '/proc' }: MeasureOptions,
): Promise<Isolation | string> {
  const own = join(proc, 'self/ns');
  if (!existsSync(own)) return `${isolation.way}: ${own} is not there to compare with`;
  const ours = ['pid', 'mnt'].map((name) => readlinkSync(join(own, name)));
  const argv = isolation.wrap(['sh', '-c', TRIAL, 'trial', ...ours, ...hiding.folders]);
  const { code, stderr } = await attempt(argv, TRIAL_MS);
  if (code === 0) return isolation;
  // The last line, as those before are of what failed on its account.
  const said = stderr.trim().replace(/^[^]*\n/, '');
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
