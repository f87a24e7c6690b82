import { applicationStream, idsStream } from '../domain/streams.ts';
import { StreamParked } from '../event-store/errors.ts';
import { lastEventOf } from '../event-store/last-event.ts';
import type { EventStore } from '../event-store/port.ts';
import type { JobDeps } from './job-deps.ts';
import { loadApplication } from './load.ts';
import type { Commands, Rotated } from './port.ts';

/**
 * Goes through all applications, as the log has them: no read model that lags can hide one. One whose key can't be
 * unwrapped is told of and keeps no other from being rewrapped. Done again, it changes nothing.
 */
export const rotateSecrets =
  ({ store, secrets }: Pick<JobDeps, 'store' | 'secrets'>): Commands['rotateSecrets'] =>
  async () => {
    let [rewrapped, current] = [0, 0];
    const failed: Rotated['failed'][number][] = [];
    for await (const applicationId of everyApplication(store)) {
      try {
        const { state } = await loadApplication(store, applicationId);
        if (state === undefined) continue;
        const { tenant, erasedGeneration: from = 0 } = state;
        // A key that was to be erased is still there, and in force, where whoever erases it has not come to it yet.
        const generation = await secrets.generationInForce({ tenant, applicationId, from });
        if (generation === undefined) continue;
        if (await secrets.rewrap({ tenant, applicationId, generation })) rewrapped++;
        else current++;
      } catch (error) {
        failed.push({ applicationId, ...reasonOf(error) });
      }
    }
    return { rewrapped, current, failed };
  };

const AT_ONCE = 200;

async function* everyApplication(store: EventStore): AsyncGenerator<number> {
  const reserved = await lastEventOf(store, idsStream('applications'));
  const lastId = reserved?.type === 'IdsReserved' ? reserved.data.last : 0;
  for (let first = 1; first <= lastId; first += AT_ONCE) {
    const ids = Array.from({ length: Math.min(AT_ONCE, lastId - first + 1) }, (_, index) => first + index);
    const last = await store.readLast(ids.map(applicationStream));
    for (const [index, id] of ids.entries()) if (last[index] !== undefined) yield id;
  }
}

const reasonOf = (error: unknown): { code: string; message: string } => {
  if (!(error instanceof Error)) throw error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (!code.startsWith('SECRET_') && !(error instanceof StreamParked)) throw error;
  return { code, message: error.message };
};
