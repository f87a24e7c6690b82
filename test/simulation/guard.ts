import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers';
import timersPromises from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** Simulated code reached past its World for a clock, a timer or a random number. */
export class RealWorldUsed extends Error {
  override readonly name = 'RealWorldUsed';
}

const FORBIDDEN: readonly (readonly [label: string, holder: object, names: readonly string[]])[] = [
  ['', globalThis, ['setTimeout', 'setInterval', 'setImmediate']],
  ['Date.', Date, ['now']],
  ['Math.', Math, ['random']],
  ['performance.', performance, ['now']],
  ['AbortSignal.', AbortSignal, ['timeout']],
  ['process.', process, ['hrtime']],
  ['crypto.', globalThis.crypto, ['randomUUID', 'getRandomValues']],
  ['node:crypto ', crypto, ['randomUUID', 'randomBytes', 'randomInt', 'randomFillSync']],
  ['node:timers ', timers, ['setTimeout', 'setInterval', 'setImmediate']],
  ['node:timers/promises ', timersPromises, ['setTimeout', 'setInterval', 'setImmediate']],
];

/**
 * From now on every direct way to time and chance throws where simulated code takes it; what else runs in this process
 * (the test runner, say) is let through.
 * @returns what takes the ban back
 */
export const forbidTheRealWorld = (): (() => void) => {
  const undo = FORBIDDEN.flatMap(([label, holder, names]) => names.map((name) => forbid(label + name, holder, name)));
  undo.push(forbidNewDate());
  syncBuiltinESMExports();
  return () => {
    for (const each of undo) each();
    syncBuiltinESMExports();
  };
};

const forbid = (label: string, holder: object, name: string): (() => void) => {
  const own = Object.getOwnPropertyDescriptor(holder, name);
  const real: unknown = Reflect.get(holder, name);
  if (typeof real !== 'function') throw new Error(`there is no ${label} to forbid`);
  const guarded = new Proxy(real, {
    apply: (target, self, given) => {
      rejectSimulated(label);
      return Reflect.apply(target, self, given);
    },
  });
  Object.defineProperty(holder, name, { configurable: true, writable: true, value: guarded });
  return () => {
    if (own === undefined) Reflect.deleteProperty(holder, name);
    else Object.defineProperty(holder, name, own);
  };
};

/** `new Date(ms)` is a calculation; `new Date()` and `Date()` read the clock. */
const forbidNewDate = (): (() => void) => {
  const real = globalThis.Date;
  globalThis.Date = new Proxy(real, {
    construct: (target, given, made) => {
      if (given.length === 0) rejectSimulated('new Date()');
      return Reflect.construct(target, given, made);
    },
    apply: (target, self, given) => {
      rejectSimulated('Date()');
      return Reflect.apply(target, self, given);
    },
  });
  return () => {
    globalThis.Date = real;
  };
};

const SIMULATED = [
  fileURLToPath(new URL('../../src/', import.meta.url)),
  fileURLToPath(new URL('./', import.meta.url)),
];
const FRAMES = 100;

/** Told by who is on the stack: this file alone does not count. */
const rejectSimulated = (label: string): void => {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = FRAMES;
  const { stack = '' } = new Error(label);
  Error.stackTraceLimit = before;
  const frames = stack.split('\n').filter((frame) => !frame.includes(import.meta.filename));
  if (frames.some((frame) => SIMULATED.some((folder) => frame.includes(folder))))
    throw new RealWorldUsed(`${label} was used:\n${stack}`);
};
