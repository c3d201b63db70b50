import { describe, expect, test } from 'vitest';
import { claudeAnswer, readClaudeCall } from '../../src/cli/claude-hook.ts';

function call(tool: string, input: object): ReturnType<typeof readClaudeCall> {
  const given = { hook_event_name: 'PreToolUse', tool_name: tool, tool_input: input };
  return readClaudeCall(JSON.stringify(given), '/srv/project');
}

describe('what a PreToolUse hook is told', () => {
  test('a command is judged as what a shell runs', () => {
    expect(call('Bash', { command: 'git push', description: 'Push' })).toEqual({
      tool: 'Bash',
      question: 'Bash: git push',
      act: { tool: 'Bash', argv: ['/bin/sh', '-c', 'git push'] },
    });
  });

  test('a file is named from the project on, with the lines that are written', () => {
    const file_path = '/srv/project/src/a.ts';
    expect(call('Write', { file_path, content: 'a\nb' })?.act).toEqual({
      tool: 'Write',
      paths: ['src/a.ts'],
      lines: 2,
    });
    expect(call('Edit', { file_path: '/etc/passwd', new_string: 'x' })?.act.paths).toEqual([
      '/etc/passwd',
    ]);
  });

  test('a page is a request, and another tool is named with what it is given', () => {
    expect(call('WebFetch', { url: 'https://a.example' })?.act).toMatchObject({ method: 'GET' });
    expect(call('mcp__jira__create', { title: 'x'.repeat(600) })?.question).toHaveLength(500);
    expect(call('mcp__jira__create', {})?.act).toEqual({ tool: 'mcp__jira__create' });
  });

  test('of what only reads, nobody is asked', () => {
    for (const tool of ['Read', 'Glob', 'Grep', 'TodoWrite']) {
      expect(call(tool, { file_path: '/etc/passwd' })).toBeUndefined();
    }
  });

  test('what is no call of a hook is refused', () => {
    for (const text of ['{}', '[]', '{"tool_name":3}']) {
      expect(() => readClaudeCall(text, '/')).toThrow(/no "tool_name"/);
    }
    expect(() => readClaudeCall('no JSON', '/')).toThrow(/not JSON/);
  });

  test('the answer is one line of JSON in the form of the hook', () => {
    expect(JSON.parse(claudeAnswer({ decision: 'deny', reason: 'no\n' }))).toEqual({
      hookSpecificOutput: {
        hookEventName: 'PreToolUse',
        permissionDecision: 'deny',
        permissionDecisionReason: 'no\n',
      },
    });
  });
});
