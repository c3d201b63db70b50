import type { NotifierOptions } from '../channels/notifier.ts';
import type { ProposalNoticesOptions } from '../channels/proposal-notices.ts';
import type { Definitions } from '../config/definitions.ts';
import type { LinkKey } from '../gates/link-key.ts';
import { signLink } from '../gates/signed-link.ts';
import type { OpenOptions } from './options.ts';

/** Who is told what, as the configuration in force says it. */
export type Told = Required<Pick<NotifierOptions, 'people' | 'linkOf'>> &
  Pick<ProposalNoticesOptions, 'audience'>;

interface Made {
  readonly definitions: Pick<Definitions, 'people' | 'judging'>;
  readonly linkKey: LinkKey;
}

/** `made` is asked for what is made later than whoever tells. */
export function openTold({ apiUrl }: OpenOptions, made: () => Made): Told {
  const people: Told['people'] = () => made().definitions.people;
  return {
    people,
    audience: () => ({
      people: people(),
      everybody: made().definitions.judging.gates.notify ?? [],
    }),
    linkOf: async (claims) => {
      const { definitions, linkKey } = made();
      const base = definitions.judging.gates.url ?? (await apiUrl);
      return base && `${base}/decide?link=${signLink(claims, linkKey.bytes)}`;
    },
  };
}
