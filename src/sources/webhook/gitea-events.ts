import { type Delivery, type ForgeEvent, otherEvent, pushEvent } from './forge-event.ts';
import { ciEvent, issueEvent, pullRequestEvent, pushOf, whoAndWhere } from './github-events.ts';
import { textAt } from './json-path.ts';

/** GitHub's words for actions that Gitea calls otherwise. */
const ACTIONS: ReadonlyMap<string | null, string> = new Map([
  ['synchronized', 'synchronize'],
  ['label_updated', 'labeled'],
  ['label_cleared', 'unlabeled'],
]);

/**
 * A delivery of Gitea or Forgejo as an event of ours.
 *
 * A branch that is removed is told of by `delete` alone; all else that `create` and `delete` say, a
 * push says too.
 */
export function giteaEvent(delivery: Delivery): ForgeEvent {
  const { name, body } = delivery;
  const action = textAt(body, 'action');
  const ours = ACTIONS.get(action) ?? action;
  switch (name) {
    case 'push':
      return pushEvent(pushOf(body));
    case 'pull_request':
      return pullRequestEvent(body, ours);
    case 'issues':
      return issueEvent(body, ours);
    case 'workflow_run':
      if (action === 'completed') return ciEvent(body, name);
      break;
    case 'delete':
      if (textAt(body, 'ref_type') === 'branch') return branchDeleted(body);
      break;
    default:
  }
  return otherEvent('gitea', delivery, whoAndWhere(body));
}

function branchDeleted(body: Delivery['body']): ForgeEvent {
  const name = (textAt(body, 'ref') ?? '').replace(/^refs\/heads\//, '');
  return pushEvent({ ...pushOf(body), ref: `refs/heads/${name}`, after: '0' });
}
