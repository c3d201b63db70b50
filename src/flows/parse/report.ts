import type { Finding } from '../../std/diagnostics.ts';
import type { Problem } from '../problem.ts';
import type { YamlDocument } from './yaml-document.ts';

/** Takes note of what is wrong at an offset of one file. An error, unless it says otherwise. */
export type Report = (problem: ReportedProblem) => void;

export interface ReportedProblem extends Problem {
  readonly at: number;
  readonly severity?: Finding['severity'];
}

/** How many errors of one file are shown, and how many warnings: who has more mends these first. */
export const FINDINGS_MAX = 100;

/** A report for one file that adds its findings to `findings`, each once. */
export function reportTo(findings: Finding[], file: string, document: YamlDocument): Report {
  const counts = { error: 0, warning: 0 };
  const said = new Set<string>();
  return ({ code, message, at, severity = 'error' }) => {
    const saying = `${at} ${message}`;
    if (said.has(saying)) return;
    said.add(saying);
    counts[severity]++;
    if (counts[severity] > FINDINGS_MAX + 1) return;
    const place = { severity, file, ...document.place(at) };
    if (counts[severity] <= FINDINGS_MAX) findings.push({ ...place, code, message });
    else findings.push({ ...place, code: 'config.limit', message: TOO_MANY });
  };
}

const TOO_MANY = `this file has more than ${FINDINGS_MAX} such findings; mend those above first`;
