import { signal } from '@preact/signals';

const narrow = matchMedia('(max-width: 800px)');

/** Whether the window has the width of a phone. */
export const isNarrow = signal(narrow.matches);

narrow.addEventListener('change', () => {
  isNarrow.value = narrow.matches;
});
