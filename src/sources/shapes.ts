import type { SourceShape } from '../flows/source-shape.ts';
import { eventLogShape } from './event-log/shape.ts';
import { fileChangeShape } from './files/file-change-shape.ts';
import { scheduleShape } from './schedule/shape.ts';
import { webhookShape } from './webhook/shape.ts';

/** How the built-in sources are written, for whoever only reads configurations. */
export const builtInSourceShapes: readonly SourceShape[] = [
  eventLogShape,
  fileChangeShape,
  scheduleShape,
  webhookShape,
];
