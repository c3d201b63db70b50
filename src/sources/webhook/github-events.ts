import type { Json } from '../../std/json.ts';
import {
  type Changes,
  changesOf,
  type Delivery,
  type ForgeEvent,
  numbered,
  numbersOf,
  otherEvent,
  pushEvent,
  wordOf,
} from './forge-event.ts';
import { firstText, flagAt, listAt, numberAt, textAt, textsAt, valueAt } from './json-path.ts';

/**
 * A delivery of GitHub as an event of ours.
 *
 * A push tells of branches and tags made and removed; GitHub's `create` and `delete` say the same a
 * second time, and are `github.create` and `github.delete`.
 */
export function githubEvent(delivery: Delivery): ForgeEvent {
  const { name, body } = delivery;
  switch (name) {
    case 'push':
      return pushEvent(pushOf(body));
    case 'pull_request':
      return pullRequestEvent(body);
    case 'issues':
      return issueEvent(body);
    case 'workflow_run':
    case 'check_suite':
      return textAt(body, 'action') === 'completed'
        ? ciEvent(body, name)
        : otherEvent('github', delivery, whoAndWhere(body));
    default:
      return otherEvent('github', delivery, whoAndWhere(body));
  }
}

/** Who did what where, by the names that GitHub and Gitea share. */
export function whoAndWhere(body: Json): {
  readonly repository: string | null;
  readonly actor: string | null;
  readonly action: string | null;
} {
  return {
    repository: textAt(body, 'repository.full_name'),
    actor: firstText(body, 'sender.login', 'sender.username', 'pusher.login', 'pusher.name'),
    action: textAt(body, 'action'),
  };
}

/** A push as GitHub and Gitea tell of it. */
export function pushOf(body: Json): Parameters<typeof pushEvent>[0] {
  const { repository, actor } = whoAndWhere(body);
  return {
    repository,
    actor,
    ref: textAt(body, 'ref') ?? '',
    before: textAt(body, 'before'),
    after: textAt(body, 'after'),
    forced: flagAt(body, 'forced'),
    commits: listAt(body, 'commits'),
  };
}

/** `pull_request.ACTION`; `action` where a forge has another word for it than GitHub. */
export function pullRequestEvent(body: Json, action = textAt(body, 'action')): ForgeEvent {
  const { repository, actor } = whoAndWhere(body);
  const pull = valueAt(body, 'pull_request');
  const number = numberAt(pull, 'number') ?? numberAt(body, 'number');
  return {
    type: `pull_request.${wordOf(action) ?? 'other'}`,
    subject: numbered(repository, number),
    actor,
    data: {
      repository,
      number,
      title: textAt(pull, 'title'),
      author: firstText(pull, 'user.login', 'user.username'),
      draft: flagAt(pull, 'draft') ?? false,
      merged: flagAt(pull, 'merged') ?? false,
      mergeable: flagAt(pull, 'mergeable'),
      head: endOf(pull, 'head'),
      base: endOf(pull, 'base'),
      url: textAt(pull, 'html_url'),
    },
  };
}

function endOf(pull: Json | undefined, end: string): { readonly [name: string]: Json } {
  return { ref: textAt(pull, `${end}.ref`), sha: textAt(pull, `${end}.sha`) };
}

/** `issue.ACTION`; `action` where a forge has another word for it than GitHub. */
export function issueEvent(body: Json, action = textAt(body, 'action')): ForgeEvent {
  const { repository, actor } = whoAndWhere(body);
  const issue = valueAt(body, 'issue');
  const number = numberAt(issue, 'number');
  return {
    type: `issue.${wordOf(action) ?? 'other'}`,
    subject: numbered(repository, number),
    actor,
    data: {
      repository,
      number,
      title: textAt(issue, 'title'),
      author: firstText(issue, 'user.login', 'user.username'),
      state: textAt(issue, 'state'),
      labels: textsAt(issue, 'labels', 'name'),
      changes: { ...changesOf(valueAt(body, 'changes'), issue), ...labelChange(body, issue) },
      url: textAt(issue, 'html_url'),
    },
  };
}

/** GitHub names the one label that came or went; the others are those that it has now. */
function labelChange(body: Json, issue: Json | undefined): Changes {
  const label = textAt(body, 'label.name');
  const action = textAt(body, 'action');
  if (label === null || (action !== 'labeled' && action !== 'unlabeled')) return {};
  const to = textsAt(issue, 'labels', 'name');
  const from = action === 'unlabeled' ? [...to, label] : to.filter((name) => name !== label);
  return { labels: { from, to } };
}

/** `ci.completed` of a run or a suite, which stands in the body under `name`. */
export function ciEvent(body: Json, name: string): ForgeEvent {
  const { repository, actor } = whoAndWhere(body);
  const run = valueAt(body, name);
  return {
    type: 'ci.completed',
    subject: repository,
    actor,
    data: {
      repository,
      name: firstText(run, 'name', 'app.name', 'display_title'),
      conclusion: textAt(run, 'conclusion'),
      sha: textAt(run, 'head_sha'),
      branch: textAt(run, 'head_branch'),
      pull_requests: numbersOf(run, 'pull_requests'),
      url: firstText(run, 'html_url', 'url'),
    },
  };
}
