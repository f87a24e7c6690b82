import { computed, effect, signal } from '@preact/signals';
import { api, done } from './client.ts';
import { connection } from './connection.ts';
import { forgetLooks, lookAfter, lookAgain } from './queries.ts';
import { session } from './session.ts';
import { canShareStream, followStream, type StreamMessage } from './stream.ts';
import { createThrottle } from './throttle.ts';

/** How often to refetch what no event reports, such as long-running executions. */
const BESIDE_STREAM_MS = 60_000;
/** How often to refetch everything without a stream. */
const WITHOUT_STREAM_MS = 30_000;
/** How often to check whether the service is back. */
const AWAY_MS = 5_000;
/** A page that is being left sees its stream break, and is gone before this has passed. */
const LEFT_WITHIN_MS = 250;
/** If a stream breaks repeatedly, visible data is refetched at most this often. */
const BETWEEN_BREAKS_MS = 60_000;

export type LiveState = 'live' | 'paused' | 'connecting' | 'off';

const paused = signal(false);
const visible = signal(!document.hidden);
/** Whether there is a stream; `undefined` if it was never open. */
const open = signal<boolean>();

/** Whether the page is visible, live and signed in. */
const isFollowing = computed(
  () => !paused.value && visible.value && session.current.value !== null && !connection.expired.value,
);
const hasStream = computed(() => canShareStream() && session.may('scheduler:executions:read'));

/** Live updates by the service's events. */
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

/** Follows the events while the page is visible, not paused, and a user is signed in. */
export const followEvents = (): void => {
  document.addEventListener('visibilitychange', () => {
    visible.value = !document.hidden;
  });
  let isFirst = true;
  effect(() => {
    if (!isFollowing.value) return;
    // At first, everything is already being fetched.
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
    const broken = createThrottle(lookAgain, { betweenMs: BETWEEN_BREAKS_MS });
    const mended = createThrottle(lookAgain, { betweenMs: BETWEEN_BREAKS_MS });
    const leave = followStream((message) => {
      clearTimeout(look);
      hear(message, {
        onBroken: () => {
          look = setTimeout(() => {
            checkConnection();
            broken.request();
          }, LEFT_WITHIN_MS);
        },
        onMended: () => mended.request(),
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

/** A process that stops ends its streams first: checks whether it still responds now, not with the next query. */
const checkConnection = (): void => void done(api.GET('/session')).catch(() => undefined);

type Break = { readonly onBroken: () => void; readonly onMended: () => void };

const hear = (message: StreamMessage, { onBroken, onMended }: Break): void => {
  if ('happened' in message) {
    lookAfter(message.happened);
    return;
  }
  if (message.isOpen) {
    // Events during the interruption were missed.
    if (open.peek() === false) onMended();
    connection.online.value = true;
  } else if (open.peek() !== false) onBroken();
  // Browsers don't report why the stream broke; the next request detects an expired session.
  open.value = message.isOpen;
};
