import { PREFIX } from './prefix.ts';
import type { FollowerMessage, StreamMessage } from './stream.ts';

/*
 * The shared event stream of this browser: browsers open few connections to a service, and a stream per tab would use them
 * up. Open while a tab follows it; notifies each tab of events.
 */

/** Initial wait; doubles after each consecutive failure. */
const AFTER_FAILURE_MS = 5_000;
const MAX_AFTER_FAILURE_MS = 60_000;
/** Events can arrive by the thousand: tabs are notified of them in batches, when the lists show them. */
const TOLD_AFTER_MS = 200;
/** If the read models lag, lists show events only later: tabs are notified again. */
const REPEATED_AFTER_MS = [500, 2_500];

const followers = new Set<MessagePort>();
let source: EventSource | undefined;
let again: ReturnType<typeof setTimeout> | undefined;
let waitMs = AFTER_FAILURE_MS;
let definitions = new Set<number>();
let runs = new Set<number>();

const broadcast = (message: StreamMessage): void => {
  for (const port of followers) port.postMessage(message);
};

let willTell = false;
const tellTogether = (): void => {
  willTell = false;
  const message: StreamMessage = { happened: { definitions, runs } };
  broadcast(message);
  for (const afterMs of REPEATED_AFTER_MS) setTimeout(broadcast, afterMs, message);
  definitions = new Set();
  runs = new Set();
};

const open = (): void => {
  const beganMs = performance.now();
  source = new EventSource(`${PREFIX}/events`);
  source.onopen = () => broadcast({ isOpen: true });
  source.onerror = () => {
    close();
    broadcast({ isOpen: false });
    // Resets the wait only for a stream that lasted; otherwise every tab would refetch everything repeatedly.
    if (performance.now() - beganMs > MAX_AFTER_FAILURE_MS) waitMs = AFTER_FAILURE_MS;
    again = setTimeout(open, waitMs);
    waitMs = Math.min(2 * waitMs, MAX_AFTER_FAILURE_MS);
  };
  for (const type of OF_DEFINITIONS) source.addEventListener(type, (event) => note(definitions, event));
  for (const type of OF_RUNS) source.addEventListener(type, (event) => note(runs, event));
};

const close = (): void => {
  clearTimeout(again);
  source?.close();
  source = undefined;
};

const note = (jobs: Set<number>, { data }: MessageEvent<string>): void => {
  const { subject }: { readonly subject: string } = JSON.parse(data);
  jobs.add(Number(subject.split('/')[1]));
  if (willTell) return;
  willTell = true;
  setTimeout(tellTogether, TOLD_AFTER_MS);
};

const hear = (port: MessagePort, message: FollowerMessage): void => {
  if (message === 'leave') {
    followers.delete(port);
    if (followers.size === 0) close();
    return;
  }
  followers.add(port);
  if (source === undefined) {
    clearTimeout(again);
    open();
  } else if (source.readyState === EventSource.OPEN) port.postMessage({ isOpen: true } satisfies StreamMessage);
};

addEventListener('connect', (event) => {
  const [port] = event instanceof MessageEvent ? event.ports : [];
  if (port === undefined) return;
  port.onmessage = ({ data }: MessageEvent<FollowerMessage>) => hear(port, data);
  // Some browsers report the end of a tab that could not report it itself.
  port.addEventListener('close', () => hear(port, 'leave'));
});

const OF_DEFINITIONS = ['scheduler.job.created', 'scheduler.job.updated', 'scheduler.job.deleted'];
const OF_RUNS = [
  'scheduler.job.execution.requested',
  'scheduler.job.execution.offered',
  'scheduler.job.execution.taken',
  'scheduler.job.execution.started',
  'scheduler.job.execution.attempt.failed',
  'scheduler.job.execution.succeeded',
  'scheduler.job.execution.failed',
  'scheduler.job.execution.cancelled',
  'scheduler.job.execution.hook.attempted',
  'scheduler.job.occurrences.skipped',
  'scheduler.job.occurrences.missed',
  'scheduler.job.backfill.requested',
  'scheduler.job.backfill.cancelled',
];
