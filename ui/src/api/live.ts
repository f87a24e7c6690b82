import { computed, effect, signal } from '@preact/signals';
import { api, done } from './client.ts';
import { connection } from './connection.ts';
import { forgetLooks, lookAfter, lookAgain } from './queries.ts';
import { session } from './session.ts';
import { canShareStream, followStream, type StreamMessage } from './stream.ts';
import { createThrottle } from './throttle.ts';

/** What no event tells, such as that an execution runs long, is looked at again this often. */
const BESIDE_STREAM_MS = 60_000;
/** Everything is, where there is no stream. */
const WITHOUT_STREAM_MS = 30_000;
/** Whether the service is back is looked at this often. */
const AWAY_MS = 5_000;
/** A page that is being left hears that its stream broke off, and is gone before this has passed. */
const LEFT_WITHIN_MS = 250;
/** A stream may break off again and again: then what is shown is not looked at each time. */
const BETWEEN_BREAKS_MS = 60_000;

export type LiveState = 'live' | 'paused' | 'connecting' | 'off';

const paused = signal(false);
const visible = signal(!document.hidden);
/** Whether there is a stream; undefined: it was never open. */
const open = signal<boolean>();

/** Whether somebody looks, and wants to be shown what happens. */
const isFollowing = computed(
  () => !paused.value && visible.value && session.current.value !== null && !connection.expired.value,
);
const hasStream = computed(() => canShareStream() && session.may('scheduler:executions:read'));

/** Whether what is shown follows the events of the service. */
export const live = {
  state: computed<LiveState>(() => {
    if (paused.value) return 'paused';
    if (!hasStream.value) return 'off';
    return open.value === true ? 'live' : 'connecting';
  }),
  togglePause: (): void => {
    paused.value = !paused.value;
  },
};

/** Follows the events for as long as the page is seen, not paused, and somebody is signed in. */
export const followEvents = (): void => {
  document.addEventListener('visibilitychange', () => {
    visible.value = !document.hidden;
  });
  let isFirst = true;
  effect(() => {
    if (!isFollowing.value) return;
    // At first, everything is being asked for already.
    if (!isFirst) lookAgain();
    isFirst = false;
    return forgetLooks;
  });
  effect(() => {
    if (!isFollowing.value) return;
    const withStreamMs = open.value === true ? BESIDE_STREAM_MS : WITHOUT_STREAM_MS;
    const clock = setInterval(lookAgain, connection.online.value ? withStreamMs : AWAY_MS);
    return () => clearInterval(clock);
  });
  effect(() => {
    if (!isFollowing.value || !hasStream.value) return;
    let look: ReturnType<typeof setTimeout> | undefined;
    const broken = createThrottle(lookAgain, BETWEEN_BREAKS_MS);
    const mended = createThrottle(lookAgain, BETWEEN_BREAKS_MS);
    const leave = followStream((message) => {
      clearTimeout(look);
      hear(message, {
        onBroken: () => {
          look = setTimeout(() => {
            checkConnection();
            broken.ask();
          }, LEFT_WITHIN_MS);
        },
        onMended: () => mended.ask(),
      });
    });
    return () => {
      clearTimeout(look);
      broken.cancel();
      mended.cancel();
      leave();
      open.value = undefined;
    };
  });
};

/** A process that stops ends its streams first: whether it still answers is shown now, not with the next query. */
const checkConnection = (): void => void done(api.GET('/session')).catch(() => undefined);

type Break = { readonly onBroken: () => void; readonly onMended: () => void };

const hear = (message: StreamMessage, { onBroken, onMended }: Break): void => {
  if ('happened' in message) {
    lookAfter(message.happened);
    return;
  }
  if (message.isOpen) {
    // What happened while it was broken off is not told.
    if (open.peek() === false) onMended();
    connection.online.value = true;
  } else if (open.peek() !== false) onBroken();
  // A browser does not tell why it broke off: an expired session is told by the next request.
  open.value = message.isOpen;
};
