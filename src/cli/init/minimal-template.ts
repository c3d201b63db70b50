import { helloFlows } from './sample-flows.ts';
import type { Template } from './template.ts';
import { head, SETTINGS } from './yaml-text.ts';

const ABOUT = [
  'One flow, to begin with nothing else.',
  '',
  '  signalbox dev                       runs it, and shows what happens',
  '  signalbox emit hello.said --wait    starts the flow',
];

/** One file with one flow. */
export const minimalTemplate: Template = {
  name: 'minimal',
  brief: 'one file with one flow, and nothing else',
  files: ({ project }) => [
    {
      path: 'signalbox.yaml',
      purpose: 'one flow, which answers "hello.said"',
      text: `${head(project, ABOUT)}${helloFlows}${SETTINGS}`,
    },
  ],
  tryIt: () => ['emit', 'hello.said', '--wait'],
};
