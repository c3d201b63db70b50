import { type Command, type CommandEnd, type Processes, unstartedReason } from '../command.ts';
import { findProgram } from '../find-program.ts';
import { partEnvironment } from './environment.ts';
import type { Isolation } from './isolation.ts';

/** What isolated commands are started with. */
export interface IsolatedProcessesOptions {
  readonly processes: Processes;
  readonly isolation: Isolation;
}

/** Starts commands where they do not see us. All that such a command started ends with it. */
export class IsolatedProcesses implements Processes {
  readonly #processes: Processes;
  readonly #isolation: Isolation;

  constructor({ processes, isolation }: IsolatedProcessesOptions) {
    this.#processes = processes;
    this.#isolation = isolation;
  }

  async run(command: Command): Promise<CommandEnd> {
    const [program = '', ...args] = command.argv;
    if (program === '' || command.signal.aborted) return this.#processes.run(command);
    // Once it is wrapped, nobody tells a program that is missing from one that fails.
    const found = findProgram(program, command.directory, command.environment['PATH']);
    if (found.kind !== 'found') {
      const code = found.kind === 'not_found' ? 'ENOENT' : 'EACCES';
      return { kind: 'unstarted', reason: unstartedReason(code, command.directory) };
    }
    const { common, own } = partEnvironment(command.environment);
    const pairs = Object.entries(own).map(([name, value]) => `${name}=${value}`);
    const inner = pairs.length === 0 ? [] : ['env', ...pairs];
    const argv = this.#isolation.wrap([...inner, program, ...args]);
    const end = await this.#processes.run({ ...command, argv, environment: common });
    return this.#isolation.isFailure(end) ? { kind: 'unstarted', reason: 'unavailable' } : end;
  }
}
