import { MAX_ENGINE_TIMEOUT_MS } from '../../../src/engine/cluster/ownership.ts';
import type { Beat } from '../postgres.ts';
import type { Run } from '../simulate.ts';

/** Engines read the table of engines so often: a beat in a table that is lost within this time was heard by nobody. */
const HEARD_WITHIN_MS = 1_100;

/** No execution is ended as lost whose engine was never silent for long since it claimed. */
export const checkLost = ({ events, beats, epochMs, plan }: Run): string[] => {
  const losses = plan.faults.flatMap((fault) => (fault.kind === 'forget' ? [fault.atMs] : []));
  const wasHeard = ({ atMs }: Beat): boolean =>
    !losses.some((lostMs) => lostMs >= atMs && lostMs - atMs < HEARD_WITHIN_MS);
  const wrong: string[] = [];
  const claims = new Map<number, { readonly engineId: string; readonly atMs: number }>();
  for (const event of events) {
    const atMs = event.recordedAt - epochMs;
    if (event.type === 'ExecutionStarted') {
      claims.set(event.data.executionId, { engineId: event.data.engineId, atMs });
    }
    if (event.type !== 'ExecutionFailed' && event.type !== 'ExecutionAttemptFailed') continue;
    if (event.data.reason !== 'ENGINE_LOST') continue;
    const { executionId } = event.data;
    const claim = claims.get(executionId);
    const ofEngine = beats.filter(({ engineId }) => engineId === claim?.engineId);
    // One that was silent for longer may be taken for dead.
    const deadAfterMs = ofEngine[0]?.timeoutMs ?? MAX_ENGINE_TIMEOUT_MS;
    const heard = ofEngine.filter(wasHeard).map(({ atMs: beatMs }) => beatMs);
    const last = Math.max(...heard.filter((beatMs) => beatMs <= (claim?.atMs ?? 0)));
    const since = [last, ...heard.filter((beatMs) => beatMs > last && beatMs < atMs), atMs];
    const silentMs = Math.max(...since.slice(1).map((beatMs, index) => beatMs - (since[index] ?? 0)));
    const left = ofEngine.some(({ leaves }) => leaves);
    if (silentMs <= deadAfterMs && !left) wrong.push(`execution ${executionId} was taken from an engine that lived`);
  }
  return wrong;
};
