// a box in a program
export { signalbox } from './signalbox/box/open.ts';
export type { BoxOptions } from './signalbox/box/open.ts';
export type { Box, Handled, Unsubscribe } from './signalbox/box/box.ts';
export type { Emitted, EmitOptions } from './signalbox/box/emitting.ts';
export type { HookFunction, HookOptions, HookReply } from './signalbox/box/hook.ts';
export type { HookPayload, HookResult } from './routing/hooks/hook.ts';
export type { HookName } from './routing/hooks/shape.ts';
export type { SourceDocument } from './signalbox/box/secrets.ts';
export type { StreamOptions } from './signalbox/box/stream.ts';
export type { Listener } from './signalbox/box/subscriber.ts';

// what code writes in place of files
export { flow } from './flows/code/flow.ts';
export type { FlowDefinition, FlowSettings, WriteSteps } from './flows/code/flow.ts';
export type { StepDefinition, StepSettings, StepWriter } from './flows/code/steps.ts';
export { tool } from './flows/code/tool.ts';
export type { ToolDefinition, ToolSettings } from './flows/code/tool.ts';
export type { Document, Written } from './flows/code/document.ts';

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
export type { Json } from './std/json.ts';
export type { Clock } from './std/clock.ts';
