import type { ToolRisk } from '../flows/tool.ts';
import { actOf } from '../gates/act-of-step.ts';
import { isInward } from '../gates/act.ts';
import { judge, type Judgement } from '../gates/judge.ts';
import type { JudgedStep, Judging } from '../gates/judging.ts';
import type { PolicyTable } from '../gates/policy-table.ts';
import { isObject, type Json } from '../std/json.ts';
import { builtInTools } from '../steps/tools/built-in.ts';
import { isNotFound } from '../steps/tools/registry.ts';
import type { AutonomyLevels } from './autonomy-levels.ts';
import type { Catalogs } from './catalogs.ts';

export interface JudgesOptions {
  readonly autonomy: Pick<AutonomyLevels, 'levelOf'>;
  readonly catalogs: Pick<Catalogs, 'findTool'>;
  /** The table as it was read last. */
  readonly table: () => PolicyTable;
}

/** What a step's tool says of itself. */
interface ToolFacts {
  readonly risk?: ToolRisk | undefined;
  readonly command?: readonly string[] | undefined;
}

/** Judges steps by the files as they were read last, and by what people have set. */
export class Judges implements Judging {
  readonly #options: JudgesOptions;

  constructor(options: JudgesOptions) {
    this.#options = options;
  }

  concerns({ kind, secrets }: Pick<JudgedStep, 'kind' | 'secrets'>): boolean {
    return secrets || !isInward(kind) || this.#options.table().policies.length > 0;
  }

  async judge(judged: JudgedStep): Promise<Judgement> {
    const { flow, kind, input, gate, catalog, step, effect, trust, secrets } = judged;
    const facts = kind === 'tool' ? await this.#toolOf(catalog, input) : {};
    const act = actOf({
      kind,
      step,
      input,
      effect,
      trust,
      secrets,
      flow: flow.name,
      declared: [gate?.risk, facts.risk],
      command: facts.command,
    });
    const autonomy = await this.#options.autonomy.levelOf(flow);
    return judge(act, { table: this.#options.table(), autonomy, isGated: gate !== undefined });
  }

  /** A tool of the user's own goes before a built-in one of its name. */
  async #toolOf(catalog: string, input: Json): Promise<ToolFacts> {
    const { tool = '', action } = isObject(input) ? input : {};
    if (typeof tool !== 'string') return {};
    const own = await this.#options.catalogs.findTool(catalog, tool);
    if (own !== undefined) {
      // What templates put into it is the step's own input, which nothing is hidden in.
      const command = own.run?.map((word) => (typeof word === 'string' ? word : '…'));
      return { risk: own.risk, command };
    }
    const found = builtInTools.find(tool, typeof action === 'string' ? action : undefined);
    return isNotFound(found) ? {} : { risk: found.action.risk };
  }
}
