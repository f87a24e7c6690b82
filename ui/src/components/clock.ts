import { computed, signal } from '@preact/signals';

const MINUTE_MS = 60_000;

/** The time, told again every second while the page is seen. */
export const now = signal(Date.now());

/** When the minute of now began. */
export const minute = computed(() => Math.floor(now.value / MINUTE_MS) * MINUTE_MS);

setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, 1_000);
