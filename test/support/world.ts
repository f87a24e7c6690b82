import {
  type Clock,
  createSleep,
  type LogFields,
  type Logger,
  type Random,
  type Runtime,
  type Timers,
} from '../../src/runtime/runtime.ts';

export type LogLine = {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: LogFields;
  readonly message: string;
};

export type ManualWorld = Runtime & {
  /** Everything logged so far, oldest first. */
  readonly lines: readonly LogLine[];
  /** Advances time and fires due timers in order, each at its own instant; promises settle in between. */
  advance(ms: number): Promise<void>;
  /** Sets only the wall clock, like an administrator or NTP: no timer fires, and monotonic time does not change. */
  setWallClock(epochMs: number): void;
  /** Number of waiting timers. */
  pendingTimers(): number;
};

export type ManualWorldOptions = {
  /** Epoch milliseconds at the start; default 2026-01-01T00:00:00Z. */
  readonly nowMs?: number;
  /** Of the random sequence; equal seeds give equal sequences. */
  readonly seed?: number;
};

type Timer = { readonly dueMs: number; readonly order: number; readonly run: () => void };

const DEFAULT_NOW_MS = Date.UTC(2026, 0, 1);

/** A runtime with time that moves only on request, seeded random numbers and a recorded log. */
export const manualWorld = ({ nowMs = DEFAULT_NOW_MS, seed = 1 }: ManualWorldOptions = {}): ManualWorld => {
  const time = manualTime(nowMs);
  const { log, lines } = recordingLog();
  const { clock, timers, advance, setWallClock, pendingTimers } = time;
  return { clock, timers, random: seededRandom(seed), log, lines, advance, setWallClock, pendingTimers };
};

/** Clock and timers that move only by `advance`. */
export const manualTime = (nowMs: number = DEFAULT_NOW_MS) => {
  let elapsedMs = 0;
  let wallOffsetMs = nowMs;
  let order = 0;
  const waiting = new Set<Timer>();
  const clock: Clock = { now: () => wallOffsetMs + elapsedMs, monotonic: () => elapsedMs };
  const after: Timers['after'] = (delayMs, run, purpose) => {
    const waitMs = purpose === 'gather' ? 0 : Math.max(0, delayMs);
    const timer = { dueMs: elapsedMs + waitMs, order: order++, run };
    waiting.add(timer);
    return () => waiting.delete(timer);
  };
  const timers: Timers = { after, sleep: createSleep(after) };
  const nextDue = (untilMs: number): Timer | undefined => {
    const due = [...waiting].filter(({ dueMs }) => dueMs <= untilMs);
    return due.sort((a, b) => a.dueMs - b.dueMs || a.order - b.order)[0];
  };
  const advance = async (ms: number) => {
    const untilMs = elapsedMs + ms;
    await settle();
    for (let timer = nextDue(untilMs); timer; timer = nextDue(untilMs)) {
      waiting.delete(timer);
      elapsedMs = Math.max(elapsedMs, timer.dueMs);
      timer.run();
      await settle();
    }
    elapsedMs = untilMs;
  };
  const setWallClock = (epochMs: number) => {
    wallOffsetMs = epochMs - elapsedMs;
  };
  return { clock, timers, advance, setWallClock, pendingTimers: () => waiting.size };
};

/** Lets every promise that can settle without I/O or time do so. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Equal seeds give equal sequences (mulberry32). */
export const seededRandom = (seed: number): Random => {
  let state = seed >>> 0;
  const fraction = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const bytes = (length: number) => Buffer.from(Array.from({ length }, () => Math.floor(fraction() * 256)));
  return { fraction, bytes, uuid: () => uuidOf(bytes(16)) };
};

const uuidOf = (bytes: Buffer): string => {
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};

/** A log that keeps its lines. */
export const recordingLog = (): { log: Logger; lines: LogLine[] } => {
  const lines: LogLine[] = [];
  const at = (level: LogLine['level']) => (fields: LogFields, message: string) => {
    lines.push({ level, fields, message });
  };
  return { log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }, lines };
};

/** A log for tests that don't check it. */
export const silentLog: Logger = { debug() {}, info() {}, warn() {}, error() {} };
