import { effect, signal } from '@preact/signals';
import { keep, readKept } from '../api/kept.ts';
import { ownZone } from '../format/time.ts';

/** Preferences of this browser, stored only here. */

const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];
const ZONES = ['mine', 'job', 'UTC'] as const;
export type ZoneChoice = (typeof ZONES)[number];

const kept = <T extends string>(name: string, choices: readonly T[], initial: T) => {
  const stored = readKept(name);
  const choice = signal<T>(choices.find((each) => each === stored) ?? initial);
  effect(() => keep(name, choice.value));
  return choice;
};

export const theme = kept<Theme>('theme', THEMES, 'auto');
export const zoneChoice = kept<ZoneChoice>('zone', ZONES, 'mine');

/** The time zone in which to show a job's times. */
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
