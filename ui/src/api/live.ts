import { computed, effect, signal } from '@preact/signals';
import { PREFIX } from './client.ts';
import { connection } from './connection.ts';
import { lookAgain } from './queries.ts';
import { session } from './session.ts';
import { createThrottle } from './throttle.ts';

/** Events come by the thousand; what is shown is looked at again this often at the most. */
const BETWEEN_LOOKS_MS = 2_000;
/** What depends on the time alone, such as what fires next, is looked at again this often. */
const OF_TIME_MS = 30_000;
/** Heartbeats come every 15 seconds; without one the stream has broken off. */
const SILENT_MS = 40_000;
const AFTER_FAILURE_MS = 5_000;
/** A page that is being left hears that its stream broke off, and is gone before this has passed. */
const LEFT_WITHIN_MS = 250;

export type LiveState = 'live' | 'paused' | 'connecting' | 'off';

const paused = signal(false);
const open = signal(false);
const visible = signal(!document.hidden);
const refused = signal(false);

/** Whether what is shown follows the events of the service. */
export const live = {
  state: computed<LiveState>(() => {
    if (paused.value) return 'paused';
    if (refused.value) return 'off';
    return open.value ? 'live' : 'connecting';
  }),
  togglePause: (): void => {
    paused.value = !paused.value;
    if (!paused.value) lookAgain();
  },
};

const throttle = createThrottle(lookAgain, BETWEEN_LOOKS_MS);

/** Follows the events for as long as the page is seen, not paused, and somebody is signed in. */
export const followEvents = (): void => {
  document.addEventListener('visibilitychange', () => {
    visible.value = !document.hidden;
  });
  effect(() => {
    if (paused.value || !visible.value || session.current.value === null || connection.expired.value) return;
    if (!session.may('scheduler:executions:read')) {
      refused.value = true;
      return follow(undefined);
    }
    refused.value = false;
    return follow(openStream());
  });
};

/** Without a stream, time alone makes the page look again. */
const follow = (stream: { close(): void } | undefined): (() => void) => {
  throttle.ask();
  const clock = setInterval(lookAgain, OF_TIME_MS);
  return () => {
    clearInterval(clock);
    throttle.cancel();
    stream?.close();
    open.value = false;
  };
};

const openStream = (): { close(): void } => {
  let source: EventSource | undefined;
  let silence: ReturnType<typeof setTimeout> | undefined;
  let again: ReturnType<typeof setTimeout> | undefined;
  let look: ReturnType<typeof setTimeout> | undefined;
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(reconnect, SILENT_MS);
  };
  const reconnect = () => {
    source?.close();
    open.value = false;
    clearTimeout(again);
    again = setTimeout(connect, AFTER_FAILURE_MS);
  };
  const connect = () => {
    source = new EventSource(`${PREFIX}/events`);
    source.onopen = () => {
      open.value = true;
      connection.online.value = true;
      throttle.ask();
      heard();
    };
    source.onerror = () => {
      // A browser does not tell why: an expired session is told by the next request.
      clearTimeout(look);
      look = setTimeout(throttle.ask, LEFT_WITHIN_MS);
      reconnect();
    };
    for (const type of LOOKED_AT) {
      source.addEventListener(type, () => {
        heard();
        throttle.ask();
      });
    }
    heard();
  };
  connect();
  return {
    close: () => {
      clearTimeout(silence);
      clearTimeout(again);
      clearTimeout(look);
      source?.close();
    },
  };
};

/** The events after which something else is shown. */
const LOOKED_AT = [
  'scheduler.job.created',
  'scheduler.job.updated',
  'scheduler.job.deleted',
  'scheduler.job.execution.requested',
  'scheduler.job.execution.started',
  'scheduler.job.execution.attempt.failed',
  'scheduler.job.execution.succeeded',
  'scheduler.job.execution.failed',
  'scheduler.job.execution.cancelled',
  'scheduler.job.occurrences.skipped',
  'scheduler.job.occurrences.missed',
];
