import { isObject, type Json } from '../../std/json.ts';
import {
  type Changes,
  type Delivery,
  type ForgeEvent,
  labelAction,
  numbered,
  otherEvent,
  pushEvent,
  wordOf,
} from './forge-event.ts';
import { firstText, flagAt, listAt, numberAt, textAt, textsAt, valueAt } from './json-path.ts';

/** GitHub's words for what GitLab says of a request or an issue. */
const ACTIONS: ReadonlyMap<string | null, string> = new Map([
  ['open', 'opened'],
  ['close', 'closed'],
  ['reopen', 'reopened'],
  ['merge', 'closed'],
]);

/** GitHub's words for how a pipeline ends; one of another status goes on. */
const CONCLUSIONS: ReadonlyMap<string | null, string> = new Map([
  ['success', 'success'],
  ['failed', 'failure'],
  ['canceled', 'cancelled'],
  ['skipped', 'skipped'],
]);

/** A delivery of GitLab as an event of ours. The body names itself better than the header does. */
export function gitlabEvent({ name, body }: Delivery): ForgeEvent {
  const kind = firstText(body, 'object_kind', 'event_name') ?? headerKind(name);
  const delivery = { name: kind, body };
  switch (kind) {
    case 'push':
    case 'tag_push':
      return pushEvent(pushOf(body));
    case 'merge_request':
      return mergeRequestEvent(body);
    case 'issue':
      return issueEvent(body);
    case 'pipeline': {
      const status = textAt(body, 'object_attributes.status');
      const conclusion = CONCLUSIONS.get(status);
      if (conclusion !== undefined) return pipelineEvent(body, conclusion);
      return otherEvent('gitlab', delivery, { ...whoAndWhere(body), action: status });
    }
    default:
      return otherEvent('gitlab', delivery, whoAndWhere(body));
  }
}

/** `Merge Request Hook` is `merge_request`. */
function headerKind(header: string): string {
  return header
    .replace(/ hook$/i, '')
    .replaceAll(' ', '_')
    .toLowerCase();
}

function whoAndWhere(body: Json): {
  readonly repository: string | null;
  readonly actor: string | null;
  readonly action: string | null;
} {
  return {
    repository: firstText(body, 'project.path_with_namespace', 'path_with_namespace'),
    actor: firstText(body, 'user.username', 'user_username', 'user_name'),
    action: firstText(body, 'object_attributes.action', 'action'),
  };
}

function pushOf(body: Json): Parameters<typeof pushEvent>[0] {
  const { repository, actor } = whoAndWhere(body);
  return {
    repository,
    actor,
    ref: textAt(body, 'ref') ?? '',
    before: textAt(body, 'before'),
    after: textAt(body, 'after'),
    forced: null,
    commits: listAt(body, 'commits'),
  };
}

function mergeRequestEvent(body: Json): ForgeEvent {
  const { repository, actor, action } = whoAndWhere(body);
  const merge = valueAt(body, 'object_attributes');
  const number = numberAt(merge, 'iid');
  const isSynchronize = action === 'update' && textAt(merge, 'oldrev') !== null;
  return {
    type: `pull_request.${isSynchronize ? 'synchronize' : actionOf(action, body)}`,
    subject: numbered(repository, number),
    actor,
    data: {
      repository,
      number,
      title: textAt(merge, 'title'),
      // GitLab tells the author's number only, but for who opened it just now.
      author: action === 'open' ? actor : null,
      draft: flagAt(merge, 'draft') ?? flagAt(merge, 'work_in_progress') ?? false,
      merged: action === 'merge' || textAt(merge, 'state') === 'merged',
      mergeable: mergeableOf(textAt(merge, 'merge_status')),
      head: { ref: textAt(merge, 'source_branch'), sha: textAt(merge, 'last_commit.id') },
      base: { ref: textAt(merge, 'target_branch'), sha: textAt(merge, 'diff_refs.base_sha') },
      url: textAt(merge, 'url'),
    },
  };
}

function mergeableOf(status: string | null): boolean | null {
  if (status === 'can_be_merged') return true;
  return status === 'cannot_be_merged' ? false : null;
}

function issueEvent(body: Json): ForgeEvent {
  const { repository, actor, action } = whoAndWhere(body);
  const issue = valueAt(body, 'object_attributes');
  const number = numberAt(issue, 'iid');
  const state = textAt(issue, 'state');
  return {
    type: `issue.${actionOf(action, body)}`,
    subject: numbered(repository, number),
    actor,
    data: {
      repository,
      number,
      title: textAt(issue, 'title'),
      author: action === 'open' ? actor : null,
      state: state === 'opened' ? 'open' : state,
      labels: textsAt(body, 'labels', 'title'),
      changes: changesOf(body),
      url: textAt(issue, 'url'),
    },
  };
}

/** GitLab says `update` of all that is neither opened nor closed; what it was, its changes say. */
function actionOf(action: string | null, body: Json): string {
  if (action !== 'update') return ACTIONS.get(action) ?? wordOf(action) ?? 'edited';
  const labels = valueAt(body, 'changes.labels');
  if (labels === undefined) return 'edited';
  return labelAction(textsAt(labels, 'previous', 'title'), textsAt(labels, 'current', 'title'));
}

function changesOf(body: Json): Changes {
  const changes = valueAt(body, 'changes');
  if (!isObject(changes)) return {};
  return Object.fromEntries(
    Object.entries(changes).map(([field, change]) => {
      const side = (name: string): Json =>
        field === 'labels' ? textsAt(change, name, 'title') : (valueAt(change, name) ?? null);
      return [field, { from: side('previous'), to: side('current') }];
    }),
  );
}

function pipelineEvent(body: Json, conclusion: string): ForgeEvent {
  const { repository, actor } = whoAndWhere(body);
  const pipeline = valueAt(body, 'object_attributes');
  const request = numberAt(body, 'merge_request.iid');
  return {
    type: 'ci.completed',
    subject: repository,
    actor,
    data: {
      repository,
      name: firstText(pipeline, 'name') ?? 'pipeline',
      conclusion,
      sha: textAt(pipeline, 'sha'),
      branch: textAt(pipeline, 'ref'),
      pull_requests: request === null ? [] : [request],
      url: textAt(pipeline, 'url'),
    },
  };
}
