import { diffTitle, splitDiff } from '../gates/content-diff.ts';
import { htmlOf, pageOf } from '../std/http/page.ts';
import type { ProposalView } from '../views/proposal-view.ts';

/** What a page may do: nothing but show itself, and send its form to where it came from. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  // The link stands in the address, which is told to nobody else.
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-robots-tag': 'noindex, nofollow',
};

/** The most that is shown of what would run; the rest is to be looked at in the terminal. */
const SHOWN_MAX = 100_000;

/** A proposal as whoever follows a link decides on it. It holds no script, and loads nothing. */
export function decisionPage(
  proposal: ProposalView,
  { link, person }: { readonly link: string; readonly person: string },
): string {
  const { id, state, flow, step, risk, reasons, hash, expires, summary, unbound } = proposal;
  const { decision, files, evidence } = proposal;
  const pairs: readonly (readonly [string, string | null])[] = [
    ['proposal', id],
    ['state', state],
    ['flow', flow],
    ['step', step],
    ['risk', risk],
    ['because', reasons.join(' ')],
    ['expires', expires],
    ['hash', hash],
    ['you decide as', person],
  ];
  return pageOf(`Proposal ${id}`, [
    '<dl>',
    ...pairs.flatMap(([name, value]) =>
      value === null || value === '' ? [] : [`<dt>${name}</dt><dd>${htmlOf(value)}</dd>`],
    ),
    '</dl>',
    ...(summary === null ? [] : [`<p>${htmlOf(summary)}</p>`]),
    '<h2>What would run</h2>',
    ...contentOf(proposal),
    ...listed(
      'Bound files',
      files.map(({ path, sha256 }) => `${sha256 ?? 'absent'}  ${path}`),
    ),
    ...(unbound.length === 0 ? [] : [`<p>Not bound: ${htmlOf(unbound.join(', '))}</p>`]),
    ...listed(
      'Evidence',
      evidence.map((each) => JSON.stringify(each)),
    ),
    ...(state === 'open' ? formOf(proposal, link) : [decidedBy(decision)]),
  ]);
}

/** What came of a decision, or why there is none. */
export function outcomePage(title: string, message: string): string {
  return pageOf(title, [`<p>${htmlOf(message)}</p>`]);
}

function contentOf({ content }: ProposalView): string[] {
  const { rest, diff } = splitDiff(content);
  const shown = preOf(JSON.stringify(rest, null, 2));
  if (diff === null || diff === '') return [shown];
  const title = diffTitle(content);
  return [shown, `<h2>${title.charAt(0).toUpperCase()}${title.slice(1)}</h2>`, preOf(diff)];
}

function listed(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`<h2>${title}</h2>`, preOf(lines.join('\n'))];
}

function preOf(text: string): string {
  const shown = text.slice(0, SHOWN_MAX).split('\n').map(htmlOf).join('\n');
  const more = text.length - SHOWN_MAX;
  if (more <= 0) return `<pre>${shown}</pre>`;
  return `<pre>${shown}</pre><p>${more} characters more: <code>signalbox proposals show</code></p>`;
}

function decidedBy(decision: ProposalView['decision']): string {
  const by = decision === null ? '' : ` That was ${decision.by}, at ${decision.at}.`;
  return `<p>It is decided already.${htmlOf(by)}</p>`;
}

function formOf({ content, hash }: ProposalView, link: string): string[] {
  const choices = content.kind === 'question' ? content.choices : [];
  const options = choices.map(
    (each) =>
      `<label><input type="radio" name="choice" value="${htmlOf(each)}">${htmlOf(each)}</label>`,
  );
  const canReturn = content.kind !== 'question';
  return [
    '<form method="post" action="/decide">',
    `<input type="hidden" name="link" value="${htmlOf(link)}">`,
    `<input type="hidden" name="hash" value="${htmlOf(hash)}">`,
    ...options.map((option) => `<p>${option}</p>`),
    '<p><label>Reason <input name="reason" maxlength="1000"></label></p>',
    '<p><button name="decision" value="approve">Approve exactly this</button>',
    '<button name="decision" value="reject">Reject</button>',
    ...(canReturn
      ? ['<button name="decision" value="return">Return with the reason</button>']
      : []),
    '</p></form>',
  ];
}
