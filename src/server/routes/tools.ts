import { allTools } from '../../steps/tools/own/shapes.ts';
import { viewTool } from '../../views/tool-view.ts';
import type { Route, RouteContext } from '../route.ts';

/** The route about what flows may use. */
export function toolsRoute({ box }: RouteContext): Route {
  return {
    method: 'GET',
    path: '/api/v1/tools',
    needs: 'read',
    summary: 'Lists the tools, each with what its actions take and give.',
    handle: async () => {
      const { tools = new Map() } = await box.catalog();
      return { items: allTools(tools).tools.map(viewTool), next: null };
    },
  };
}
