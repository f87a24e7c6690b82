import { effect, signal } from '@preact/signals';
import { keep, readKept } from '../api/kept.ts';
import { ownZone } from '../format/time.ts';

/** What somebody has chosen for this browser. It is kept here and nowhere else. */

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
