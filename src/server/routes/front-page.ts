import { escapeText } from '../../std/escape.ts';
import { callerOf } from '../caller.ts';
import type { Route } from '../route.ts';

/** The page that a browser sees first. It holds no script and no style, and may load none. */
export function frontPageRoute(): Route {
  return {
    method: 'GET',
    path: '/',
    needs: 'identify',
    summary: 'A page that says who you are.',
    media: 'text/html',
    handle(request, reply) {
      const { principal, credential } = callerOf(request);
      reply.type('text/html; charset=utf-8');
      return page(principal, credential.kind === 'session');
    },
  };
}

function page(
  { name, role }: { readonly name: string; readonly role: string },
  hasSession: boolean,
): string {
  const leave =
    '<form method="post" action="/logout"><button type="submit">Sign out</button></form>';
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head><meta charset="utf-8"><title>Signalbox</title></head>',
    '<body>',
    '<h1>Signalbox</h1>',
    `<p>You are ${textOf(name)}, with the role ${textOf(role)}.</p>`,
    '<p>The dashboard comes with a later version. Until then: <code>signalbox status</code>.</p>',
    ...(hasSession ? [leave] : []),
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

/** A text that stays one, whoever wrote it. */
function textOf(text: string): string {
  return escapeText(text).replaceAll(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
