import type { Run } from '../simulate.ts';
import type { Noted } from '../trace.ts';

/** An engine looks after the log this often, and needs a while to be told. */
const LOOKED_AFTER_MS = 25_000;
const SEEN_AFTER_MS = 1_000;

/** Events that an engine goes by. */
const READ = /^(job|runs|app)-/;

/** An engine that has read events that the log lost claims nothing more, and says why; none goes round in circles. */
export const checkSetBack = ({ epochMs, engines, trace, livelock, plan }: Run): string[] => {
  const wrong = livelock === undefined ? [] : [`went round in circles: ${livelock}`];
  const setBack = trace.find(({ what }) => what === 'is set back');
  if (setBack === undefined || setBack.atMs + LOOKED_AFTER_MS > plan.endMs) return wrong;
  if (!hasLost(setBack, epochMs)) return wrong;
  for (const { engineId, state, why = '' } of engines) {
    const began = trace.find(
      ({ what, fields }) => what.endsWith('the engine is claiming slots') && fields.engineId === engineId,
    );
    if (began === undefined || began.atMs > setBack.atMs - SEEN_AFTER_MS) continue;
    if (trace.some((noted) => noted.who === began.who && isTrouble(noted, setBack.atMs))) continue;
    if (state !== 'failed' || !/restored to an earlier state/.test(why)) {
      wrong.push(`engine ${engineId} is ${state} on a log that was set back: ${why}`);
    }
  }
  return wrong;
};

/** Something that every engine had read by then, and still knew: a deleted job is forgotten. */
const hasLost = ({ atMs, fields: { lost } }: Noted, epochMs: number): boolean =>
  Array.isArray(lost) &&
  lost.every(({ type }) => type !== 'JobDeleted') &&
  lost.some(({ stream, recordedAt }) => READ.test(stream) && recordedAt - epochMs < atMs - SEEN_AFTER_MS);

/** It may not have read them. */
const isTrouble = ({ atMs, what }: Noted, setBackMs: number): boolean =>
  atMs <= setBackMs && /^(freezes at|sleeps with|is cut off|.* on the way|(?:scheduler: )?could not)/.test(what);
