import { readFileSync } from 'node:fs';

/** A fenced block of a page. */
export interface Block {
  /** ` ```sh run ` is run to its end, ` ```sh daemon ` goes on beside what follows. */
  readonly kind: 'run' | 'daemon' | 'shown';
  readonly language: string;
  readonly text: string;
  /** `page:line` */
  readonly place: string;
}

/** The fenced blocks of a page, in their order. */
export function readBlocks(page: string): Block[] {
  const text = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8');
  return [...text.matchAll(/^```(\w+)(?: (\w+))?\n([^]*?)^```$/gm)].map((match) => {
    const [, language = '', word, content = ''] = match;
    const line = text.slice(0, match.index).split('\n').length;
    const kind = word === 'run' || word === 'daemon' ? word : 'shown';
    return { kind, language, text: content, place: `${page}:${line}` };
  });
}

/** Whether a command said what a page shows: ids, times and durations differ each time. */
export function textMatches(expected: string, said: string): boolean {
  const pattern = sameEachTime(expected)
    .replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('…', '.*');
  return new RegExp(`^${pattern}$`).test(sameEachTime(said));
}

function sameEachTime(text: string): string {
  return text
    .replaceAll(/\bsb[0-9a-z]{8}-\d+/g, 'ID')
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}/g, 'TIME')
    .replaceAll(/\b\d+(\.\d+)? (ms|s)\b/g, 'SPAN')
    .replaceAll(/ +/g, ' ')
    .replaceAll(/ $/gm, '')
    .trim();
}
