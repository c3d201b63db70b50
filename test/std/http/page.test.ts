import { describe, expect, test } from 'vitest';
import { HttpError } from '../../../src/std/http/http-error.ts';
import { asksForPage, errorBody, htmlOf } from '../../../src/std/http/page.ts';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

test.each([
  ['/', BROWSER, true],
  ['/login?ticket=x', 'TEXT/HTML', true],
  ['/api/v1/runs', BROWSER, false],
  ['/', '*/*', false],
  ['/', undefined, false],
  [undefined, 'application/json', false],
])('%s for %s is a page: %s', (url, accept, isPage) => {
  const headers = accept === undefined ? {} : { accept };
  expect(asksForPage({ url, headers })).toBe(isPage);
});

describe('an error', () => {
  const error = new HttpError('a.b', 'Say <b>"no"</b> to \u202eit.', { status: 403 });

  test('is a problem of RFC 9457 to a program', () => {
    const { type, text } = errorBody(error, { url: '/', headers: {} }, 'r-1');
    expect(type).toBe('application/problem+json');
    expect(JSON.parse(text)).toEqual({
      title: 'Forbidden',
      status: 403,
      code: 'a.b',
      detail: error.message,
      request_id: 'r-1',
    });
  });

  test('is a page to a browser, and what it says stays text', () => {
    const { type, text } = errorBody(error, { url: '/', headers: { accept: BROWSER } }, 'r-1');
    expect(type).toBe('text/html; charset=utf-8');
    expect(text).toContain(`<h1>Forbidden</h1>\n<p>${htmlOf(error.message)}</p>`);
    expect(text).toContain('<p>Request r-1</p>');
    expect(text).not.toContain('<b>');
  });

  test('has a heading where its status has no name', () => {
    const odd = new HttpError('a.b', 'No.', { status: 599 });
    const { text } = errorBody(odd, { url: '/', headers: { accept: BROWSER } }, undefined);
    expect(text).toContain('<title>Refused</title>');
    expect(text).not.toContain('<p>Request');
  });
});

test('a text in a page is no markup, and nothing in it is hidden', () => {
  expect(htmlOf(`<a href='x'>&"\u202e`)).toBe('&#60;a href=&#39;x&#39;&#62;&#38;&#34;\\u202e');
});
