import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { z } from 'zod';

/** Jobs that are due every second from one instant until before another, each a POST to the target. */
export const PeerPlan = z.object({ jobs: z.int(), fromMs: z.int(), untilMs: z.int(), origin: z.string() });
export type PeerPlan = z.infer<typeof PeerPlan>;

/** Messages of a peer's process: the jobs of a plan exist, and all of them have an outcome. */
export const Ready = z.literal('ready');
export const Ended = z.object({ outcomes: z.int(), lastOutcomeMs: z.int() });
type PeerMessage = z.infer<typeof Ready> | z.infer<typeof Ended>;

/** Simultaneous calls, as of one Carillon to one target. */
export const UNDER_WAY = 256;
/** How often a job of the plan is due. */
export const slotsOf = ({ fromMs, untilMs }: Pick<PeerPlan, 'fromMs' | 'untilMs'>): number =>
  (untilMs - fromMs) / 1_000;
const GIVE_UP_MS = 60_000;

type JobSlot = { readonly job: number; readonly slotMs: number };
export type Answer = { readonly status: number; readonly body: string };

/** Creates the jobs of a plan; reports each outcome after the peer has stored it. */
export type MakeJobs = (plan: PeerPlan, onOutcome: () => void) => Promise<void>;

/** Carries out the plans that the bench sends, one after the other, until it closes the channel. */
export const followPlans = (makeJobs: MakeJobs): void => {
  const tell = (message: PeerMessage) => process.send?.(message);
  process.on('message', async (message) => {
    const plan = PeerPlan.parse(message);
    let [left, lastOutcomeMs] = [plan.jobs * slotsOf(plan), 0];
    const all = Promise.withResolvers<void>();
    await makeJobs(plan, () => {
      lastOutcomeMs = Date.now();
      left--;
      if (left === 0) all.resolve();
    });
    tell('ready');
    await Promise.race([all.promise, sleep(plan.untilMs + GIVE_UP_MS - Date.now())]);
    tell({ outcomes: plan.jobs * slotsOf(plan) - left, lastOutcomeMs });
  });
  process.on('disconnect', () => process.exit(0));
};

let pool: Pool | undefined;

/** Makes the call of a job's slot by undici. */
export const post = async (origin: string, { job, slotMs }: JobSlot): Promise<Answer> => {
  pool ??= new Pool(origin, { connections: UNDER_WAY });
  const { statusCode, body } = await pool.request({
    method: 'POST',
    path: `/jobs/${job}`,
    headers: {
      'content-type': 'application/json',
      'carillon-job': String(job),
      'carillon-scheduled-at': new Date(slotMs).toISOString(),
    },
    body: JSON.stringify({ hello: 'world' }),
  });
  return { status: statusCode, body: await body.text() };
};
