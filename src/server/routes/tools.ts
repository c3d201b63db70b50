import { builtInTools } from '../../steps/tools/built-in.ts';
import { viewTool } from '../../views/tool-view.ts';
import type { Route } from '../route.ts';

/** The route about what flows may use. */
export function toolsRoute(): Route {
  return {
    method: 'GET',
    path: '/api/v1/tools',
    needs: 'read',
    summary: 'Lists the tools, each with what its actions take and give.',
    handle: () => ({ items: builtInTools.tools.map(viewTool), next: null }),
  };
}
