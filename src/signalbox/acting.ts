import { muted, openChannels } from '../channels/kinds.ts';
import { Notifier, type NotifierOptions } from '../channels/notifier.ts';
import { IncidentBook } from '../coordination/incident-book.ts';
import { ProposalNotices, type ProposalNoticesOptions } from '../channels/proposal-notices.ts';
import { BuiltInSteps, type BuiltInStepsOptions } from '../steps/kinds.ts';
import { baseEnvironment } from '../steps/run.ts';
import type { Isolation } from '../std/isolation/isolation.ts';
import type { Store } from '../store/contract.ts';
import type { OpenOptions } from './options.ts';

/** What acts on the world: steps, and who tells people. */
export interface Acting {
  readonly steps: BuiltInSteps;
  readonly notifier: Notifier;
  /** Has them told of proposals. */
  readonly notices: ProposalNotices;
  /** What is wrong, which a person is to know of. */
  readonly incidents: IncidentBook;
}

type Made = Pick<BuiltInStepsOptions, 'findTool' | 'upkeep'> & { readonly store: Store } & Pick<
    NotifierOptions,
    'store' | 'time' | 'clock' | 'random' | 'people' | 'linkOf'
  > &
  Pick<ProposalNoticesOptions, 'audience'>;

/** Makes them: people are told as steps act, by commands and over HTTP. */
export function openActing(
  options: OpenOptions,
  { findTool, upkeep, audience, ...common }: Made,
  isolation: Isolation | undefined,
): Acting {
  const { configuration, dataDirectory, logger } = options;
  const isMuted = options.inMemory === true || options.muted === true;
  const { settings, directory, secrets } = configuration;
  const { models, security, channels } = settings;
  const { clock } = common;
  const steps = new BuiltInSteps({
    owner: common.store.identity.names[0]?.logId ?? '',
    isolation,
    ...(findTool && { findTool }),
    notify: (request, cause) => notifier.request(request, cause),
    upkeep,
    httpAllow: security.http_allow,
    models,
    dataDirectory,
    clock,
    logger,
    redaction: secrets,
  });
  const incidents = new IncidentBook({ ...common, logger });
  const { processes, post } = steps;
  const environment = baseEnvironment(process.env);
  const parts = { directory, environment, processes, post, logger };
  const opened = openChannels(channels, parts);
  const notifier = new Notifier({
    ...common,
    channels: isMuted ? muted(opened) : opened,
    isCaredFor: (incident) => incidents.isCaredFor(incident),
    logger,
  });
  const notices = new ProposalNotices({
    ...common,
    request: (request, cause) => notifier.request(request, cause),
    audience,
    logger,
  });
  return { steps, notifier, notices, incidents };
}
