import type { Attribution } from '../../events/attribution.ts';
import type { Reload } from '../../config/definitions.ts';
import type { Signalbox } from '../../signalbox.ts';
import { type FlowView, viewFlow } from '../../views/flow-view.ts';
import { HttpError } from '../../std/http/http-error.ts';
import { refuseFullDisk } from '../refusal.ts';
import { attributionOfCaller } from '../caller.ts';
import type { Route, RouteContext } from '../route.ts';

/** The routes about flows: those in force, and what the files would make of them. */
export function definitionRoutes({ box }: RouteContext): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/flows',
      needs: 'read',
      summary: 'Lists the flows in force, each with how many of its runs are open.',
      handle: async () => ({ items: await flowsInForce(box), next: null }),
    },
    {
      method: 'GET',
      path: '/api/v1/plan',
      needs: 'read',
      summary: 'Reads the files and tells what they would change, or what is wrong with them.',
      handle: () => box.plan(),
    },
    {
      method: 'POST',
      path: '/api/v1/reload',
      needs: 'operate',
      summary: 'Reads the files and puts them in force; bad ones are refused.',
      handle: (request) => reload(box, attributionOfCaller(request)),
    },
  ];
}

async function flowsInForce(box: Signalbox): Promise<(FlowView & { readonly open: number })[]> {
  const [{ flows }, counts] = await Promise.all([box.catalog(), box.store.openRunsByFlow()]);
  const open = new Map<string, number>();
  for (const { flow, runs } of counts) open.set(flow, (open.get(flow) ?? 0) + runs);
  return [...flows.values()].map((flow) => {
    return { ...viewFlow(flow), open: open.get(flow.name) ?? 0 };
  });
}

async function reload(box: Signalbox, by: Attribution): Promise<Reload> {
  const result = await box.reload({ actor: by.by, request: by.request }).catch(refuseFullDisk);
  if (result.ok) return result;
  const { findings } = result;
  const message = 'The files are refused, and what is in force stays; correct each finding.';
  throw new HttpError('catalog.refused', message, { status: 422, details: { findings } });
}
