import type { ActionStep, Step } from '../flows/flow.ts';
import type { Motion } from './motion.ts';
import { isAction } from './next.ts';
import { isUndoing, type Path, stepAt, stepsFrom } from './position.ts';

/**
 * The step that is done anew where what a run proposes is returned to it: of the steps that the run
 * has done, the last that the proposed one names in its input; else the last of all; else the
 * proposed step itself, whose templates may say `{returned.reason}`. A run that is being undone
 * never goes forward again: the undo that it proposes is proposed anew.
 */
export function returnTarget(motion: Motion): Path {
  const { flow, run, start, story } = motion;
  if (isUndoing(run.at)) return run.at;
  const step = stepAt(flow, run.at);
  const before: [Path, Step][] = [];
  for (const [path, each] of stepsFrom(flow, start)) {
    if (path === run.at) break;
    if (isAction(each) && story.outputs.has(each.id)) before.push([path, each]);
  }
  const text = step !== undefined && isAction(step) ? templatesOf(step) : '';
  const named = before.findLast(([, each]) => namesOf(each).some((name) => text.includes(name)));
  return (named ?? before.at(-1))?.[0] ?? run.at;
}

/** All that a step's input was written as. */
function templatesOf({ input, gate }: ActionStep): string {
  return JSON.stringify([input, gate?.proposal ?? null]);
}

/** How templates name what a step has given. */
function namesOf(step: Step): string[] {
  const { id } = step;
  const own = 'output' in step && step.output !== undefined ? [step.output] : [];
  const usual = isAction(step) ? (step.usualNames ?? []) : [];
  const named = step.choice === undefined ? [...own, ...usual] : [];
  return [`steps.${id}.`, `steps['${id}']`, ...named.flatMap((name) => [`{${name}}`, `{${name}.`])];
}
