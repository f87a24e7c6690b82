import { z } from 'zod';
import { Expiry } from '../domain/events/index.ts';
import { PREFIX_OF, runsStream } from '../domain/streams.ts';
import { comparePositions, type EventStore, type Position, type TextEvent } from '../event-store/port.ts';
import { leafOf } from './leaf.ts';
import { leafHash } from './tree.ts';
import type { TreeStore } from './tree-store.ts';

/**
 * Limits how many leaves of a tree can lack their events. A leaf's hash does not identify its event, and the record of kept
 * leaves is an event of no tree, which anyone with write access to the database can forge. But events of the tree count what
 * retention cuts: the last `ExecutionsExpired` of a job contains the number of events cut from its stream of runs. So the
 * total of leaves without events must not exceed the number of events that these streams lack.
 */
export type ExpiredLeaves = {
  /** Counts an event that is in the log and in the tree. */
  seen(event: TextEvent): void;
  /** Number of leaves that may lack their events, after `seen` was called for all existing events. */
  count(): Promise<number>;
};

type ExpiredLeavesInput = {
  readonly tenant: string;
  /** Jobs with expired executions according to the read models; each is checked in the log. */
  readonly expiredJobs: () => AsyncIterable<number>;
  readonly tree: TreeStore;
  readonly log: EventStore;
};

/** Consecutive revisions. */
type Run = { first: number; last: number };

export const createExpiredLeaves = ({ tenant, expiredJobs, tree, log }: ExpiredLeavesInput): ExpiredLeaves => {
  const runsOf = new Map<string, Run[]>();
  let seenUpTo: Position = '';

  const isInTree = async (event: TextEvent): Promise<boolean> => {
    if (comparePositions(event.position, seenUpTo) <= 0) return true;
    const leaf = leafOf(event);
    const index = leaf?.tenant === tenant ? await tree.indexAt(event.position) : undefined;
    const [stored] = index === undefined ? [] : await tree.leavesFrom(index);
    return leaf !== undefined && stored?.hash.equals(leafHash(leaf.content)) === true;
  };
  /** Number of cut events of a stream of runs, as far as the tree contains. */
  const lackedBy = async (stream: string): Promise<number> => {
    const expiry = await lastExpiry(log, stream);
    if (expiry === undefined || !(await isInTree(expiry))) return 0;
    const { keptFrom } = ExpiryData.parse(JSON.parse(expiry.texts.data));
    const seen = (runsOf.get(stream) ?? []).reduce((sum, run) => sum + below(keptFrom, run), 0);
    return keptFrom - seen;
  };

  return {
    seen: ({ stream, revision, position }) => {
      seenUpTo = position;
      if (!stream.startsWith(PREFIX_OF.runs)) return;
      const runs = runsOf.get(stream);
      const last = runs?.at(-1);
      if (last?.last === revision - 1) last.last = revision;
      else if (runs === undefined) runsOf.set(stream, [{ first: revision, last: revision }]);
      else runs.push({ first: revision, last: revision });
    },
    count: async () => {
      let sum = 0;
      for await (const jobId of expiredJobs()) sum += await lackedBy(runsStream(jobId));
      return sum;
    },
  };
};

const below = (revision: number, { first, last }: Run): number => Math.max(0, Math.min(last, revision - 1) - first + 1);

const WithTail = z.object({ tail: z.object({ expired: Expiry.optional() }) });
const ExpiryData = z.object({ keptFrom: z.int() });

/** The last expiry of a job; the tail of its last event refers to it. */
const lastExpiry = async (log: ExpiredLeavesInput['log'], stream: string): Promise<TextEvent | undefined> => {
  for await (const event of log.readStream(stream, { direction: 'backwards', limit: 1, as: 'texts' })) {
    const { data } = WithTail.safeParse(JSON.parse(event.texts.data));
    const revision = data?.tail.expired?.revision;
    if (revision === undefined) return undefined;
    for await (const expiry of log.readStream(stream, { from: revision, limit: 1, as: 'texts' })) {
      return expiry.texts.type === 'ExecutionsExpired' ? expiry : undefined;
    }
  }
  return undefined;
};
