import { effect, signal } from '@preact/signals';
import { ownZone } from '../words/time.ts';

/** What somebody has chosen for this browser. It is kept here and nowhere else. */

const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];
const ZONES = ['mine', 'job', 'UTC'] as const;
export type ZoneChoice = (typeof ZONES)[number];

const kept = <T extends string>(name: string, choices: readonly T[], initial: T) => {
  const stored = read(name);
  const choice = signal<T>(choices.find((each) => each === stored) ?? initial);
  effect(() => write(name, choice.value));
  return choice;
};

const KEY = 'carillon.';
const read = (name: string): string | null => {
  try {
    return localStorage.getItem(KEY + name);
  } catch {
    return null;
  }
};
const write = (name: string, value: string): void => {
  try {
    localStorage.setItem(KEY + name, value);
  } catch {
    // A browser that keeps nothing forgets the choice with the tab.
  }
};

export const theme = kept<Theme>('theme', THEMES, 'auto');
export const zoneChoice = kept<ZoneChoice>('zone', ZONES, 'mine');

/** The zone in which to show a time of a job in this zone. */
export const zoneFor = (jobZone: string | undefined): string => {
  switch (zoneChoice.value) {
    case 'mine':
      return ownZone();
    case 'job':
      return jobZone ?? ownZone();
    case 'UTC':
      return 'UTC';
  }
};

export const applyTheme = (): void => {
  effect(() => {
    document.documentElement.style.colorScheme = theme.value === 'auto' ? 'light dark' : theme.value;
  });
};
