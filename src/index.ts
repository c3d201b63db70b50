// the engine
export { openSignalbox } from './signalbox.ts';
export type { EmitResult, Signalbox } from './signalbox.ts';
export type { OpenOptions } from './signalbox/options.ts';
export type { Stats, Status } from './views/engine-view.ts';
export { loadConfiguration } from './config.ts';
export type { Configuration, LoadOptions, Loaded } from './config.ts';
export type { BadFiles, Plan, Reload } from './config/definitions.ts';

// seed 003's interface
export { createOrchestrator } from './signalbox/orchestrator.ts';
export type {
  EventDrivenOrchestrator,
  EventType,
  ExternalEvent,
  OrchestratorOptions,
} from './signalbox/orchestrator.ts';
export type { EventResult } from './views/event-result.ts';

// events
export type { Event, EventDraft, Trust } from './events/event.ts';

// steps
export { builtInShapes } from './steps/shapes.ts';
export type { StepShape } from './flows/step-shape.ts';
export type { StepContext, StepError, StepKind, StepResult } from './runs/step-kind.ts';
export type { Usage } from './runs/usage.ts';
export { RetryableError, SignalboxError, TerminalError } from './std/errors.ts';

// surroundings
export { createLogger, silentLogger } from './std/logger.ts';
export type { Logger } from './std/logger.ts';
export type { Clock } from './std/clock.ts';
