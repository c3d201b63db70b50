import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../src/std/errors.ts';
import { SimulatedClock } from '../../src/std/simulated-clock.ts';
import type { AppendResult, Unit } from '../../src/store/contract.ts';
import { loadDriver } from '../../src/store/sqlite/driver.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { inspectStore } from '../simulation/log/inspect-store.ts';
import { Ledger } from '../simulation/log/ledger.ts';

const WRITER = fileURLToPath(new URL('log-writer.mjs', import.meta.url));
/** How the store writes: Node itself uses none of these while it starts. */
const CALLS = ['pwrite64', 'fdatasync', 'fsync', 'ftruncate', 'unlink', 'rename'] as const;
type SystemCall = (typeof CALLS)[number];
/** The calls that fail in the way of each error. */
const FAILING: Readonly<Record<'error=EIO' | 'error=ENOSPC', ReadonlySet<SystemCall>>> = {
  'error=EIO': new Set(['pwrite64', 'fdatasync', 'fsync']),
  'error=ENOSPC': new Set(['pwrite64']),
};

/** What happens to a writer: at its n-th call under strace, after its n-th answer, or always. */
type Misfortune =
  | {
      readonly kind: 'strace';
      readonly call: SystemCall;
      readonly inject: Injection;
      readonly at: number;
    }
  | { readonly kind: 'signal'; readonly afterAnswers: number }
  | { readonly kind: 'descriptors'; readonly limit: number };

type Injection = 'signal=KILL' | 'error=EIO' | 'error=ENOSPC';

/** One kind of misfortune, and how its writers may end; the first of these is sure to be seen. */
export interface Campaign {
  readonly inject: Injection | 'a signal';
  readonly ends: readonly Outcome['end'][];
  /** An answer that some writer gives. */
  readonly says: AppendResult['kind'];
}

/** What a process can suffer here: more where strace can be used. */
export function campaigns(): readonly Campaign[] {
  if (!straceWorks()) return [{ inject: 'a signal', ends: ['killed'], says: 'appended' }];
  return [
    { inject: 'signal=KILL', ends: ['killed'], says: 'appended' },
    { inject: 'error=EIO', ends: ['error', 'closed'], says: 'appended' },
    { inject: 'error=ENOSPC', ends: ['closed', 'error'], says: 'full' },
  ];
}

/** Whether system calls can be watched here. */
export function straceWorks(): boolean {
  const { status } = spawnSync('strace', ['-f', '-qq', '-o', '/dev/null', process.execPath, '-v']);
  return status === 0;
}

export interface Outcome {
  readonly answers: readonly AppendResult[];
  readonly end: 'closed' | 'error' | 'killed';
  /** What is wrong with what the writer left behind. */
  readonly problem: string | undefined;
}

/** A process that writes a scenario into a real store in a directory of its own. */
export class WriterProcess {
  readonly #root = mkdtempSync(join(tmpdir(), 'signalbox-writer-'));
  readonly #units: readonly Unit[];
  readonly #scenario: string;
  #runs = 0;

  constructor(units: readonly Unit[]) {
    this.#units = units;
    this.#scenario = join(this.#root, 'scenario.json');
    writeFileSync(this.#scenario, JSON.stringify(units));
  }

  /** Lets one writer after the other meet with the misfortune, at every `stride`-th place. */
  async endure({ inject }: Campaign, stride: number): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const misfortune of await this.#misfortunes(inject, stride)) {
      outcomes.push(await this.suffer(misfortune));
    }
    return outcomes;
  }

  async #misfortunes(inject: Campaign['inject'], stride: number): Promise<Misfortune[]> {
    if (inject === 'a signal') {
      return this.#units.map((_, i) => ({ kind: 'signal', afterAnswers: i + 1 }));
    }
    const counts = [...(await this.#countCalls())];
    const calls = counts.filter(([call]) => inject === 'signal=KILL' || FAILING[inject].has(call));
    return calls.flatMap(([call, count]) => {
      const places = Array.from({ length: Math.ceil(count / stride) }, (_, i) => 1 + i * stride);
      return places.map((at): Misfortune => ({ kind: 'strace', call, inject, at }));
    });
  }

  /** How often an undisturbed writer makes each call. */
  async #countCalls(): Promise<ReadonlyMap<SystemCall, number>> {
    const trace = join(this.#root, 'trace');
    const prefix = ['strace', '-f', '-qq', '-o', trace, '-e', `trace=${CALLS.join(',')}`];
    await this.#run(this.#directory(), prefix, Number.POSITIVE_INFINITY);
    const lines = readFileSync(trace, 'utf8').split('\n');
    return new Map(
      CALLS.map((call) => [call, lines.filter((line) => line.includes(` ${call}(`)).length]),
    );
  }

  /** Lets a writer meet with a misfortune, then opens and inspects what it left. */
  async suffer(misfortune: Misfortune): Promise<Outcome> {
    const directory = this.#directory();
    const afterAnswers =
      misfortune.kind === 'signal' ? misfortune.afterAnswers : Number.POSITIVE_INFINITY;
    const { answers, end } = await this.#run(directory, prefixOf(misfortune), afterAnswers);
    const ledger = new Ledger();
    for (const unit of this.#units) ledger.submit(unit);
    for (const [i, answer] of answers.entries()) ledger.settle(i, answer);
    const problem = await inspectDirectory(directory, ledger).catch(messageOf);
    rmSync(directory, { recursive: true });
    return { answers, end, problem };
  }

  remove(): void {
    rmSync(this.#root, { recursive: true });
  }

  #directory(): string {
    const directory = join(this.#root, `${this.#runs++}`);
    mkdirSync(directory);
    return directory;
  }

  async #run(
    directory: string,
    prefix: readonly string[],
    afterAnswers: number,
  ): Promise<Omit<Outcome, 'problem'>> {
    const argv = [...prefix, process.execPath, WRITER, directory, this.#scenario];
    const writer = spawn(argv[0] ?? '', argv.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
    const exit = once(writer, 'exit');
    const answers: AppendResult[] = [];
    for await (const line of createInterface(writer.stdout)) {
      const answer = JSON.parse(line) as AppendResult | { readonly kind: 'error' };
      if (answer.kind !== 'error') answers.push(answer);
      if (answers.length === afterAnswers) writer.kill('SIGKILL');
    }
    const [status] = (await exit) as [number | null];
    return { answers, end: status === null ? 'killed' : status === 0 ? 'closed' : 'error' };
  }
}

function prefixOf(misfortune: Misfortune): string[] {
  if (misfortune.kind === 'signal') return [];
  if (misfortune.kind === 'descriptors') {
    return ['sh', '-c', `ulimit -n ${misfortune.limit}; exec "$@"`, 'sh'];
  }
  const { call, inject, at } = misfortune;
  const filter = ['-f', '-qq', '-o', '/dev/null', '-e', `trace=${call}`];
  return ['strace', ...filter, '-e', `inject=${call}:${inject}:when=${at}`];
}

async function inspectDirectory(directory: string, ledger: Ledger): Promise<string | undefined> {
  const store = await openSqliteStore({
    path: join(directory, 'signalbox.db'),
    lockPath: join(directory, 'lock.db'),
    witnessPath: join(directory, 'witness'),
    driver: await loadDriver(),
    clock: new SimulatedClock(),
  });
  const inspection = await inspectStore(store, ledger);
  await store.close({ clean: true });
  return inspection.kind === 'broken' ? inspection.reason : undefined;
}
