import { describe, expect, test } from 'vitest';
import type { ForgeEvent } from '../../../src/sources/webhook/forge-event.ts';
import { giteaEvent } from '../../../src/sources/webhook/gitea-events.ts';
import { githubEvent } from '../../../src/sources/webhook/github-events.ts';
import { gitlabEvent } from '../../../src/sources/webhook/gitlab-events.ts';
import type { Json } from '../../../src/std/json.ts';
import { GITHUB_EVENT_NAMES } from './github-event-names.ts';

const NONE = '0'.repeat(40);
const [A, B] = ['a'.repeat(40), 'b'.repeat(40)];
const WHERE = { repository: { full_name: 'octo/hello' }, sender: { login: 'mona' } };

const github = (name: string, body: Json): ForgeEvent => githubEvent({ name, body });
const gitea = (name: string, body: Json): ForgeEvent => giteaEvent({ name, body });
const gitlab = (body: Json, name = ''): ForgeEvent => gitlabEvent({ name, body });

describe('a push', () => {
  const push = { ...WHERE, ref: 'refs/heads/main', before: A, after: B, forced: true };
  const commits = [
    {
      id: A,
      message: 'Add one',
      author: { name: 'Mona', username: 'mona' },
      added: ['a.ts'],
      modified: ['b.ts'],
      removed: [],
    },
    { id: B, message: 'Drop it', author: { name: 'Otto' }, removed: ['a.ts'] },
  ];

  test('tells its commits and files, and who pushed', () => {
    expect(github('push', { ...push, commits })).toEqual({
      type: 'git.pushed',
      subject: 'octo/hello',
      actor: 'mona',
      data: {
        repository: 'octo/hello',
        ref: 'refs/heads/main',
        branch: 'main',
        before: A,
        after: B,
        forced: true,
        commits: [
          { id: A, message: 'Add one', author: 'mona', files: ['a.ts', 'b.ts'] },
          { id: B, message: 'Drop it', author: 'Otto', files: ['a.ts'] },
        ],
        files: ['a.ts', 'b.ts'],
      },
    });
  });

  test.each([
    ['git.branch_created', { before: NONE }],
    ['git.branch_deleted', { after: NONE }],
    ['git.tagged', { ref: 'refs/tags/v1', before: NONE }],
    ['git.tag_deleted', { ref: 'refs/tags/v1', after: NONE }],
  ])('is %s where it makes or removes something', (type, change) => {
    expect(github('push', { ...push, ...change }).type).toBe(type);
    expect(gitea('push', { ...push, ...change }).type).toBe(type);
    const kind = 'ref' in change ? 'tag_push' : 'push';
    expect(gitlab({ ...push, ...change, object_kind: kind }).type).toBe(type);
  });

  test('of a tag has no branch, and of a branch with slashes has them', () => {
    expect(github('push', { ...push, ref: 'refs/tags/v1' }).data).toMatchObject({ branch: null });
    const ref = 'refs/heads/feature/x';
    expect(github('push', { ...push, ref }).data).toMatchObject({ branch: 'feature/x' });
  });

  test('to GitLab has the same shape', () => {
    const body = {
      object_kind: 'push',
      ref: 'refs/heads/main',
      before: A,
      after: B,
      user_username: 'jsmith',
      project: { path_with_namespace: 'mike/diaspora' },
      commits,
    };
    const { type, subject, actor, data } = gitlab(body, 'Push Hook');
    expect([type, subject, actor]).toEqual(['git.pushed', 'mike/diaspora', 'jsmith']);
    expect(data).toMatchObject({ forced: null, branch: 'main', files: ['a.ts', 'b.ts'] });
  });

  test('that removes a branch of Gitea comes as `delete` alone', () => {
    const body = { ...WHERE, ref: 'feature', ref_type: 'branch' };
    expect(gitea('delete', body)).toMatchObject({
      type: 'git.branch_deleted',
      data: { ref: 'refs/heads/feature', branch: 'feature' },
    });
    expect(gitea('delete', { ...body, ref_type: 'tag' }).type).toBe('gitea.delete');
  });
});

describe('a pull request', () => {
  const pull = {
    number: 7,
    title: 'Mend it',
    user: { login: 'hubot' },
    draft: true,
    merged: false,
    mergeable: null,
    head: { ref: 'fix', sha: A, repo: { fork: true } },
    base: { ref: 'main', sha: B },
    html_url: 'https://example.com/7',
  };
  const data = {
    repository: 'octo/hello',
    number: 7,
    title: 'Mend it',
    author: 'hubot',
    draft: true,
    merged: false,
    mergeable: null,
    head: { ref: 'fix', sha: A },
    base: { ref: 'main', sha: B },
    url: 'https://example.com/7',
  };

  test.each(['opened', 'synchronize', 'closed', 'review_requested'])('was %s', (action) => {
    const body = { ...WHERE, action, number: 7, pull_request: pull };
    const expected = { subject: 'octo/hello#7', actor: 'mona', data };
    expect(github('pull_request', body)).toEqual({ type: `pull_request.${action}`, ...expected });
  });

  test.each([
    ['synchronized', 'synchronize'],
    ['label_updated', 'labeled'],
    ['label_cleared', 'unlabeled'],
    ['opened', 'opened'],
  ])('of Gitea was %s, which GitHub calls %s', (theirs, ours) => {
    const { type } = gitea('pull_request', { ...WHERE, action: theirs, pull_request: pull });
    expect(type).toBe(`pull_request.${ours}`);
    expect(gitea('issues', { ...WHERE, action: theirs, issue: {} }).type).toBe(`issue.${ours}`);
  });

  const merge = {
    object_kind: 'merge_request',
    user: { username: 'root' },
    project: { path_with_namespace: 'gitlab/test' },
    object_attributes: {
      iid: 1,
      title: 'MS-Viewport',
      source_branch: 'ms',
      target_branch: 'main',
      last_commit: { id: A },
      merge_status: 'can_be_merged',
      draft: false,
      state: 'opened',
      url: 'http://example.com/1',
    },
  };

  test.each([
    ['open', {}, 'opened', { author: 'root', merged: false }],
    ['close', {}, 'closed', { author: null, merged: false }],
    ['reopen', {}, 'reopened', {}],
    ['merge', { state: 'merged' }, 'closed', { merged: true }],
    ['update', { oldrev: B }, 'synchronize', {}],
    ['update', {}, 'edited', {}],
    ['approved', {}, 'approved', {}],
    ['no word', {}, 'edited', {}],
  ])('of GitLab was %s %j: %s', (action, change, ours, expected) => {
    const attributes = { ...merge.object_attributes, action, ...change };
    const event = gitlab({ ...merge, object_attributes: attributes });
    expect([event.type, event.subject]).toEqual([`pull_request.${ours}`, 'gitlab/test#1']);
    expect(event.data).toMatchObject({
      number: 1,
      mergeable: true,
      head: { ref: 'ms', sha: A },
      base: { ref: 'main' },
      ...expected,
    });
  });

  test.each([
    ['cannot_be_merged', false],
    ['checking', null],
  ])('of GitLab may be merged: %s is %s', (merge_status, mergeable) => {
    const attributes = { ...merge.object_attributes, merge_status, work_in_progress: true };
    const event = gitlab({ ...merge, object_attributes: { ...attributes, draft: null } });
    expect(event.data).toMatchObject({ mergeable, draft: true });
  });
});

describe('an issue', () => {
  const issue = {
    number: 3,
    title: 'It is broken',
    state: 'open',
    user: { login: 'hubot' },
    labels: [{ name: 'bug' }, { name: 'urgent' }],
    html_url: 'https://example.com/3',
  };

  test('was edited: from what to what', () => {
    const changes = { title: { from: 'Broken' }, body: { from: 'x' }, odd: 'y' };
    expect(github('issues', { ...WHERE, action: 'edited', issue, changes })).toEqual({
      type: 'issue.edited',
      subject: 'octo/hello#3',
      actor: 'mona',
      data: {
        repository: 'octo/hello',
        number: 3,
        title: 'It is broken',
        author: 'hubot',
        state: 'open',
        labels: ['bug', 'urgent'],
        changes: {
          title: { from: 'Broken', to: 'It is broken' },
          body: { from: 'x', to: null },
        },
        url: 'https://example.com/3',
      },
    });
  });

  test.each([
    ['labeled', ['bug']],
    ['unlabeled', ['bug', 'urgent', 'urgent']],
    ['closed', undefined],
  ])('was %s', (action, from) => {
    const { data } = github('issues', { ...WHERE, action, issue, label: { name: 'urgent' } });
    const to = ['bug', 'urgent'];
    expect(data['changes']).toEqual(from === undefined ? {} : { labels: { from, to } });
  });

  test('of GitLab has the same shape', () => {
    const body = {
      object_kind: 'issue',
      user: { username: 'root' },
      project: { path_with_namespace: 'gitlab/test' },
      object_attributes: { iid: 23, title: 'New API', state: 'opened', action: 'update' },
      labels: [{ title: 'Platform' }],
      changes: {
        labels: { previous: [{ title: 'API' }], current: [{ title: 'Platform' }] },
        title: { previous: 'Old', current: 'New API' },
      },
    };
    const event = gitlab(body, 'Issue Hook');
    expect([event.type, event.subject]).toEqual(['issue.labeled', 'gitlab/test#23']);
    expect(event.data).toMatchObject({
      state: 'open',
      labels: ['Platform'],
      changes: {
        labels: { from: ['API'], to: ['Platform'] },
        title: { from: 'Old', to: 'New API' },
      },
    });
    const less = { labels: { previous: [{ title: 'API' }], current: [] } };
    expect(gitlab({ ...body, changes: less }).type).toBe('issue.unlabeled');
    expect(gitlab({ ...body, changes: 'odd' }).type).toBe('issue.edited');
    const closed = { ...body.object_attributes, action: 'close', state: 'closed' };
    expect(gitlab({ ...body, object_attributes: closed })).toMatchObject({
      type: 'issue.closed',
      data: { state: 'closed' },
    });
  });
});

describe('a build that ended', () => {
  const run = {
    name: 'CI',
    conclusion: 'failure',
    head_sha: A,
    head_branch: 'main',
    pull_requests: [{ number: 7 }, {}],
    html_url: 'https://example.com/run',
  };
  const expected = {
    type: 'ci.completed',
    subject: 'octo/hello',
    data: {
      repository: 'octo/hello',
      conclusion: 'failure',
      sha: A,
      branch: 'main',
      pull_requests: [7],
    },
  };

  test('is ci.completed, and one that goes on is not', () => {
    const done = { ...WHERE, action: 'completed' };
    expect(github('workflow_run', { ...done, workflow_run: run })).toMatchObject(expected);
    const suite = { ...run, name: null, app: { name: 'GitHub Actions' } };
    const event = github('check_suite', { ...done, check_suite: suite });
    expect(event).toMatchObject({ ...expected, data: { name: 'GitHub Actions' } });
    expect(gitea('workflow_run', { ...done, workflow_run: run })).toMatchObject(expected);
    const going = { ...WHERE, action: 'requested', workflow_run: run };
    expect(github('workflow_run', going).type).toBe('github.workflow_run.requested');
    expect(gitea('workflow_run', going).type).toBe('gitea.workflow_run.requested');
  });

  test.each([
    ['success', 'ci.completed', 'success'],
    ['failed', 'ci.completed', 'failure'],
    ['canceled', 'ci.completed', 'cancelled'],
    ['skipped', 'ci.completed', 'skipped'],
    ['running', 'gitlab.pipeline.running', undefined],
  ])('by GitLab as %s is %s', (status, type, conclusion) => {
    const event = gitlab({
      object_kind: 'pipeline',
      project: { path_with_namespace: 'gitlab/test' },
      object_attributes: { status, sha: A, ref: 'main', url: 'http://example.com/p' },
      merge_request: { iid: 4 },
    });
    expect([event.type, event.data['conclusion']]).toEqual([type, conclusion]);
  });

  test('by GitLab for no merge request has none', () => {
    const attributes = { status: 'success', name: 'nightly' };
    const { data } = gitlab({ object_kind: 'pipeline', object_attributes: attributes });
    expect(data).toMatchObject({ name: 'nightly', pull_requests: [] });
  });
});

describe('every documented event', () => {
  test.each(GITHUB_EVENT_NAMES)('%s of GitHub has a type', (name) => {
    const ours = new Map([
      ['push', 'git.pushed'],
      ['pull_request', 'pull_request.created'],
      ['issues', 'issue.created'],
    ]);
    const { type } = github(name, { ...WHERE, action: 'created', ref: 'refs/heads/main' });
    expect(type).toBe(ours.get(name) ?? `github.${name}.created`);
    expect(github(name, {}).type).toMatch(/^(github|git|issue|pull_request)\.[a-z0-9_.]+$/);
  });

  test.each(['note', 'build', 'deployment', 'release', 'wiki_page', 'feature_flag', 'emoji'])(
    '%s of GitLab has a type',
    (kind) => {
      expect(gitlab({ object_kind: kind }).type).toBe(`gitlab.${kind}`);
    },
  );

  test('without a name of its own is named by its header', () => {
    expect(gitlab({}, 'Confidential Note Hook').type).toBe('gitlab.confidential_note');
    expect(gitlab({ event_name: 'user_add_to_group' }).type).toBe('gitlab.user_add_to_group');
  });

  test.each(['', 'a b', '../x', 'x'.repeat(65), 'a.b', '\u0000'])(
    'that calls itself %j has a type all the same',
    (name) => {
      expect(github(name, { action: name }).type).toBe('github.other');
      expect(gitea(name, null).type).toBe('gitea.other');
      expect(github('pull_request', { action: name }).type).toBe('pull_request.other');
      expect(github('issues', { action: name }).type).toBe('issue.other');
    },
  );

  test.each([null, [], 'text', 7, { repository: [], sender: 'x', commits: {}, issue: [] }])(
    'may hold %j',
    (body) => {
      for (const name of GITHUB_EVENT_NAMES) {
        expect(github(name, body).subject).toBeNull();
        expect(gitea(name, body).subject).toBeNull();
      }
      for (const kind of ['push', 'issue', 'merge_request', 'pipeline']) {
        const made = gitlab({ object_kind: kind, wrong: body });
        expect(made.subject).toBeNull();
      }
    },
  );
});
