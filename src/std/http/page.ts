import { type IncomingMessage, STATUS_CODES } from 'node:http';
import { escapeText } from '../escape.ts';
import { type HttpError, PROBLEM_TYPE, problemText } from './http-error.ts';

/** The content type of every page. */
export const PAGE_TYPE = 'text/html; charset=utf-8';

/** A page for people, of HTML below its heading. It holds no script and no style. */
export function pageOf(title: string, html: readonly string[]): string {
  return [
    '<!doctype html>',
    '<html lang="en">',
    `<head><meta charset="utf-8"><title>${htmlOf(title)}</title></head>`,
    '<body>',
    `<h1>${htmlOf(title)}</h1>`,
    ...html,
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

/** A text that stays one in HTML, also in an attribute, and shows what would not be seen. */
export function htmlOf(text: string): string {
  return escapeText(text).replaceAll(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** Whether a person looks at the answer: a browser asks, and not for the API. */
export function asksForPage({ url, headers }: Pick<IncomingMessage, 'url' | 'headers'>): boolean {
  return url?.startsWith('/api/') !== true && /\btext\/html\b/i.test(headers.accept ?? '');
}

/**
 * How an error is answered: as a page to people, and to programs as a problem of RFC 9457. Both
 * say under which id the request was served, where it has one.
 */
export function errorBody(
  error: HttpError,
  request: Pick<IncomingMessage, 'url' | 'headers'>,
  requestId: string | undefined,
): { readonly type: string; readonly text: string } {
  if (!asksForPage(request)) return { type: PROBLEM_TYPE, text: problemText(error, requestId) };
  const title = STATUS_CODES[error.status] ?? 'Refused';
  const named = requestId === undefined ? [] : [`<p>Request ${htmlOf(requestId)}</p>`];
  const html = [`<p>${htmlOf(error.message)}</p>`, ...named];
  return { type: PAGE_TYPE, text: pageOf(title, html) };
}
