import { PREFIX } from './prefix.ts';
import type { FollowerMessage, StreamMessage } from './stream.ts';

/*
 * The one stream of events of this browser: it opens few connections to a service, so that a stream for each tab would
 * leave none for anything else. It is open for as long as some tab follows it, and tells each what happened.
 */

/** After each failure in a row it waits twice as long. */
const AFTER_FAILURE_MS = 5_000;
const MAX_AFTER_FAILURE_MS = 60_000;
/** Events come by the thousand: the tabs are told of them together, and once the lists show them. */
const TOLD_AFTER_MS = 500;
/** If the read models lag, the lists show events only later: the tabs are told of the same events once more. */
const REPEATED_AFTER_MS = 2_500;

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
  setTimeout(broadcast, REPEATED_AFTER_MS, message);
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
    // One that is cut off as soon as it is open would have every tab ask for everything all the time.
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

/** The subject of an event is `jobs/7`, or `jobs/7/executions/12`. */
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
  // Where a browser says that a tab is gone, which could not say so itself.
  port.addEventListener('close', () => hear(port, 'leave'));
});

const OF_DEFINITIONS = ['scheduler.job.created', 'scheduler.job.updated', 'scheduler.job.deleted'];
const OF_RUNS = [
  'scheduler.job.execution.requested',
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
