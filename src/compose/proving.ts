import type pg from 'pg';
import type { Config } from '../config.ts';
import type { EventStore } from '../event-store/port.ts';
import type { Queries } from '../projections/queries/index.ts';
import { treeHas, treeStoreOf } from '../projections/queries/tree.ts';
import { publicKeyOf } from '../proofs/keys.ts';
import { noteSigner } from '../proofs/note.ts';
import { createProver, type Prover } from '../proofs/prover.ts';
import type { World } from '../world.ts';

const CAUGHT_UP_MS = 10_000;
const LOOK_MS = 20;
const SIGNER_NAME = 'carillon';

type ProvingDeps = {
  readonly config: Pick<Config, 'audit'>;
  /** Of development mode: base64. */
  readonly madeUpKey: string | undefined;
  readonly pool: Pick<pg.Pool, 'query'>;
  /** The log, read verbatim. */
  readonly verbatim: EventStore;
  readonly logId: string;
  readonly queries: Pick<Queries, 'expiredJobs'>;
  readonly world: Pick<World, 'clock' | 'timers'>;
};

/** Proves by the trees of the read models, signed with AUDIT_KEY. */
export const openProver = ({ config, madeUpKey, pool, verbatim, logId, queries, world }: ProvingDeps): Prover => {
  const { clock, timers } = world;
  const key = config.audit.key ?? madeUpKey;
  const caughtUp = async (): Promise<boolean> => {
    const end = await verbatim.end();
    const untilMs = clock.monotonic() + CAUGHT_UP_MS;
    while (end !== undefined && !(await treeHas(pool, end))) {
      if (clock.monotonic() > untilMs) return false;
      await timers.sleep(LOOK_MS);
    }
    return true;
  };
  return createProver({
    signer: key === undefined ? undefined : noteSigner(SIGNER_NAME, Buffer.from(key, 'base64')),
    earlierKeys: config.audit.publicKeys.map(publicKeyOf),
    logId,
    treeOf: (tenant) => treeStoreOf(pool, tenant),
    caughtUp,
    log: verbatim,
    expiredJobs: (tenant) => expiredJobsOf(queries, tenant),
    now: clock.now,
  });
};

const JOBS_AT_ONCE = 1_000;

async function* expiredJobsOf({ expiredJobs }: ProvingDeps['queries'], tenant: string): AsyncGenerator<number> {
  let after: number | undefined;
  for (;;) {
    const jobs = await expiredJobs({ tenant, after, limit: JOBS_AT_ONCE });
    for (const { jobId } of jobs) yield jobId;
    after = jobs.at(-1)?.jobId;
    if (jobs.length < JOBS_AT_ONCE) return;
  }
}
