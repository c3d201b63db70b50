import { htmlOf, PAGE_TYPE, pageOf } from '../../std/http/page.ts';
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
      reply.type(PAGE_TYPE);
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
  return pageOf('Signalbox', [
    `<p>You are ${htmlOf(name)}, with the role ${htmlOf(role)}.</p>`,
    '<p>The dashboard comes with a later version. Until then: <code>signalbox status</code>.</p>',
    ...(hasSession ? [leave] : []),
  ]);
}
