import type { Loaded } from '../config.ts';
import type { Signalbox } from '../signalbox.ts';
import { parseDuration } from '../std/duration.ts';
import { SignalboxError } from '../std/errors.ts';
import type { TokensClient, TokenWish } from './client.ts';
import { ACTOR } from './local-letters.ts';

/** The tokens of a data directory that the command itself holds. */
export function localTokens(
  box: Signalbox,
  files: () => Promise<Loaded>,
  needsDaemon: () => SignalboxError,
): TokensClient {
  const { identity } = box;
  return {
    list: async () => identity.tokens.list(),
    async create({ expires, ...wish }: TokenWish) {
      // Who there is, only the files say; without a person nobody has to read them.
      if (wish.person !== undefined) identity.usePeople(await peopleIn(files));
      const ttlMs = expires === undefined ? undefined : durationOf(expires);
      const made = await identity.create({ ...wish, ttlMs, by: ACTOR });
      if (made.kind === 'refused') throw new SignalboxError(made.code, made.message);
      return { ...made.view, token: made.secret };
    },
    async revoke(named) {
      const revoked = await identity.revoke(named, { by: ACTOR });
      if (revoked.kind === 'refused') throw new SignalboxError(revoked.code, revoked.message);
      return revoked.view;
    },
    link: () => Promise.reject(needsDaemon()),
  };
}

async function peopleIn(files: () => Promise<Loaded>): Promise<Signalbox['identity']['people']> {
  return (await files()).configuration?.settings.people ?? {};
}

function durationOf(expires: string): number {
  const ms = parseDuration(expires);
  if (ms !== undefined) return ms;
  const message = `--expires ${expires} is no duration, such as 12h or 90d.`;
  throw new SignalboxError('usage.invalid', message);
}
