import type { Route, RouteContext } from '../route.ts';

/** The routes about where events come from. */
export function sourceRoutes({ box }: RouteContext): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/sources',
      needs: 'read',
      summary: 'Lists the sources that are open, each with its health.',
      handle: () => ({ items: box.sources(), next: null }),
    },
  ];
}
