import { requestFlush } from '../projections/checkpoints.ts';
import { treeHas, treeStoreOf } from '../projections/queries/tree.ts';
import { noteSigner, publicKeyOf } from '../proofs/note.ts';
import { createProver, type Prover } from '../proofs/prover.ts';
import { pollUntilFound } from '../runtime/poll.ts';
import type { Shared } from './shared.ts';

const CAUGHT_UP_MS = 10_000;
const POLL_INTERVAL_MS = 20;
const SIGNER_NAME = 'carillon';

/** Creates the prover on the trees of the read models, signed with AUDIT_KEY. */
export const openProver = ({ config, madeUp, pool, store, logId, queries, world }: Shared): Prover => {
  const key = config.audit.key ?? madeUp?.auditKey;
  const caughtUp = async (): Promise<boolean> => {
    const end = await store.end();
    if (end === undefined) return true;
    const isThere = async () => (await treeHas(pool, end)) || undefined;
    if (!(await isThere())) await requestFlush(pool);
    return (await pollUntilFound(world, { limitMs: CAUGHT_UP_MS, everyMs: POLL_INTERVAL_MS }, isThere)) ?? false;
  };
  return createProver({
    signer: key === undefined ? undefined : noteSigner(SIGNER_NAME, Buffer.from(key, 'base64')),
    earlierKeys: config.audit.publicKeys.map(publicKeyOf),
    logId,
    treeOf: (tenant) => treeStoreOf(pool, tenant),
    caughtUp,
    log: store,
    expiredJobs: async function* (tenant) {
      for await (const { jobId } of queries.expiredJobs({ tenant })) yield jobId;
    },
    now: world.clock.now,
  });
};
