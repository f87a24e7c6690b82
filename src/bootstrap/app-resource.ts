export const BELONGING_KINDS = ['variable', 'limit', 'calendar', 'alertRule', 'pause'] as const;
export type AppResourceKind = (typeof BELONGING_KINDS)[number];

/** How each kind is called in messages. */
export const BELONGING_WORDS: Readonly<Record<AppResourceKind, string>> = {
  variable: 'variable',
  limit: 'limit',
  calendar: 'calendar',
  alertRule: 'alert rule',
  pause: 'pause',
};

/** A pause has no name: it goes by the job that it is of. One of the application goes by this, which no job is called. */
export const WHOLE_APPLICATION = '/';

/** One thing that belongs to an application. */
export type AppResource = {
  readonly kind: AppResourceKind;
  readonly name: string;
  /** What it says, as far as it is compared. */
  readonly value: Readonly<Record<string, unknown>>;
  /** Why it can't be set yet, and what to do. */
  readonly waits?: string | undefined;
};
