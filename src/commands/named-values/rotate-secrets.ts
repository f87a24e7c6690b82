import { StreamParked } from '../../event-store/errors.ts';
import { applicationsOf } from '../application/applications.ts';
import type { CommandDeps } from '../command-deps.ts';
import { loadApplication } from '../loop/load.ts';

/** How many data keys were wrapped again by the ring's current key, and which could not be. */
type RotationReport = {
  readonly rewrapped: number;
  /** Data keys that the current ring key wrapped already. */
  readonly current: number;
  readonly failed: readonly { readonly applicationId: number; readonly code: string; readonly message: string }[];
};

/**
 * Wraps the data key of every application by the ring's current key. It reads the log, since a read model may lag. A
 * key that cannot be unwrapped is reported, and the others are wrapped all the same. Repeating it changes nothing.
 */
export const rotateSecrets = (deps: CommandDeps) => async (): Promise<RotationReport> => {
  const counts = { rewrapped: 0, current: 0 };
  const failed: RotationReport['failed'][number][] = [];
  for await (const applications of applicationsOf(deps.store)) {
    for (const { applicationId } of applications) {
      try {
        const done = await rewrapKeyOf(applicationId, deps);
        if (done !== undefined) counts[done] += 1;
      } catch (error) {
        failed.push({ applicationId, ...reasonOf(error) });
      }
    }
  }
  return { ...counts, failed };
};

/** Wraps an application's data key again unless the current key wraps it; undefined if it has none. */
const rewrapKeyOf = async (
  applicationId: number,
  { store, secrets }: CommandDeps,
): Promise<'rewrapped' | 'current' | undefined> => {
  const { state } = await loadApplication(store, applicationId);
  if (state === undefined) return undefined;
  const { tenant, erasedGeneration: from = 0 } = state;
  // A key whose deletion is recorded but not done yet is still in force.
  const generation = await secrets.currentGeneration({ tenant, applicationId, from });
  if (generation === undefined) return undefined;
  return (await secrets.rewrap({ tenant, applicationId, generation })) ? 'rewrapped' : 'current';
};

const reasonOf = (error: unknown): { code: string; message: string } => {
  if (!(error instanceof Error)) throw error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (!code.startsWith('SECRET_') && !(error instanceof StreamParked)) throw error;
  return { code, message: error.message };
};
