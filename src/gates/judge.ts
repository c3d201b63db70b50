import type { ToolRisk } from '../flows/tool.ts';
import { type Act, acts, describeAct, isTainted } from './act.ts';
import type { FlowAutonomy } from './autonomy.ts';
import { askTable, type PolicyTable, type PolicyAnswer } from './policy-table.ts';
import { assess, isBelow, type Risk } from './risk.ts';

/** What becomes of a step before anybody has said anything about it, and by what rule. */
export interface Judgement {
  /** It is done, a person is asked, or it is not done. */
  readonly answer: PolicyAnswer;
  /**
   * The rule: `policy: NAME`, `policy: threshold`, `autonomy: LEVEL`, `gate`, `question`,
   * `untrusted`, or `nothing` of a step that nobody wants to hear of.
   */
  readonly by: string;
  readonly risk: Risk;
  /** Why a person is asked, where the rules of risk do not say it. */
  readonly note: string | undefined;
  /** Whether it changes something that the log does not hold, or has a gate. */
  readonly isAskable: boolean;
  /** Whether it is recorded as a proposal that was answered, or only done. */
  readonly isRecorded: boolean;
}

/** What an act is judged by. */
export interface JudgeOptions {
  readonly table: PolicyTable;
  readonly autonomy: FlowAutonomy;
  /** Whether a gate is written at the step. */
  readonly isGated: boolean;
}

/** The threshold of automatic steps where the configuration has none: what is high asks. */
const THRESHOLD_DEFAULT: ToolRisk = 'high';

/**
 * Says what becomes of a step: pure, and the one place where policies, risk, trust and autonomy
 * meet. Level 0 comes first, since nothing makes an observer act; then the policies, in the order
 * of the file; then trust, which only a policy that names it answers; then the written gate and
 * the threshold; then the level.
 */
export function judge(act: Act, { table, autonomy, isGated }: JudgeOptions): Judgement {
  const risk = assess(act);
  const isActing = acts(act);
  const said = (answer: PolicyAnswer, by: string, note?: string): Judgement => ({
    answer,
    by,
    risk,
    note,
    isAskable: isActing || isGated,
    isRecorded: answer !== 'approve' || isGated || (isActing && isNamed(by)),
  });
  if (isActing && autonomy.level === 0) return said('reject', 'autonomy: 0');
  const told = askTable(table.policies, proposalOf(act, risk));
  const tainted = isTainted(act);
  if (told.kind === 'broken') {
    return said(
      'ask',
      `policy: ${told.policy.name}`,
      `Its condition has no value: ${told.problem}`,
    );
  }
  if (told.kind === 'answered') {
    const { answer, name, knowsTrust } = told.policy;
    if (answer !== 'approve' || !tainted || knowsTrust) return said(answer, `policy: ${name}`);
  }
  if (tainted) return said('ask', 'untrusted');
  // A question is nothing that could be below any threshold.
  if (act.kind === 'question') return said('ask', 'question');
  if (isGated) {
    const isLow = table.threshold !== undefined && isBelow(risk.level, table.threshold);
    return isLow ? said('approve', 'policy: threshold') : said('ask', 'gate');
  }
  if (!isActing) return said('approve', 'nothing');
  return byLevel(autonomy, said, isBelow(risk.level, table.threshold ?? THRESHOLD_DEFAULT));
}

/** Whether a policy of the configuration's has answered, and not the threshold. */
function isNamed(by: string): boolean {
  return by.startsWith('policy: ') && by !== 'policy: threshold';
}

function byLevel(
  { level, from }: FlowAutonomy,
  said: (answer: PolicyAnswer, by: string, note?: string) => Judgement,
  isLow: boolean,
): Judgement {
  if (level === 1) {
    const note = from === 'failures' ? 'The flow has failed too often by itself.' : undefined;
    return said('ask', 'autonomy: 1', note);
  }
  if (level === 3) return said('approve', 'autonomy: 3');
  return isLow ? said('approve', 'policy: threshold') : said('ask', 'policy: threshold');
}

/** What the conditions of policies find as `proposal`. */
function proposalOf(act: Act, { level, reasons }: Risk): Parameters<typeof askTable>[1] {
  return {
    ...describeAct(act),
    risk: level,
    rules: reasons.map(({ rule }) => rule),
    reasons: reasons.map(({ reason }) => reason),
  };
}
