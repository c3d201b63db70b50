import type { Usage } from '../care.ts';
import type { Answers } from './core.ts';
import type { SqliteDatabase } from './driver.ts';
import { eraseRecord } from './erase.ts';
import { readGroups } from './stored-records.ts';
import { sweepLog } from './sweep.ts';
import { findCuttable, readCut, recordDigest, trimLog } from './trim.ts';

type CareQuery =
  | 'usage'
  | 'consumers'
  | 'cut'
  | 'cuttable'
  | 'digests'
  | 'groups'
  | 'trim'
  | 'sweep'
  | 'erase';

/** What the store is asked about its own bytes. */
export function careAnswers(db: SqliteDatabase): Pick<Answers, CareQuery> {
  return {
    usage: () => usageOf(db),
    consumers: (prefix) => consumersOf(db, prefix),
    cut: () => readCut(db),
    cuttable: (query) => findCuttable(db, query),
    digests: (seqs) => seqs.map((seq) => recordDigest(db, seq)),
    groups: (query) => readGroups(db, query),
    trim: (trim) => trimLog(db, trim),
    sweep: (now) => sweepLog(db, now),
    erase: (erasure) => eraseRecord(db, erasure),
  };
}

function consumersOf(db: SqliteDatabase, prefix: string): string[] {
  return db
    .prepare('SELECT consumer FROM checkpoints WHERE substr(consumer, 1, ?) = ?')
    .all(prefix.length, prefix)
    .map(({ consumer }) => String(consumer));
}

function usageOf(db: SqliteDatabase): Usage {
  const [size, pages, free] = ['page_size', 'page_count', 'freelist_count'].map((name) =>
    Number(db.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0),
  );
  const [bytes = 0, all = 0, unused = 0] = [size, pages, free];
  return { used: bytes * (all - unused), file: bytes * all };
}
