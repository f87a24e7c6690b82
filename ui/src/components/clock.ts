import { computed, signal } from '@preact/signals';

const MINUTE_MS = 60_000;

/** Current time, updated every second while the page is visible. */
export const now = signal(Date.now());

/** Start of the current minute. */
export const minute = computed(() => Math.floor(now.value / MINUTE_MS) * MINUTE_MS);

setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, 1_000);
