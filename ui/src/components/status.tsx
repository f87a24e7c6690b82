import { capital } from '../format/codes.ts';

/** A status as a colored word. Color never adds information. */

const TONES = {
  succeeded: 'good',
  fired: 'good',
  enabled: 'good',
  active: 'good',
  working: 'good',
  live: 'good',
  running: 'busy',
  pending: 'calm',
  due: 'calm',
  late: 'warn',
  skipped: 'calm',
  missed: 'warn',
  failed: 'bad',
  silent: 'bad',
  stopped: 'bad',
  cancelled: 'calm',
  disabled: 'warn',
  completed: 'calm',
  paused: 'warn',
  failing: 'bad',
  blocked: 'bad',
  parked: 'bad',
} as const;

export type StatusName = keyof typeof TONES;

export const Status = ({ name, children }: { readonly name: StatusName; readonly children?: string | undefined }) => (
  <span class={`status tone-${TONES[name]} is-${name}`}>
    <span class="status-dot" aria-hidden="true" />
    {capital(children ?? name)}
  </span>
);
