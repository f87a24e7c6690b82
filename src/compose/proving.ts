import type pg from 'pg';
import type { Config } from '../config.ts';
import type { EventStore } from '../event-store/port.ts';
import { requestFlush } from '../projections/checkpoints.ts';
import type { Queries } from '../projections/queries/index.ts';
import { treeHas, treeStoreOf } from '../projections/queries/tree.ts';
import { noteSigner, publicKeyOf } from '../proofs/note.ts';
import { createProver, type Prover } from '../proofs/prover.ts';
import { pollUntilFound } from '../runtime/poll.ts';
import type { Runtime } from '../runtime/runtime.ts';

const CAUGHT_UP_MS = 10_000;
const POLL_INTERVAL_MS = 20;
const SIGNER_NAME = 'carillon';

type ProvingDeps = {
  readonly config: Pick<Config, 'audit'>;
  /** Of development mode: base64. */
  readonly madeUpKey: string | undefined;
  readonly pool: Pick<pg.Pool, 'query'>;
  readonly store: EventStore;
  readonly logId: string;
  readonly queries: Pick<Queries, 'expiredJobs'>;
  readonly world: Pick<Runtime, 'clock' | 'timers'>;
};

/** Proves by the trees of the read models, signed with AUDIT_KEY. */
export const openProver = ({ config, madeUpKey, pool, store, logId, queries, world }: ProvingDeps): Prover => {
  const key = config.audit.key ?? madeUpKey;
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
