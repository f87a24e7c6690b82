import type { EventStore, TextEvent } from '../../src/event-store/port.ts';
import { LEAF_STREAMS, leafOf } from '../../src/proofs/leaf.ts';
import type { TreeStore } from '../../src/proofs/tiles.ts';
import { leafHash } from '../../src/proofs/tree.ts';
import { naiveRoot } from '../unit/proofs/oracle.ts';

/** Reads every leaf of a tenant from a log. */
export const readLeaves = async (
  store: Pick<EventStore, 'subscribe'>,
  tenant: string,
): Promise<{ hashes: Buffer[]; events: TextEvent[] }> => {
  const events: TextEvent[] = [];
  const hashes: Buffer[] = [];
  const done = new AbortController();
  for await (const item of store.subscribe({ streamPrefixes: LEAF_STREAMS, as: 'texts', signal: done.signal })) {
    if (item.kind === 'caughtUp') break;
    for (const event of item.kind === 'events' ? item.events : []) {
      const leaf = leafOf(event);
      if (leaf?.tenant !== tenant) continue;
      events.push(event);
      hashes.push(leafHash(leaf.content));
    }
  }
  done.abort();
  return { hashes, events };
};

/** A tree of these leaves according to the definition, with small pages. */
export const memoryTree = ({ hashes, events }: Awaited<ReturnType<typeof readLeaves>>): TreeStore => ({
  head: async () => ({ size: hashes.length, root: naiveRoot(hashes) }),
  subtreeHashes: async (subtrees) =>
    subtrees.map(({ start, height }) => naiveRoot(hashes.slice(start, start + 2 ** height))),
  indexAt: async (position) => {
    const index = events.findIndex((event) => event.position === position);
    return index < 0 ? undefined : index;
  },
  countBefore: async (instantMs, size) =>
    events.slice(0, size).filter(({ recordedAt }) => recordedAt < instantMs).length,
  leavesFrom: async (index) =>
    hashes.slice(index, index + 3).map((hash, place) => {
      const { position = '', recordedAt = 0 } = events[index + place] ?? {};
      return { hash, position, recordedAt };
    }),
});
